"""Every parser of what strangers send, under bytes spoiled by a seeded hand: a typed refusal,
or an answer that the next one can work with; never another exception."""

import contextlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rooms.errors import Invalid
from signalling.sfu.demux import Demux, Section
from signalling.sfu.packet import BadPacket, extension_of, parse_rtp, undo_rtx
from signalling.sfu.red import parse_red, relabel
from signalling.sfu.rtcp import parse_rtcp
from signalling.sfu.source import Source
from signalling.sfu.vp8 import parse_vp8, renumber, widen
from signalling.transport.ice_lite import Credentials
from signalling.transport.sdp import parse_sdp
from signalling.transport.sdp_answer import Ours, publish_answer
from signalling.transport.sdp_offer import read_answer
from signalling.transport.stun import BadStun, parse_request, success
from tests.fakes.corpus import GOOD, mutations

COUNT = 20_000
OURS = Ours(
    credentials=Credentials(ufrag="ours", password="secret" * 4),
    fingerprint=":".join(["AB"] * 32),
    candidates=[],
)


def rtp(data: bytes) -> None:
    packet = parse_rtp(data)
    for number in (0, 1, 2, 15, 255):
        extension_of(packet, number)
    undo_rtx(packet, 5, 96)
    section = Section(mid="0", payload_types=frozenset({96}), mid_id=1, rid_id=2, ssrcs={})
    demux = Demux()
    demux.agree([section])
    demux.find(packet)


def rtcp(data: bytes) -> None:
    parse_rtcp(data)


def stun(data: bytes) -> None:
    asked = parse_request(data)
    asked.signed_by("secret")
    success(asked.transaction, ("192.0.2.1", 5), "secret")


def sdp(data: bytes) -> None:
    description = parse_sdp(data.decode("utf-8", errors="replace"))
    agreed = publish_answer(description, OURS, 1, 1, 600)
    parse_sdp(agreed.sdp)
    with contextlib.suppress(Invalid):
        read_answer(description, ["0", "1"])


def vp8(data: bytes) -> None:
    picture = parse_vp8(data)
    payload = widen(data, picture, 900) if picture.short else data
    assert len(renumber(payload, picture, 1, 1, 1)) == len(payload)


def red(data: bytes) -> None:
    parse_red(data)
    relabel(data, 111)


PARSERS: dict[str, tuple[Callable[[bytes], None], type[Exception]]] = {
    "rtp": (rtp, BadPacket),
    "rtcp": (rtcp, BadPacket),
    "stun": (stun, BadStun),
    "sdp": (sdp, Invalid),
    "vp8": (vp8, BadPacket),
    "red": (red, BadPacket),
}


@pytest.mark.parametrize("kind", PARSERS)
def test_good_bytes_are_taken(kind: str) -> None:
    parse, _ = PARSERS[kind]
    for data in GOOD[kind]:
        parse(data)


@pytest.mark.parametrize("kind", PARSERS)
def test_spoiled_bytes_are_refused_by_name_or_taken(kind: str) -> None:
    parse, refusal = PARSERS[kind]
    refused = 0
    for data in mutations(kind, COUNT if kind != "sdp" else COUNT // 8):
        try:
            parse(data)
        except refusal:
            refused += 1
    # A hand that spoils nothing would prove nothing.
    assert refused > 20


@pytest.mark.parametrize("kind", PARSERS)
@given(data=st.binary(max_size=200))
def test_any_bytes_at_all_are_refused_by_name_or_taken(kind: str, data: bytes) -> None:
    parse, refusal = PARSERS[kind]
    try:
        parse(data)
    except refusal:
        return


def test_a_stream_goes_on_whatever_its_packets_say() -> None:
    picture, sound = Source(video=True), Source(video=False)
    sound.red_type, sound.level_id = 63, 1
    for n, data in enumerate(mutations("rtp", COUNT)):
        try:
            packet = parse_rtp(data)
        except BadPacket:
            continue
        packet.ssrc = 5
        for source in (picture, sound):
            packet.payload_type = (111, 63)[n % 2]
            try:
                source.receive(packet, n / 100)
            except BadPacket:
                continue
        picture.missing.due(n / 100)
    assert picture.reception.received > 100
    assert len(picture.ring) <= 4096
    assert sound.reception.received > 100
