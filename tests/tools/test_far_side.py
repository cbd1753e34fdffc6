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

import pytest

from signalling.transport.seam import host_addresses
from tests.conftest import cannot
from tests.fakes.far import NEAR, FarSide, MissingTun, far_side
from tests.fakes.links import Line, line

SIZE = 1000 - 28  # with the headers of IP and UDP, 1,000
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


@asynccontextmanager
async def far(bad: Line) -> AsyncIterator[FarSide]:
    if NEAR not in host_addresses():
        cannot("not in the network of tests.tools.hermetic")
    try:
        async with far_side(bad) as made:
            yield made
    except MissingTun as reason:
        cannot(str(reason))


async def heard(side: FarSide, count: int, every: float) -> Ears:
    """What comes of so many datagrams from the far side."""
    loop = asyncio.get_running_loop()
    transport, ears = await loop.create_datagram_endpoint(Ears, (NEAR, 0), family=socket.AF_INET)
    port = transport.get_extra_info("sockname")[1]
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


async def test_delay_and_loss_are_what_the_line_says() -> None:
    async with far(line(0, 0, 100, loss=0.2)) as side:
        ears = await heard(side, 400, 0.005)
        assert len(ears.came) == pytest.approx(320, abs=40)
        # The least is the line's own; what is above it is this machine's.
        assert 50 <= min(ears.took_ms) < 53
        assert statistics.median(ears.took_ms) < 60


async def test_the_rate_is_what_the_line_says() -> None:
    async with far(line(0, 1000, 20)) as side:
        ears = await heard(side, 500, 0.004)  # twice the rate for two seconds
        lasted = ears.came[-1] - ears.came[0]
        kbps = (len(ears.came) - 1) * 1000 * 8 / 1000 / lasted
        assert kbps == pytest.approx(1000, rel=0.06)
        fate = (await side.fate())["up"]
        assert fate["dropped"] == 500 - len(ears.came)


async def test_nothing_passes_while_it_is_cut() -> None:
    async with far(line(0, 0, 10)) as side:
        await side.cut(True)
        assert not (await heard(side, 20, 0.001)).came
        await side.cut(False)
        assert len((await heard(side, 20, 0.001)).came) == 20
