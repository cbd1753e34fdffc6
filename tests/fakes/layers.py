"""A publisher of pictures in layers and a subscriber that notes what he sees, without a wire."""

from collections.abc import Collection, Sequence

from signalling.sfu.forward import Line
from signalling.sfu.packet import Packet, parse_rtp
from signalling.sfu.rtcp import SenderReport
from signalling.sfu.simulcast import Layers
from signalling.sfu.vp8 import Picture, parse_vp8
from tests.fakes.packets import Camera

RIDS = ("q", "h", "f")


class Eye:
    """A subscriber's line with what it was sent."""

    def __init__(self, layers: Layers, *, active: bool = True) -> None:
        self.sent: list[bytes] = []
        self.line = Line(video=layers.video, ssrc=7, rtx_ssrc=8, send=self.sent.append)
        self.line.rewriter.payload_type = 96
        self.line.stand(layers)
        self.line.active = active

    @property
    def seen(self) -> list[Packet]:
        return [parse_rtp(data) for data in self.sent]

    @property
    def pictures(self) -> list[Picture]:
        return [parse_vp8(packet.payload) for packet in self.seen if packet.payload]

    def without_seam(self) -> None:
        """Numbers without a hole, time never backwards, each picture's number one more."""
        seen = self.seen
        for before, after in zip(seen, seen[1:], strict=False):
            assert (after.sequence - before.sequence) & 0xFFFF == 1
            assert (after.timestamp - before.timestamp) & 0xFFFFFFFF < 1 << 31
            if after.payload and before.payload:
                one, two = parse_vp8(before.payload), parse_vp8(after.payload)
                new = after.timestamp != before.timestamp
                assert (two.number - one.number) & 0x7FFF == new
                assert (two.tl0 - one.tl0) & 0xFF <= new


class Stage:
    """A camera of three layers, and the lines that watch it."""

    def __init__(self, rids: Sequence[str] = RIDS, pattern: Sequence[int] = (0,)) -> None:
        self.layers = Layers(video=True, rids=rids)
        self.now = 0.0
        self.cameras = [
            Camera(
                ssrc=50 + n,
                sequence=n * 1000,
                timestamp=n * 777_777,
                number=n * 300,
                tl0=n * 80,
                height=180 << n,
                pattern=pattern,
            )
            for n in range(len(rids))
        ]

    def shoot(
        self,
        *keys: int,
        times: int = 1,
        only: Collection[int] | None = None,
        rests: Collection[int] = (),
    ) -> None:
        """The next picture of every layer, a key picture of those in `keys`.

        Of layers not in `only` it is lost, those in `rests` take none.
        """
        for _ in range(times):
            for n, camera in enumerate(self.cameras):
                if n in rests:
                    camera.timestamp += 90_000 // camera.rate
                    continue
                packets = camera(key=n in keys)
                if only is None or n in only:
                    for packet in packets:
                        self.layers.sources[n].receive(packet, self.now)
            self.now += 1 / 30

    def told(self) -> None:
        """Sender reports of all layers, of one publisher's clock, at their next picture."""
        for source, camera in zip(self.layers.sources, self.cameras, strict=True):
            report = SenderReport(
                ssrc=camera.ssrc,
                ntp=int((1000 + self.now) * 2**32),
                timestamp=camera.timestamp,
                packets=0,
                octets=0,
            )
            source.reception.reported(report, self.now)
