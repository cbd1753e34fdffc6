"""The line in user space is as bad as it says, measured by datagrams that carry their time."""

import asyncio
import socket
import statistics
import struct
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pytest

from signalling.transport.seam import host_addresses
from tests.conftest import cannot
from tests.fakes.far import NEAR, FarSide, MissingTun, far_side
from tests.fakes.links import Line, line

SIZE = 1000 - 28  # with the headers of IP and UDP, 1,000
# What comes while this machine does not run us is kept: this much, by root's right (socket(7)).
SO_RCVBUFFORCE, KEPT = 33, 1 << 22
# Its lateness is only ever added: the calmest fifth of a second tells of the line.
STRETCH, TRIES = 32, 8
SEND = """
import socket, struct, sys, time
out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
host, port, count, every, size = sys.argv[1], *map(float, sys.argv[2:])
began = time.monotonic()
for number in range(int(count)):
    time.sleep(max(0, began + number * every - time.monotonic()))
    out.sendto(struct.pack("!d", time.monotonic()).ljust(int(size), b"x"), (host, int(port)))
"""


@dataclass
class Ears(asyncio.DatagramProtocol):
    """Who hears the datagrams: when each came, and how long it was on its way."""

    came: list[float] = field(default_factory=list)
    took_ms: list[float] = field(default_factory=list)

    def datagram_received(self, data: bytes, address: object) -> None:
        now = time.monotonic()
        self.came.append(now)
        self.took_ms.append((now - struct.unpack_from("!d", data)[0]) * 1000)


class Planned(NamedTuple):
    """A packet in the line's own record: when it came to it, whether it is one of our datagrams,
    and how long it was to stay; None: for ever."""

    at: float
    ours: bool
    stays_ms: float | None


def record(trace: Path) -> list[Planned]:
    """Of those that went up; a system says a word of its own now and then."""
    rows = (line.split() for line in trace.read_text().splitlines())
    return [
        Planned(float(at), int(octets) == SIZE + 28, None if stays == "-" else float(stays))
        for at, way, octets, stays, *_ in rows
        if way == "up"
    ]


def held(planned: list[Planned]) -> list[tuple[float, float]]:
    """Of our datagrams that were let through: when, and how long (ms) each was held."""
    kept = [(one.at, one.stays_ms) for one in planned if one.ours and one.stays_ms is not None]
    return [(at + stays / 1000, stays) for at, stays in kept]


def calmest(took_ms: list[float]) -> float:
    """The median of the stretch in which this machine was the least late."""
    starts = range(0, len(took_ms) - STRETCH + 1, STRETCH)
    return min(statistics.median(took_ms[at : at + STRETCH]) for at in starts)


@asynccontextmanager
async def far(bad: Line, trace: Path | None = None) -> AsyncIterator[FarSide]:
    if NEAR not in host_addresses():
        cannot("not in the network of tests.tools.hermetic")
    try:
        async with far_side(bad, trace=trace) as made:
            yield made
    except MissingTun as reason:
        cannot(str(reason))


async def heard(side: FarSide, count: int, every: float) -> Ears:
    """What comes of so many datagrams from the far side."""
    loop = asyncio.get_running_loop()
    transport, ears = await loop.create_datagram_endpoint(Ears, (NEAR, 0), family=socket.AF_INET)
    bound = transport.get_extra_info("socket")
    bound.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, KEPT)
    port = bound.getsockname()[1]
    words = [NEAR, str(port), str(count), str(every), str(SIZE)]
    await side.run(sys.executable, "-c", SEND, *words)
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        fate = (await side.fate())["up"]
        if len(ears.came) >= fate["packets"] - fate["lost"] - fate["dropped"] - fate["cut"]:
            break
        await asyncio.sleep(0.05)
    transport.close()
    return ears


async def test_delay_and_loss_are_what_the_line_says(tmp_path: Path) -> None:
    took_ms: list[float] = []
    async with far(line(0, 0, 100, loss=0.2), tmp_path / "trace") as side:
        for _ in range(TRIES):
            ears = await heard(side, 400, 0.005)
            assert len(ears.came) == pytest.approx(320, abs=40)
            took_ms += ears.took_ms
            if min(took_ms) < 53 and calmest(took_ms) < 60:
                break
        # The least is the line's own; what is above it is this machine's.
        assert 50 <= min(took_ms) < 53
        assert calmest(took_ms) < 60
    # It meant each and every one of them to be so late, and no other came.
    planned = await asyncio.to_thread(record, tmp_path / "trace")
    assert {stays for _, stays in held(planned)} == {50.0}
    assert len(held(planned)) == len(took_ms)


async def test_the_rate_is_what_the_line_says(tmp_path: Path) -> None:
    async with far(line(0, 1000, 20), tmp_path / "trace") as side:
        ears = await heard(side, 500, 0.004)  # twice the rate for two seconds
        fate = (await side.fate())["up"]
    planned = await asyncio.to_thread(record, tmp_path / "trace")
    let_go = [at for at, _ in held(planned)]
    assert len(let_go) == len(ears.came)
    assert fate["dropped"] == sum(one.stays_ms is None for one in planned)
    assert sum(one.ours for one in planned) == 500
    gaps = [after - before for before, after in pairwise(let_go)]
    assert statistics.median(gaps) == pytest.approx(0.008, abs=0.0002)
    # While this machine let nothing be sent the line had nothing to carry; and the least late of
    # the first and of the last to come tell how long it took.
    idle = sum(max(0.0, gap - 0.0085) for gap in gaps)
    late = [came - at for came, at in zip(ears.came, let_go, strict=True)]
    quarter = len(late) // 4
    lasted = let_go[-1] - let_go[0] - idle + min(late[-quarter:]) - min(late[:quarter])
    kbps = (len(ears.came) - 1) * 1000 * 8 / 1000 / lasted
    assert kbps == pytest.approx(1000, rel=0.06)


async def test_nothing_passes_while_it_is_cut() -> None:
    async with far(line(0, 0, 10)) as side:
        await side.cut(True)
        assert not (await heard(side, 20, 0.001)).came
        await side.cut(False)
        assert len((await heard(side, 20, 0.001)).came) == 20
