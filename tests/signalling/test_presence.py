from datetime import UTC, datetime, timedelta

from signalling.presence import Presence, Standing

NOON = datetime(2013, 6, 14, 12, 0, tzinfo=UTC)


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def test_somebody_unknown_has_no_place() -> None:
    presence: Presence[str] = Presence()
    assert presence.standing("villefort") is None
    assert presence.gone(NOON) == []


def test_who_is_back_within_grace_keeps_his_place() -> None:
    presence: Presence[str] = Presence()
    assert not presence.here("villefort")
    assert presence.lost("villefort", NOON)
    assert presence.standing("villefort") is Standing.LOST
    assert presence.gone(after(59.9)) == []
    assert presence.here("villefort")
    assert presence.standing("villefort") is Standing.HERE
    assert presence.gone(after(1000)) == []


def test_being_lost_twice_does_not_lengthen_the_grace() -> None:
    presence: Presence[str] = Presence()
    presence.here("villefort")
    presence.lost("villefort", NOON)
    assert not presence.lost("villefort", after(50))
    assert presence.gone(after(60)) == ["villefort"]
    assert presence.standing("villefort") is None
    assert presence.gone(after(61)) == []


def test_the_first_lost_is_the_first_gone() -> None:
    presence: Presence[str] = Presence(timedelta(seconds=10))
    for n, who in enumerate(["meyrueis", "villefort", "marvejols"]):
        presence.lost(who, after(n))
    assert presence.gone(after(11)) == ["meyrueis", "villefort"]
    assert presence.standing("marvejols") is Standing.LOST


def test_who_leaves_is_not_waited_for() -> None:
    presence: Presence[str] = Presence()
    presence.lost("villefort", NOON)
    presence.here("meyrueis")
    presence.left("villefort")
    presence.left("meyrueis")
    assert presence.gone(after(100)) == []
    assert presence.standing("meyrueis") is None
