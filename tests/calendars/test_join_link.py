import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calendars.ical import CalendarItem, parse, serialise
from calendars.join_link import add_join_link, base_of, remove_join_link
from calendars.values import escape, unescape
from tests.fakes.events import event, stored
from tests.fakes.places import PARIS

LINK = "https://visio.example.org/join/Zm9v_YmFy-MTIzNDU2Nzg5MA"
OTHER = "https://visio.example.org/join/b3RoZXItY29kZS1hbHRvZ2V0aGVy"
BASE = "https://visio.example.org/join/"
LABEL = "Rejoindre la visio"


def text(item: CalendarItem, key: str) -> str:
    return unescape(item.parts[0].value(key))


def test_the_link_is_wherever_clients_look_for_one() -> None:
    item = event("SUMMARY:Inauguration")
    add_join_link(item, LINK, LABEL)
    (conference,) = item.parts[0].lines("CONFERENCE")
    assert str(conference) == f"CONFERENCE;VALUE=URI;FEATURE=AUDIO,VIDEO;LABEL={LABEL}:{LINK}"
    assert text(item, "URL") == LINK
    assert text(item, "LOCATION") == LINK
    assert text(item, "DESCRIPTION") == f"{LABEL} : {LINK}"


def test_what_the_person_wrote_stays_beside_it() -> None:
    item = event(
        "LOCATION:Salle des fêtes\\, Villefort",
        "DESCRIPTION:Ordre du jour\\n1. Vœux",
        "URL:https://agenda.example.org/12",
    )
    add_join_link(item, LINK, LABEL)
    assert text(item, "LOCATION") == f"Salle des fêtes, Villefort – {LINK}"
    assert text(item, "DESCRIPTION") == f"Ordre du jour\n1. Vœux\n{LABEL} : {LINK}"
    assert text(item, "URL") == "https://agenda.example.org/12"


def test_the_link_is_never_there_twice() -> None:
    item = event("DESCRIPTION:Vœux")
    add_join_link(item, LINK, LABEL)
    once = serialise(item)
    add_join_link(item, LINK, LABEL)
    assert serialise(item) == once
    add_join_link(item, OTHER, LABEL)
    assert LINK not in serialise(item).decode().replace("\r\n ", "")


@pytest.mark.parametrize(
    "lines",
    [
        [],
        ["LOCATION:Salle des fêtes\\, Villefort", "DESCRIPTION:Ordre\\n1. \\Nom\\; fin\\n"],
        ["URL:https://agenda.example.org/12", "CONFERENCE:https://meet.example.com/x"],
        ["DESCRIPTION:Voir https://visio.example.org/join/cGFzLWNlbHVpLWzDoA avant midi"],
    ],
)
def test_taking_it_out_leaves_what_the_person_wrote(lines: list[str]) -> None:
    before = serialise(event(*lines))
    item = parse(before, PARIS)
    add_join_link(item, LINK, LABEL)
    item = parse(serialise(item), PARIS)
    assert remove_join_link(item, base_of(LINK))
    assert sorted(serialise(item).splitlines()) == sorted(before.splitlines())
    assert not remove_join_link(item, BASE)


@pytest.mark.parametrize("kept", ["URL", "LOCATION", "DESCRIPTION", "CONFERENCE"])
def test_any_one_trace_is_enough_to_know_it_again(kept: str) -> None:
    item = event()
    add_join_link(item, LINK, LABEL)
    part = item.parts[0]
    for key in {"URL", "LOCATION", "DESCRIPTION", "CONFERENCE"} - {kept}:
        for line in part.lines(key):
            part.drop(line)
    assert remove_join_link(item, BASE)
    assert part.lines(kept) == []


def test_a_text_added_after_our_line_is_kept() -> None:
    item = event("DESCRIPTION:Avant")
    add_join_link(item, LINK, LABEL)
    part = item.parts[0]
    line = part.first("DESCRIPTION")
    assert line is not None
    part.replace(line, type(line)(line.name, line.value + "\\nAprès\\, demain"))
    remove_join_link(item, BASE)
    assert text(item, "DESCRIPTION") == "Avant\nAprès, demain"


def test_every_date_of_a_series_has_it() -> None:
    item = parse(stored("series_with_moved_and_cancelled_dates"), PARIS)
    add_join_link(item, LINK, LABEL)
    assert all(part.value("URL") == LINK for part in item.parts)
    assert remove_join_link(item, BASE)
    assert not any(part.first("URL") for part in item.parts)


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(blacklist_categories=("Cc", "Cs")), max_size=80))
def test_any_description_comes_back(words: str) -> None:
    item = event(f"DESCRIPTION:x{escape(words)}", f"LOCATION:x{escape(words)}")
    before = [item.parts[0].value(key) for key in ("DESCRIPTION", "LOCATION")]
    add_join_link(item, LINK, LABEL)
    remove_join_link(item, BASE)
    assert [item.parts[0].value(key) for key in ("DESCRIPTION", "LOCATION")] == before
