import pytest

from signalling.sfu.packet import Packet
from signalling.sfu.reports import Echo, Meter, Reception, aligned
from signalling.sfu.rtcp import Block, SenderReport

CLOCK = 90_000


def packet(place: int, timestamp: int = 0) -> Packet:
    made = Packet(payload_type=96, sequence=0, timestamp=timestamp, ssrc=1, payload=b"12345")
    made.place = place
    return made


def test_loss_is_counted_since_the_last_report() -> None:
    reception = Reception(CLOCK)
    assert reception.block(1, 0.0) == Block(ssrc=1)
    for place in (100, 101, 103, 104):
        reception.arrived(packet(place), 0.0)
    block = reception.block(1, 0.0)
    assert (block.fraction, block.lost, block.highest) == (256 // 5, 1, 104)
    assert (reception.received, reception.octets) == (4, 20)
    reception.arrived(packet(102), 0.0)
    assert reception.block(1, 0.0).fraction == 0
    assert reception.block(1, 0.0).lost == 0


def test_even_packets_have_no_jitter_and_a_wrap_is_none() -> None:
    even = Reception(CLOCK)
    for n in range(10):
        even.arrived(packet(n, n * 3000), n / 30)
    even.arrived(packet(10, 2**32 - 1), 1 / 3)
    assert even.block(1, 0.0).jitter == 0
    uneven = Reception(CLOCK)
    for n in range(10):
        uneven.arrived(packet(n, n * 3000), n / 30 + (n % 2) * 0.01)
    assert uneven.block(1, 0.0).jitter > 100


def test_the_publishers_clock_goes_on_between_his_reports() -> None:
    reception = Reception(CLOCK)
    assert reception.clock_at(0.0) is None
    told = SenderReport(ssrc=1, ntp=7 << 32, timestamp=1000, packets=0, octets=0)
    reception.reported(told, 10.0)
    assert reception.clock_at(10.5) == ((7 << 32) + (1 << 31), 1000 + CLOCK // 2)
    block = reception.block(1, 11.0)
    assert (block.lsr, block.dlsr) == (7 << 16, 65_536)


def test_the_round_trip_is_learned_from_the_subscribers_report() -> None:
    echo = Echo()
    echo.sent(5 << 32, 1.0)
    echo.heard(Block(ssrc=1, lsr=5 << 16, dlsr=32_768, fraction=25), 1.7, 0)
    assert echo.rtt == pytest.approx(0.2)
    assert echo.fraction == 25
    # Each report of his names the last of ours that came; a second answer to it is none.
    assert echo.heard(Block(ssrc=1, lsr=5 << 16, dlsr=98_304), 2.9, 0) is None
    echo.sent(6 << 32, 2.0)
    echo.sent(7 << 32, 3.0)
    echo.heard(Block(ssrc=1, lsr=7 << 16, dlsr=32_768), 3.9, 0)
    assert echo.rtt == pytest.approx(0.25)
    assert echo.heard(Block(ssrc=1, lsr=6 << 16, dlsr=0), 4.0, 0) is None
    echo.heard(Block(ssrc=1, lsr=999), 5.0, 0)
    echo.heard(Block(ssrc=1), 5.0, 0)
    assert echo.rtt == pytest.approx(0.25)


def test_a_loss_is_told_once_of_the_packets_it_is_of() -> None:
    echo = Echo()
    echo.heard(Block(ssrc=1, fraction=64), 1.0, 100)
    echo.heard(Block(ssrc=1, fraction=128), 2.0, 140)
    assert echo.take() == (140, 45.0)
    # Nothing was sent since: what he says is what he said.
    echo.heard(Block(ssrc=1, fraction=128), 3.0, 140)
    assert echo.take() == (0, 0.0)


def told(ntp_seconds: float, timestamp: int) -> Reception:
    reception = Reception(CLOCK)
    report = SenderReport(
        ssrc=1, ntp=int(ntp_seconds * 2**32), timestamp=timestamp, packets=0, octets=0
    )
    reception.reported(report, 0.0)
    return reception


def test_two_layers_of_a_publisher_are_brought_to_one_time_by_their_reports() -> None:
    low, high = told(100.0, 1_000), told(101.0, 2**32 - 45_000)
    # Half a second after the second report, beyond the wrap of its RTP time.
    assert aligned(0, high, low) == 1_000 + CLOCK * 3 // 2
    assert aligned(1_000 - CLOCK, low, high) == (2**32 - 45_000 - 2 * CLOCK) & 0xFFFFFFFF
    assert aligned(5, Reception(CLOCK), low) is None
    assert aligned(5, low, Reception(CLOCK)) is None


def test_the_first_place_is_beyond_all_until_something_came() -> None:
    reception = Reception(CLOCK)
    assert reception.first > 1 << 40
    reception.arrived(packet(70), 0.0)
    assert reception.first == 70


def test_a_rate_is_that_of_about_the_last_second() -> None:
    meter = Meter()
    assert meter.kbps(0, 1.0) == 0.0
    assert meter.kbps(1000, 1.0004) == 0.0
    rates = [meter.kbps(1000 + n * 500, 1.0 + n / 4) for n in range(1, 21)]
    assert rates[-1] == pytest.approx(16.0)
    assert meter.kbps(11_000, 9.0) < 16.0
