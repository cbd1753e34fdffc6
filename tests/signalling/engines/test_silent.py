import asyncio

import pytest

from rooms.errors import Invalid, NotFound, Unavailable
from rooms.ids import LegId, ParticipantId, SessionId
from signalling.engine import Kind, LegChanged, LegState, Role
from signalling.engines.silent import SilentEngine

SESSION, ANNE, BRUNO = SessionId("se-1"), ParticipantId("pa-a"), ParticipantId("pa-b")
UP, DOWN = LegId("lg-up"), LegId("lg-down")


async def test_it_keeps_account_of_what_was_asked() -> None:
    engine = SilentEngine()
    await engine.open(SESSION)
    answer = await engine.publish(SESSION, ANNE, UP, "any offer")
    again = await engine.publish(SESSION, ANNE, UP, "sendrecv audio")
    assert again.tracks == answer.tracks[:1]
    offer = await engine.subscribe(SESSION, BRUNO, DOWN, [track.id for track in again.tracks])
    assert offer is not None
    assert (offer.serial, [placed.mid for placed in offer.tracks]) == (1, ["0"])
    assert await engine.subscribe(SESSION, BRUNO, DOWN, [again.tracks[0].id]) is None
    await engine.answer(SESSION, BRUNO, DOWN, 1, "answer")
    await engine.mute(SESSION, ANNE, Kind.AUDIO, True)
    engine.connect(SESSION, BRUNO, Role.SUBSCRIBE)
    event = await anext(aiter(engine.events()))
    assert isinstance(event, LegChanged)
    assert event.state is LegState.CONNECTED
    state = await engine.state()
    anne, bruno = state.sessions[SESSION]
    assert anne.tracks[0].muted
    assert bruno.legs[0].state is LegState.CONNECTED
    empty = await engine.subscribe(SESSION, BRUNO, DOWN, [])
    assert empty is not None
    assert empty.tracks == ()
    await engine.remove(SESSION, ANNE)
    await engine.close(SESSION)
    assert (await engine.state()).sessions == {}
    assert len(engine.called("publish")) == 2


async def test_it_refuses_as_a_worker_does() -> None:
    engine = SilentEngine()
    with pytest.raises(NotFound, match="no-session"):
        await engine.publish(SESSION, ANNE, UP, "offer")
    await engine.open(SESSION)
    with pytest.raises(Invalid, match="bad-sdp"):
        await engine.publish(SESSION, ANNE, UP, "")
    with pytest.raises(NotFound, match="no-leg"):
        await engine.answer(SESSION, ANNE, DOWN, 1, "answer")
    answer = await engine.publish(SESSION, ANNE, UP, "offer")
    await engine.subscribe(SESSION, BRUNO, DOWN, [answer.tracks[0].id])
    with pytest.raises(Invalid, match="bad-sdp"):
        await engine.answer(SESSION, BRUNO, DOWN, 1, "")
    engine.fail(SESSION, BRUNO, Role.SUBSCRIBE)
    engine.forget()
    engine.absent = True
    with pytest.raises(Unavailable, match="no-media-worker"):
        await engine.state()
    await asyncio.sleep(0)
