from datetime import timedelta
from typing import Any

import pytest

from calendars.policy import Policy, RoomRules
from rooms.errors import Invalid
from tests.fakes.places import a_centre, a_room


def test_a_room_is_booked_by_the_roles_it_lists() -> None:
    rules = RoomRules(a_room(bookable_by=("trainer",)), a_centre())
    assert rules.may_book("trainer")
    assert not rules.may_book("booker")


def test_an_admin_books_any_room() -> None:
    assert RoomRules(a_room(bookable_by=("trainer",)), a_centre()).may_book("admin")


def test_what_stays_free_is_after_the_one_and_before_the_other() -> None:
    policy = Policy(buffer_before_minutes=10, buffer_after_minutes=5)
    assert policy.gap == timedelta(minutes=15)


def test_only_the_roles_listed_are_made_to_ask() -> None:
    assert Policy(asked_of=("booker",)).must_ask("booker")
    assert not Policy(asked_of=("booker",)).must_ask("trainer")


def test_a_ceremony_of_the_centre_displaces_a_meeting_and_nothing_else_does() -> None:
    policy = Policy(priority=("ceremony",))
    assert policy.displaces("ceremony", "meeting", "animateur")
    assert not policy.displaces("ceremony", "meeting", "trainer")
    assert not policy.displaces("ceremony", "ceremony", "admin")
    assert not policy.displaces("meeting", "training", "admin")
    assert not Policy().displaces("ceremony", "meeting", "admin")


def test_a_document_changes_what_it_names_and_comes_back_the_same() -> None:
    changed = Policy(no_show_minutes=5).changed(
        {"horizon_days": 30, "series": "skip_conflicts", "asked_of": ["booker", "booker"],
         "closed_on_holidays": True}
    )  # fmt: skip
    assert (changed.horizon_days, changed.series, changed.asked_of, changed.no_show_minutes) == (
        30, "skip_conflicts", ("booker",), 5,
    )  # fmt: skip
    assert Policy().changed(changed.as_json()) == changed


@pytest.mark.parametrize(
    "document",
    [
        {"horizon_days": 0}, {"horizon_days": True}, {"horizon_days": "30"}, {"series": "half"},
        {"series": 3}, {"asked_of": "booker"}, {"asked_of": [1]}, {"asked_of": ["king"]},
        {"closed_on_holidays": 1}, {"colour": "red"},
        {"shortest_minutes": 90, "longest_minutes": 60},
    ],
)  # fmt: skip
def test_a_document_with_a_wrong_value_is_refused_by_name(document: dict[str, Any]) -> None:
    with pytest.raises(Invalid) as refused:
        Policy().changed(document)
    assert refused.value.key == "bad-policy"
    assert refused.value.fields["name"] in document
