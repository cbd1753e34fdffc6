from rooms.agent.watch import CALM, Deed, Watch


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
    assert (watch.kiosk, watch.look(6.9), watch.look(7.0)) == ("here", Deed.NOTHING, Deed.ASK)


def test_a_page_that_does_not_answer_for_four_seconds_is_begun_again() -> None:
    watch = here()
    watch.asked(3.0)
    assert watch.look(6.9) is Deed.NOTHING
    assert (watch.look(7.0), watch.kiosk) == (Deed.START, "starting")


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
    assert watch.look(45.0) is Deed.START
