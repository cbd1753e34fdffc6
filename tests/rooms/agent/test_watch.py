import pytest

from rooms.agent.watch import (
    CALM,
    HEARD_WITHIN,
    LINE_WITHIN,
    RAREST,
    WANTS_LINE,
    Deed,
    Watch,
)


def here(now: float = 0.0) -> Watch:
    watch = Watch()
    watch.started(now)
    watch.asked(now)
    watch.answered(now + 1)
    return watch


def test_it_starts_the_browser_and_asks_at_once() -> None:
    watch = Watch()
    assert (watch.look(0.0), watch.kiosk) == (Deed.START, "starting")
    watch.started(0.0)
    assert watch.look(0.0) is Deed.ASK
    watch.asked(0.0)
    assert watch.look(44.9) is Deed.NOTHING
    watch.answered(5.0)
    assert (watch.kiosk, watch.look(5.9), watch.look(6.0)) == ("here", Deed.NOTHING, Deed.ASK)


def looked(watch: Watch, since: float, until: float) -> Deed:
    """Four times a second, as the keeper looks; what the last look said."""
    deed, now = watch.look(since), since
    while now < until:
        now += 0.25
        deed = watch.look(now)
    return deed


def test_a_page_that_is_busy_for_three_seconds_is_left_alone_and_then_loaded_again() -> None:
    watch = here()
    watch.asked(2.0)
    assert looked(watch, 2.0, 4.75) is Deed.NOTHING
    assert (watch.look(5.0), watch.kiosk) == (Deed.RELOAD, "here")
    watch.reloaded(5.0)
    assert (watch.look(5.25), watch.kiosk) == (Deed.NOTHING, "starting")
    watch.answered(6.0)
    assert (watch.look(6.25), watch.kiosk) == (Deed.NOTHING, "here")


def test_a_page_that_crashed_is_loaded_again_at_once() -> None:
    watch = here()
    watch.crashed = True
    assert watch.look(1.25) is Deed.RELOAD
    watch.reloaded(1.25)
    assert watch.look(1.5) is Deed.NOTHING


def test_where_loading_the_page_again_does_not_help_the_browser_is_started_afresh() -> None:
    watch = here()
    watch.crashed = True
    watch.reloaded(2.0)
    assert looked(watch, 2.0, 11.75) is Deed.NOTHING
    assert watch.look(12.0) is Deed.START
    watch.started(12.0)
    watch.crashed = True  # before it ever answered
    watch.looked_at = None
    assert watch.look(12.25) is Deed.NOTHING
    assert looked(watch, 12.5, 13.25) is Deed.START


def test_a_page_that_has_to_be_loaded_again_and_again_needs_another_browser() -> None:
    watch, deeds = here(), []
    for now in (10.0, 20.0, 30.0, 40.0):
        watch.crashed = True
        deeds.append(watch.look(now))
        watch.reloaded(now)
        watch.answered(now + 1)
    assert deeds == [Deed.RELOAD] * 3 + [Deed.START]


def test_after_a_calm_while_a_page_may_be_loaded_again_as_often() -> None:
    watch = here()
    for now in (10.0, 20.0, 30.0):
        watch.reloaded(now)
        watch.answered(now + 1)
    watch.answered(30.0 + CALM)
    watch.crashed = True
    assert watch.look(31.0 + CALM) is Deed.RELOAD


def test_a_machine_that_stood_still_says_nothing_of_its_page() -> None:
    watch = here()
    watch.asked(2.0)
    assert watch.look(2.0) is Deed.NOTHING
    assert watch.look(62.0) is Deed.NOTHING
    assert looked(watch, 62.25, 63.75) is Deed.NOTHING
    assert looked(watch, 64.0, 64.25) is Deed.RELOAD


def test_a_browser_that_never_answers_is_begun_again_more_and_more_slowly() -> None:
    watch, now, waits = Watch(), 0.0, []
    for _ in range(9):
        before = now
        while watch.look(now) is not Deed.START:
            now += 0.5
        waits.append(now - before)
        watch.started(now)
        watch.asked(now)
    assert waits[:4] == [0.0, 45.0, 46.0, 47.0]
    assert waits[-1] == 105.0
    assert watch.kiosk == "stuck"


def test_one_that_died_is_started_at_once_the_first_time() -> None:
    watch = here()
    watch.died(9.0)
    assert watch.look(9.0) is Deed.START
    watch.started(9.0)
    watch.died(10.0)
    assert (watch.look(10.9), watch.look(11.0)) == (Deed.NOTHING, Deed.START)


