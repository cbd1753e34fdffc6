"""A device that is told lines of text over TCP: what the lines are stands in a YAML file."""

import asyncio
import contextlib
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

import yaml

from rooms.control import Command, arguments_of
from rooms.drivers.link import ANSWER_WITHIN, Link, persistently
from rooms.drivers.moving import MovingDevice
from rooms.drivers.port import (
    Accepted,
    BadParameter,
    Capabilities,
    DeviceFailure,
    DeviceUnreachable,
    Patch,
    Unsupported,
    Value,
)
from rooms.drivers.wire.line_protocol import (
    BAD,
    Answer,
    Case,
    LineProtocol,
    Question,
    parse_protocol,
    text_of,
)
from rooms.errors import Invalid
from rooms.ids import DeviceId

T = TypeVar("T")
LARGEST_FILE = 256 * 1024
MOST_UNREAD = 256


class _Plain(yaml.SafeLoader):
    """YAML in which `on` and `off` are words: only true and false are true and false."""

    yaml_implicit_resolvers = {  # noqa: RUF012  as the base class has it
        first: [(tag, shape) for tag, shape in kinds if tag != "tag:yaml.org,2002:bool"]
        for first, kinds in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


_Plain.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile(r"true|false", re.IGNORECASE), list("tTfF")
)


def load_protocol(path: Path) -> LineProtocol:
    """The language of a file, or Invalid `bad-device-file` naming the member, or the line."""
    try:
        text = path.read_bytes()[: LARGEST_FILE + 1]
        if len(text) > LARGEST_FILE:
            raise Invalid(BAD, argument=str(path), expected=f"<= {LARGEST_FILE} B")
        return parse_protocol(yaml.load(text, Loader=_Plain))
    except OSError as error:
        raise Invalid(BAD, argument=str(path), expected=type(error).__name__) from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark is not None else 1
        raise Invalid(BAD, argument=f"{path}:{line}", expected="YAML") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class LineSettings:
    """`answer_within` in seconds: how long a line may take to be answered."""

    id: DeviceId
    host: str
    protocol: LineProtocol
    port: int = 0
    user: str = ""
    password: str = ""
    answer_within: float = ANSWER_WITHIN


class LineDevice(MovingDevice):
    """The driver `line`. The connection is kept, for what the device says by itself."""

    def __init__(self, settings: LineSettings) -> None:
        super().__init__(settings.id)
        self._settings = settings
        self._protocol = settings.protocol
        self._link: Link | None = None
        self._listening: asyncio.Task[None] | None = None
        self._lines: asyncio.Queue[str | OSError] = asyncio.Queue(MOST_UNREAD)
        self._asking = False

    def capabilities(self) -> Capabilities:
        """What the file has lines for."""
        return Capabilities(kind=self._protocol.kind, commands=frozenset(self._protocol.commands))

    async def perform(self, command: Command, accepted: Accepted) -> Patch:
        """The line of the first case that fits."""
        arguments = {**_open(command), **arguments_of(command)}
        case = self._protocol.case(command.name, arguments)
        if case is None:
            raise BadParameter(f"{command.name}: no line for these arguments")
        await self._with_link(lambda: self._do(case, arguments, accepted))
        return case.patch(arguments)

    async def read(self) -> Patch:
        """Every question of the file; what the device does not know is left out."""
        patch: dict[str, Value] = {}
        for question in self._protocol.poll:
            with contextlib.suppress(Unsupported):
                patch.update(await self._with_link(partial(self._ask, question)))
        return patch

    async def hang_up(self) -> None:
        """Close the connection and stop listening."""
        listening, self._listening = self._listening, None
        link, self._link = self._link, None
        if listening is not None:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
        if link is not None:
            await link.close()

    async def _do(self, case: Case, arguments: Mapping[str, object], accepted: Accepted) -> None:
        values = case.values(arguments)
        await self._send(case.send.fill(values))
        await self._wait((case.taken,), values)
        accepted()
        if case.done is not None:
            await self._wait((case.done,), values, within=None)

    async def _ask(self, question: Question) -> Patch:
        await self._send(question.send.fill({}))
        return await self._wait(question.answers, {})

    async def _send(self, line: str) -> None:
        assert self._link is not None
        while not self._lines.empty():
            self._lines.get_nowait()
        await self._link.send(line.encode("latin-1", "replace") + self._protocol.end)

    async def _wait(
        self, answers: tuple[Answer, ...], values: Mapping[str, object], within: float | None = 0.0
    ) -> Patch:
        heard = False
        try:
            async with asyncio.timeout(self._settings.answer_within if within == 0.0 else within):
                while True:
                    line = await self._lines.get()
                    if isinstance(line, OSError):
                        raise line
                    heard = True
                    for answer in answers:
                        if (patch := answer.read(line, values)) is not None:
                            return patch
                    if (refusal := self._protocol.error(line)) is not None:
                        raise refusal
                    self._by_itself(line)
        except TimeoutError:
            if heard:
                raise DeviceFailure("answers with something else") from None
            raise DeviceUnreachable("silent") from None

    async def _with_link(self, work: Callable[[], Awaitable[T]]) -> T:
        async def once() -> T:
            if self._link is None:
                await self._open()
            self._asking = True
            try:
                return await work()
            except OSError:
                await self.hang_up()
                raise
            finally:
                self._asking = False

        return await persistently(once)

    async def _open(self) -> None:
        settings = self._settings
        port = settings.port or self._protocol.port
        self._link = link = await Link.open(settings.host, port, self.presence)
        secrets = {"user": settings.user, "password": settings.password}
        for login in self._protocol.login:
            await link.read_until(login.expect.encode("latin-1"))
            await link.send(login.send.fill(secrets).encode() + self._protocol.end)
        self._listening = asyncio.create_task(self._listen(link), name=f"{self.device} listens")

    async def _listen(self, link: Link) -> None:
        try:
            while True:
                line = text_of(await link.read_until(self._protocol.end, within=None))
                if not self._asking:
                    self._by_itself(line)
                elif line and not self._lines.full():
                    self._lines.put_nowait(line)
        except (OSError, DeviceFailure) as error:
            await self._ended(link, error)

    async def _ended(self, link: Link, error: OSError | DeviceFailure) -> None:
        if self._asking and not self._lines.full():
            self._lines.put_nowait(ConnectionResetError(str(error)))
        elif self._link is link:  # nobody asks: the next command opens again
            self._link = self._listening = None
            await link.close()

    def _by_itself(self, line: str) -> None:
        patch = self._protocol.event(line)
        if patch:
            self.tell(patch)


def _open(command: Command) -> dict[str, None]:
    return dict.fromkeys(member for member in command.__slots__)
