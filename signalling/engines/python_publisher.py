"""The publisher's leg of the `python` engine: he sends, we receive, and ask for what we missed."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from rooms.ids import TrackId
from signalling.engine import Leg, Placed, Role
from signalling.engines.python_legs import BaseLeg, Owner
from signalling.sfu.demux import Demux, Section
from signalling.sfu.nack import Missing
from signalling.sfu.packet import extension_of, parse_rtp, undo_rtx
from signalling.sfu.rtcp import (
    SenderReport,
    nack,
    parse_rtcp,
    picture_loss,
    receiver_report,
    remb,
    source_names,
)
from signalling.sfu.simulcast import Layers
from signalling.sfu.source import Source
from signalling.sfu.twcc import Recorder
from signalling.transport.dtls import Certificate
from signalling.transport.ice_lite import new_credentials
from signalling.transport.sdp_answer import Agreed, Published
from signalling.transport.stun import Address

NAME = "margeride"


@dataclass(slots=True)
class Stream:
    """One m-line that sends: what was agreed, the track it is, and its layers."""

    agreed: Published
    track: TrackId
    layers: Layers
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
        # Arrivals of every packet, told to a browser that estimates his own line by them.
        self.recorder: Recorder | None = None
        self.counts = dict.fromkeys(("packets", "nacked", "repeated", "keyframes_asked"), 0)
        self.last_packet: float | None = None
        self._demux = Demux()
        self._started = started
        self._urgent = urgent
        self._remb_bps = remb_bps

    def agree(self, agreed: Agreed, tracks: dict[str, TrackId], now: float) -> None:
        """Take over an offer: new m-lines begin, others go on, missing ones end."""
        before, self.streams = self.streams, {}
        for published in agreed.published:
            stream = before.get(published.mid)
            if stream is None or stream.layers.rids != published.rids:
                layers = Layers(video=published.kind == "video", rids=published.rids)
                layers.alert(self._alert)
                stream = Stream(published, tracks[published.mid], layers)
            stream.agreed = published
            for source in stream.layers.sources:
                source.level_id, source.red_type = published.level_id, published.red_payload_type
            self.streams[published.mid] = stream
        for stream in before.values():
            if self.streams.get(stream.agreed.mid) is not stream:
                stream.layers.end()
        self._demux.agree(_section(published) for published in agreed.published)
        if self.recorder is None and any(one.twcc_id for one in agreed.published):
            self.recorder = Recorder(self.ssrc)
        self.peer_ufrag = agreed.ufrag
        self.expect(agreed.fingerprints, now)

    def restarts(self, ufrag: str) -> bool:
        """Whether an offer with this user name is an ICE restart."""
        return bool(self.peer_ufrag) and ufrag != self.peer_ufrag

    def renew(self) -> None:
        """New credentials of ours; the last former ones stay good, for checks under way."""
        self.former.append(self.credentials)
        self.credentials = new_credentials()

    def _alert(self) -> None:
        self._urgent(self)

    # -- packets

    def rtp(self, data: bytes, now: float) -> None:
        """Find whose it is, undo a repetition, hand it to its layer."""
        packet = parse_rtp(data)
        whose = self._demux.find(packet)
        if whose is None:
            return
        stream = self.streams[whose.mid]
        agreed, source = stream.agreed, stream.layers.sources[whose.layer]
        self.octets += len(data)
        self.counts["packets"] += 1
        self.last_packet = now
        if agreed.twcc_id and self.recorder is not None:
            number = extension_of(packet, agreed.twcc_id)
            if number is not None:
                # A browser passes over feedback that names none of its streams.
                self.recorder.media = self.recorder.media or packet.ssrc
                self.recorder.arrived(int.from_bytes(number, "big") & 0xFFFF, now)
            left = extension_of(packet, agreed.stamp_id) if agreed.stamp_id else None
            if left is not None:
                self.recorder.radio.left(int.from_bytes(left, "big"), now)
        if whose.rtx or packet.payload_type == agreed.rtx_payload_type != 0:
            repeated = undo_rtx(packet, source.ssrc, agreed.payload_type)
            if repeated is None or not source.ssrc:
                return
            self.counts["repeated"] += 1
            packet = repeated
        elif packet.payload_type not in (agreed.payload_type, agreed.red_payload_type or -1):
            return
        if source.receive(packet, now) and not source.video:
            self.counts["repeated"] += 1
        if not stream.told:
            stream.told = True
            self._started(self, stream.track)

    def rtcp(self, data: bytes, now: float) -> None:
        """His clock is all we need of his reports."""
        for report in parse_rtcp(data):
            if isinstance(report, SenderReport):
                whose = self._demux.known(report.ssrc)
                if whose is not None and not whose.rtx:
                    layers = self.streams[whose.mid].layers
                    layers.sources[whose.layer].reception.reported(report, now)

    # -- feedback

    def _running(self) -> list[tuple[Stream, Source]]:
        """Every layer of which something has come."""
        return [
            (stream, source)
            for stream in self.streams.values()
            for source in stream.layers.sources
            if source.ssrc
        ]

    def feedback(self, now: float) -> None:
        """NACK and PLI that are due."""
        out = b""
        for stream, source in self._running():
            # Browsers answer for sound too, though no description says so.
            if source.missing and (stream.agreed.nack or not source.video):
                lost = source.missed(now)
                if lost:
                    self.counts["nacked"] += len(lost)
                    out += nack(self.ssrc, source.ssrc, lost)
            if source.gate.wanted and not source.muted:
                began = max(layer.key_at for layer in stream.layers.sources)
                if source.gate.due(now, self.rtt or 0.0, began):
                    self.counts["keyframes_asked"] += 1
                    out += picture_loss(self.ssrc, source.ssrc)
        if out:
            self.send_rtcp(receiver_report(self.ssrc) + out)

    def tick(self, now: float) -> None:
        """Timers, requests to repeat, and arrivals."""
        super().tick(now)
        self.feedback(now)
        while self.recorder is not None and (told := self.recorder.feedback(now)) is not None:
            self.send_rtcp(told)

    def report(self, now: float) -> None:
        """RR, our name, and how much he may send where he does not find out himself."""
        super().report(now)
        running = [source for _, source in self._running()]
        if not running:
            return
        blocks = [source.reception.block(source.ssrc, now) for source in running][:31]
        out = receiver_report(self.ssrc, blocks) + source_names([(self.ssrc, NAME)])
        if self.recorder is None:
            out += remb(self.ssrc, self._remb_bps, [source.ssrc for source in running][:31])
        self.send_rtcp(out)
        for source in running:
            self._share_rtt(source.missing)

    def figures(self) -> Leg:
        """The leg as the port shows it."""
        own = {"octets": self.octets, "refused": self.refused}
        return replace(super().figures(), counts={**self.counts, **own})

    def _share_rtt(self, missing: Missing) -> None:
        """The handshake gives the first round trip, answered requests the later ones."""
        if missing.learned:
            self.rtt = missing.rtt
        elif self.rtt is not None:
            missing.rtt = self.rtt

    def close(self) -> None:
        """End it, and keep nothing of what came."""
        super().close()
        for stream in self.streams.values():
            stream.layers.end()

    @property
    def loss(self) -> float:
        """The worst stream's loss of late."""
        fractions = (source.reception.fraction / 256 for _, source in self._running())
        return max(fractions, default=0.0)

    @property
    def rough(self) -> bool:
        """Whether his line loses so much by itself that only small pictures come through whole."""
        return self.recorder is not None and self.recorder.radio.rough

    @property
    def placed(self) -> tuple[Placed, ...]:
        """His tracks by mid."""
        return tuple(Placed(mid=mid, track=s.track) for mid, s in self.streams.items())


def _section(agreed: Published) -> Section:
    own = {agreed.payload_type, agreed.red_payload_type} - {0}
    told = ((agreed.ssrc, False), (agreed.rtx_ssrc, True))
    return Section(
        mid=agreed.mid,
        payload_types=frozenset(own),
        rtx_payload_type=agreed.rtx_payload_type,
        mid_id=agreed.mid_id,
        rid_id=agreed.rid_id,
        repaired_id=agreed.repaired_id,
        rids=agreed.rids,
        ssrcs={ssrc: rtx for ssrc, rtx in told if ssrc is not None},
    )
