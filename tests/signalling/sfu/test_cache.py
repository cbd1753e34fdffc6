from signalling.sfu.cache import Ring
from signalling.sfu.packet import Packet


def packet(place: int) -> Packet:
    made = Packet(payload_type=96, sequence=place & 0xFFFF, timestamp=0, ssrc=1, payload=b"x")
    made.place = place
    return made


def test_packets_are_kept_for_the_time_a_satellite_needs() -> None:
    ring = Ring(seconds=2.0)
    for n in range(30):
        ring.add(packet(n), n / 8)
    assert ring.get(29) is not None
    assert 13 in ring
    assert ring.get(12) is None
    assert len(ring) == 17


def test_what_is_cleared_begins_anew() -> None:
    ring = Ring(seconds=2.0)
    ring.add(packet(1), 0.0)
    ring.clear()
    assert (len(ring), ring.get(1)) == (0, None)
    ring.add(packet(2), 9.0)
    assert 2 in ring


def test_no_more_than_so_many_are_kept() -> None:
    ring = Ring(most=10)
    for n in range(30):
        ring.add(packet(n), 0.0)
    assert len(ring) == 10
    assert 19 not in ring
