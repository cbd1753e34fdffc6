"""The subscriber's leg of the `python` engine: our offers, his answers, his lines."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from rooms.errors import NotFound
from rooms.ids import TrackId
from signalling.engine import Kind, Leg, Placed, Role, SubscribeOffer, Track
from signalling.engines.python_legs import BaseLeg, Owner
from signalling.sfu.forward import Line
from signalling.sfu.red import OPUS_TYPE, RED_TYPE
from signalling.sfu.rembs import Rembs
from signalling.sfu.rtcp import (
    KeyframeRequest,
    Nack,
    ReceiverReport,
    Remb,
    SenderReport,
    goodbye,
    parse_rtcp,
    receiver_report,
    sender_report,
    source_names,
)
from signalling.sfu.simulcast import Layers
from signalling.transport.dtls import Certificate
from signalling.transport.sdp import parse_sdp
from signalling.transport.sdp_answer import Ours
from signalling.transport.sdp_offer import (
    RTX,
    VP8,
    Sending,
    Taken,
    read_answer,
    subscribe_offer,
)
from signalling.transport.srtp import REFUSED
from signalling.transport.stun import Address

AT_ONCE = 16


class Heard(Protocol):
    """What the subscriber says of his line, told as it comes."""

    def remb(self, bps: int, now: float) -> None:
        """His browser's estimate of all we send."""

    def reported(self, fraction: float, rtt: float | None, now: float) -> None:
        """The worst line's loss in this report, 0..1, and the round trip it tells of, if any."""

    def nacked(self, count: int, now: float) -> None:
        """So many packets did not arrive."""


class Unheard:
    """Nobody listens."""

    def remb(self, bps: int, now: float) -> None:
        """Let it pass."""

    def reported(self, fraction: float, rtt: float | None, now: float) -> None:
        """Let it pass."""

    def nacked(self, count: int, now: float) -> None:
        """Let it pass."""


@dataclass(slots=True)
class Place:
    """One m-line: the track it carries now (if any), since which offer, and its packets. One that
    `stands_by` was offered empty; when he answered that he takes it, it is `open`."""

    mid: str
    kind: str
    line: Line
    track: Track | None = None
    since: int = 0
    taken: bool = False
    stands_by: bool = False
    open: bool = False


