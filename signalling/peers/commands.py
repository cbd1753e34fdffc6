"""The commands of a room's endpoint: accepted at once, carried out in order, answered once more if
asked once more."""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Coroutine
from time import monotonic
from typing import Any, Protocol

from rooms.control import (
    CallJoin,
    CallLeave,
    CameraSet,
    MessageShow,
    MicSet,
    SpeakerSet,
    parse_command,
)
from rooms.errors import MargerideError
from rooms.ids import CommandId, SessionId
from rooms.state import MessageState
from signalling.messages import ClientMessage, Command, CommandAccepted, CommandDone, CommandFailed
from signalling.peers.screen import Screen

log = logging.getLogger(__name__)

REMEMBERED = 64
SAID_AGAIN_FOR = 60.0
OF_THE_SERVICE = ("token", "title")


class Failed(Exception):
    """A command could not be carried out; the reason is a word for programs."""


class Room(Protocol):
    """What a command may do."""

    screen: Screen

    async def join(self, session: SessionId | None, token: str | None) -> None:
        """Take part."""

    async def leave(self) -> None:
        """Hang up."""

    async def mic(self, on: bool) -> None:
        """Be heard, or not."""

    async def camera(self, on: bool) -> None:
        """Be seen, or not."""

    async def report(self, changed: bool = True) -> None:
        """Tell the state of the room."""


Say = Callable[[ClientMessage], Awaitable[bool]]
Outcome = CommandDone | CommandFailed


class Commands:
    """Everything a room was told to do lately."""

    def __init__(self, room: Room, say: Say) -> None:
        self._room = room
        self._say = say
        self._tasks: dict[CommandId, asyncio.Task[None]] = {}
        self._others: set[asyncio.Task[None]] = set()
        self._outcomes: OrderedDict[CommandId, tuple[float, Outcome]] = OrderedDict()
        self._turn = asyncio.Lock()
        self._wipe: asyncio.TimerHandle | None = None

    async def take(self, command: Command) -> None:
        """Accept a command and begin it; the same again is merely answered again."""
        await self._say(CommandAccepted(id=command.id))
        if command.id in self._outcomes:
            await self._say(self._outcomes[command.id][1])
        elif command.id not in self._tasks:
            task = asyncio.create_task(self._carry_out(command), name=command.command)
            self._tasks[command.id] = task
            task.add_done_callback(lambda _: self._tasks.pop(command.id, None))

    def cancel(self, command: CommandId) -> None:
        """Give a command up."""
        task = self._tasks.get(command)
        if task is not None:
            task.cancel()

    def do(self, work: Coroutine[Any, Any, None]) -> None:
        """Something of our own that need not be waited for."""
        task = asyncio.create_task(self._quietly(work), name="endpoint")
        self._others.add(task)
        task.add_done_callback(self._others.discard)

    async def say_again(self) -> None:
        """What was answered lately may have died with the line."""
        for at, outcome in list(self._outcomes.values()):
            if monotonic() - at < SAID_AGAIN_FOR:
                await self._say(outcome)

    async def close(self) -> None:
        """Begin nothing more."""
        if self._wipe is not None:
            self._wipe.cancel()
        tasks = [*self._tasks.values(), *self._others]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _carry_out(self, command: Command) -> None:
        try:
            async with self._turn:
                await self._do(command)
        except Failed as failure:
            await self._ended(CommandFailed(id=command.id, error=str(failure)))
        except MargerideError as refusal:
            await self._ended(CommandFailed(id=command.id, error=refusal.key))
        except asyncio.CancelledError:
            raise
        except Exception:
            log.exception("%s failed", command.command)
            await self._ended(CommandFailed(id=command.id, error="internal"))
        else:
            await self._ended(CommandDone(id=command.id))

    async def _do(self, command: Command) -> None:
        own = {k: v for k, v in command.arguments.items() if k not in OF_THE_SERVICE}
        room = self._room
        match parse_command(command.command, own):
            case CallJoin(session=session):
                await room.join(session, command.arguments.get("token"))
            case CallLeave():
                await room.leave()
            case MicSet(on=on):
                await room.mic(on)
            case CameraSet(on=on):
                await room.camera(on)
            case SpeakerSet(on=on, volume=volume):
                await room.report(room.screen.speaker(on, volume))
            case MessageShow() as message:
                await self._show(message)
            case _:  # this endpoint drives no devices
                raise Failed("unsupported")

    async def _show(self, message: MessageShow) -> None:
        if self._wipe is not None:
            self._wipe.cancel()
        shown = MessageState(text=message.text, level=message.level)
        await self._room.report(self._room.screen.message(shown))
        if message.seconds is not None:
            loop = asyncio.get_running_loop()
            self._wipe = loop.call_later(message.seconds, lambda: self.do(self._clear()))

    async def _clear(self) -> None:
        await self._room.report(self._room.screen.message(None))

    async def _ended(self, outcome: Outcome) -> None:
        self._outcomes[outcome.id] = (monotonic(), outcome)
        while len(self._outcomes) > REMEMBERED:
            self._outcomes.popitem(last=False)
        await self._say(outcome)

    async def _quietly(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Failed as failure:
            log.warning("refused: %s", failure)
