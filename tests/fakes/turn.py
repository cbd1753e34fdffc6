"""A real coturn, configured as docs/turnserver.conf.example says, on addresses of this machine."""

import asyncio
import contextlib
import os
import shutil
import signal
import socket
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from orchestrator.turn import credentials

EXAMPLE = Path("docs/turnserver.conf.example")
SECRET = "a secret of this test"
# Loopback addresses are no peers by default; the rest keeps its files where we look.
OURS = """
allow-loopback-peers
pidfile={folder}/pid
userdb={folder}/db
log-file={folder}/log
simple-log
verbose
"""

# The fixture of tests/conftest.py skips where there is none, and fails where all is required.
needs_coturn = pytest.mark.usefixtures("coturn_path")


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    host: str
    port: int
    log: Path

    def user(self, name: str = "pa-1", minutes: float = 60) -> tuple[str, str]:
        return credentials(SECRET, name, datetime.now(UTC) + timedelta(minutes=minutes))

    def configuration(self, transport: str) -> dict[str, object]:
        """For a page that may use nothing but the relay."""
        user, password = self.user()
        url = f"turn:{self.host}:{self.port}?transport={transport}"
        server = {"urls": [url], "username": user, "credential": password}
        return {"iceServers": [server], "iceTransportPolicy": "relay"}


@contextlib.asynccontextmanager
async def coturn(host: str, worker: str, relay: str | None = None) -> AsyncIterator[Turn]:
    """Serves at `host`, relays from `relay` (the same), and to `worker` alone."""
    folder = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="margeride-turn-"))
    try:
        port = _free(host)
        text = await asyncio.to_thread(_configuration, folder, host, port, worker, relay or host)
        await asyncio.to_thread((folder / "conf").write_text, text)
        async with _running(folder, host, port):
            yield Turn(host=host, port=port, log=folder / "log")
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


def _configuration(folder: Path, host: str, port: int, worker: str, relay: str) -> str:
    text = EXAMPLE.read_text()
    for written, ours in (
        ("listening-port=3478", f"listening-port={port}"),
        ("listening-ip=203.0.113.9", f"listening-ip={host}"),
        ("relay-ip=203.0.113.9", f"relay-ip={relay}"),
        ("allowed-peer-ip=203.0.113.7", f"allowed-peer-ip={worker}"),
        ("static-auth-secret=SECRET", f"static-auth-secret={SECRET}"),
    ):
        assert written in text
        text = text.replace(written, ours)
    return text + OURS.format(folder=folder)


@contextlib.asynccontextmanager
async def _running(folder: Path, host: str, port: int) -> AsyncIterator[None]:
    process = await asyncio.create_subprocess_exec(
        "turnserver",
        "-c",
        str(folder / "conf"),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        await _listening(process, folder, host, port)
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


async def _listening(
    process: asyncio.subprocess.Process, folder: Path, host: str, port: int
) -> None:
    async with asyncio.timeout(20):
        while True:
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection(host, port)
                writer.close()
                return
            if process.returncode is not None:
                log = await asyncio.to_thread((folder / "log").read_text)
                raise RuntimeError(f"coturn ended at once:\n{log[-2000:]}")
            await asyncio.sleep(0.05)


def _free(host: str) -> int:
    with (
        socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tcp,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp,
    ):
        tcp.bind((host, 0))
        udp.bind((host, tcp.getsockname()[1]))
        return int(tcp.getsockname()[1])
