"""A network behind a bad line: a namespace of its own, joined to this one by `far_link`.

    async with far_side(LINES["satellite"]) as far:
        await far.run("ping", "-c", "3", far.near)     # any program, on the other side of the line
        await far.change(LINES["good"]); await far.cut(True); await far.cut(False)

Needs root and /dev/net/tun; what runs there reaches this side by its default route, over the line.
`MissingTun` says why it cannot be done here.
"""

import asyncio
import contextlib
import fcntl
import json
import os
import struct
import sys
from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tests.fakes.far_link import words_of
from tests.fakes.links import Line

TUN = "/dev/net/tun"
TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
ROOT = Path(__file__).parents[2]
NEAR = "10.9.0.1"  # this side's address in the namespace of `tests.tools.hermetic`


class MissingTun(RuntimeError):
    """No such line can be made here."""


@dataclass(slots=True)
class FarSide:
    """The other side of a line."""

    pid: int
    address: str
    near: str
    link: asyncio.subprocess.Process
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def inside(self) -> list[str]:
        """The words before a command that is to run there."""
        return ["nsenter", f"--net=/proc/{self.pid}/ns/net", "--"]

    async def run(self, *command: str) -> str:
        """Run a program there; what it printed."""
        return await _run(*self.inside, *command)

    async def change(self, line: Line) -> dict[str, Any]:
        """Another line from now on."""
        return await self._say({"line": asdict(line)})

    async def cut(self, cut: bool) -> dict[str, Any]:
        """Let nothing through, or everything again."""
        return await self._say({"cut": cut})

    async def fate(self) -> dict[str, Any]:
        """What became of the packets so far, `up` and `down`, and `at` which second."""
        return await self._say({})

    async def _say(self, command: dict[str, Any]) -> dict[str, Any]:
        assert self.link.stdin is not None
        assert self.link.stdout is not None
        async with self._turn:
            self.link.stdin.write(json.dumps(command).encode() + b"\n")
            answer: dict[str, Any] = json.loads(await self.link.stdout.readline())
        return answer


@contextlib.asynccontextmanager
async def far_side(
    line: Line,
    *,
    number: int = 0,
    seed: int = 1,
    relays: Sequence[str] = (),
    near: str = NEAR,
    trace: Path | None = None,
) -> AsyncIterator[FarSide]:
    """Make the line. `relays`: `HOST:PORT=HOST:PORT` of this side, the first leads to the second;
    `number` tells lines apart that live at once."""
    async with contextlib.AsyncExitStack() as stack:
        fds = []
        for name in (f"near{number}", f"far{number}"):
            fds.append(await asyncio.to_thread(open_tun, name))
            stack.callback(os.close, fds[-1])
        holder = await asyncio.create_subprocess_exec(
            "unshare", "--net", "cat", stdin=asyncio.subprocess.PIPE
        )
        stack.push_async_callback(_end, holder)
        await _until_apart(holder.pid)
        address = f"10.88.{number}.2"
        await _plumb(number, holder.pid, address)
        words = ["--near-fd", str(fds[0]), "--far-fd", str(fds[1]), "--line", words_of(line)]
        words += ["--seed", str(seed), *(word for one in relays for word in ("--relay", one))]
        words += ["--trace", str(trace)] if trace else []
        link = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.fakes.far_link", *words,
            pass_fds=fds, cwd=ROOT, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        stack.push_async_callback(_end, link)
        assert link.stdout is not None
        if not await link.stdout.readline():
            raise MissingTun("the link did not start")
        yield FarSide(holder.pid, address, near, link)


def open_tun(name: str) -> int:
    """A TUN device that lives as long as the descriptor."""
    try:
        fd = os.open(TUN, os.O_RDWR | os.O_NONBLOCK)
    except OSError as reason:
        raise MissingTun(f"{TUN}: {reason.strerror}") from None
    try:
        fcntl.ioctl(fd, TUNSETIFF, struct.pack("16sH14x", name.encode(), IFF_TUN | IFF_NO_PI))
    except OSError as reason:
        os.close(fd)
        raise MissingTun(f"{TUN}: {reason.strerror}") from None
    return fd


async def _plumb(number: int, pid: int, address: str) -> None:
    near, far, here = f"near{number}", f"far{number}", f"10.88.{number}.1"
    there = ["nsenter", f"--net=/proc/{pid}/ns/net", "--"]
    for words in (
        ["ip", "link", "set", far, "netns", str(pid)],
        ["ip", "addr", "add", here, "peer", address, "dev", near],
        ["ip", "link", "set", near, "up"],
        [*there, "ip", "link", "set", "lo", "up"],
        [*there, "ip", "addr", "add", address, "peer", here, "dev", far],
        [*there, "ip", "link", "set", far, "up"],
        [*there, "ip", "route", "add", "default", "via", here],
    ):
        await _run(*words)


async def _until_apart(pid: int) -> None:
    own = await asyncio.to_thread(os.readlink, "/proc/self/ns/net")
    for _ in range(250):
        with contextlib.suppress(OSError):
            if await asyncio.to_thread(os.readlink, f"/proc/{pid}/ns/net") != own:
                return
        await asyncio.sleep(0.02)
    raise MissingTun("no network namespace of its own: root is needed")


async def _run(*command: str) -> str:
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    told, _ = await process.communicate()
    if process.returncode:
        raise MissingTun(f"{' '.join(command)}: {told.decode(errors='replace').strip()}")
    return told.decode(errors="replace")


async def _end(process: asyncio.subprocess.Process) -> None:
    """Each of them ends when nobody speaks to it any more."""
    assert process.stdin is not None
    process.stdin.close()
    try:
        await asyncio.wait_for(process.wait(), 5)
    except TimeoutError:
        process.kill()
        await process.wait()
