import pytest

from signalling.sfu.trial import AGAIN, BACK_OFF, LASTS, LONGEST, Trial


def test_the_first_is_made_at_once_and_lasts_until_it_has_gone_well() -> None:
    trial = Trial(0.0)
    assert not trial.tick(900.0, calm=True, now=0.0)
    assert trial.kbps == 900.0
    assert not trial.tick(None, calm=True, now=LASTS - 0.1)
    assert trial.tick(None, calm=True, now=LASTS)
    assert trial.kbps is None


@pytest.mark.parametrize(("wanted", "calm"), [(None, True), (900.0, False)])
def test_nothing_is_tried_for_nothing_nor_after_a_fall(wanted: float | None, calm: bool) -> None:
    trial = Trial(0.0)
    trial.tick(wanted, calm=calm, now=1.0)
    assert trial.kbps is None


def test_one_that_fails_ends_at_once_and_the_next_is_later_each_time() -> None:
    trial, now = Trial(0.0), 0.0
    pauses: list[float] = []
    for _ in range(6):
        trial.tick(900.0, calm=True, now=now)
        assert trial.kbps is not None
        trial.tick(900.0, calm=False, now=now)
        assert trial.kbps is None
        ended = now
        while trial.kbps is None:
            now += 1.0
            trial.tick(900.0, calm=True, now=now)
        pauses.append(now - ended)
        assert not trial.tick(900.0, calm=False, now=now)
        now += LONGEST
    assert pauses[0] == BACK_OFF
    assert pauses == sorted(pauses)
    assert pauses[-1] == LONGEST


def test_after_one_that_went_well_the_next_comes_soon() -> None:
    trial = Trial(0.0)
    trial.tick(900.0, calm=True, now=0.0)
    trial.tick(900.0, calm=True, now=LASTS)
    trial.tick(990.0, calm=True, now=LASTS + AGAIN - 0.1)
    assert trial.kbps is None
    trial.tick(990.0, calm=True, now=LASTS + AGAIN)
    assert trial.kbps == 990.0