def test_after_a_calm_while_it_is_forgiven() -> None:
    watch = here()
    for now in (10.0, 20.0, 30.0):
        watch.died(now)
        watch.started(now)
    watch.asked(30.0)
    watch.answered(30.0 + CALM)
    watch.died(30.0 + CALM)
    assert watch.look(30.0 + CALM) is Deed.START


def test_a_page_that_is_not_there_yet_is_asked_again_and_the_silence_lasts() -> None:
    watch = Watch()
    watch.started(0.0)
    watch.asked(0.0)
    assert watch.look(1.0) is Deed.NOTHING
    watch.unanswered()
    assert watch.look(1.0) is Deed.ASK
    watch.asked(1.0)
    watch.unanswered()
    assert looked(watch, 1.25, 44.75) is Deed.ASK
    assert watch.look(45.0) is Deed.START


def lives(
    watch: Watch, since: float, until: float, word: str = WANTS_LINE, *, hears: bool = True
) -> list[tuple[float, Deed]]:
    """The page answers every second and the agent's line carries; what was done, and when."""
    deeds: list[tuple[float, Deed]] = []
    now = since
    while now < until:
        deed = watch.look(now)
        if hears and now % 5 == 0:
            watch.heard(now)
        if deed is Deed.ASK:
            watch.asked(now)
            watch.answered(now, word)
        elif deed is Deed.REDIAL:
            watch.reloaded(now)
            watch.answered(now, word)
        elif deed is Deed.START:
            watch.started(now)
        if deed not in (Deed.ASK, Deed.NOTHING):
            deeds.append((now, deed))
        now += 0.25
    return deeds


def missed(now: float = 10.0) -> Watch:
    """The service has just said that the screen is gone, and the page wants its line."""
    watch = here()
    watch.answered(now, WANTS_LINE)
    watch.heard(now)
    watch.screen(False)
    return watch


def test_a_page_without_a_line_that_does_not_come_back_is_loaded_again() -> None:
    watch = missed()
    assert lives(watch, 10.0, 10.0 + LINE_WITHIN) == []
    assert lives(watch, 10.0 + LINE_WITHIN, 26.0) == [(25.0, Deed.REDIAL)]


def test_a_page_that_comes_back_by_itself_is_left_alone() -> None:
    watch = missed()
    assert lives(watch, 10.0, 24.0) == []
    watch.screen(True)
    assert lives(watch, 24.0, 80.0) == []
    watch.screen(False)  # another time, it has as long again
    assert lives(watch, 80.0, 95.0) == []
    assert lives(watch, 95.0, 96.0) == [(95.0, Deed.REDIAL)]


def test_while_the_agent_has_no_line_either_nothing_is_known() -> None:
    assert lives(missed(), 10.0, 100.0, hears=False) == []
    watch = missed()
    watch.screen(None)  # its line broke
    assert lives(watch, 10.0, 100.0) == []
    cut = missed()
    assert lives(cut, 10.0, 20.0) == []
    quiet = 20.0 + HEARD_WITHIN + 1  # silent, and not yet known to be broken
    assert lives(cut, 20.0, quiet, hears=False) == []
    assert lives(cut, quiet, quiet + LINE_WITHIN) == []  # it counts anew


@pytest.mark.parametrize("word", ["code", "nothing", ""])
def test_a_page_that_wants_no_line_is_left_alone(word: str) -> None:
    watch = missed()
    watch.answered(10.0, word)
    assert lives(watch, 10.0, 100.0, word) == []


def test_before_the_service_said_anything_of_the_screen_nothing_is_done() -> None:
    watch = here()
    watch.answered(10.0, WANTS_LINE)
    assert lives(watch, 10.0, 100.0) == []


def test_where_loading_does_not_help_it_is_done_more_and_more_seldom() -> None:
    deeds = lives(missed(), 10.0, 4000.0)
    times = [at for at, _ in deeds]
    gaps = [after - before for before, after in zip(times, times[1:], strict=False)]
    assert gaps[:2] == [30.25, 60.25]
    assert deeds[3][1] is Deed.START  # a fresh browser is tried as well
    assert all(after >= before for before, after in zip(gaps, gaps[1:], strict=False))
    assert RAREST <= gaps[-1] <= RAREST + 1.5


def test_a_machine_that_stood_still_says_nothing_of_the_line_either() -> None:
    watch = missed()
    assert lives(watch, 10.0, 15.0) == []
    watch.heard(75.0)
    assert watch.look(75.0) is not Deed.REDIAL
    assert lives(watch, 75.25, 80.0) == []
    assert [deed for _, deed in lives(watch, 80.0, 90.0)] == [Deed.REDIAL]
