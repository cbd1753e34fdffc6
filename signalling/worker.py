"""The media worker: a process of its own that outlives the service it works for.

    python -m signalling.worker --socket PATH --media-port N [--media-host H]
                                [--announce IP]… [--relay IP]… [--grace 60]

It ends on SIGTERM, when a service says so, and when none has been attached for the grace time.
"""

import argparse
import asyncio
import contextlib
import resource
import signal
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

from signalling.engines.python import Limits, PythonEngine
from signalling.engines.served import Served

SOCKET_IN_USE, PORT_IN_USE = 3, 4
LOOK = 0.5
FILES = 8192


def arguments(words: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="signalling.worker", description="A media worker.")
    parser.add_argument("--socket", type=Path, required=True, help="where a service attaches")
    parser.add_argument("--media-port", type=int, default=0, help="the port, by UDP and TCP")
    parser.add_argument("--media-host", default="::", help="the address to bind; :: for all")
    parser.add_argument("--announce", action="append", default=[], help="an address to tell")
    parser.add_argument("--relay", action="append", default=[], help="whence a TURN server sends")
    parser.add_argument("--grace", type=float, default=60.0, help="seconds without a service")
    parser.add_argument("--data", type=Path, help="whose worker this is; to be seen in ps")
    parser.add_argument("--remb", type=int, default=Limits().remb_bps, help="bit/s per publisher")
    return parser.parse_args(words)


def main(words: Sequence[str] | None = None) -> int:
    """Run until told to end; the exit code says why it could not."""
    wanted = arguments(words)
    if _answers(wanted.socket):
        print(f"another media worker serves {wanted.socket}", file=sys.stderr)
        return SOCKET_IN_USE
    # Left behind by one that was killed.
    wanted.socket.unlink(missing_ok=True)
    _take_files()
    return asyncio.run(run(wanted))


def _take_files() -> None:
    """Each connection is a file, and the usual limit is low."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = FILES if hard == resource.RLIM_INFINITY else min(hard, FILES)
    if soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(2.0)
        try:
            probe.connect(str(path))
        except OSError:
            return False
        return True


async def run(wanted: argparse.Namespace) -> int:
    """Serve the engine until the end."""
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    limits = Limits(remb_bps=wanted.remb)
    try:
        engine = PythonEngine(
            wanted.media_host, wanted.media_port, wanted.announce, limits, wanted.relay
        )
    except (OSError, OverflowError) as refused:
        place = f"{wanted.media_host}:{wanted.media_port}/udp"
        print(f"cannot use {place}: {refused}", file=sys.stderr)
        return PORT_IN_USE
    if not engine.tcp:
        print(f"cannot use port {engine.port}/tcp: another program has it", file=sys.stderr)
    served = Served(engine, port=engine.port, quit_now=ended.set)
    await served.start(wanted.socket)
    try:
        await _until_ended(served, ended, wanted.grace)
    finally:
        engine.stop()
        await served.stop()
        wanted.socket.unlink(missing_ok=True)
    return 0


async def _until_ended(served: Served, ended: asyncio.Event, grace: float) -> None:
    loop = asyncio.get_running_loop()
    while not ended.is_set():
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(ended.wait(), LOOK)
        if served.left_at is not None and loop.time() - served.left_at > grace:
            return


if __name__ == "__main__":
    sys.exit(main())
