"""One published stream: a packet is understood once, kept once, and handed to whoever takes it.

A track with simulcast has one `Source` for each layer (`signalling.sfu.simulcast`).
"""

from collections.abc import Callable
from typing import Protocol

from signalling.sfu.cache import Ring
from signalling.sfu.keyframes import KeyframeGate
from signalling.sfu.nack import PICTURES, SOUNDS, Missing
from signalling.sfu.pace import Pace
from signalling.sfu.packet import SILENT, Packet, Unwrapper, extension_of, marks_of
from signalling.sfu.red import OPUS_TYPE, Block, parse_red, relabel
from signalling.sfu.reports import Meter, Reception
from signalling.sfu.vp8 import parse_vp8, widen

AUDIO_CLOCK, VIDEO_CLOCK = 48_000, 90_000
LOW_INTERVAL, INTERVAL = 0.5, 1.0
ALIVE, NEVER = 1.0, -10.0
TEMPORAL_LAYERS = 4
FORGET_AT = 1 << 18
MENDED = 2
# A key picture may begin a line from the ring while no more than this has come since it began.
RECENT_SECONDS, RECENT_OCTETS = 2.0, 96_000


class Taker(Protocol):
    """A line, as its source knows it."""

    def take(self, packet: Packet) -> None:
        """Forward this packet."""

    def offer(self, source: "Source", place: int, *, key: bool) -> None:
        """A picture (or sound) begins at this place: go over to this source, or wait on."""

    def halt(self) -> None:
        """The source has been muted or has become another stream: wait for a new beginning."""


