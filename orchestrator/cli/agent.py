"""`margeride agent run|pair|check`: the program on the mini-PC of a room (docs/agent.md)."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.cli.common import say

if TYPE_CHECKING:
    from rooms.agent.config import AgentConfig

CONFIG = Path("/etc/margeride/agent.yaml")
WITHIN = 15.0


def add(parser: argparse.ArgumentParser) -> None:
    """Its arguments."""
    parser.add_argument("action", choices=("run", "pair", "check"), metavar="run|pair|check")
    parser.add_argument("code", nargs="?", default="", help=say("cli-agent-code"))
    parser.add_argument(
        "--config", type=Path, default=CONFIG, metavar="FILE", help=say("cli-agent-config")
    )


def run(arguments: argparse.Namespace) -> int:
    """Do it; 0 done, 1 refused with a sentence."""
    from rooms.agent.config import load

    try:
        config = load(arguments.config)
    except OSError as error:
        return _refuse("cli-agent-no-file", path=arguments.config, reason=error.strerror)
    if arguments.action == "check":
        count = len(config.devices)
        print(say("cli-agent-ok", path=arguments.config, room=config.room, devices=count))
        return 0
    if arguments.action == "pair":
        return _pair(config, arguments.code)
    return _serve(config)


def _refuse(key: str, **facts: object) -> int:
    print(say(key, **facts), file=sys.stderr)
    return 1


def _pair(config: "AgentConfig", code: str) -> int:
    import asyncio

    import aiohttp

    from rooms.agent import disk

    async def claim() -> tuple[int, str]:
        wanted = {"room": config.room, "code": code.replace(" ", ""), "kind": "agent"}
        url = f"{config.service}/api/v1/pairings/claim"
        timeout = aiohttp.ClientTimeout(total=WITHIN)
        async with (
            aiohttp.ClientSession(timeout=timeout) as http,
            http.post(url, json=wanted) as answer,
        ):
            if answer.status != 201:
                return answer.status, ""
            return 201, str((await answer.json())["token"])

    try:
        status, token = asyncio.run(claim())
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        return _refuse("cli-agent-no-service", url=config.service, reason=type(error).__name__)
    if status != 201:
        return _refuse("cli-agent-refused", status=status)
    try:
        disk.write_token(config.state, token)
    except OSError as error:
        return _refuse("cli-agent-not-kept", path=config.state, reason=error.strerror)
    print(say("cli-agent-paired", room=config.room))
    return 0


def _serve(config: "AgentConfig") -> int:
    import asyncio
    import logging

    from orchestrator.wiring import VERSION
    from rooms.agent.run import Agent, told_to_stop

    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")

    async def serve() -> None:
        async with told_to_stop() as stop:
            running = asyncio.create_task(Agent(config, VERSION).run(), name="agent")
            stopping = asyncio.create_task(stop.wait(), name="stop")
            await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
            for task in (running, stopping):
                task.cancel()
            for result in await asyncio.gather(running, stopping, return_exceptions=True):
                if isinstance(result, Exception):
                    raise result

    asyncio.run(serve())
    return 0
