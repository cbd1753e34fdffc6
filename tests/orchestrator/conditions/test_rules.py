"""The conditions of a ceremony: each by how it fails, from its minute on, with its sentence."""

from typing import Any

import pytest

from orchestrator.conditions import CONDITIONS
from orchestrator.conditions.rules import Fact, Site, condition_of, found
from orchestrator.words import CATALOGUES
from rooms.errors import Invalid
from rooms.ids import RoomId

ROOM = RoomId("meyrueis-visio")
WELL: dict[str, Fact] = {
    "agent": True, "screen": True, "camera": True, "microphone": True, "line": True,
    "clock": True, "contents": True,
}  # fmt: skip
SESSION: dict[str, Fact] = {"deputies": 1, "purpose": True, "public_page": True}


def failing(
    role: str = "host",
    minutes: float | None = None,
    of: dict[str, Fact] | None = None,
    site: dict[str, Fact] | None = None,
) -> list[str]:
    here = Site(room=ROOM, role=role, facts={**WELL, **(site or {})})
    every = found(CONDITIONS, [here], {**SESSION, **(of or {})}, minutes)
    return [one.condition.key for one in every if not one.passed]


def test_a_ceremony_that_is_ready_fails_nothing() -> None:
    assert failing() == []


@pytest.mark.parametrize("fact", WELL)
def test_each_fact_of_a_site_that_is_not_so_fails_its_own_condition(fact: str) -> None:
    assert failing(site={fact: False}) == [fact]


@pytest.mark.parametrize(
    ("worse", "key"),
    [
        ({"deputies": 0}, "deputies"),
        ({"purpose": False}, "purpose"),
        ({"public_page": False}, "public-page"),
    ],
)
def test_each_fact_of_the_session_fails_its_own_condition(worse: dict[str, Fact], key: str) -> None:
    assert failing(of=worse) == [key]


def test_who_only_watches_needs_no_camera_and_a_room_without_agent_none_that_answers() -> None:
    assert failing("viewer", site={"camera": False, "microphone": False}) == []
    assert failing(site={"agent": None}) == []


def test_contents_are_looked_at_once_they_can_be_there() -> None:
    assert failing(minutes=45, site={"contents": False}) == []
    assert failing(minutes=10, site={"contents": False}) == ["contents"]
    assert failing(minutes=61, site={"camera": False}) == []
    assert failing(minutes=60, site={"camera": False}) == ["camera"]


def test_every_condition_has_its_sentence_its_remedy_and_its_word() -> None:
    for one in CONDITIONS:
        names = f"condition-{one.key}", f"condition-{one.key}-remedy", f"fault-not-ready-{one.key}"
        for locale in ("fr", "en"):
            assert all(CATALOGUES[locale].get(name) for name in names), one.key


@pytest.mark.parametrize(
    ("wrong", "member"),
    [
        ([], ""),
        ({"unknown": 1}, ""),
        ({"key": "x"}, "of"),
        ({"of": "moon"}, "of"),
        ({"of": "site", "fact": "deputies"}, "fact"),
        ({"of": "session", "fact": "purpose", "roles": ["king"]}, "roles"),
        ({"of": "session", "fact": "purpose", "is": False}, "is"),
        ({"of": "session", "fact": "purpose"}, "key"),
        ({"of": "session", "fact": "purpose", "key": ""}, "key"),
        ({"of": "session", "fact": "deputies", "key": "x", "at_least": -1}, "at_least"),
        ({"of": "session", "fact": "deputies", "key": "x", "from": "soon"}, "from"),
    ],
)
def test_a_file_that_is_not_understood_names_its_member(wrong: Any, member: str) -> None:
    with pytest.raises(Invalid) as refused:
        condition_of(wrong)
    assert (refused.value.key, refused.value.fields["member"]) == ("bad-condition", member)
