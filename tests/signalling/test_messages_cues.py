"""What docs/protocol.md says of the clock."""

import json

import pytest

from rooms.errors import Invalid
from signalling.messages import body, hear, understand
from signalling.messages_cues import AskClock, ClockTold


def test_a_question_for_the_clock_is_heard() -> None:
    assert hear(body(AskClock(sent=12.345))) == AskClock(sent=12.345)


def test_the_answer_is_understood() -> None:
    told = ClockTold(sent=12.345, at="2026-11-22T20:00:00.000000Z")
    assert understand(body(told)) == (None, told)


@pytest.mark.parametrize("sent", [-1, 1e13, "now", None])
def test_a_clock_outside_its_limits_is_refused(sent: object) -> None:
    with pytest.raises(Invalid, match="bad-message"):
        hear(json.dumps({"type": "clock", "sent": sent}))
