"""What every simulator does alike: listen, count who is connected, say what was exchanged."""

import asyncio
import contextlib
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Self

Say = Callable[[str], None]
HOST = "127.0.0.1"


def silent(_: str) -> None:
    """Nobody reads along."""


class Simulator(ABC):
    """A device that is not there. `said` keeps every message received, for who wants to count."""

    def __init__(self) -> None:
        self.say: Say = silent
        self.said: list[str] = []
        self.port = 0
        self.connections = 0

    @classmethod
    def locked(cls, password: str) -> Self:
        """One that asks for a password; a language without passwords has none to ask for."""
        return cls()

    @property
    @abstractmethod
    def busiest(self) -> int:
        """So many conversations went on at once, at most."""

    @abstractmethod
    async def start(self, host: str = HOST, port: int = 0) -> Self:
        """Listen; port 0 takes any free one, which is then `port`."""

    @abstractmethod
    async def stop(self) -> None:
        """Be gone, as after a power cut."""

    def settings(self) -> dict[str, object]:
        """What a room's configuration says to reach it, but for `id` and `driver`."""
        return {"host": HOST, "port": self.port}

    def note(self, heard: str) -> None:
        """A message came in."""
        self.said.append(heard)
        self.say(f"← {heard}")

    def told(self, answer: str) -> None:
        """An answer goes out."""
        self.say(f"→ {answer}")


class TcpSimulator(Simulator):
    """A simulator behind a TCP port that takes so many connections at a time."""

    most_connections = 4

    def __init__(self) -> None:
        super().__init__()
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._busiest = 0

    @property
    def busiest(self) -> int:
        """As `Simulator` says."""
        return self._busiest

    @abstractmethod
    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection; returning closes it. A broken line may be raised."""

    async def start(self, host: str = HOST, port: int = 0) -> Self:
        """As `Simulator` says."""
        self._server = await asyncio.start_server(self._serve, host, port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def stop(self) -> None:
        """As `Simulator` says."""
        if self._server is not None:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connections += 1
        try:
            if self.connections > self.most_connections:
                self.say("refused: enough are connected")
                return
            self._busiest = max(self._busiest, self.connections)
            with contextlib.suppress(OSError, EOFError, asyncio.LimitOverrunError):
                await self.converse(reader, writer)
        except asyncio.CancelledError:
            return  # stopped; a cancelled handler would only be logged by the server
        finally:
            self.connections -= 1
            self._tasks.discard(task)
            writer.close()
