from collections.abc import Sequence

import pytest

from signalling.sfu.packet import BadPacket, Packet, one_byte_block
from signalling.sfu.source import RECENT_OCTETS, Source
from signalling.sfu.vp8 import Picture
from tests.fakes.packets import Camera, padding, red


class Ear:
    """A taker that writes down what it is given."""

    def __init__(self, source: Source | None = None) -> None:
        self.taken: list[Packet] = []
        self.began: list[int] = []
        self.offered: list[int] = []
        self.halted = 0
        self.source = source
        if source is not None:
            source.lines.append(self)

    def take(self, packet: Packet) -> None:
        self.taken.append(packet)

    def offer(self, source: Source, place: int, *, key: bool) -> None:
        self.offered.append(place)
        if not key:
            return
        self.began.append(place)
        source.waiting.remove(self)
        source.lines.append(self)
        self.taken += source.since(place)

    def halt(self) -> None:
        self.halted += 1
        if self.source is not None:
            self.source.lines.remove(self)


def sound(sequence: int, payload: bytes = b"opus", kind: int = 111, level: int = -1) -> Packet:
    block = one_byte_block([(4, bytes((level,)))]) if level >= 0 else b""
    return Packet(
        payload_type=kind,
        sequence=sequence,
        timestamp=sequence * 960,
        ssrc=1,
        payload=payload,
        profile=0xBEDE if block else 0,
        extension=block[4:],
    )


def give(source: Source, packets: Sequence[Packet], now: float = 0.0) -> None:
    for packet in packets:
        source.receive(packet, now)


def test_everybody_gets_every_packet_once() -> None:
    source = Source(video=False)
    ears = [Ear(source), Ear(source)]
    give(source, [sound(n) for n in (10, 11, 11, 13, 12)])
    assert [[p.sequence for p in ear.taken] for ear in ears] == [[10, 11, 13, 12]] * 2
    assert source.reception.received == 4
    assert not source.missing


def test_who_waits_begins_with_the_next_key_picture_and_with_any_sound() -> None:
    source, ear, camera = Source(video=True), Ear(), Camera(5)
    source.waiting.append(ear)
    first = camera()
    give(source, [*first, padding(camera)])
    assert (ear.offered, ear.began) == ([first[0].place], [])
    key = camera(3, key=True)
    give(source, key)
    assert [p.sequence for p in ear.taken] == [p.sequence for p in key]
    speech, other = Source(video=False), Ear()
    speech.waiting.append(other)
    give(speech, [sound(1, b""), sound(2), sound(3)])
    assert [p.sequence for p in other.taken] == [2, 3]


def test_a_key_picture_whose_first_packet_comes_last_is_not_lost_for_who_waits() -> None:
    source, ear, camera = Source(video=True), Ear(), Camera(5)
    source.waiting.append(ear)
    give(source, camera())
    first, *rest = camera(4, key=True)
    give(source, [*rest, first])
    assert [p.sequence for p in ear.taken] == [first.sequence, *(p.sequence for p in rest)]


def test_a_gap_is_told_and_too_large_a_one_asks_for_a_key_picture() -> None:
    source, camera = Source(video=True), Camera(5)
    told: list[bool] = []
    source.alert = lambda: told.append(True)
    give(source, camera(1, key=True))
    assert not told
    camera.sequence += 1
    give(source, camera(1))
    assert told
    assert source.missing
    camera.sequence += 900
    give(source, camera(1))
    assert source.gate.wanted
    assert not source.missing.overflowed


def test_a_sound_that_is_missing_is_told_and_leaves_as_it_comes() -> None:
    source, told = Source(video=False), []
    ear = Ear(source)
    source.alert = lambda: told.append(True)
    source.missing.rtt = 0.01
    give(source, [sound(n) for n in (10, 12)])
    assert told == [True]
    assert source.missing.due(0.0) == [11]
    give(source, [sound(13), sound(11)], 0.02)
    assert [packet.sequence for packet in ear.taken] == [10, 12, 13, 11]
    assert not source.missing


def test_a_sound_that_was_asked_for_mends_what_is_heard_and_not_what_is_told_of_the_line() -> None:
    source = Source(video=False)
    give(source, [sound(n) for n in (10, 12)])
    source.missing.due(0.0)
    give(source, [sound(11)], 0.02)
    block = source.reception.block(1, 0.1)
    assert (block.lost, source.reception.received, source.reception.octets) == (1, 2, 12)
    late = Source(video=False)
    give(late, [sound(n) for n in (10, 12, 11)])
    assert late.reception.block(1, 0.1).lost == 0


def test_a_sound_that_redundancy_has_mended_is_not_asked_for() -> None:
    source = Source(video=False)
    source.red_type = 63
    give(source, [sound(10), sound(13, red([(960, b"12")], b"13"), 63)])
    assert source.missing.due(0.0) == [11]


