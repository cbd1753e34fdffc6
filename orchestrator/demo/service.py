"""The service as a process of its own: started, waited for, killed, started again."""

import asyncio
import os
import signal
import socket
import sys
import time
from pathlib import Path

import aiohttp

READY = 30.0  # seconds a first start may take


def free_port(kind: socket.SocketKind, wanted: int = 0, host: str = "127.0.0.1") -> int:
    """`wanted` when nobody holds it, else a port that is free now."""
    for port in (wanted, 0):
        with socket.socket(socket.AF_INET, kind) as probe:
            try:
                probe.bind((host, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise OSError("no free port")


class NotReady(RuntimeError):
    """The service did not come up; its own words are in `log`."""


class Service:
    """One `margeride serve` over one data directory."""

    def __init__(
        self,
        data: Path,
        config: Path,
        *,
        port: int = 8080,
        media_port: int = 8189,
        media_host: str = "127.0.0.1",
    ) -> None:
        self.data = data
        self.config = config
        self.media_host = media_host
        self.port = free_port(socket.SOCK_STREAM, port)
        self.media_port = free_port(socket.SOCK_DGRAM, media_port)
        self.log = data / "serve.log"
        self._process: asyncio.subprocess.Process | None = None

    @property
    def url(self) -> str:
        """Where people and calendar clients find it."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """Of the running process."""
        assert self._process is not None
        return self._process.pid

    async def start(self) -> float:
        """Start it and wait until it is ready; the seconds that took."""
        began = time.monotonic()
        command = [sys.executable, "-m", "orchestrator", "serve"]
        options = {
            "--config": self.config,
            "--data": self.data,
            "--host": "127.0.0.1",
            "--port": self.port,
            "--media-host": self.media_host,
            "--media-port": self.media_port,
        }
        words = [str(word) for pair in options.items() for word in pair]
        log = await asyncio.to_thread(self.log.open, "ab")
        try:
            self._process = await asyncio.create_subprocess_exec(
                *command, *words, stdout=log, stderr=log, env=os.environ
            )
        finally:
            log.close()
        await self._wait_ready()
        return time.monotonic() - began

    async def _wait_ready(self) -> None:
        assert self._process is not None
        async with aiohttp.ClientSession() as http:
            deadline = time.monotonic() + READY
            while time.monotonic() < deadline:
                if self._process.returncode is not None:
                    break
                try:
                    async with http.get(f"{self.url}/readyz") as answer:
                        if answer.status == 200:
                            return
                except aiohttp.ClientError:
                    pass
                await asyncio.sleep(0.05)
        said = await asyncio.to_thread(self.log.read_text)
        raise NotReady(said[-3000:])

    async def kill(self) -> None:
        """SIGKILL: what a power cut leaves."""
        await self._end(signal.SIGKILL)

    async def stop(self) -> None:
        """SIGTERM: it drains. Its media worker is ended too."""
        await self._end(signal.SIGTERM)
        await self._signal_worker(signal.SIGTERM)

    async def kill_worker(self) -> bool:
        """SIGKILL the media worker; False when none runs."""
        return await self._signal_worker(signal.SIGKILL)

    async def _signal_worker(self, number: signal.Signals) -> bool:
        pid = await asyncio.to_thread(worker_pid, self.data)
        if pid is None:
            return False
        os.kill(pid, number)
        return True

    async def _end(self, number: signal.Signals) -> None:
        if self._process is None or self._process.returncode is not None:
            return
        self._process.send_signal(number)
        try:
            await asyncio.wait_for(self._process.wait(), 10)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()


def worker_pid(data: Path) -> int | None:
    """The media worker that serves this data directory, by its command line in /proc."""
    wanted = str(data).encode()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if b"signalling.worker" in words and any(wanted in word for word in words):
                return int(entry.name)
    return None
