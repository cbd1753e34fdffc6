"""`margeride simulate KIND`: a device that is not there, for who has none to try with."""

import argparse
import asyncio
import signal
from pathlib import Path

from orchestrator.cli.common import say
from rooms.errors import Unavailable
from rooms.simulators.base import HOST, Simulator
from rooms.simulators.known import SIMULATORS, make


def add(parser: argparse.ArgumentParser) -> None:
    """Its arguments."""
    kinds = "\n".join(f"  {kind:12} {', '.join(names)}" for kind, names in SIMULATORS.items())
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = f"{say('cli-simulate-names')}\n{kinds}"
    parser.add_argument("kind", choices=SIMULATORS, metavar="KIND")
    parser.add_argument("--as", dest="name", default="", metavar="NAME", help=say("cli-opt-as"))
    parser.add_argument("--host", default=HOST, metavar="H", help=say("cli-opt-sim-host"))
    parser.add_argument("--port", type=int, default=0, metavar="P", help=say("cli-opt-sim-port"))
    parser.add_argument("--password", default="", metavar="TEXT", help=say("cli-opt-sim-password"))
    parser.add_argument("--file", type=Path, metavar="FILE", help=say("cli-opt-sim-file"))


def run(arguments: argparse.Namespace) -> int:
    """Run it until it is interrupted; every message that comes and goes is a line."""
    simulator = make(arguments.kind, arguments.name, arguments.password, arguments.file)
    simulator.say = _print
    try:
        asyncio.run(_serve(simulator, arguments.kind, arguments.host, arguments.port))
    except OSError as error:
        where = f"{arguments.host}:{arguments.port}"
        raise Unavailable("cli-simulate-taken", where=where, reason=str(error)) from error
    return 0


async def _serve(simulator: Simulator, kind: str, host: str, port: int) -> None:
    await simulator.start(host, port)
    try:
        print(say("cli-simulate-listens", name=type(simulator).__name__, host=host))
        for name, value in {"driver": kind, **simulator.settings()}.items():
            print(f"    {name}: {_yaml(host if value == HOST else value)}")
        print(say("cli-simulate-end"), flush=True)
        await _told_to_end()
    finally:
        await simulator.stop()


async def _told_to_end() -> None:
    ended = asyncio.Event()
    for told in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(told, ended.set)
    await ended.wait()


def _yaml(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _print(line: str) -> None:
    print(line, flush=True)
