"""Who is rung by the desks, and who reads the numbers left there."""

import pytest

from orchestrator.auth.people import Person
from orchestrator.roles import may_attend, may_call_back
from rooms.ids import CentreId, PersonId

HERE, AFAR = CentreId("villefort"), CentreId("mende")


def who(role: str) -> Person:
    return Person(id=PersonId("p"), login="p", name="P", role=role, centres=frozenset({HERE}))


@pytest.mark.parametrize(
    ("role", "rung", "at_home", "elsewhere"),
    [
        ("admin", True, True, True),
        ("animateur", True, True, False),
        ("trainer", False, False, False),
        ("booker", False, False, False),
    ],
)
def test_animateurs_are_rung_and_call_back_at_home(
    role: str, rung: bool, at_home: bool, elsewhere: bool
) -> None:
    assert may_attend(who(role)) is rung
    assert may_call_back(who(role), HERE) is at_home
    assert may_call_back(who(role), AFAR) is elsewhere
