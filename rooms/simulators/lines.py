"""A device that speaks the language of a YAML file: for who writes such a file, and for tests."""

import asyncio
import contextlib
from collections.abc import Mapping

from rooms.drivers.port import Value
from rooms.drivers.wire.line_protocol import Answer, Case, LineProtocol, text_of
from rooms.simulators.base import TcpSimulator

ANYTHING = "simulated"


class LineMachine(TcpSimulator):
    """Takes every line the file would send, answers as the file expects, and keeps the state."""

    def __init__(self, protocol: LineProtocol, file: str = "") -> None:
        super().__init__()
        self.protocol = protocol
        self.file = file
        self.state: dict[str, Value] = {}
        self._writers: set[asyncio.StreamWriter] = set()

    def settings(self) -> dict[str, object]:
        """As `Simulator` says."""
        return {**super().settings(), "file": self.file}

    def happen(self, line: str) -> None:
        """It says something by itself."""
        for writer in self._writers:
            self._say_line(writer, line)

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """The login, then line after line."""
        self._writers.add(writer)
        try:
            for login in self.protocol.login:
                writer.write(login.expect.encode("latin-1"))
                await reader.readuntil(self.protocol.end)
            while True:
                line = text_of(await reader.readuntil(self.protocol.end))
                self.note(line)
                await self.answer(line, reader, writer)
        finally:
            self._writers.discard(writer)

    async def answer(
        self, line: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """The line that the file expects."""
        for case in self._cases():
            values = case.send.match(line, {})
            if values is not None and case.holds(_counted(values)):
                self.state.update(case.taken.state)
                self.state.update({n: v for n, v in values.items() if n in ("volume", "input")})
                self._say_line(writer, _filled(case.taken, values))
                if case.done is not None:
                    await self.finish(reader)
                    self._say_line(writer, _filled(case.done, values))
                return
        for question in self.protocol.poll:
            if question.send.text == line:
                known = [one for one in question.answers if one.state.items() <= self.state.items()]
                self._say_line(writer, _filled((known or question.answers)[0], self.state))
                return
        for pattern, _ in self.protocol.errors:
            self._say_line(writer, pattern.text.replace("*", ANYTHING))
            return

    async def finish(self, reader: asyncio.StreamReader) -> None:
        """What was taken is done at once."""

    def _cases(self) -> list[Case]:
        return [case for cases in self.protocol.commands.values() for case in cases]

    def _say_line(self, writer: asyncio.StreamWriter, line: str) -> None:
        self.told(line)
        with contextlib.suppress(OSError):
            writer.write(line.encode("latin-1", "replace") + self.protocol.end)


class DeafLineMachine(LineMachine):
    """Takes every line and never answers."""

    async def answer(
        self, line: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Not at all."""


class GarbageLineMachine(LineMachine):
    """Answers with lines of another language."""

    async def answer(
        self, line: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Noise."""
        self._say_line(writer, "\x00\x07~~~")


class SlowLineMachine(LineMachine):
    """Takes orders and is never done."""

    async def finish(self, reader: asyncio.StreamReader) -> None:
        """Not as long as the other side waits."""
        await reader.read()
        raise EOFError


def _filled(answer: Answer, values: Mapping[str, object]) -> str:
    given = {name: values.get(name, 0) for name in answer.expect.names}
    return answer.expect.fill(given).replace("*", ANYTHING)


def _counted(values: Mapping[str, str]) -> dict[str, object]:
    return {name: int(text) if text.isdigit() else text for name, text in values.items()}