def test_a_silence_of_the_line_asks_for_no_sound() -> None:
    source = Source(video=False)
    give(source, [sound(10), sound(400)])
    assert not source.missing
    assert not source.missing.overflowed
    assert not source.gate.wanted


def lost_for_good(source: Source, camera: Camera, now: float) -> None:
    """The next packet never comes, and nobody asks for it any more."""
    camera.sequence += 1
    give(source, camera(1), now)
    while source.missing:
        source.missed(now)
        now += 0.1


def test_a_hole_that_stays_asks_for_a_key_picture_before_those_who_watch_do() -> None:
    source, camera, ear = Source(video=True), Camera(5), Ear()
    give(source, camera(1, key=True))
    lost_for_good(source, camera, 0.0)
    # Nobody watches: nobody misses anything.
    assert not source.gate.wanted
    source.lines.append(ear)
    assert source.missed(9.0) == []
    assert source.gate.wanted
    source.gate.arrived()
    source.missed(9.1)
    assert not source.gate.wanted
    lost_for_good(source, camera, 9.2)
    assert source.gate.wanted


def test_a_hole_before_a_key_picture_harms_nobody() -> None:
    source, camera = Source(video=True), Camera(5)
    source.lines.append(Ear())
    give(source, camera(1, key=True))
    camera.sequence += 1
    give(source, camera(1, key=True), 0.1)
    while source.missing:
        source.missed(5.0)
    assert not source.gate.wanted


def test_a_key_picture_serves_every_wish() -> None:
    source, camera = Source(video=True), Camera(5)
    source.want_keyframe()
    give(source, camera())
    assert source.gate.wanted
    give(source, camera(key=True))
    assert not source.gate.wanted
    silent = Source(video=False)
    silent.want_keyframe()
    assert not silent.gate.wanted


def test_what_says_it_is_a_picture_or_redundant_and_is_not_is_refused() -> None:
    bad = sound(1, b"\x90")
    with pytest.raises(BadPacket):
        Source(video=True).receive(bad, 0.0)
    source = Source(video=False)
    source.red_type = 63
    with pytest.raises(BadPacket):
        source.receive(sound(1, b"\xff", 63), 0.0)


def test_the_lowest_layer_may_be_asked_twice_a_second_and_others_once() -> None:
    for index, interval in ((0, 0.5), (1, 1.0)):
        source = Source(video=True, rid="x", index=index)
        source.want_keyframe()
        assert source.gate.due(0.0)
        source.gate.arrived()
        source.want_keyframe()
        assert not source.gate.due(interval - 0.01)
        assert source.gate.due(interval)


def test_another_ssrc_is_another_stream() -> None:
    source, before, after = Source(video=True), Camera(5, sequence=60_000), Camera(6, sequence=4)
    give(source, before(key=True))
    ear, late = Ear(source), Ear()
    source.waiting.append(late)
    ring = source.ring
    give(source, after())
    assert ear.halted == 1
    assert source.ring is not ring
    assert source.recent() is None
    assert source.gate.wanted
    assert not source.missing


