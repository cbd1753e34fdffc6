import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calendars.ical import CalendarItem, parse, serialise
from calendars.marks import mark_refused, unmark_refused
from calendars.values import escape
from tests.fakes.events import event, stored
from tests.fakes.places import PARIS


def line(item: CalendarItem, key: str) -> str:
    return item.parts[0].value(key)


def without(item: CalendarItem, *names: str) -> CalendarItem:
    """The event after a client that drops what it does not know."""
    for part in item.parts:
        for name in names:
            for found in part.lines(name):
                part.drop(found)
    return item


def test_a_refused_event_shows_it_everywhere_a_client_looks() -> None:
    item = event("SUMMARY:Atelier, soir")
    mark_refused(item, "salle occupée", "Salle occupée le 30/12 de 9 h à 10 h.")
    assert item.title == "REFUSÉ (salle occupée) : Atelier, soir"
    assert (line(item, "STATUS"), line(item, "TRANSP")) == ("CANCELLED", "TRANSPARENT")
    assert line(item, "COMMENT") == "Margeride — Salle occupée le 30/12 de 9 h à 10 h."


@pytest.mark.parametrize(
    "lines",
    [
        [],
        ["SUMMARY:Atelier"],
        ["SUMMARY;LANGUAGE=fr:Atelier\\, soir", "STATUS:CONFIRMED", "TRANSP:OPAQUE"],
        ["STATUS:TENTATIVE", "COMMENT:Le mien"],
        ["TRANSP:TRANSPARENT", "STATUS:CANCELLED", "SUMMARY:REFUS (non) : titre"],
    ],
)
def test_taking_the_mark_off_leaves_what_the_person_wrote(lines: list[str]) -> None:
    before = serialise(event(*lines))
    item = parse(before, PARIS)
    mark_refused(item, "salle occupée", "Occupée")
    mark_refused(item, "centre fermé", "Fermé")
    item = parse(serialise(item), PARIS)
    assert unmark_refused(item)
    assert sorted(serialise(item).splitlines()) == sorted(before.splitlines())
    assert not unmark_refused(item)


def test_every_date_of_a_series_is_marked_and_comes_back() -> None:
    item = parse(stored("series_with_moved_and_cancelled_dates"), PARIS)
    before = sorted(serialise(item).splitlines())
    mark_refused(item, "salle occupée", "Occupée")
    assert all(part.value("STATUS") == "CANCELLED" for part in item.parts)
    assert unmark_refused(item)
    assert sorted(serialise(item).splitlines()) == before


@pytest.mark.parametrize("dropped", [["X-MARGERIDE-REFUSED"], ["X-MARGERIDE-REFUSED", "COMMENT"]])
def test_the_mark_is_known_again_after_a_client_dropped_what_it_does_not_know(
    dropped: list[str],
) -> None:
    item = event("SUMMARY:Atelier")
    mark_refused(item, "salle occupée", "Occupée")
    assert unmark_refused(without(item, *dropped))
    assert item.title == "Atelier"
    assert (line(item, "STATUS"), line(item, "TRANSP"), line(item, "COMMENT")) == ("", "", "")


def test_a_title_changed_meanwhile_is_kept() -> None:
    item = event("SUMMARY:Atelier")
    mark_refused(item, "salle occupée", "Occupée")
    part = item.parts[0]
    title = part.first("SUMMARY")
    assert title is not None
    part.drop(title)
    assert unmark_refused(without(item, "X-MARGERIDE-REFUSED"))
    assert item.title == ""


def test_a_status_the_person_has_changed_meanwhile_is_kept() -> None:
    item = event("SUMMARY:Atelier")
    mark_refused(item, "salle occupée", "Occupée")
    status = item.parts[0].first("STATUS")
    assert status is not None
    item.parts[0].replace(status, type(status)("STATUS", "TENTATIVE"))
    unmark_refused(item)
    assert line(item, "STATUS") == "TENTATIVE"


def test_an_event_called_off_by_its_owner_is_not_ours() -> None:
    item = event("SUMMARY:Atelier", "STATUS:CANCELLED")
    assert not unmark_refused(item)
    assert line(item, "STATUS") == "CANCELLED"


def test_in_english_too_and_brackets_in_the_motive_do_no_harm() -> None:
    item = event("SUMMARY:Workshop")
    mark_refused(item, "room (visio) taken", "Taken", "REFUSED")
    assert item.title == "REFUSED (room [visio] taken) : Workshop"
    assert unmark_refused(item)
    assert item.title == "Workshop"


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(blacklist_categories=("Cc", "Cs")), min_size=1, max_size=60))
def test_any_title_comes_back(title: str) -> None:
    item = event(f"SUMMARY:{escape(title)}")
    before = item.parts[0].value("SUMMARY")
    mark_refused(item, "salle occupée", "Occupée")
    unmark_refused(item)
    assert item.parts[0].value("SUMMARY") == before