class SubscriberLeg(BaseLeg):
    """Lines are never removed, only made inactive and used again for a track of their kind.

    The lines of the lobby stand by, open and empty. Who comes in is sent the first participant's
    sound and picture on them at once, while he is still offered them: one round trip less.
    """

    role = Role.SUBSCRIBE

    def __init__(
        self,
        owner: Owner,
        certificate: Certificate,
        send: Callable[[bytes, Address], None],
        changed: Callable[[BaseLeg], None],
        now: float,
    ) -> None:
        super().__init__(owner, certificate, send, changed, now)
        self.places: list[Place] = []
        self.serial = 0
        self.heard: Heard = Unheard()
        self._rembs = Rembs()
        self.counts = dict.fromkeys(("packets", "nacked", "repeated", "keyframes_asked"), 0)
        self._by_ssrc: dict[int, Line] = {}
        self.number = random.getrandbits(40)

    # -- offers

    def want(self, tracks: Sequence[Track]) -> bool:
        """Place exactly these tracks; False when they are already placed so."""
        wanted = {track.id: track for track in tracks}
        changed = False
        for place in self.places:
            if place.track is not None and place.track.id not in wanted:
                self._free(place)
                changed = True
        held = {place.track.id for place in self.places if place.track is not None}
        for track in wanted.values():
            if track.id not in held:
                self._put_in_place(track)
                changed = True
        return changed

    def stand_by(self) -> bool:
        """Nothing is wanted yet: lines that carry nothing, once, so that the leg can connect."""
        if self.places or self.serial:
            return False
        for mid, kind in enumerate(Kind):
            self.new_place(kind.value, str(mid)).stands_by = True
        return True

    def _free(self, place: Place) -> None:
        place.track = None
        place.line.active = False
        place.line.stand(None)

    def _put_in_place(self, track: Track) -> None:
        kind = track.kind.value
        free = (
            p for p in self.places if p.track is None and p.kind == kind and self._suits(p, track)
        )
        place = next(free, None) or self.new_place(kind, str(len(self.places)))
        place.track = track
        place.since = self.serial + 1
        place.taken = place.stands_by and place.open

    def _suits(self, place: Place, track: Track) -> bool:
        """What stands by is played in step: it is for the sound and picture of one participant."""
        if not place.stands_by:
            return True
        beside = (p.track for p in self.places if p.stands_by and p.track is not None)
        return all(other.participant == track.participant for other in beside)

    def new_place(self, kind: str, mid: str) -> Place:
        """One more m-line, with numbers of its own."""
        ssrc, rtx_ssrc = random.getrandbits(31) + 1, random.getrandbits(31) + 1
        line = Line(video=kind == "video", ssrc=ssrc, rtx_ssrc=rtx_ssrc, send=self._send_rtp)
        self._by_ssrc[ssrc] = line
        place = Place(mid, kind, line)
        self.places.append(place)
        return place

    def offer(self, ours: Ours) -> SubscribeOffer:
        """The next offer, for what is placed now."""
        self.serial += 1
        lines = [self.sending(place) for place in self.places]
        sdp = subscribe_offer(lines, ours, self.number, self.serial)
        return SubscribeOffer(leg=self.owner.leg, serial=self.serial, sdp=sdp, tracks=self.placed)

    def sending(self, place: Place) -> Sending:
        """An m-line as a description says it."""
        return Sending(
            mid=place.mid,
            kind=place.kind,
            ssrc=place.line.rewriter.ssrc,
            rtx_ssrc=place.line.rewriter.rtx_ssrc,
            track=place.track.id if place.track else None,
            stream=place.track.participant if place.track else "",
            open=place.stands_by,
        )

    def answered(self, serial: int, sdp: str, now: float) -> None:
        """The subscriber's answer to the offer of that serial."""
        if not 0 < serial <= self.serial:
            raise NotFound("no-leg", serial=serial)
        answer = parse_sdp(sdp)
        mids = [place.mid for place in self.places][: len(answer.media)]
        for place, taken in zip(self.places, read_answer(answer, mids), strict=False):
            if place.since <= serial:
                self._take(place, taken)
        described = next((media for media in answer.media if media.fingerprints), None)
        if described is not None:
            self.expect(tuple(described.fingerprints), now)

    def _take(self, place: Place, taken: Taken) -> None:
        line = place.line
        level_id = taken.level_id if place.kind == "audio" else 0
        line.extensions(place.mid, taken.mid_id, level_id, taken.stamp_id)
        line.red_type = RED_TYPE if taken.red else 0
        line.rewriter.payload_type = VP8 if line.video else OPUS_TYPE
        line.rewriter.rtx_payload_type = RTX if line.video and taken.rtx else 0
        place.open = taken.receiving
        place.taken = place.open and place.track is not None

    def wire(self, tracks: dict[TrackId, Layers]) -> None:
        """Let each line that was taken stand on what its track is now."""
        for place in self.places:
            line = place.line
            line.stand(tracks.get(place.track.id) if place.track else None)
            line.active = place.taken and self.srtp is not None

    def lines(self) -> dict[TrackId, Line]:
        """The lines that he takes and that stand on a track, pictures and sounds."""
        return {
            place.track.id: place.line
            for place in self.places
            if place.track is not None and place.line.active and place.line.layers is not None
        }

    def pad(self, size: int, now: float) -> int:
        """Send about `size` octets as a probe; how many were sent, 0 when none can be."""
        line = next((place.line for place in self.places if place.line.pads), None)
        return line.pad(size, now) if line is not None else 0

    # -- packets

    def _send_rtp(self, packet: bytes) -> None:
        if self.srtp is None or self.address is None:
            return
        try:
            data = self.srtp.protect(packet)
        except REFUSED:
            self.refused += 1
            return
        self.octets += len(data)
        self.counts["packets"] += 1
        self._send(data, self.address)

    def rtcp(self, data: bytes, now: float) -> None:
        """What he missed, how he receives, and whether he needs a key picture."""
        for report in parse_rtcp(data):
            if isinstance(report, ReceiverReport | SenderReport):
                self._reported(report, now)
            elif isinstance(report, Nack):
                if (line := self._by_ssrc.get(report.media)) is not None:
                    self.counts["nacked"] += len(report.lost)
                    self.counts["repeated"] += line.repeat(report.lost, now, self.rtt)
                    self.heard.nacked(len(report.lost), now)
            elif isinstance(report, KeyframeRequest):
                self._keyframe(report.media)
            elif isinstance(report, Remb):
                self._estimated(report, now)

    def _estimated(self, report: Remb, now: float) -> None:
        pictures = (place.line for place in self.places if place.line.video)
        sent = [line.rewriter.ssrc for line in pictures if line.kbps(now) > 0]
        ours = tuple(ssrc for ssrc in report.media if ssrc in self._by_ssrc)
        bps = self._rembs.heard(replace(report, media=ours), sent, now)
        if bps is not None:
            self.heard.remb(bps, now)

    def _reported(self, report: ReceiverReport | SenderReport, now: float) -> None:
        worst, trips = -1, []
        for block in report.blocks:
            if (line := self._by_ssrc.get(block.ssrc)) is not None:
                trips.append(line.echo.heard(block, now, line.packets))
                worst = max(worst, block.fraction)
        if worst >= 0:
            rtt = min((trip for trip in trips if trip is not None), default=None)
            self.heard.reported(worst / 256, rtt, now)

    def _keyframe(self, media: tuple[int, ...]) -> None:
        for ssrc in media:
            line = self._by_ssrc.get(ssrc)
            if line is not None and line.video:
                self.counts["keyframes_asked"] += 1
                line.want_keyframe()

    def report(self, now: float) -> None:
        """SR and names for the lines that run."""
        super().report(now)
        reports, names = [], []
        for place in self.places:
            made = place.line.report(now) if place.line.active else None
            if made is not None and place.track is not None:
                reports.append(sender_report(made))
                names.append((made.ssrc, str(place.track.participant)))
        for at in range(0, len(reports), AT_ONCE):
            some = slice(at, at + AT_ONCE)
            self.send_rtcp(b"".join(reports[some]) + source_names(names[some]))
        echoes = [p.line.echo.rtt for p in self.places if p.line.echo.rtt is not None]
        if echoes:
            self.rtt = min(echoes)

    @property
    def loss(self) -> float:
        """The worst line's loss of late, as he reports it."""
        running = (p.line.echo.fraction / 256 for p in self.places if p.line.active)
        return max(running, default=0.0)

    @property
    def placed(self) -> tuple[Placed, ...]:
        """The tracks by mid."""
        return tuple(Placed(mid=p.mid, track=p.track.id) for p in self.places if p.track)

    def figures(self) -> Leg:
        """The leg as the port shows it."""
        own = {"octets": self.octets, "refused": self.refused}
        return replace(super().figures(), counts={**self.counts, **own})

    def close(self) -> None:
        """End it, and take nothing more."""
        if self.places:
            ended = [place.line.rewriter.ssrc for place in self.places][:31]
            self.send_rtcp(receiver_report(self.ssrc) + goodbye(ended))
        super().close()
        for place in self.places:
            place.line.active = False
            place.line.stand(None)
            place.line.send = _nowhere
        self.heard = Unheard()


def _nowhere(_packet: bytes) -> None:
    """The leg has ended."""
