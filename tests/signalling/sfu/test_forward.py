import pytest

from signalling.sfu.forward import Line, Source, detach
from signalling.sfu.packet import BadPacket, Packet, extension_of, one_byte_block, parse_rtp
from signalling.sfu.rtcp import SenderReport

KEY, DELTA = b"\x90\x80\x81\x02\x00k", b"\x90\x80\x81\x03\x01d"


def packet(sequence: int, payload: bytes = b"sound", extension: bytes = b"") -> Packet:
    return Packet(
        payload_type=96,
        sequence=sequence,
        timestamp=sequence * 960,
        ssrc=1,
        payload=payload,
        profile=0xBEDE if extension else 0,
        extension=extension,
    )


class Ear:
    """A subscriber's line with what it was sent."""

    def __init__(self, source: Source, *, active: bool = True) -> None:
        self.sent: list[bytes] = []
        self.line = Line(video=source.video, ssrc=7, rtx_ssrc=8, send=self.sent.append)
        self.line.rewriter.payload_type = 111
        source.attach(self.line)
        self.line.active = active

    @property
    def heard(self) -> list[Packet]:
        return [parse_rtp(data) for data in self.sent]


def test_every_line_gets_every_packet_once() -> None:
    source = Source(video=False)
    ears = [Ear(source), Ear(source), Ear(source, active=False)]
    for sequence in (10, 11, 11, 13, 12):
        source.receive(packet(sequence), 0.0)
    assert [len(ear.sent) for ear in ears] == [4, 4, 0]
    first, second, fourth, third = (one.sequence for one in ears[0].heard)
    assert [(n - first) & 0xFFFF for n in (second, third, fourth)] == [1, 2, 3]
    assert source.reception.received == 4
    assert not source.missing


def test_a_picture_begins_with_a_key_picture() -> None:
    source = Source(video=True)
    told: list[bool] = []
    source.alert = lambda: told.append(True)
    ear = Ear(source)
    assert told
    assert source.gate.wanted
    source.receive(packet(1, DELTA), 0.0)
    source.receive(packet(2, b""), 0.0)
    assert ear.sent == []
    source.receive(packet(3, KEY), 0.0)
    source.receive(packet(4, DELTA), 0.0)
    assert len(ear.sent) == 2
    assert not source.gate.wanted


def test_padding_is_not_passed_on() -> None:
    source = Source(video=True)
    ear = Ear(source)
    source.receive(packet(1, KEY), 0.0)
    source.receive(packet(2, b""), 0.0)
    source.receive(packet(3, DELTA), 0.0)
    one, two = ear.heard
    assert two.sequence == (one.sequence + 1) & 0xFFFF


def test_muted_means_silence_and_unmuted_a_new_key_picture() -> None:
    source = Source(video=True)
    ear = Ear(source)
    source.receive(packet(1, KEY), 0.0)
    source.mute(True)
    source.mute(True)
    source.receive(packet(2, KEY), 0.0)
    assert len(ear.sent) == 1
    source.mute(False)
    assert source.gate.wanted
    source.receive(packet(3, DELTA), 0.0)
    assert len(ear.sent) == 1
    source.receive(packet(4, KEY), 0.0)
    assert len(ear.sent) == 2


def test_sound_asks_for_no_key_picture() -> None:
    source = Source(video=False)
    Ear(source)
    source.want_keyframe()
    assert not source.gate.wanted


def test_a_gap_is_told_and_too_large_a_one_asks_for_a_key_picture() -> None:
    source = Source(video=True)
    told: list[bool] = []
    source.alert = lambda: told.append(True)
    source.receive(packet(1, KEY), 0.0)
    assert not told
    source.receive(packet(3, DELTA), 0.0)
    assert told
    assert source.missing
    source.receive(packet(900, DELTA), 0.0)
    assert source.gate.wanted
    assert not source.missing.overflowed


def test_a_picture_that_is_none_is_refused() -> None:
    with pytest.raises(BadPacket):
        Source(video=True).receive(packet(1, b"\x90"), 0.0)


@pytest.mark.parametrize(
    ("mid_id", "level_id", "mid", "level"),
    [(1, 2, b"0", b"\x05"), (1, 0, b"0", None), (0, 2, None, b"\x05"), (0, 0, None, None)],
)
def test_extensions_carry_the_subscribers_ids(
    mid_id: int, level_id: int, mid: bytes | None, level: bytes | None
) -> None:
    source = Source(video=False)
    source.level_id = 4
    ear = Ear(source)
    ear.line.extensions("0", mid_id, level_id)
    source.receive(packet(1, extension=one_byte_block([(4, b"\x05"), (9, b"x")])[4:]), 0.0)
    [heard] = ear.heard
    assert extension_of(heard, 1) == mid
    assert extension_of(heard, 2) == level
    assert extension_of(heard, 9) is None


def test_a_missing_level_is_silence() -> None:
    source = Source(video=False)
    source.level_id = 4
    ear = Ear(source)
    ear.line.extensions("0", 1, 2)
    source.receive(packet(1), 0.0)
    assert extension_of(ear.heard[0], 2) == b"\x7f"


def test_a_nack_is_answered_once_in_a_round_trip() -> None:
    source = Source(video=False)
    ear = Ear(source)
    source.receive(packet(1), 0.0)
    number = ear.heard[0].sequence
    ear.line.echo.rtt = 0.3
    assert ear.line.repeat((number, (number + 9) & 0xFFFF), 1.0) == 1
    assert ear.line.repeat((number,), 1.2) == 0
    assert ear.line.repeat((number,), 1.4) == 1
    assert ear.heard[1].payload == b"sound"
    for n in range(2, 1100):
        source.receive(packet(n), 1.5)
        ear.line.repeat((parse_rtp(ear.sent[-1]).sequence,), 1.5)
    assert ear.line.repeat((parse_rtp(ear.sent[-1]).sequence,), 1.6) == 0


def test_the_report_maps_the_publishers_clock() -> None:
    source = Source(video=False)
    ear = Ear(source)
    assert ear.line.report(0.0) is None
    source.receive(packet(1), 0.0)
    assert ear.line.report(0.0) is None
    source.reception.reported(
        SenderReport(ssrc=1, ntp=9 << 32, timestamp=960, packets=0, octets=0), 0.0
    )
    report = ear.line.report(1.0)
    assert report is not None
    assert (report.ssrc, report.ntp, report.packets, report.octets) == (7, 10 << 32, 1, 5)
    assert (report.timestamp - ear.heard[0].timestamp) & 0xFFFFFFFF == 48_000
    detach(ear.line)
    detach(ear.line)
    assert ear.line.report(1.0) is None


def test_a_line_moves_from_one_source_to_another_without_a_seam() -> None:
    one, two = Source(video=False), Source(video=False)
    ear = Ear(one)
    one.receive(packet(1), 0.0)
    two.attach(ear.line)
    one.receive(packet(2), 0.02)
    two.receive(packet(700), 0.02)
    first, second = ear.heard
    assert second.sequence == (first.sequence + 1) & 0xFFFF
    assert (second.timestamp - first.timestamp) & 0xFFFFFFFF == 960
    assert one.lines == []


def test_what_comes_too_late_for_a_line_is_left_out() -> None:
    source = Source(video=False)
    source.receive(packet(100), 0.0)
    ear = Ear(source)
    source.receive(packet(101), 0.0)
    source.receive(packet(99), 0.0)
    assert len(ear.sent) == 1
