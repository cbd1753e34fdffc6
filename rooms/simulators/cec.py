"""A television on CEC: what `cec-client` would print, told over TCP to the program beside it.

`python -m rooms.simulators.cec_client HOST PORT` stands in the place of cec-client.
"""

import asyncio
import sys

from rooms.simulators.base import HOST, TcpSimulator

WELCOME = "log level set to 1\nopening a connection to the CEC adapter...\nwaiting for input\n"


class SimulatedTelevision(TcpSimulator):
    """On, off, and what lies between; `active` is the physical address last shown."""

    warm_up = 0.2

    def __init__(self) -> None:
        super().__init__()
        self.active = ""
        self._on = False
        self._changed = float("-inf")

    @property
    def program(self) -> tuple[str, ...]:
        """What to start in the place of cec-client."""
        return (sys.executable, "-m", "rooms.simulators.cec_client", HOST, str(self.port))

    def settings(self) -> dict[str, object]:
        """As `Simulator` says."""
        return {"program": " ".join(self.program)}

    @property
    def power(self) -> str:
        """As cec-client would print it."""
        settled = asyncio.get_running_loop().time() - self._changed >= self.warm_up
        if self._on:
            return "on" if settled else "in transition from standby to on"
        return "standby" if settled else "in transition from on to standby"

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Line after line."""
        writer.write(WELCOME.encode())
        while True:
            line = (await reader.readuntil(b"\n")).decode("utf-8", "replace").strip()
            self.note(line)
            answer = self.reply(line)
            if answer:
                self.told(answer)
                writer.write(f"{answer}\n".encode())

    def reply(self, line: str) -> str:
        """What is printed for a line."""
        match line.split():
            case ["on" | "standby" as word, "0"]:
                self.switch(word == "on")
            case ["tx", frame] if frame.startswith("1F:82:"):
                self.active = frame.removeprefix("1F:82:")
            case ["pow", "0"]:
                return f"power status: {self.power}"
            case _:
                return f"unknown command: {line}"
        return ""

    def switch(self, on: bool) -> None:
        """The television heard it."""
        if on != self._on:
            self._on = on
            self._changed = asyncio.get_running_loop().time()


class DeafTelevision(SimulatedTelevision):
    """The adapter works, and not a word comes back."""

    def reply(self, line: str) -> str:
        """Nothing."""
        return ""


class AbsentTelevision(SimulatedTelevision):
    """The cable is out."""

    @property
    def power(self) -> str:
        """What cec-client prints when nobody answers on the bus."""
        return "unknown"


class GarbageTelevision(SimulatedTelevision):
    """An adapter that prints noise."""

    def reply(self, line: str) -> str:
        """Noise."""
        return "\x01\x02\x03"


class StuckTelevision(SimulatedTelevision):
    """Takes the order to come on and never is on."""

    warm_up = 1e9
