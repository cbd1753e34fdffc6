"""The agent of a room as a process of its own, as on its mini-PC: paired, started, killed.

agent = AgentProcess(folder, url, room, devices); await agent.pair(code); await agent.start()
"""

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

WITHIN = 90.0


class AgentProcess:
    """`devices` are the entries of its file."""

    def __init__(self, folder: Path, url: str, room: str, devices: list[dict[str, Any]]) -> None:
        self.folder = folder
        self._file = folder / "agent.yaml"
        self._facts = {
            "service": url, "room": room, "state": str(folder / "state"), "devices": devices,
        }  # fmt: skip
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    async def pair(self, code: str) -> None:
        """With the code an animateur gave."""

        def prepare() -> None:
            self.folder.mkdir()
            self._file.write_text(json.dumps(self._facts))  # JSON is YAML

        await asyncio.to_thread(prepare)
        process = await self._run("pair", code)
        async with asyncio.timeout(WITHIN):
            assert await process.wait() == 0, await self.log()

    async def start(self) -> None:
        self._process = await self._run("run")

    async def kill(self) -> None:
        """SIGKILL: somebody pulled the plug of the mini-PC."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    async def stop(self) -> None:
        """SIGTERM; how it ended."""
        assert self._process is not None
        self._process.terminate()
        async with asyncio.timeout(WITHIN):
            assert await self._process.wait() == 0, await self.log()

    async def log(self) -> str:
        return await asyncio.to_thread((self.folder / "log").read_text)

    async def _run(self, *words: str) -> asyncio.subprocess.Process:
        log = await asyncio.to_thread((self.folder / "log").open, "ab")
        try:
            return await asyncio.create_subprocess_exec(
                sys.executable, "-m", "orchestrator", "agent", *words, "--config", str(self._file),
                stdout=log, stderr=log, env=os.environ,
            )  # fmt: skip
        finally:
            log.close()


def sockets_of(pid: int) -> int:
    """How many a process has open. Blocking."""
    found = 0
    for name in Path(f"/proc/{pid}/fd").iterdir():
        try:
            found += str(name.readlink()).startswith("socket:")
        except OSError:
            continue
    return found
