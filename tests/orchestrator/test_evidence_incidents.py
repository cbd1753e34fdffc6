"""What went wrong and what was done about it, from the lines on record."""

from datetime import UTC, datetime, timedelta
from typing import Any

from orchestrator.evidence_facts import Entry, Outage
from orchestrator.evidence_incidents import Incident, incidents
from rooms.ids import RoomId

NOON = datetime(2013, 9, 19, 12, tzinfo=UTC)
VILLEFORT, MEYRUEIS = "villefort-visio", "meyrueis-visio"
NAMES = {RoomId(VILLEFORT): "Villefort", RoomId(MEYRUEIS): "Meyrueis"}


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def line(seconds: float, action: str, by: str = "clock", **detail: Any) -> Entry:
    return Entry(at=at(seconds), by=by, action=action, detail=detail)


def read(*entries: Entry, ended: datetime | None = None) -> list[Incident]:
    return list(incidents(entries, (), NAMES, ended))


def told(incident: Incident) -> list[tuple[str, str]]:
    return [(one.what, one.to) for one in incident.measures]


def test_a_site_that_is_lost_on_air_is_one_incident_from_its_loss_to_its_return() -> None:
    [found] = read(
        line(0, "site.dropped", room=VILLEFORT),
        line(2, "stage.slate", source=VILLEFORT, shows=VILLEFORT),
        line(8, "stage.proposed", source=VILLEFORT, shows=VILLEFORT),
        line(20, "stage.live", source=VILLEFORT, shows=MEYRUEIS),
        line(65, "site.recovering", "site", room=VILLEFORT),
    )
    assert (found.kind, found.place, found.seconds, found.slate) == ("site", "Villefort", 65, 18)
    steps = [("slate", ""), ("proposed", ""), ("substitute", "Meyrueis"), ("back", "")]
    assert told(found) == steps
    assert (found.at, found.until) == (at(0), at(65))


def test_a_substitute_by_hand_ends_the_slate() -> None:
    [found] = read(
        line(0, "stage.slate", source=VILLEFORT, shows=VILLEFORT),
        line(5, "stage.substitute", "director", source=VILLEFORT, substitute=MEYRUEIS),
    )
    assert (found.kind, found.slate) == ("air", 5)
    assert told(found)[-1] == ("substitute", "Meyrueis")
    assert found.measures[-1].by == "director"


def test_a_slate_without_a_loss_ends_when_it_is_on_air_again() -> None:
    [found] = read(
        line(0, "stage.slate", source=VILLEFORT),
        line(3, "stage.slate", source=VILLEFORT),
        line(4, "stage.live", source=VILLEFORT, shows=VILLEFORT),
        line(9, "stage.live", source=VILLEFORT),
        line(9, "stage.hold", "director", source=MEYRUEIS),
    )
    assert (found.kind, found.slate, told(found)[-1]) == ("air", 4, ("on_air_again", ""))


def test_a_place_that_is_held_shows_the_slate_until_it_is_resumed_or_cut() -> None:
    held, cut = read(
        line(0, "stage.slate", source=VILLEFORT),
        line(1, "stage.hold", "director", source=VILLEFORT),
        line(6, "stage.resume", "director", source=VILLEFORT),
        line(10, "stage.slate", source=VILLEFORT),
        line(14, "stage.cue", "director", layout="one", sources=[MEYRUEIS]),
    )
    assert [what for what, _ in told(held)] == ["slate", "hold", "resume"]
    assert (held.slate, cut.slate, told(cut)[-1][0]) == (6, 4, "taken_off")


def test_a_cut_that_keeps_the_place_ends_nothing() -> None:
    [found] = read(
        line(0, "stage.slate", source=VILLEFORT),
        line(3, "stage.take", "director", layout="two", sources=[VILLEFORT, MEYRUEIS]),
        line(9, "session.end", "director"),
    )
    assert (found.until, found.slate, told(found)) == (at(9), 9, [("slate", "")])


def test_who_is_lost_off_air_is_told_without_a_slate_and_who_leaves_is_not_lost() -> None:
    [found] = read(
        line(0, "site.left", "site", room=MEYRUEIS),
        line(0, "site.expected", room=MEYRUEIS),
        line(1, "site.dropped", room=VILLEFORT),
        line(9, "site.left", "site", room=VILLEFORT),
        line(9, "site.checked_in", "site", room=MEYRUEIS),
    )
    assert (found.seconds, found.slate, told(found)) == (8, 0, [("left", "")])


def test_a_slate_before_the_loss_is_the_loss() -> None:
    [found] = read(
        line(0, "stage.slate", source=VILLEFORT),
        line(4, "site.dropped", room=VILLEFORT),
        line(6, "site.live", room=VILLEFORT),
        line(7, "stage.live", source=VILLEFORT, shows=VILLEFORT),
    )
    assert (found.kind, found.at, found.until) == ("site", at(0), at(7))


def test_what_goes_on_ends_with_the_session_or_with_nothing() -> None:
    lines = (
        line(0, "site.dropped", room=VILLEFORT),
        line(1, "stage.signal", source=MEYRUEIS, signal="sound"),
        line(2, "media.lost"),
    )
    assert {one.until for one in read(*lines)} == {None}
    assert {one.seconds for one in read(*lines)} == {None}
    assert {one.until for one in read(*lines, ended=at(30))} == {at(30)}


def test_less_than_the_whole_picture_is_told_by_the_least_that_came() -> None:
    first, second = read(
        line(0, "stage.signal", source=VILLEFORT, signal="low"),
        line(4, "stage.signal", source=VILLEFORT, signal="sound"),
        line(5, "stage.signal", source=VILLEFORT, signal="low"),
        line(9, "stage.signal", source=VILLEFORT, signal="full"),
        line(9, "stage.signal", source=MEYRUEIS, signal="full"),
        line(20, "stage.signal", source=MEYRUEIS, signal="slides"),
        line(25, "stage.take", "director", sources=[VILLEFORT]),
    )
    assert (first.kind, first.place, first.worst, first.seconds) == (
        *("signal", "Villefort", "sound"),
        9,
    )
    assert (second.place, second.until) == ("Meyrueis", at(25))


def test_the_worker_the_service_and_the_desk_are_told_of() -> None:
    lines = (
        line(0, "media.back"),
        line(1, "media.lost"),
        line(3, "media.lost"),
        line(5, "media.back"),
        line(7, "stage.desk", because="lost", now="by_deputy"),
        line(8, "stage.desk", "director", because="given", now="by_director"),
        line(9, "rundown.cue-go", "director"),
    )
    outage = Outage(since=at(20), until=at(23))
    media, desk, service = incidents(lines, [outage], NAMES, None)
    assert (media.kind, media.seconds) == ("media", 4)
    assert (desk.kind, told(desk)) == ("desk", [("taken_over", "by_deputy")])
    assert (service.kind, service.seconds, service.place) == ("service", 3, "")


def test_a_person_who_sends_is_not_named() -> None:
    [found] = read(
        line(0, "stage.slate", source="pa-0123456789"),
        line(2, "stage.live", source="pa-0123456789", shows="pa-9876543210"),
    )
    assert (found.place, told(found)[-1]) == ("", ("substitute", ""))
