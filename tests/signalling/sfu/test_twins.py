"""Sound said twice over a line that loses."""

from signalling.sfu.twins import STAYS, Twins

SOUNDS = [bytes([number]) for number in range(6)]


def said(twins: Twins) -> list[tuple[bytes, ...]]:
    return [twins.behind(sound) for sound in SOUNDS]


def test_a_line_without_loss_hears_everything_once() -> None:
    twins = Twins()
    twins.reported(0.019, 1.0)
    assert said(twins) == [()] * 6


def test_with_some_loss_each_sound_comes_again_behind_the_next() -> None:
    twins = Twins()
    twins.reported(0.05, 1.0)
    assert said(twins) == [(), *((sound,) for sound in SOUNDS[:-1])]


def test_with_much_loss_it_comes_a_third_time_when_a_burst_is_over() -> None:
    twins = Twins()
    twins.reported(0.2, 1.0)
    assert said(twins)[3:] == [
        (SOUNDS[2], SOUNDS[0]),
        (SOUNDS[3], SOUNDS[1]),
        (SOUNDS[4], SOUNDS[2]),
    ]


def test_what_it_mends_is_not_seen_any_more_and_yet_it_goes_on_for_a_while() -> None:
    twins = Twins()
    twins.reported(0.2, 1.0)
    twins.reported(0.0, 1.0 + STAYS)
    assert twins.copies == 2
    twins.reported(0.0, 1.1 + STAYS)
    assert twins.copies == 1
    twins.reported(0.03, 2.0 + STAYS)
    twins.reported(0.0, 2.0 + 2 * STAYS)
    assert twins.copies == 1
    twins.reported(0.0, 2.1 + 2 * STAYS)
    assert twins.copies == 0
