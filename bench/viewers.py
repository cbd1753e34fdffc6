"""Many players of a low-latency HLS stream in one process: `python -m bench.viewers`.

Each has two connections, as a browser has: on one it asks for the playlist that has the next part
(a blocking reload), on the other for that part, which is hinted; both are answered when the part is
there. What is told, every second as a JSON line: who is in, parts and bytes so far, refusals, and
how late the last part came to the last viewer after the first.
"""

import argparse
import asyncio
import json
import os
import re
import resource
import sys
import time
from collections import defaultdict
from urllib.parse import urlsplit

LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
HINT = re.compile(rb'PRELOAD-HINT:TYPE=PART,URI="((\d+)\.(\d+)\.m4s)"')
AT_ONCE = 50
FILES = 16_384


class Figures:
    """Of all viewers."""

    def __init__(self) -> None:
        self.ready = self.parts = self.bytes = self.refused = 0
        self.first: dict[bytes, float] = {}
        self.last: dict[bytes, float] = {}
        self.seen: defaultdict[bytes, int] = defaultdict(int)

    def part(self, name: bytes, size: int) -> None:
        now = time.monotonic()
        self.parts += 1
        self.bytes += size
        self.seen[name] += 1
        self.first.setdefault(name, now)
        self.last[name] = now


class Line(asyncio.Protocol):
    """One kept connection: a request, then its whole answer."""

    def __init__(self) -> None:
        self._waiting = bytearray()
        self._need = 0
        self._answer: asyncio.Future[tuple[int, bytes]] | None = None
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def connection_lost(self, error: Exception | None) -> None:
        self.transport = None
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(ConnectionError("closed"))

    def data_received(self, data: bytes) -> None:
        waiting = self._waiting
        waiting += data
        if not self._need:
            end = waiting.find(b"\r\n\r\n")
            if end < 0:
                return
            found = LENGTH.search(waiting, 0, end)
            self._need = end + 4 + (int(found[1]) if found else 0)
        if len(waiting) >= self._need:
            whole, self._need = bytes(waiting), 0
            waiting.clear()
            if self._answer is not None and not self._answer.done():
                self._answer.set_result((int(whole[9:12]), whole))

    async def get(self, request: bytes) -> tuple[int, bytes]:
        if self.transport is None:
            raise ConnectionError("closed")
        self._answer = asyncio.get_running_loop().create_future()
        self.transport.write(request)
        return await self._answer


async def viewer(
    host: str, port: int, path: str, figures: Figures, turns: asyncio.Semaphore
) -> None:
    """One player, again and again when it breaks."""
    head = f" HTTP/1.1\r\nHost: {host}:{port}\r\nAccept: */*\r\nUser-Agent: viewer\r\n\r\n".encode()
    at = f"GET {path}".encode()
    while True:
        try:
            async with turns:
                lists, parts = [await connected(host, port) for _ in range(2)]
            figures.ready += 1
            try:
                await watch(lists, parts, at, head, figures)
            finally:
                figures.ready -= 1
                for line in (lists, parts):
                    if line.transport is not None:
                        line.transport.abort()
        except (OSError, ConnectionError):
            figures.refused += 1
        await asyncio.sleep(1)


async def connected(host: str, port: int) -> Line:
    _, line = await asyncio.get_running_loop().create_connection(Line, host, port)
    return line


async def watch(lists: Line, parts: Line, at: bytes, head: bytes, figures: Figures) -> None:
    status, playlist = await lists.get(at + b"live.m3u8" + head)
    while status == 200:
        hint = HINT.search(playlist)
        if hint is None:
            return
        name, number, part = hint.groups()
        body = asyncio.ensure_future(parts.get(at + name + head))
        query = b"live.m3u8?_HLS_msn=" + number + b"&_HLS_part=" + part
        status, playlist = await lists.get(at + query + head)
        code, came = await body
        if code == 200:
            figures.part(name, len(came))
        else:
            figures.refused += 1
    figures.refused += 1


async def tell(figures: Figures, count: int) -> None:
    while True:
        await asyncio.sleep(1)
        whole = [name for name, seen in figures.seen.items() if seen >= count]
        spreads = [figures.last[name] - figures.first[name] for name in whole[-4:]]
        told = {
            "ready": figures.ready,
            "parts": figures.parts,
            "bytes": figures.bytes,
            "refused": figures.refused,
            "whole": len(whole),
            "spread_ms": round(1000 * max(spreads, default=0.0), 1),
        }
        print(json.dumps(told), flush=True)


async def run(url: str, count: int) -> None:
    there = urlsplit(url)
    figures, turns = Figures(), asyncio.Semaphore(AT_ONCE)
    host, port = there.hostname or "127.0.0.1", there.port or 80
    async with asyncio.TaskGroup() as group:
        for _ in range(count):
            group.create_task(viewer(host, port, there.path, figures, turns))
        group.create_task(tell(figures, count))


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", required=True, help="the address of the stream's folder")
    parser.add_argument("--count", type=int, default=1000)
    wanted = parser.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, FILES), hard))
    os.nice(15)  # the broadcaster comes first: it is what is measured
    asyncio.run(run(wanted.url, wanted.count))
    return 0


if __name__ == "__main__":
    sys.exit(main())
