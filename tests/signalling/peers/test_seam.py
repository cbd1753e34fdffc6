"""The private name of aiortc that the endpoints stand on: an upgrade that moves it is told."""

import inspect
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest
from aiortc import RTCDtlsTransport, RTCRtpReceiver, RTCRtpSender, rtp
from aiortc.rtcrtpparameters import RTCRtpCodecParameters
from aiortc.rtp import RtpPacket
from av import AudioFrame

from signalling.peers import seam
from signalling.peers.seam import (
    Bytes,
    Tap,
    Waiting,
    estimate_nothing,
    known_level,
    reckon_levels_once,
)
from signalling.peers.test_card import tone


def test_aiortc_still_hands_every_packet_to_this_name() -> None:
    handle = RTCRtpReceiver._handle_rtp_packet
    assert list(inspect.signature(handle).parameters) == ["self", "packet", "arrival_time_ms"]
    assert inspect.iscoroutinefunction(handle)


async def test_bytes_are_counted_and_packets_passed_on() -> None:
    passed = []

    async def handle(packet: object, arrival_time_ms: int) -> None:
        passed.append((packet, arrival_time_ms))

    receiver = SimpleNamespace(_handle_rtp_packet=handle)
    counted = Bytes(cast(RTCRtpReceiver, receiver))
    packet = SimpleNamespace(payload=b"x" * 88)
    await receiver._handle_rtp_packet(packet, arrival_time_ms=7)
    assert counted.total == 100
    assert passed == [(packet, 7)]


async def test_a_video_receiver_estimates_unless_it_is_told_not_to() -> None:
    name = "_RTCRtpReceiver__remote_bitrate_estimator"
    receiver = RTCRtpReceiver("video", cast(RTCDtlsTransport, SimpleNamespace(state="connected")))
    assert getattr(receiver, name) is not None
    estimate_nothing(receiver)
    assert getattr(receiver, name) is None


async def test_what_a_video_receiver_waits_for_can_be_read_and_given_up() -> None:
    receiver = RTCRtpReceiver("video", cast(RTCDtlsTransport, SimpleNamespace(state="connected")))
    waiting = Waiting(receiver)
    assert (waiting.missing, waiting.held) == ([], 0)
    await waiting.ask_again()  # nobody to ask yet: nothing happens

    asked: list[tuple[str, int, object]] = []

    async def nack(ssrc: int, lost: list[int]) -> None:
        asked.append(("nack", ssrc, lost))

    async def pli(ssrc: int) -> None:
        asked.append(("pli", ssrc, None))

    private = cast(Any, receiver)
    private._send_rtcp_nack, private._send_rtcp_pli = nack, pli
    private._RTCRtpReceiver__active_ssrc[77] = datetime.now(UTC)
    for number in (10, 11, 14):
        packet = RtpPacket(sequence_number=number, timestamp=number, ssrc=77)
        private._RTCRtpReceiver__nack_generator.add(packet)
        packet._data = b""  # type: ignore[attr-defined]
        private._RTCRtpReceiver__jitter_buffer.add(packet)
    assert waiting.missing == [12, 13]
    assert waiting.held == 2  # the first has become a picture
    await waiting.ask_again()
    await waiting.start_afresh()
    assert asked == [("nack", 77, [12, 13]), ("pli", 77, None)]
    assert (waiting.missing, waiting.held) == ([], 0)


def sound(samples: bytes) -> AudioFrame:
    frame = AudioFrame(format="s16", layout="mono", samples=960)
    frame.planes[0].update(samples)
    return frame


@pytest.mark.parametrize("samples", [tone(440), tone(1000), bytes(1920)])
def test_a_sound_is_as_loud_as_aiortc_says(samples: bytes) -> None:
    assert known_level(sound(samples)) == seam._level_of(sound(samples))


def test_how_loud_the_same_sound_is_is_reckoned_once(monkeypatch: pytest.MonkeyPatch) -> None:
    reckoned = []

    def level(frame: Any) -> int:
        reckoned.append(frame.samples)
        return -20

    seam._level.cache_clear()
    monkeypatch.setattr(seam, "_level_of", level)
    assert [known_level(sound(tone(440))) for _ in range(3)] == [-20] * 3
    assert known_level(sound(bytes(1920))) == -20
    assert reckoned == [960, 960]
    seam._level.cache_clear()


def test_aiortc_still_asks_this_name_how_loud_a_sound_is() -> None:
    reckon_levels_once()
    assert rtp.compute_audio_level_dbov is known_level
    assert "rtp.compute_audio_level_dbov(" in inspect.getsource(RTCRtpSender._next_encoded_frame)


async def test_a_tap_takes_every_packet_in_place_of_the_decoder() -> None:
    receiver = RTCRtpReceiver("video", cast(RTCDtlsTransport, SimpleNamespace(state="connected")))
    private = cast(Any, receiver)
    codecs = private._RTCRtpReceiver__codecs
    codecs[96] = RTCRtpCodecParameters(mimeType="video/VP8", clockRate=90_000, payloadType=96)
    codecs[97] = RTCRtpCodecParameters(
        mimeType="video/rtx", clockRate=90_000, payloadType=97, parameters={"apt": 96}
    )
    private._RTCRtpReceiver__rtx_ssrc[78] = 77
    taken: list[tuple[int, int, bytes]] = []
    tap = Tap(receiver, lambda packet, rate: taken.append((packet.ssrc, rate, packet.payload)))
    for kind, ssrc, payload in ((96, 77, b"a"), (97, 78, b"\x00\x05b"), (97, 79, b"\x00\x05c")):
        packet = RtpPacket(payload_type=kind, ssrc=ssrc)
        packet.payload = payload
        await receiver._handle_rtp_packet(packet, arrival_time_ms=0)
    await receiver._handle_rtp_packet(RtpPacket(payload_type=11, ssrc=1), arrival_time_ms=0)
    assert taken == [(77, 90_000, b"a"), (77, 90_000, b"b")]
    assert set(private._RTCRtpReceiver__remote_streams) == {77, 78, 79}

    said: list[Any] = []

    async def send(packet: Any) -> None:
        said.append(packet)

    private._send_rtcp = send
    await tap.say_line(1_000_000, [77])  # nobody to tell yet: nothing happens
    assert said == []
    receiver._set_rtcp_ssrc(5)
    await tap.say_line(1_000_000, [77])
    await tap.ask_for_key(77)
    await tap.ask_again(77, [4])
    assert [(one.fmt, one.media_ssrc) for one in said] == [(15, 0), (1, 77), (1, 77)]
