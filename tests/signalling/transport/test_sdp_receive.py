"""The answer to a receiver that offers himself."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rooms.errors import Invalid
from signalling.transport.sdp import parse_sdp
from signalling.transport.sdp_offer import Sending
from signalling.transport.sdp_receive import Receiving, receive_answer, receiving_lines
from tests.signalling.transport.test_sdp import OFFER, OURS

WHEP = OFFER.replace("a=sendonly", "a=recvonly")
SOUND = Sending(mid="0", kind="audio", ssrc=11, rtx_ssrc=12, track="tr-1", stream="pa-1")
PICTURE = Sending(mid="1", kind="video", ssrc=21, rtx_ssrc=22, track="tr-2", stream="pa-1")


def test_his_numbers_are_the_ones_that_count() -> None:
    sound, picture = receiving_lines(parse_sdp(WHEP))
    assert sound == Receiving(
        mid="0",
        kind="audio",
        payload_type=111,
        rtx_payload_type=0,
        mid_id=4,
        level_id=14,
        stamp_id=0,
    )
    assert (picture.payload_type, picture.rtx_payload_type, picture.mid_id) == (96, 97, 4)


def test_each_stream_is_announced_on_its_line_and_the_rest_is_idle() -> None:
    answer = receive_answer(parse_sdp(WHEP), OURS, 7, {"0": SOUND, "1": PICTURE})
    read = parse_sdp(answer)
    assert [(media.mid, media.direction, media.setup) for media in read.media] == [
        ("0", "sendonly", "passive"),
        ("1", "sendonly", "passive"),
    ]
    assert (read.media[0].ssrcs, read.media[1].ssrcs, read.media[1].repairs) == (
        [11],
        [21, 22],
        {21: 22},
    )
    assert list(read.media[1].codecs) == [96, 97]
    assert "a=rtcp-rsize" in answer.partition("m=video")[2]
    assert "transport-cc" not in answer
    idle = parse_sdp(receive_answer(parse_sdp(WHEP), OURS, 7, {}))
    assert [media.direction for media in idle.media] == ["inactive", "inactive"]


def test_lines_we_cannot_fill_are_refused_in_their_place() -> None:
    offer = WHEP.replace("VP8/90000", "H264/90000")
    [sound] = receiving_lines(parse_sdp(offer))
    assert sound.kind == "audio"
    read = parse_sdp(receive_answer(parse_sdp(offer), OURS, 7, {"0": SOUND}))
    assert [media.port for media in read.media] == [9, 0]


def test_a_receiver_without_repetition_gets_none() -> None:
    offer = WHEP.replace("a=fmtp:97 apt=96\n", "")
    assert receiving_lines(parse_sdp(offer))[1].rtx_payload_type == 0
    assert "apt=96" not in receive_answer(parse_sdp(offer), OURS, 7, {"1": PICTURE})


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a=recvonly", "a=sendonly"),
        ("a=setup:actpass", "a=setup:passive"),
        ("UDP/TLS/RTP/SAVPF 111 63", "UDP/TLS/RTP/SAVPF 63"),
    ],
)
def test_who_receives_nothing_is_told_so(before: str, after: str) -> None:
    offer = WHEP.replace(before, after).replace("VP8/90000", "H264/90000")
    with pytest.raises(Invalid, match="bad-sdp"):
        receiving_lines(parse_sdp(offer))


def test_an_offer_without_a_usable_line_is_refused() -> None:
    with pytest.raises(Invalid, match="bad-sdp"):
        receiving_lines(parse_sdp(WHEP.replace("a=rtcp-mux\n", "")))


@given(st.integers(0, len(WHEP)), st.text(max_size=12), st.integers(0, 40))
def test_any_damage_is_answered_or_refused(at: int, put: str, cut: int) -> None:
    damaged = WHEP[:at] + put + WHEP[at + cut :]
    try:
        offer = parse_sdp(damaged)
        lines = receiving_lines(offer)
    except Invalid:
        return
    answer = parse_sdp(receive_answer(offer, OURS, 7, {lines[0].mid: SOUND}))
    assert len(answer.media) == len(offer.media)
