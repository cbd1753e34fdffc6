"""The publisher's leg of the `python` engine: he sends, we receive, and ask for what we missed."""

from collections.abc import Callable
from dataclasses import dataclass

from rooms.ids import TrackId
from signalling.engine import Placed, Role
from signalling.engines.python_legs import BaseLeg, Owner
from signalling.sfu.forward import Source
from signalling.sfu.nack import Missing
from signalling.sfu.packet import Packet, extension_of, parse_rtp, undo_rtx
from signalling.sfu.rtcp import (
    SenderReport,
    nack,
    parse_rtcp,
    picture_loss,
    receiver_report,
    remb,
    source_names,
)
from signalling.transport.dtls import Certificate
from signalling.transport.ice_lite import new_credentials
from signalling.transport.sdp_answer import Agreed, Published
from signalling.transport.stun import Address

MOST_SSRCS = 64
NAME = "margeride"


@dataclass(slots=True)
class Stream:
    """One m-line that sends: what was agreed, the track it is, and its packets."""

    agreed: Published
    track: TrackId
    source: Source
    ssrc: int = 0
    told: bool = False


class PublisherLeg(BaseLeg):
    """`urgent` is told when feedback should leave soon; `started` at a track's first packet."""

    role = Role.PUBLISH

    def __init__(
        self,
        owner: Owner,
        certificate: Certificate,
        send: Callable[[bytes, Address], None],
        changed: Callable[[BaseLeg], None],
        now: float,
        *,
        started: Callable[["PublisherLeg", TrackId], None],
        urgent: Callable[["PublisherLeg"], None],
        remb_bps: int,
    ) -> None:
        super().__init__(owner, certificate, send, changed, now)
        self.streams: dict[str, Stream] = {}
        self.peer_ufrag = ""
        self.offers = 0
        self._by_ssrc: dict[int, tuple[Stream, bool]] = {}
        self._started = started
        self._urgent = urgent
        self._remb_bps = remb_bps

    def agree(self, agreed: Agreed, tracks: dict[str, TrackId], now: float) -> None:
        """Take over an offer: new m-lines begin, others go on, missing ones end."""
        before, self.streams = self.streams, {}
        self._by_ssrc.clear()
        for published in agreed.published:
            stream = before.get(published.mid)
            if stream is None:
                source = Source(video=published.kind == "video")
                source.alert = self._alert
                stream = Stream(published, tracks[published.mid], source)
            stream.agreed = published
            stream.source.level_id = published.level_id
            self.streams[published.mid] = stream
            if published.ssrc is not None:
                self._by_ssrc[published.ssrc] = (stream, False)
            if published.rtx_ssrc is not None:
                self._by_ssrc[published.rtx_ssrc] = (stream, True)
        self.peer_ufrag = agreed.ufrag
        self.expect(agreed.fingerprints, now)

    def restarts(self, ufrag: str) -> bool:
        """Whether an offer with this user name is an ICE restart."""
        return bool(self.peer_ufrag) and ufrag != self.peer_ufrag

    def renew(self) -> None:
        """New credentials of ours; the former ones are good until the leg ends."""
        self.former.append(self.credentials)
        self.credentials = new_credentials()

    def _alert(self) -> None:
        self._urgent(self)

    # -- packets

    def rtp(self, data: bytes, now: float) -> None:
        """Find whose it is, undo a repetition, hand it to the stream."""
        packet: Packet | None = parse_rtp(data)
        assert packet is not None
        found = self._by_ssrc.get(packet.ssrc) or self._learn(packet)
        if found is None:
            return
        stream, rtx = found
        self.octets += len(data)
        agreed = stream.agreed
        if rtx or packet.payload_type == agreed.rtx_payload_type != 0:
            packet = undo_rtx(packet, stream.ssrc, agreed.payload_type)
            if packet is None:
                return
        elif packet.payload_type != agreed.payload_type:
            return
        else:
            stream.ssrc = packet.ssrc
        stream.source.receive(packet, now)
        if not stream.told:
            stream.told = True
            self._started(self, stream.track)

    def _learn(self, packet: Packet) -> tuple[Stream, bool] | None:
        """Whose an unknown SSRC is: told by its mid, else by a payload type of one m-line only."""
        if len(self._by_ssrc) >= MOST_SSRCS:
            return None
        stream = self._by_mid(packet) or self._by_payload_type(packet.payload_type)
        if stream is None:
            return None
        rtx = packet.payload_type == stream.agreed.rtx_payload_type
        self._by_ssrc[packet.ssrc] = (stream, rtx)
        return stream, rtx

    def _by_mid(self, packet: Packet) -> Stream | None:
        for mid, stream in self.streams.items():
            number = stream.agreed.mid_id
            if number and extension_of(packet, number) == mid.encode():
                return stream
        return None

    def _by_payload_type(self, number: int) -> Stream | None:
        fitting = [
            stream
            for stream in self.streams.values()
            if number in (stream.agreed.payload_type, stream.agreed.rtx_payload_type)
        ]
        return fitting[0] if len(fitting) == 1 else None

    def rtcp(self, data: bytes, now: float) -> None:
        """His clock is all we need of his reports."""
        for report in parse_rtcp(data):
            if isinstance(report, SenderReport):
                found = self._by_ssrc.get(report.ssrc)
                if found is not None and not found[1]:
                    found[0].source.reception.reported(report, now)

    # -- feedback

    def feedback(self, now: float) -> None:
        """NACK and PLI that are due."""
        out = b""
        for stream in self.streams.values():
            source = stream.source
            if not source.video or not stream.ssrc:
                continue
            if source.missing and stream.agreed.nack:
                lost = source.missing.due(now)
                if lost:
                    out += nack(self.ssrc, stream.ssrc, lost)
            if source.gate.wanted and not source.muted and source.gate.due(now, self.rtt or 0.0):
                out += picture_loss(self.ssrc, stream.ssrc)
        if out:
            self.send_rtcp(receiver_report(self.ssrc) + out)

    def tick(self, now: float) -> None:
        """Timers, and requests to repeat."""
        super().tick(now)
        self.feedback(now)

    def report(self, now: float) -> None:
        """RR, our name, and how much he may send."""
        super().report(now)
        running = [stream for stream in self.streams.values() if stream.ssrc]
        if not running:
            return
        blocks = [s.source.reception.block(s.ssrc, now) for s in running][:31]
        self.send_rtcp(
            receiver_report(self.ssrc, blocks)
            + source_names([(self.ssrc, NAME)])
            + remb(self.ssrc, self._remb_bps, [s.ssrc for s in running][:31])
        )
        for stream in running:
            self._share_rtt(stream.source.missing)

    def _share_rtt(self, missing: Missing) -> None:
        """The handshake gives the first round trip, answered requests the later ones."""
        if missing.learned:
            self.rtt = missing.rtt
        elif self.rtt is not None:
            missing.rtt = self.rtt

    @property
    def loss(self) -> float:
        """The worst stream's loss of late."""
        return max((s.source.reception.fraction / 256 for s in self.streams.values()), default=0.0)

    @property
    def placed(self) -> tuple[Placed, ...]:
        """His tracks by mid."""
        return tuple(Placed(mid=mid, track=s.track) for mid, s in self.streams.items())
