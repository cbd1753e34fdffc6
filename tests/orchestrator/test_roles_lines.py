"""Who may test the line of a centre."""

import pytest

from orchestrator.roles import may_test_line
from rooms.ids import CentreId
from tests.orchestrator.test_roles import ADMIN, AT_HOME, BOOKER, ELSEWHERE, TRAINER, Someone


@pytest.mark.parametrize(
    ("who", "may"),
    [(ADMIN, True), (AT_HOME, True), (BOOKER, True), (ELSEWHERE, False), (TRAINER, False)],
)
def test_a_line_is_tested_by_those_who_work_behind_it(who: Someone, may: bool) -> None:
    assert may_test_line(who, CentreId("villefort")) is may
