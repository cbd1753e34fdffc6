"""A room's agent with the screen it keeps, in a network and mount namespace of their own.

    python -m tests.fakes.kept_room SERVICE ROOM FOLDER FLAG…

The agent is the product's, as it is. Besides, a JSON text on a line of standard input is evaluated
in the page of its screen and answered with a line: the value, or null where the page does not
answer within half a second. The policy folder is bound over /etc/chromium here and nowhere else.
It all ends when standard input does.
"""

import asyncio
import json
import logging
import subprocess
import sys
from pathlib import Path
from typing import Any

from rooms.agent.config import AgentConfig, KioskConfig
from rooms.agent.run import Agent
from rooms.ids import RoomId

WITHIN = 0.5


def config(service: str, room: str, folder: Path, flags: list[str]) -> AgentConfig:
    kiosk = KioskConfig(profile=folder / "profile", flags=tuple(flags))
    return AgentConfig(service=service, room=RoomId(room), state=folder / "state", kiosk=kiosk)


async def look(agent: Agent, expression: str) -> Any:
    """What the page says, if it says anything."""
    browser = agent._keeper._browser if agent._keeper else None
    if browser is None:
        return None
    words = {"expression": expression, "awaitPromise": True, "returnByValue": True}
    try:
        async with asyncio.timeout(WITHIN):
            answer = await browser._call("Runtime.evaluate", words, browser._session)
    except (TimeoutError, OSError, asyncio.CancelledError):
        return None
    return answer.get("result", {}).get("result", {}).get("value")


async def answer(agent: Agent, reader: asyncio.StreamReader) -> None:
    while words := await reader.readline():
        print(json.dumps(await look(agent, json.loads(words))), flush=True)


async def keep(wanted: AgentConfig) -> None:
    agent = Agent(wanted, "test")
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    tasks = {asyncio.create_task(agent.run()), asyncio.create_task(answer(agent, reader))}
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def main(service: str, room: str, folder: Path, flags: list[str]) -> None:
    bound = folder / "etc"
    bound.mkdir(parents=True, exist_ok=True)
    subprocess.run(["mount", "--bind", str(bound), "/etc/chromium"], check=True)
    log = "%(asctime)s %(name)s %(message)s"
    logging.basicConfig(filename=folder / "agent.log", level=logging.INFO, format=log)
    asyncio.run(keep(config(service, room, folder, flags)))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]), sys.argv[4:])
