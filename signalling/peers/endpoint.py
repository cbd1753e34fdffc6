"""A program that joins as a room or as a person: it sends a test card and decodes the others.

With a device token it is a room's screen: it reports its state and does what it is commanded. With
a participant token it joins at once. Either way it mends what breaks by itself: the line, a leg,
a service or a worker that was killed.
"""

import asyncio
import contextlib
import logging
from time import monotonic
from typing import Any

from rooms.ids import SessionId
from signalling.engine import Kind
from signalling.messages import (
    Command,
    CommandCancel,
    Error,
    Join,
    Joined,
    Leave,
    Left,
    RoomState,
    ServerMessage,
    Welcome,
)
from signalling.messages_cues import ClockTold, CueFire, CueLoad, CueRecall
from signalling.messages_media import TrackSet
from signalling.peers.call import Call
from signalling.peers.commands import Commands, Failed
from signalling.peers.cues import PeerCues, over_http
from signalling.peers.line import WireLine
from signalling.peers.screen import Screen
from signalling.peers.test_card import Studio

log = logging.getLogger(__name__)

JOIN_WITHIN = 10.0
MEASURE_EVERY = 1.0
MEND_EVERY = 0.25
STATS_EVERY = 5


class Endpoint:
    """`await run()` until cancelled; everything else may be called meanwhile."""

    def __init__(
        self, url: str, token: str, *, name: str, key: str = "", client: str = "endpoint 0.1"
    ) -> None:
        self.studio = Studio(key or name, name)
        self.screen = Screen()
        self.call: Call | None = None
        self.line = WireLine(url, token, client, self._welcomed, self._heard)
        self.cues = PeerCues(self.line.say, over_http(url, token))
        self.welcome: Welcome | None = None
        self._commands = Commands(self, self.line.say)
        self._joining: asyncio.Future[None] | None = None
        self._version = 0

    async def run(self) -> None:
        """Be there."""
        beside = [
            asyncio.create_task(self._measure(), name="figures"),
            asyncio.create_task(self._mend(), name="mending"),
            asyncio.create_task(self.cues.run(), name="cues"),
        ]
        try:
            await self.line.run()
        finally:
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)
            await self._commands.close()
            await self._hang_up()

    # What a command does.

    async def join(self, session: SessionId | None, token: str | None) -> None:
        """Take part; returns when we are in. `Failed` when we are refused."""
        if self.call is not None:
            await self._hang_up()
        wish = Join(session=session, token=token)
        self.call = call = Call(wish, self.studio, self.line.say, self._flowing)
        self._joining = joining = asyncio.get_running_loop().create_future()
        await self._show_call("joining", session)
        await self.line.say(call.join())
        try:
            async with asyncio.timeout(JOIN_WITHIN):
                await joining
        except TimeoutError:
            raise Failed("timed_out") from None

    async def leave(self) -> None:
        """Hang up."""
        if self.call is not None:
            await self._show_call("leaving", self.screen.session)
            await self.line.say(Leave())
        await self._idle()

    async def mic(self, on: bool) -> None:
        """Be heard, or not."""
        self.studio.mic_on = on
        await self._muted(Kind.AUDIO, not on)
        await self.report(self.screen.mic(on))

    async def camera(self, on: bool) -> None:
        """Be seen, or not."""
        self.studio.camera(on)
        await self._muted(Kind.VIDEO, not on)
        await self.report(self.screen.camera(on))

    async def report(self, changed: bool = True) -> None:
        """Tell the service the state of the room."""
        if changed and self.is_room:
            self._version += 1
            await self.line.say(RoomState(version=self._version, document=self.screen.document()))

    # What is seen from outside.

    @property
    def is_room(self) -> bool:
        """Whether we speak for a room."""
        return self.welcome is not None and self.welcome.peer == "room"

    async def figures(self) -> dict[str, Any]:
        """What this endpoint receives of each of the others, now."""
        call, now = self.call, monotonic()
        figures: dict[str, Any] = {
            "room": self.welcome.room if self.welcome else None,
            "name": self.studio.name,
            "state": self.screen.call_state,
            "session": self.screen.session,
            "connected": self.line.connected,
            "rtt_ms": await call.rtt_ms() if call else None,
            "first_frame_ms": call.first_frame_ms if call else None,
            "cues": self.cues.figures(),
            "remotes": [],
        }
        for participant, remote in call.listener.remotes.items() if call else ():
            view = call.participants.get(participant) if call else None
            figures["remotes"].append(
                {
                    "participant": participant,
                    "room": view.room if view else None,
                    "name": view.name if view else "",
                    "state": view.state if view else "unknown",
                    "muted": [str(t.kind) for t in view.tracks if t.muted] if view else [],
                    "frames": remote.frames,
                    "sounds": remote.sounds,
                    "level": round(remote.level(now), 4),
                    "kbps": round(remote.kbps, 1),
                    "loss": round(remote.loss, 4),
                }
            )
        return figures

    # What the service says.

    async def _welcomed(self, welcome: Welcome) -> None:
        self.welcome = welcome
        await self.cues.welcomed(resumed=welcome.resumed)
        await self.report()
        if self.call is None:
            if not self.is_room:
                self._commands.do(self.join(None, None))
        elif welcome.resumed:
            await (self.call.say_again() if self.call.you else self.line.say(self.call.join()))
        else:
            await self.line.say(self.call.join())
        await self._commands.say_again()

    async def _heard(self, message: ServerMessage) -> None:
        match message:
            case Command():
                await self._commands.take(message)
            case CommandCancel(id=command):
                self._commands.cancel(command)
            case ClockTold() | CueLoad() | CueFire() | CueRecall():
                await self.cues.hear(message)
            case Left():
                await self._idle()
            case Error(about="join", code=code):
                await self._not_joined(code)
            case Error(code=code, about=about):
                log.debug("refused: %s about %s", code, about)
                await self._to_call(message)
            case _:
                await self._to_call(message)

    async def _to_call(self, message: ServerMessage) -> None:
        if self.call is None:
            return
        await self.call.hear(message)
        if isinstance(message, Joined):
            await self.cues.joined()
            await self._show_call(
                "in_call" if self.call.flowing else "joining", SessionId(message.session["id"])
            )
            self._settle(None)

    async def _not_joined(self, code: str) -> None:
        self._settle(Failed(code))
        await self._idle()

    def _settle(self, failure: Failed | None) -> None:
        if self._joining is not None and not self._joining.done():
            if failure is None:
                self._joining.set_result(None)
            else:
                self._joining.set_exception(failure)

    def _flowing(self) -> None:
        if self.call is not None and self.call.flowing and self.screen.call_state == "joining":
            self._commands.do(self._show_call("in_call", self.screen.session))

    async def _muted(self, kind: Kind, muted: bool) -> None:
        if self.call is not None:
            await self.line.say(TrackSet(kind=kind, muted=muted))

    async def _show_call(self, state: str, session: str | None) -> None:
        await self.report(self.screen.call(state, session))

    async def _idle(self) -> None:
        await self._hang_up()
        await self._show_call("idle", None)

    async def _hang_up(self) -> None:
        call, self.call = self.call, None
        if call is not None:
            await call.close()

    async def _mend(self) -> None:
        while True:
            await asyncio.sleep(MEND_EVERY)
            if self.call is not None:
                await self.call.listener.mend()

    async def _measure(self) -> None:
        turn = 0
        while True:
            await asyncio.sleep(MEASURE_EVERY)
            turn += 1
            with contextlib.suppress(ConnectionError):
                if self.call is not None:
                    await self.call.listener.measure()
                if self.call is not None and turn % STATS_EVERY == 0 and self.call.you:
                    await self.call.stats()
