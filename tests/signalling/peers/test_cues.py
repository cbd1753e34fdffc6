"""A peer keeps cues as a page does: by hash, by the clock of the service, line or no line."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from signalling.messages import ClientMessage
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
)
from signalling.peers.cues import INSTANT, PeerCues, over_http
from tests.fakes.wire import until

BODY = b"ruban"
HASH = hashlib.sha256(BODY).hexdigest()
PICTURE = Content(sha256=HASH, type="image/png", size=len(BODY), url="/x")
AHEAD = timedelta(hours=3)
"""The service's clock is so much ahead of ours."""


def load(version: int = 1, *contents: Content) -> CueLoad:
    return CueLoad(
        cue="cu-ruban", version=version, kind=CueKind.PICTURE, title="x", contents=contents
    )


def at(moment: datetime) -> str:
    return (moment + AHEAD).strftime(INSTANT)


class Service:
    """What the peer hears and says; its line can be cut."""

    def __init__(self) -> None:
        self.said: list[ClientMessage] = []
        self.cut = False
        self.bodies = {HASH: BODY}
        self.fetched = 0
        self.peer = PeerCues(self._say, self._fetch)

    async def _say(self, message: ClientMessage) -> bool:
        if self.cut:
            return False
        self.said.append(message)
        if isinstance(message, AskClock):
            await self.peer.hear(ClockTold(sent=message.sent, at=at(datetime.now(UTC))))
        return True

    async def _fetch(self, content: Content) -> bytes:
        self.fetched += 1
        return self.bodies[content.sha256]

    def heard(self, kind: type[Any]) -> list[Any]:
        return [message for message in self.said if isinstance(message, kind)]

    async def fire(self, version: int = 1, wait: float = 0.05) -> datetime:
        moment = datetime.now(UTC) + timedelta(seconds=wait)
        await self.peer.hear(CueFire(cue="cu-ruban", version=version, at=at(moment)))
        return moment + AHEAD


@pytest.fixture
async def service() -> AsyncIterator[Service]:
    made = Service()
    task = asyncio.create_task(made.peer.run())
    await made.peer.welcomed(resumed=False)
    yield made
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_what_is_kept_is_acknowledged_by_its_hash_and_fetched_once(service: Service) -> None:
    await service.peer.hear(load(1, PICTURE))
    await until(lambda: bool(service.heard(CueReady)))
    assert service.heard(CueReady)[0].sha256 == (HASH,)
    await service.peer.hear(load(1, PICTURE))  # as to who joins again
    await until(lambda: len(service.heard(CueReady)) == 2)
    assert service.fetched == 1


async def test_other_bytes_are_refused(service: Service) -> None:
    service.bodies[HASH] = b"other"
    await service.peer.hear(load(1, PICTURE))
    await until(lambda: bool(service.heard(CueRefused)))
    assert service.heard(CueRefused)[0].why == "hash"
    assert service.heard(CueReady) == []


async def test_it_is_fired_by_the_clock_of_the_service_while_the_line_is_cut(
    service: Service,
) -> None:
    await service.peer.hear(load())
    await until(lambda: bool(service.heard(CueReady)))
    wanted = await service.fire()
    service.cut = True
    await until(lambda: service.peer.figures()[0]["fired_at"] is not None)
    service.cut = False
    assert service.heard(CueFired) == []
    await service.peer.joined()
    [told] = service.heard(CueFired)
    assert datetime.fromisoformat(told.at) >= wanted


async def test_told_again_it_is_shown_once_and_moved_it_is_shown_anew(service: Service) -> None:
    await service.peer.hear(load())
    await until(lambda: bool(service.heard(CueReady)))
    first = await service.fire()
    await until(lambda: len(service.heard(CueFired)) == 1)
    again = CueFire(cue="cu-ruban", version=1, at=first.strftime(INSTANT))
    await service.peer.hear(again)
    second = await service.fire()
    await until(lambda: len(service.heard(CueFired)) == 2)
    told = [datetime.fromisoformat(one.at) for one in service.heard(CueFired)]
    assert first <= told[0] < second <= told[1]


async def test_what_is_older_or_recalled_is_not_shown(service: Service) -> None:
    await service.peer.hear(load(3))
    await service.peer.hear(load(2))
    await service.peer.hear(CueRecall(cue="cu-ruban", version=2))
    assert len(service.peer.figures()) == 1
    await service.fire(2)
    await service.peer.hear(CueRecall(cue="cu-ruban", version=3))
    assert service.peer.figures() == []
    assert service.heard(CueFired) == []


async def test_contents_are_fetched_from_the_service_of_the_wire() -> None:
    with pytest.raises(OSError, match="127.0.0.1"):
        await over_http("ws://127.0.0.1:1/ws/v1", "x")(PICTURE)
