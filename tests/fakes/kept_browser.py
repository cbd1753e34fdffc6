"""A keeper and its Chromium in a mount namespace of their own, for tests with the managed policy.

    python -m tests.fakes.kept_browser URL FOLDER

The policy folder is bound over /etc/chromium there and nowhere else. Every word on standard output
is how the screen is; the process ends when its standard input does.
"""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

from rooms.agent.config import KioskConfig
from rooms.agent.kiosk import Keeper
from rooms.agent.watch import Watch

MODULE = "tests.fakes.kept_browser"
APART = "MARGERIDE_APART"
FLAGS = ("--headless=new", "--no-sandbox", "--use-fake-device-for-media-stream", "--disable-gpu",
         "--disable-dev-shm-usage")  # fmt: skip


async def keep(url: str, folder: Path) -> None:
    config = KioskConfig(
        browser="/usr/bin/chromium",
        policies=Path("/etc/chromium/policies/managed"),
        profile=folder / "profile",
        flags=FLAGS,
    )
    # Other things run on this machine.
    patient = Watch(answer_within=8.0, load_within=30.0, start_within=90.0)
    keeper = Keeper(config, url, lambda kiosk: print(kiosk, keeper.process, flush=True), patient)
    task = asyncio.create_task(keeper.run())
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    ended = asyncio.create_task(reader.read())
    await asyncio.wait({task, ended}, return_when=asyncio.FIRST_COMPLETED)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def main(url: str, folder: Path) -> None:
    if APART not in os.environ:
        os.environ[APART] = "1"
        os.execvp("unshare", ["unshare", "-m", sys.executable, "-m", MODULE, url, str(folder)])
    bound = folder / "etc"
    bound.mkdir(exist_ok=True)
    subprocess.run(["mount", "--bind", str(bound), "/etc/chromium"], check=True)
    asyncio.run(keep(url, folder))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
