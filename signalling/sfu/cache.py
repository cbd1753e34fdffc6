"""The packets of the last seconds, kept once for every subscriber who may have missed one."""

from collections import deque

from signalling.sfu.packet import Packet

SECONDS = 2.5
MOST = 4096


class Ring:
    """Packets by their place, forgotten by age: a satellite's question comes 600 ms late."""

    __slots__ = ("_arrivals", "_most", "_packets", "_seconds")

    def __init__(self, seconds: float = SECONDS, most: int = MOST) -> None:
        self._seconds = seconds
        self._most = most
        self._packets: dict[int, Packet] = {}
        self._arrivals: deque[tuple[float, int]] = deque()

    def __len__(self) -> int:
        return len(self._packets)

    def __contains__(self, place: int) -> bool:
        return place in self._packets

    def add(self, packet: Packet, now: float) -> None:
        """Keep a packet that is not there yet."""
        arrivals, packets = self._arrivals, self._packets
        packets[packet.place] = packet
        arrivals.append((now, packet.place))
        old = now - self._seconds
        while arrivals[0][0] < old or len(arrivals) > self._most:
            del packets[arrivals.popleft()[1]]

    def clear(self) -> None:
        """Keep nothing."""
        self._packets.clear()
        self._arrivals.clear()

    def get(self, place: int) -> Packet | None:
        """The packet of that place, if it is still kept."""
        return self._packets.get(place)
