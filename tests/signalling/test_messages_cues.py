"""What docs/protocol.md says of the clock and of cues."""

import json

import pytest

from rooms.errors import Invalid
from signalling.messages import ClientMessage, ServerMessage, body, hear, understand
from signalling.messages_cues import (
    AskClock,
    ClockTold,
    Content,
    CueFire,
    CueFired,
    CueKind,
    CueLoad,
    CueReady,
    CueRecall,
    CueRefused,
    WhyNot,
)

HASH, AT = "a" * 64, "2026-11-22T20:00:00.000000Z"
READY = {"type": "cue.ready", "cue": "cu-1", "version": 1, "sha256": [], "rtt_ms": 1, "error_ms": 1}
FIRED = {"type": "cue.fired", "cue": "cu-1", "version": 1, "at": AT}
PNG = Content(sha256=HASH, type="image/png", size=12, url="/api/v1/x")


@pytest.mark.parametrize(
    "message",
    [
        AskClock(sent=12.345),
        CueReady(cue="cu-1", version=1, sha256=(HASH,), rtt_ms=600, error_ms=9.5),
        CueRefused(cue="cu-1", version=1, why=WhyNot.HASH),
        CueFired(cue="cu-1", version=1, at=AT),
    ],
)
def test_a_client_is_heard_as_it_spoke(message: ClientMessage) -> None:
    assert hear(body(message)) == message


@pytest.mark.parametrize(
    "message",
    [
        ClockTold(sent=12.345, at=AT),
        CueLoad(cue="cu-1", version=1, kind=CueKind.PICTURE, title="Ruban", contents=(PNG,)),
        CueFire(cue="cu-1", version=1, at=AT),
        CueRecall(cue="cu-1", version=1),
    ],
)
def test_the_service_is_understood(message: ServerMessage) -> None:
    assert understand(body(message)) == (None, message)


@pytest.mark.parametrize(
    "wrong",
    [
        *({"type": "clock", "sent": sent} for sent in (-1, 1e13, "now", None)),
        {**READY, "cue": "1"},
        {**READY, "sha256": ["A" * 64]},
        {**READY, "sha256": [HASH] * 5},
        {**READY, "error_ms": -1},
        {"type": "cue.refused", "cue": "cu-1", "version": 1, "why": "tired"},
        {**FIRED, "at": "noon"},
        {**FIRED, "at": "2026-11-22T20:00:00.1234567Z"},
    ],
)
def test_what_is_outside_its_limits_is_refused(wrong: object) -> None:
    with pytest.raises(Invalid, match="bad-message"):
        hear(json.dumps(wrong))
