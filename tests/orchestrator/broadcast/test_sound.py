"""The mix: silence where nobody is heard, one as he is, several added up, too much shortened."""

from array import array

from orchestrator.broadcast.sound import MOST, PRIMED, TRIMMED, Mixer, summed


def tone(value: int, count: int) -> bytes:
    return array("h", [value] * count).tobytes()


def test_nobody_heard_is_silence_of_the_right_length() -> None:
    mixer = Mixer()
    mixer.push("wings", tone(900, PRIMED))
    assert mixer.pull(960, []) == bytes(1920)
    assert mixer.pull(960, ["wings"]) == bytes(1920), "what was said in the wings is not kept"


def test_one_who_is_heard_is_heard_once_there_is_enough_and_as_he_is() -> None:
    mixer = Mixer()
    mixer.push("a", tone(5, PRIMED - 1))
    assert mixer.pull(10, ["a"]) == bytes(20)
    mixer.push("a", tone(5, 1))
    assert mixer.pull(PRIMED - 10, ["a"]) == tone(5, PRIMED - 10)
    assert mixer.pull(20, ["a"]) == tone(5, 10) + bytes(20)
    mixer.push("a", tone(5, 100))
    assert mixer.pull(20, ["a"]) == bytes(40), "after a gap he waits again until there is enough"


def test_several_are_added_and_never_wrap_around() -> None:
    assert summed([tone(30_000, 2), tone(10_000, 1)], 2) == array("h", [32_767, 30_000]).tobytes()
    assert summed([tone(-30_000, 1), tone(-10_000, 1)], 1) == array("h", [-32_768]).tobytes()


def test_what_came_late_all_at_once_does_not_delay_what_follows() -> None:
    mixer = Mixer()
    mixer.push("a", tone(1, MOST) + tone(2, TRIMMED))
    assert mixer.pull(TRIMMED, ["a"]) == tone(2, TRIMMED)
