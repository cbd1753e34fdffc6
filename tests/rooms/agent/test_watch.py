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
