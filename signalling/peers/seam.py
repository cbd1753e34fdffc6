"""The private names of aiortc that the endpoints stand on; a contract test stands for each.

`RTCRtpReceiver._handle_rtp_packet` sees every packet of a receiver; aiortc's own figures count
packets, not bytes. Its NACK generator asks once for what it misses, and its jitter buffer then
waits for it until 512 packets are held, which at ten pictures a second is most of a minute.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

from aiortc import RTCRtpReceiver, rtp
from aiortc.codecs import is_rtx
from aiortc.rtcrtpreceiver import StreamStatistics
from av import AudioFrame

HEADER = 12
_level_of = rtp.compute_audio_level_dbov


@lru_cache(maxsize=64)
def _level(sound: bytes, samples: int) -> int:
    frame: Any = SimpleNamespace(planes=[sound], samples=samples)
    return _level_of(frame)


def known_level(frame: AudioFrame) -> int:
    """How loud a sound is, in dBov, by aiortc; not reckoned again for one that was there before."""
    return _level(bytes(frame.planes[0]), frame.samples)


def reckon_levels_once() -> None:
    """aiortc looks at every sample of every sound in Python; what we send is always the same."""
    rtp.compute_audio_level_dbov = known_level


def estimate_nothing(receiver: RTCRtpReceiver) -> None:
    """Send no REMB: aiortc's is of one stream, starts low and rises by 1 kbit/s at a time.

    On a busy machine it lies at a tenth of what comes without loss; the worker would believe it.
    """
    private: Any = receiver
    private._RTCRtpReceiver__remote_bitrate_estimator = None


class Bytes:
    """What a receiver was sent, in bytes."""

    def __init__(self, receiver: RTCRtpReceiver) -> None:
        self.total = 0
        self._handle = receiver._handle_rtp_packet
        receiver._handle_rtp_packet = self._count  # type: ignore[method-assign]

    async def _count(self, packet: Any, *rest: Any, **named: Any) -> None:
        self.total += HEADER + len(packet.payload)
        await self._handle(packet, *rest, **named)


class Waiting:
    """What a video receiver waits for, and the means to stop waiting."""

    def __init__(self, receiver: RTCRtpReceiver) -> None:
        self._receiver: Any = receiver

    @property
    def missing(self) -> list[int]:
        """The sequence numbers asked for and not come, of the last 128."""
        return sorted(self._own("nack_generator").missing)

    @property
    def held(self) -> int:
        """Packets that came and are not yet a picture."""
        return sum(packet is not None for packet in self._own("jitter_buffer")._packets)

    async def ask_again(self) -> None:
        """Send the NACK once more."""
        if (ssrc := self._ssrc()) is not None:
            await self._receiver._send_rtcp_nack(ssrc, self.missing)

    async def start_afresh(self) -> None:
        """Forget what is held, and ask for a key picture."""
        self._own("nack_generator").missing.clear()
        buffer = self._own("jitter_buffer")
        buffer._origin = None
        buffer._packets = [None] * buffer.capacity
        if (ssrc := self._ssrc()) is not None:
            await self._receiver._send_rtcp_pli(ssrc)

    def _ssrc(self) -> int | None:
        seen: dict[int, Any] = self._own("active_ssrc")
        return max(seen, key=lambda ssrc: seen[ssrc]) if seen else None

    def _own(self, name: str) -> Any:
        return getattr(self._receiver, f"_RTCRtpReceiver__{name}")


class Tap:
    """Everything a receiver is sent, in place of its decoder; its reports go on as they were.

    `take` is given each packet (RTX unwrapped) and the rate of its clock.
    """

    def __init__(self, receiver: RTCRtpReceiver, take: Callable[[Any, int], None]) -> None:
        self._receiver: Any = receiver
        self._take = take
        receiver._handle_rtp_packet = self._packet  # type: ignore[method-assign]

    async def ask_again(self, ssrc: int, lost: Sequence[int]) -> None:
        """NACK."""
        await self._receiver._send_rtcp_nack(ssrc, list(lost))

    async def ask_for_key(self, ssrc: int) -> None:
        """PLI."""
        await self._receiver._send_rtcp_pli(ssrc)

    async def say_line(self, bps: int, ssrcs: Sequence[int]) -> None:
        """REMB: what our line carries."""
        own = self._own("rtcp_ssrc")
        if own is not None:
            words = rtp.pack_remb_fci(bps, list(ssrcs))
            await self._receiver._send_rtcp(
                rtp.RtcpPsfbPacket(fmt=rtp.RTCP_PSFB_APP, ssrc=own, media_ssrc=0, fci=words)
            )

    async def _packet(self, packet: Any, arrival_time_ms: int) -> None:
        codecs, streams = self._own("codecs"), self._own("remote_streams")
        codec = codecs.get(packet.payload_type)
        if codec is None:
            return
        if packet.ssrc not in streams:
            streams[packet.ssrc] = StreamStatistics(codec.clockRate)
        streams[packet.ssrc].add(packet)
        if is_rtx(codec):
            packet = self._unwrapped(packet, codec)
        if packet is not None:
            self._take(packet, codec.clockRate)

    def _unwrapped(self, packet: Any, codec: Any) -> Any:
        ssrc, apt = self._own("rtx_ssrc").get(packet.ssrc), codec.parameters.get("apt")
        if ssrc is None or len(packet.payload) < 2 or not isinstance(apt, int):
            return None
        return rtp.unwrap_rtx(packet, payload_type=apt, ssrc=ssrc)

    def _own(self, name: str) -> Any:
        return getattr(self._receiver, f"_RTCRtpReceiver__{name}")
