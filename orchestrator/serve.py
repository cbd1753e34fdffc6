"""Runs the service: one data directory, one port, until it is told to stop."""

import asyncio
import fcntl
import gc
import os
import secrets
import signal
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from aiohttp import web
from sqlalchemy import Connection

from orchestrator import keys, wiring
from orchestrator.auth import passwords
from orchestrator.gate import GATE, Gate, GuardedSite
from orchestrator.media_workers import MediaWorkers
from orchestrator.settings import Settings
from orchestrator.store import people
from rooms.errors import MargerideError

ADMIN = "admin"
DRAIN = 4.0  # seconds for what is under way; what is not done then is cut off
HEAD_WITHIN = 30.0  # seconds for the head of a request, and between two on one connection
Say = Callable[..., None]
"""Prints one sentence: a key of the `cli` catalogue and its facts."""


class CannotStart(MargerideError):
    """Something outside the program is in the way; the sentence says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the command line asked for."""

    settings: Settings
    data: Path
    host: str = "127.0.0.1"
    port: int = 8080
    media_host: str = "::"
    media_port: int = 8189
    announce: tuple[str, ...] = ()
    workers: int = 1
    live_port: int = 8190


def run(wanted: Wanted, say: Say) -> None:
    """Serve until SIGTERM or SIGINT. MargerideError when it cannot start."""
    prepare_data(wanted.data)
    with alone(wanted.data), listening(wanted.host, wanted.port) as listener:
        asyncio.run(_serve(wanted, listener, say))


def prepare_data(data: Path) -> None:
    """The data directory, for the service's own eyes."""
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise CannotStart("cli-no-data", data=str(data), reason=str(error.strerror)) from None
    if not os.access(data, os.W_OK | os.X_OK):
        raise CannotStart("cli-no-data", data=str(data), reason="not writable")


@contextmanager
def alone(data: Path) -> Iterator[None]:
    """No two services on one data directory; the lock dies with the process."""
    with (data / "service.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise CannotStart("cli-data-in-use", data=str(data)) from None
        yield


@contextmanager
def listening(host: str, port: int) -> Iterator[socket.socket]:
    """The socket of the service."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=1024)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise CannotStart("cli-no-port", host=host, port=port, reason=reason) from None
    with listener:
        yield listener


def public_url(wanted: Wanted, port: int) -> str:
    """The configured address, else the one we listen on."""
    if wanted.settings.service.public_url:
        return wanted.settings.service.public_url
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(wanted.host, wanted.host)
    return f"http://[{host}]:{port}" if ":" in host and "[" not in host else f"http://{host}:{port}"


def live_of(wanted: Wanted, port: int) -> wiring.Live:
    """How a broadcaster beside us reaches the service, and where viewers reach it."""
    here = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(wanted.host, wanted.host)
    url = f"http://[{here}]:{port}" if ":" in here else f"http://{here}:{port}"
    return wiring.Live(url=url, host=wanted.host, port=wanted.live_port)


async def _serve(wanted: Wanted, listener: socket.socket, say: Say) -> None:
    url = public_url(wanted, listener.getsockname()[1])
    app = wiring.make_service(
        wanted.settings,
        wanted.data,
        public_url=url,
        media_host=wanted.media_host,
        media_port=wanted.media_port,
        announce=wanted.announce,
        workers=wanted.workers,
        live=live_of(wanted, listener.getsockname()[1]),
    )
    runner = web.AppRunner(
        app, access_log=None, shutdown_timeout=DRAIN, keepalive_timeout=HEAD_WITHIN
    )
    gate = None
    if not wanted.settings.service.behind_proxy:
        gate = app[GATE] = Gate(wanted.settings.service.connections_per_address)
    async with told_to_stop() as stop:
        try:
            await runner.setup()
            _keep_what_stays()
            await _greet(app, wanted, say)
            await GuardedSite(runner, listener, gate).start()
            await _warn(app, wanted, say)
            say("cli-ready", **_facts(wanted), network=wanted.settings.network.name, url=url)
            await stop.wait()
            say("cli-draining")
        finally:
            await runner.cleanup()
    say("cli-stopped")


def _keep_what_stays() -> None:
    """What was loaded stays: the collector, which stops everything, need not look at it again.

    Its last look decides when the next one is due: after a quarter more. That must be a quarter of
    what comes and goes; of all that was loaded it would be megabytes. Until now it did not look at
    all (`margeride serve` begins so): looking at what is being loaded is a sixth of the loading,
    and one look at all of it a twentieth, for what little loading leaves behind.
    """
    gc.freeze()
    gc.enable()
    gc.collect()


async def _greet(app: web.Application, wanted: Wanted, say: Say) -> None:
    password = await first_administrator(app)
    if password is not None:
        say("cli-first-start", **_facts(wanted), login=ADMIN, password=password)


async def _warn(app: web.Application, wanted: Wanted, say: Say) -> None:
    engine = app[keys.ENGINE]
    taken = engine.ports_taken if isinstance(engine, MediaWorkers) else []
    for port in taken:
        say("cli-media-port-taken", place=f"{wanted.media_host}:{port}/udp")
    try:
        await engine.state()
    except MargerideError:
        if not taken:
            place = f"{wanted.media_host}:{wanted.media_port}/udp"
            say("cli-no-media", place=place, log=str(wanted.data / "worker.log"))


def _facts(wanted: Wanted) -> dict[str, str]:
    here = Path.cwd()
    data = wanted.data.relative_to(here) if wanted.data.is_relative_to(here) else wanted.data
    return {"data": str(data)}


@asynccontextmanager
async def told_to_stop() -> AsyncIterator[asyncio.Event]:
    """Set by the first SIGTERM or SIGINT; a second one ends the process at once."""
    loop, stop = asyncio.get_running_loop(), asyncio.Event()

    def on_signal() -> None:
        if stop.is_set():
            os._exit(1)
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, on_signal)
    try:
        yield stop
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)


async def first_administrator(app: web.Application) -> str | None:
    """Where there is no administrator yet, one; his password, to be shown this once."""
    database = app[keys.DATABASE]
    known = await database.read(people.everyone)
    if any(row.role == "admin" or row.login == ADMIN for row in known):
        return None
    password = secrets.token_urlsafe(12)
    hashed = await passwords.hash_aside(password)

    def add(conn: Connection) -> None:
        now = datetime.now(UTC)
        people.add(
            conn, now, login=ADMIN, name="Administration", role="admin", password_hash=hashed
        )

    await database.write(add)
    return password
