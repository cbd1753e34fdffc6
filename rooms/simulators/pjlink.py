"""A projector that speaks PJLink, class 1 and 2, and its troublesome brothers.

Models what real ones are known for: it warms up and cools down, answers ERR3 meanwhile, takes one
connection at a time and hangs up on who says nothing for 30 s.
"""

import asyncio
import hashlib
import secrets
from typing import Self

from rooms.simulators.base import TcpSimulator

OFF, ON, COOLING, WARMING = "0", "1", "2", "3"
UNDEFINED, BAD_PARAMETER, UNAVAILABLE, FAILURE = "ERR1", "ERR2", "ERR3", "ERR4"
MUTES = ("10", "11", "20", "21", "30", "31")


class Projector(TcpSimulator):
    """Times in seconds. `power` is the character of the protocol: off, on, cooling, warming."""

    most_connections = 1
    warm_up = 0.3
    cool_down = 0.3
    idle = 30.0

    def __init__(self, password: str = "", pjlink_class: int = 2) -> None:
        super().__init__()
        self.password = password
        self.pjlink_class = pjlink_class
        self.inputs = ["11", "31", "32", "51"]
        self.input = "31"
        self.mute = "30"
        self.freeze = "0"
        self.errors = "000000"
        self.lamp_hours = 1234
        self._power = OFF
        self._changed = 0.0

    @classmethod
    def locked(cls, password: str) -> Self:
        """As `Simulator` says."""
        return cls(password=password)

    def settings(self) -> dict[str, object]:
        """As `Simulator` says."""
        secret = {"password": self.password} if self.password else {}
        return {**super().settings(), "class": self.pjlink_class, **secret}

    @property
    def power(self) -> str:
        """As it would answer now."""
        elapsed = asyncio.get_running_loop().time() - self._changed
        if self._power == WARMING and elapsed >= self.warm_up:
            self._power = ON
        if self._power == COOLING and elapsed >= self.cool_down:
            self._power = OFF
        return self._power

    def switch_on(self) -> None:
        """As if it had been on for long."""
        self._power = ON

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """The greeting, then a line for each line."""
        salt = secrets.token_hex(4)
        writer.write(f"PJLINK 1 {salt}\r".encode() if self.password else b"PJLINK 0\r")
        login = hashlib.md5((salt + self.password).encode(), usedforsecurity=False).hexdigest()
        wanted = login if self.password else ""
        while True:
            async with asyncio.timeout(self.idle):
                line = (await reader.readuntil(b"\r"))[:-1].decode("utf-8", "replace")
            if not line.startswith(wanted):
                self.told("PJLINK ERRA")
                writer.write(b"PJLINK ERRA\r")
                return
            line, wanted = line.removeprefix(wanted), ""
            self.note(line)
            if not await self.answer(line, writer):
                return

    async def answer(self, line: str, writer: asyncio.StreamWriter) -> bool:
        """Answer a line; False hangs up."""
        answer = self.reply(line)
        self.told(answer)
        writer.write(f"{answer}\r".encode())
        await writer.drain()
        return True

    def reply(self, line: str) -> str:
        """What the line is answered."""
        if len(line) < 8 or line[0] != "%" or line[6] != " ":
            return UNDEFINED
        word, value = line[2:6].upper(), line[7:]
        known = self._class_2 if line[1] == "2" else self._class_1
        return f"{line[:2]}{word}={known(word, value)}"

    def _class_1(self, word: str, value: str) -> str:
        if word == "POWR":
            return self.power if value == "?" else self._switch(value)
        if word in ("INPT", "AVMT"):
            return self._picture(word, value)
        return {
            "INST": " ".join(self.inputs),
            "ERST": self.errors,
            "LAMP": f"{self.lamp_hours} {int(self.power == ON)}",
            "NAME": "Salle",
            "INF1": "MARGERIDE",
            "INF2": "SIMULATED",
            "INFO": "",
            "CLSS": str(self.pjlink_class),
        }.get(word, UNDEFINED)

    def _class_2(self, word: str, value: str) -> str:
        if self.pjlink_class < 2 or word != "FREZ":
            return UNDEFINED
        if self.power != ON:
            return UNAVAILABLE
        if value == "?":
            return self.freeze
        if value not in ("0", "1"):
            return BAD_PARAMETER
        self.freeze = value
        return "OK"

    def _picture(self, word: str, value: str) -> str:
        if self.power != ON:
            return UNAVAILABLE
        if value == "?":
            return self.input if word == "INPT" else self.mute
        if value not in (self.inputs if word == "INPT" else MUTES):
            return BAD_PARAMETER
        if word == "INPT":
            self.input = value
        else:
            self.mute = value
        return "OK"

    def _switch(self, value: str) -> str:
        if value not in (OFF, ON):
            return BAD_PARAMETER
        if self.power in (WARMING, COOLING):
            return UNAVAILABLE
        if value != self.power:
            self._power = WARMING if value == ON else COOLING
            self._changed = asyncio.get_running_loop().time()
        return "OK"


class DeafProjector(Projector):
    """Takes the connection and never says a word."""

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Only listens."""
        await reader.read()


class SlowProjector(Projector):
    """Answers, after a while."""

    slow = 1.0

    async def answer(self, line: str, writer: asyncio.StreamWriter) -> bool:
        """As any other, later."""
        await asyncio.sleep(self.slow)
        return await super().answer(line, writer)


class DroppingProjector(Projector):
    """Hangs up at each command."""

    async def answer(self, line: str, writer: asyncio.StreamWriter) -> bool:
        """By hanging up."""
        return False


class GarbageProjector(Projector):
    """Answers with bytes that mean nothing."""

    async def answer(self, line: str, writer: asyncio.StreamWriter) -> bool:
        """With noise."""
        self.told("noise")
        writer.write(b"\xff\xfe\x00??\r")
        await writer.drain()
        return True


class BrokenProjector(Projector):
    """Says of itself that it is broken: ERR4."""

    def reply(self, line: str) -> str:
        """A failure of the device."""
        return f"{line[:6]}={FAILURE}"


class StuckProjector(Projector):
    """Takes the order to warm up and never is warm."""

    warm_up = 1e9


class HeldProjector(Projector):
    """Somebody else holds its only connection."""

    most_connections = 0


class SoundAndPictureProjector(Projector):
    """Mutes picture and sound together only."""

    def _picture(self, word: str, value: str) -> str:
        alone = word == "AVMT" and value in ("10", "11", "20", "21")
        return BAD_PARAMETER if alone else super()._picture(word, value)
