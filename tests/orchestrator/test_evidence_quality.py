"""What arrived at a site, in figures that say how they were come by."""

from datetime import UTC, datetime, timedelta
from typing import Any

from orchestrator.evidence_facts import Reading
from orchestrator.evidence_quality import AtOnce, carried, most_at_once
from rooms.ids import RoomId

NOON = datetime(2013, 9, 19, 12, tzinfo=UTC)
ROOM = RoomId("villefort-visio")
QUIET: dict[str, Any] = {"kbps": 0.0, "loss": 0.0, "rtt_ms": None, "fps": None, "why": {}}


def reading(after: int, who: str = "pa-1", **legs: dict[str, Any]) -> Reading:
    at = NOON + timedelta(seconds=after)
    told = {role: QUIET | leg for role, leg in legs.items()}
    return Reading(at=at, participant=who, room=ROOM, legs=told)


def test_the_most_at_once_is_the_first_instant_at_which_there_were_so_many() -> None:
    seen = [reading(0), reading(15), reading(15, "pa-2"), reading(30), reading(30, "pa-2")]
    assert most_at_once(seen) == AtOnce(count=2, at=NOON + timedelta(seconds=15))
    assert most_at_once([]) is None


def test_a_site_that_was_never_measured_has_no_figures() -> None:
    assert carried([]) is None


def test_loss_is_of_both_ways_and_what_stands_still_of_what_arrives() -> None:
    found = carried(
        [
            reading(
                0,
                subscribe={"kbps": 400, "loss": 0.02, "rtt_ms": 40, "fps": 15, "frozen": 0},
                publish={"kbps": 200, "loss": 0.0, "rtt_ms": 44, "frozen": 9},
            ),
            reading(
                15,
                subscribe={
                    **{"kbps": 200, "loss": 0.1, "rtt_ms": 700, "fps": 5, "frozen": 1.25},
                    **{"concealed": 0.03, "why": {"line": 2}},
                },
            ),
        ]
    )
    assert found is not None
    assert (found.samples, found.loss, found.loss_worst) == (2, 0.04, 0.1)
    assert (found.rtt_ms, found.rtt_worst_ms, found.fps) == (44, 700, 10.0)
    assert (found.frozen, found.frozen_worst) == (1, 1.25)
    assert (found.concealed, found.concealed_worst) == (0.03, 0.03)
    assert (found.received_kbps, found.sent_kbps, found.lowered) == (300, 200, 1)


def test_what_no_page_said_is_not_told_as_nothing() -> None:
    found = carried([reading(0, publish={"kbps": 80, "loss": 0.0})])
    assert found is not None
    assert (found.frozen_worst, found.concealed, found.rtt_ms, found.fps) == (None,) * 4
    assert (found.received_kbps, found.frozen) == (None, 0)