def test_a_recent_key_picture_can_begin_a_line_at_once() -> None:
    source, camera = Source(video=True), Camera(5)
    assert source.recent() is None
    give(source, camera(key=True), 0.0)
    give(source, camera(), 1.9)
    first = source.recent()
    assert first is not None
    assert [p.sequence for p in source.since(first)] == [100, 101, 102, 103]
    give(source, camera(), 2.1)
    assert source.recent() is None
    give(source, camera(key=True, size=RECENT_OCTETS // 3), 3.0)
    assert source.recent() is not None
    give(source, camera(size=RECENT_OCTETS // 3), 3.0)
    assert source.recent() is None


def test_a_run_up_is_the_last_key_picture_and_all_that_followed_it() -> None:
    source, camera = Source(video=True), Camera(5)
    assert source.run_up(10_000) is None
    give(source, [*camera(), *(key := camera(key=True)), *(more := camera())], 1.0)
    assert source.run_up(10_000) == [*key, *more]
    assert source.key_at == 1.0
    # Too much at once, too long ago.
    assert source.run_up(30) is None
    give(source, camera(), 3.1)
    assert source.run_up(10_000) is None


def test_a_run_up_with_a_hole_is_none_until_it_is_mended() -> None:
    source, camera = Source(video=True), Camera(5)
    give(source, [*camera(), *camera(key=True)])
    lost, more = camera(1), camera()
    give(source, more)
    assert source.run_up(10_000) is None
    give(source, lost)
    assert len(source.run_up(10_000) or ()) == 5


def test_an_older_key_picture_that_comes_late_is_not_the_last() -> None:
    source, camera = Source(video=True), Camera(5)
    early = camera(1, key=True)
    newer = camera(1, key=True)
    give(source, [*newer, *early])
    assert source.recent() == newer[0].place


def test_nothing_that_came_while_muted_is_ever_replayed() -> None:
    source, ear, camera = Source(video=True), Ear(), Camera(5)
    source.lines.append(ear)
    source.mute(True)
    give(source, camera(key=True))
    assert ear.taken == []
    assert source.recent() is None
    source.mute(False)
    assert source.recent() is None
    give(source, camera(key=True))
    assert source.recent() is not None


def test_a_short_picture_id_goes_on_past_its_end() -> None:
    source = Source(video=True)
    numbers = []
    for n in (126, 127, 0, 1):
        payload = b"\x90\x80" + bytes((n,)) + b"\x01more"
        packet = sound(n + 1 if n > 100 else n + 129, payload)
        source.receive(packet, 0.0)
        assert isinstance(packet.picture, Picture)
        numbers.append(packet.picture.number)
    assert [(n - numbers[0]) & 0x7FFF for n in numbers] == [0, 1, 2, 3]


def test_figures_tell_rate_height_life_and_shares() -> None:
    source, camera = Source(video=True), Camera(5, height=360, pattern=(0, 2, 1, 2))
    assert source.shares == (1.0,)
    assert not source.alive(0.0)
    for n in range(8):
        give(source, camera(1, key=not n, size=1000), n / 8)
    assert source.height == 360
    assert source.kbps(1.0) == pytest.approx(8 * 1.014 * 8, rel=0.02)
    # Four of its intervals.
    assert source.alive(1.3)
    assert not source.alive(1.4)
    assert source.pace.rate(1.0) == pytest.approx(8 / 1.5)
    assert source.shares == pytest.approx((0.25, 0.5, 1.0), abs=0.01)
    for n in range(8):
        give(source, camera(1, key=not n, size=60_000), 1 + n / 8)
    # The past weighs less with each key picture.
    before = source._by_temporal[0]
    give(source, camera(1, key=True), 3.0)
    assert source._by_temporal[0] < before


def test_levels_are_told_and_a_missing_one_is_silence() -> None:
    source = Source(video=False)
    told: list[tuple[int, float]] = []
    source.on_level = lambda level, now: told.append((level, now))
    give(source, [sound(1, level=9)], 1.0)
    assert told == []
    source.level_id = 4
    heard = [sound(2, level=0x80 | 20), sound(3)]
    give(source, heard, 2.0)
    assert told == [(20, 2.0), (127, 2.0)]
    assert heard[0].marks[2] == b"\x20\x94"
    assert heard[1].marks[3].endswith(b"\x20\x7f")


def test_redundant_sound_is_kept_whole_and_plain() -> None:
    source = Source(video=False)
    source.red_type = 63
    ear = Ear(source)
    give(source, [sound(1, red([], b"one", 109), 63), sound(2, b"", 63), sound(3, b"plain")])
    assert [(p.payload, p.redundant) for p in ear.taken] == [
        (b"one", red([], b"one", 111)),
        (b"", b""),
        (b"plain", b""),
    ]
    as_it_came = red([(960, b"x")], b"four")
    give(source, [sound(4, as_it_came, 63)])
    assert ear.taken[-1].redundant == as_it_came


def test_a_sound_lost_on_the_way_up_goes_out_from_the_next_ones_redundancy() -> None:
    source = Source(video=False)
    source.red_type, source.level_id = 63, 4
    ear = Ear(source)
    give(source, [sound(1, red([(1920, b"?"), (960, b"?")], b"one"), 63)])
    give(source, [sound(4, red([(2880, b"?"), (1920, b"two"), (960, b"three")], b"four"), 63)])
    assert [(p.sequence, p.payload, p.timestamp // 960) for p in ear.taken] == [
        (1, b"one", 1),
        (2, b"two", 2),
        (3, b"three", 3),
        (4, b"four", 4),
    ]
    # What was mended counts as lost all the same, and is not said twice when it comes after all.
    assert source.reception.received == 2
    give(source, [sound(3, red([], b"three"), 63)])
    assert len(ear.taken) == 4
    source.mute(True)
    give(source, [sound(7, red([(1920, b""), (960, b"six")], b"seven"), 63)])
    assert len(ear.taken) == 4


def test_halted_lines_wait_and_a_wish_is_not_forgotten() -> None:
    source = Source(video=True)
    ear, waiting = Ear(source), Ear()
    source.halt()
    assert ear.halted == 1
    assert not source.gate.wanted
    source.waiting.append(waiting)
    source.halt()
    assert source.gate.wanted


def test_a_source_that_has_ended_keeps_no_packet_and_tells_nobody() -> None:
    source, heard = Source(video=False), list[float]()
    source.on_level = lambda _level, now: heard.append(now)
    source.level_id = 4
    give(source, [sound(1, level=5)], 1.0)
    source.end()
    assert len(source.ring) == 0
    give(source, [sound(2, level=5)], 2.0)
    assert heard == [1.0]