class Source:
    """One stream of a publisher. `ssrc` is his, 0 until its first packet.

    `lines` take every packet now, `waiting` are told of each picture (or sound) that begins.
    """

    __slots__ = (
        "_begun",
        "_by_temporal",
        "_key",
        "_meter",
        "_number",
        "_since_key",
        "_unwrapper",
        "_whole",
        "alert",
        "gate",
        "height",
        "index",
        "latest",
        "level_id",
        "lines",
        "missing",
        "muted",
        "on_level",
        "pace",
        "reception",
        "red_type",
        "rid",
        "ring",
        "ssrc",
        "video",
        "waiting",
    )

    def __init__(self, *, video: bool, rid: str = "", index: int = 0) -> None:
        self.video = video
        self.rid = rid
        self.index = index
        self.lines: list[Taker] = []
        self.waiting: list[Taker] = []
        self.level_id = 0
        self.red_type = 0
        self.muted = False
        # Told when feedback to the publisher should leave soon; told each level of a sound.
        self.alert: Callable[[], None] = _nobody
        self.on_level: Callable[[int, float], None] = _nothing
        self._restart()

    def _restart(self) -> None:
        self.ssrc = 0
        self.ring = Ring()
        self.gate = KeyframeGate(INTERVAL if self.index else LOW_INTERVAL)
        self.missing = Missing(worth=PICTURES if self.video else SOUNDS)
        self.reception = Reception(VIDEO_CLOCK if self.video else AUDIO_CLOCK)
        self.latest = NEVER
        self.height = 0
        self._unwrapper = Unwrapper()
        self._meter = Meter()
        self._key: Packet | None = None
        self._since_key = 0
        self._number = 0
        self._begun = -1
        # No hole before this place is worth a new picture: one began since, or was asked for.
        self._whole = -1
        self.pace = Pace()
        self._by_temporal = [0] * TEMPORAL_LAYERS

    # -- packets

    def receive(self, packet: Packet, now: float) -> bool:
        """Understand, keep and forward a packet; `BadPacket` when its payload is not what it says.

        A packet of another SSRC than before begins the stream anew. Whether it is one that was
        asked for.
        """
        if packet.ssrc != self.ssrc:
            self._become(packet.ssrc, now)
        place = packet.place = self._unwrapper.place(packet.sequence)
        ring = self.ring
        if place in ring:
            return False
        packet.arrived = self.latest = now
        missing = self.missing
        again = missing.arrived(place, now)
        key = self._look(packet, now) if self.video else self._listen(packet, now)
        if missing:
            self.alert()
        elif missing.overflowed:
            missing.overflowed = False
            self.want_keyframe()
        if again and not self.video:
            # It comes on the number of the first: what the line loses would not be told any more.
            self.reception.octets += len(packet.payload)
        else:
            self.reception.arrived(packet, now)
        ring.add(packet, now)
        if self.muted:
            return again
        for line in self.lines:
            line.take(packet)
        if self.waiting and (key or self._begun == place):
            for line in list(self.waiting):
                line.offer(self, place, key=key)
        return again

    def _become(self, ssrc: int, now: float) -> None:
        if self.ssrc:
            self._restart()
            self.halt()
        self.ssrc = ssrc
        self._meter.kbps(0, now)

    def _look(self, packet: Packet, now: float) -> bool:
        """Read the picture's descriptor; whether a key picture begins here."""
        begins = False
        if packet.payload:
            picture = parse_vp8(packet.payload)
            if picture.short:
                packet.payload = widen(packet.payload, picture, self._number)
            self._number = picture.number
            packet.picture = picture
            packet.temporal = picture.temporal
            self._by_temporal[picture.temporal] += len(packet.payload)
            begins = picture.key
            if picture.start:
                self._begun = packet.place
                self.pace.shown(now)
            if begins:
                self._key_arrived(packet, picture.height)
            self._since_key += len(packet.payload)
        packet.marks = marks_of(now, None)
        return begins

    def _key_arrived(self, packet: Packet, height: int) -> None:
        self.gate.arrived()
        self.height = height or self.height
        if self._key is None or packet.place > self._key.place:
            self._key = packet
            self._since_key = 0
            self._whole = max(self._whole, packet.place)
        if sum(self._by_temporal) > FORGET_AT:
            self._by_temporal = [octets >> 1 for octets in self._by_temporal]

    def missed(self, now: float) -> list[int]:
        """The numbers to ask the publisher for now. What nobody asks for any more leaves a hole
        that only a new picture mends; whoever watches would find that out by himself seconds later.
        """
        wanted = self.missing.due(now)
        if self.missing.given_up > self._whole and self.lines:
            self._whole = self.missing.given_up
            self.want_keyframe()
        return wanted

    def _listen(self, packet: Packet, now: float) -> bool:
        """Read the level, take redundancy apart; every sound is a beginning."""
        if packet.payload_type == self.red_type != 0:
            self._unfold(packet, now)
        level = None
        if self.level_id:
            value = extension_of(packet, self.level_id)
            level = value[0] if value else SILENT
            packet.level = level
            self.on_level(level & SILENT, now)
        packet.marks = marks_of(now, level)
        return bool(packet.payload)

    def _unfold(self, packet: Packet, now: float) -> None:
        if not packet.payload:
            return
        *earlier, own = parse_red(packet.payload)[-MENDED - 1 :]
        known = own.payload_type == OPUS_TYPE
        packet.redundant = packet.payload if known else relabel(packet.payload, OPUS_TYPE)
        packet.payload = own.payload
        self._mend(packet, earlier, now)

    def _mend(self, packet: Packet, earlier: list[Block], now: float) -> None:
        """Sounds lost on the way up go out from what this packet repeats of them."""
        for back, block in zip(range(len(earlier), 0, -1), earlier, strict=True):
            place = packet.place - back
            if place in self.ring or not block.payload or place < self.reception.first:
                continue
            lost = Packet(
                payload_type=block.payload_type,
                sequence=place & 0xFFFF,
                timestamp=(packet.timestamp - block.before) & 0xFFFFFFFF,
                ssrc=packet.ssrc,
                payload=block.payload,
            )
            lost.place, lost.arrived = place, now
            lost.marks = marks_of(now, SILENT if self.level_id else None)
            self.ring.add(lost, now)
            self.missing.arrived(place, now)
            if not self.muted:
                for line in self.lines:
                    line.take(lost)

    # -- what others ask of it

    def want_keyframe(self) -> None:
        """Somebody cannot go on without a key picture."""
        if self.video:
            self.gate.want()
            self.alert()

    def recent(self) -> int | None:
        """The place of the last key picture, while the ring can begin with it."""
        key = self._key
        if (
            key is None
            or self.muted
            or self._since_key > RECENT_OCTETS
            or self.latest - key.arrived > RECENT_SECONDS
        ):
            return None
        return key.place

    def run_up(self, most: int) -> list[Packet] | None:
        """The last key picture and all that followed it, where that is whole and no more than so
        many octets."""
        place = self.recent()
        if place is None or self._since_key > most:
            return None
        packets = self.since(place)
        return packets if len(packets) == self._unwrapper.highest + 1 - place else None

    @property
    def key_at(self) -> float:
        """When its last key picture began; long ago where none has."""
        return self._key.arrived if self._key is not None else NEVER

    def since(self, place: int) -> list[Packet]:
        """The packets from this place on that are still kept, in order."""
        found = (self.ring.get(n) for n in range(place, self._unwrapper.highest + 1))
        return [packet for packet in found if packet is not None]

    def mute(self, muted: bool) -> None:
        """Forward nothing, or go on with a new beginning: nothing said meanwhile is repeated."""
        self.muted = muted
        self._key = None

    def end(self) -> None:
        """Nothing more will come: keep no packet, and nobody to tell.

        Lines remember the rings they were sent from, for repeats.
        """
        self.alert, self.on_level = _nobody, _nothing
        self.ring.clear()
        self._key = None

    def halt(self) -> None:
        """Let every line wait for a new beginning."""
        for line in list(self.lines):
            line.halt()
        if self.waiting:
            self.want_keyframe()

    # -- figures

    def alive(self, now: float) -> bool:
        """Whether it goes on: a sound within the last second, pictures as they came so far."""
        return now - self.latest < (self.pace.patience if self.video else ALIVE)

    def kbps(self, now: float) -> float:
        """What was received over about the last second. To be asked several times a second."""
        return self._meter.kbps(self.reception.octets, now)

    @property
    def shares(self) -> tuple[float, ...]:
        """What the temporal layers up to each take of the whole: (0.4, 0.6, 1.0), or (1.0,)."""
        octets = self._by_temporal
        whole = sum(octets)
        most = max((n for n in range(TEMPORAL_LAYERS) if octets[n]), default=0)
        return tuple(sum(octets[: n + 1]) / whole if whole else 1.0 for n in range(most + 1))


def _nobody() -> None:
    """Nobody to tell."""


def _nothing(_level: int, _now: float) -> None:
    """Nobody listens."""
