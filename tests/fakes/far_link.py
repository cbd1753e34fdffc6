"""The process that carries packets between two TUN devices as `tests.fakes.links` decides.

    python -m tests.fakes.far_link --near-fd N --far-fd N --line JSON [--relay HOST:PORT=HOST:PORT]

It obeys JSON lines on standard input, `{"line": {…}}` and `{"cut": true}`, and answers each with
the fate of all packets so far and the second it was done. With `--trace FILE` it writes one line
for each packet: second, way, octets, fate, and for RTP payload type, SSRC, number and time.
"""

import argparse
import asyncio
import contextlib
import json
import os
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any, TextIO

from tests.fakes.links import Carrier, Line, Way

READS_A_TURN = 64
IP_HEADER, UDP_HEADER, UDP = 20, 8, 17


def line_of(text: str) -> Line:
    ways = json.loads(text)
    return Line(up=Way(**ways["up"]), down=Way(**ways["down"]))


def words_of(line: Line) -> str:
    return json.dumps(asdict(line))


class Pipe:
    """One way, from one device to the other."""

    def __init__(self, name: str, source: int, target: int, carrier: Carrier) -> None:
        self.name, self.carrier = name, carrier
        self.trace: TextIO | None = None
        self._source, self._target = source, target
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(source, self._readable)

    def _readable(self) -> None:
        for _ in range(READS_A_TURN):
            try:
                packet = os.read(self._source, 65_535)
            except BlockingIOError:
                return
            except OSError:  # the far side has gone, and its device with it
                self._loop.remove_reader(self._source)
                return
            self._carry(packet)

    def _carry(self, packet: bytes) -> None:
        now = self._loop.time()
        out = self.carrier.carry(len(packet), now)
        if self.trace is not None:
            self._write(packet, None if out is None else out - now)
        if out is None:
            return
        if out - now < 0.0005:
            self._deliver(packet)
        else:
            self._loop.call_at(out, self._deliver, packet)

    def _deliver(self, packet: bytes) -> None:
        with contextlib.suppress(OSError):
            os.write(self._target, packet)

    def _write(self, packet: bytes, took: float | None) -> None:
        assert self.trace is not None
        took_ms = "-" if took is None else f"{took * 1000:.1f}"
        print(
            f"{time.time():.4f}", self.name, len(packet), took_ms, kind_of(packet), file=self.trace
        )


def kind_of(packet: bytes) -> str:
    """What a packet is, as far as its clear header says."""
    if len(packet) < IP_HEADER or packet[0] >> 4 != 4 or packet[9] != UDP:
        return "other"
    data = packet[(packet[0] & 15) * 4 + UDP_HEADER :]
    if len(data) < 12 or not 127 < data[0] < 192:
        return "stun" if data[:1] < b"\x04" else "dtls"
    if 192 <= data[1] <= 223:
        return f"rtcp {data[1]}"
    ssrc = int.from_bytes(data[8:12], "big")
    number, clock = int.from_bytes(data[2:4], "big"), int.from_bytes(data[4:8], "big")
    return f"rtp {data[1] & 127} {ssrc} {number} {clock} {data[1] >> 7}"


async def relay(words: str) -> asyncio.Server:
    """A port of the near side that leads to another: the service listens on loopback alone."""
    here, _, there = words.partition("=")
    host, _, port = there.rpartition(":")

    async def pump(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await source.read(65_536):
                target.write(data)
                await target.drain()
        target.close()

    async def joined(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            inner, outer = await asyncio.open_connection(host, int(port))
        except OSError:  # nobody listens there now, and so nobody does here
            writer.transport.abort()
            return
        await asyncio.gather(pump(reader, outer), pump(inner, writer), return_exceptions=True)

    host_here, _, port_here = here.rpartition(":")
    return await asyncio.start_server(joined, host_here, int(port_here))


def obey(command: dict[str, Any], up: Pipe, down: Pipe) -> dict[str, Any]:
    if "line" in command:
        line = line_of(json.dumps(command["line"]))
        up.carrier.way, down.carrier.way = line.up, line.down
    if "cut" in command:
        up.carrier.cut = down.carrier.cut = bool(command["cut"])
    told = {pipe.name: pipe.carrier.fate.told() for pipe in (up, down)}
    return told | {"at": time.time()}


async def run(wanted: argparse.Namespace) -> None:
    line = line_of(wanted.line)
    up = Pipe("up", wanted.far_fd, wanted.near_fd, Carrier(line.up, wanted.seed))
    down = Pipe("down", wanted.near_fd, wanted.far_fd, Carrier(line.down, wanted.seed + 1))
    if wanted.trace:
        up.trace = down.trace = wanted.trace.open("w")
    servers = [await relay(words) for words in wanted.relay]
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    print(json.dumps(obey({}, up, down)), flush=True)
    while words := await reader.readline():
        print(json.dumps(obey(json.loads(words), up, down)), flush=True)
    for server in servers:
        server.close()
    if up.trace is not None:
        up.trace.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--near-fd", type=int, required=True)
    parser.add_argument("--far-fd", type=int, required=True)
    parser.add_argument("--line", required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--relay", action="append", default=[])
    parser.add_argument("--trace", type=Path)
    asyncio.run(run(parser.parse_args()))


if __name__ == "__main__":
    main()
