import pytest
from hypothesis import given
from hypothesis import strategies as st

from rooms.errors import Invalid
from signalling.transport.ice_lite import Credentials
from signalling.transport.sdp import parse_sdp
from signalling.transport.sdp_answer import Agreed, Ours, publish_answer
from signalling.transport.sdp_offer import Sending, read_answer, subscribe_offer

OURS = Ours(
    credentials=Credentials(ufrag="ours", password="secret" * 4),
    fingerprint=":".join(["AB"] * 32),
    candidates=["a=candidate:1 1 udp 1 192.0.2.7 8189 typ host", "a=end-of-candidates"],
)
SECRET = "password" * 3
OFFER = """v=0
o=- 1 2 IN IP4 127.0.0.1
s=-
t=0 0
a=group:BUNDLE 0 1
m=audio 9 UDP/TLS/RTP/SAVPF 111 63
c=IN IP4 0.0.0.0
a=ice-ufrag:theirs
a=ice-pwd:passwordpasswordpassword
a=fingerprint:sha-256 {print}
a=setup:actpass
a=mid:0
a=sendonly
a=rtcp-mux
a=extmap:14 urn:ietf:params:rtp-hdrext:ssrc-audio-level
a=extmap:4/sendonly urn:ietf:params:rtp-hdrext:sdes:mid
a=extmap:200 urn:too:large
a=rtpmap:111 opus/48000/2
a=rtcp-fb:111 transport-cc
a=rtpmap:63 red/48000/2
a=ssrc:1001 cname:x
m=video 9 UDP/TLS/RTP/SAVPF 45 46 96 97
c=IN IP4 0.0.0.0
a=ice-ufrag:theirs
a=ice-pwd:passwordpasswordpassword
a=fingerprint:sha-256 {print}
a=setup:actpass
a=mid:1
a=sendonly
a=rtcp-mux
a=rtcp-rsize
a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid
a=rtpmap:45 AV1/90000
a=rtpmap:46 rtx/90000
a=fmtp:46 apt=45
a=rtpmap:96 VP8/90000
a=rtcp-fb:96 nack
a=rtcp-fb:96 nack pli
a=rtcp-fb:96 transport-cc
a=rtcp-fb:* ccm fir
a=rtpmap:97 rtx/90000
a=fmtp:97 apt=96
a=ssrc-group:FID 2001 2002
a=ssrc:2001 cname:x
a=ssrc:2002 cname:x
""".format(print=":".join(["CD"] * 32))


def agree(offer: str = OFFER) -> Agreed:
    return publish_answer(parse_sdp(offer), OURS, 5, 1, 600)


def test_a_publishers_offer_is_answered_with_its_own_numbers() -> None:
    agreed = agree()
    sound, picture = agreed.published
    assert (sound.mid, sound.payload_type, sound.mid_id, sound.level_id) == ("0", 111, 4, 14)
    assert (sound.ssrc, sound.rtx_ssrc, sound.rtx_payload_type) == (1001, None, 0)
    assert (picture.payload_type, picture.rtx_payload_type) == (96, 97)
    assert (picture.ssrc, picture.rtx_ssrc, picture.nack) == (2001, 2002, True)
    assert agreed.fingerprints == (("sha-256", ":".join(["CD"] * 32)),)
    lines = agreed.sdp.split("\r\n")
    for line in (
        "a=ice-lite",
        "a=group:BUNDLE 0 1",
        "m=audio 9 UDP/TLS/RTP/SAVPF 111",
        "m=video 9 UDP/TLS/RTP/SAVPF 96 97",
        "a=fmtp:111 minptime=10;useinbandfec=1;usedtx=1",
        "a=fmtp:96 x-google-start-bitrate=600",
        "a=extmap:14 urn:ietf:params:rtp-hdrext:ssrc-audio-level",
    ):
        assert lines.count(line) == 1, line
    assert lines.count("a=setup:passive") == lines.count("a=recvonly") == 2
    assert lines.count("a=rtcp-rsize") == 1
    assert not any("transport-cc" in line for line in lines)


def test_what_we_do_not_take_is_refused_in_its_place() -> None:
    more = OFFER + "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\na=mid:2\n"
    answer = parse_sdp(agree(more).sdp)
    assert [(media.mid, media.port) for media in answer.media] == [("0", 9), ("1", 9), ("2", 0)]
    assert answer.bundle == ("0", "1")
    silent = agree(OFFER.replace("VP8", "VP9"))
    assert [one.kind for one in silent.published] == ["audio"]
    idle = agree(OFFER.replace("a=sendonly", "a=inactive", 1))
    assert [(one.kind, one.order) for one in idle.published] == [("video", 0)]
    assert "a=inactive" in idle.sdp


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("v=0", "v=1"),
        ("a=mid:1", "a=mid:0"),
        ("a=mid:1", "a=mid:"),
        ("a=mid:1", "a=mid:has space"),
        ("a=group:BUNDLE 0 1", "a=group:BUNDLE 0"),
        ("a=setup:actpass", "a=setup:passive"),
        ("a=rtcp-mux", "a=x"),
        ("opus", "g722x"),
        ("a=ice-ufrag:theirs", "a=x"),
        ("CD:CD", "zz"),
        ("CD:CD:CD", "CD"),
        ("sha-256", "sha-1"),
        ("sha-256", "sha-512"),
        ("sha-256", "crc-32"),
        ("a=setup:actpass", "a=fingerprint:md2 CD:CD"),
        ("theirs", "tom"),
        ("theirs", "t" * 257),
        ("theirs", "their name"),
        (SECRET, "s" * 21),
        (SECRET, "s" * 257),
        (SECRET, f"{SECRET}\u00e9"),
        ("UDP/TLS/RTP/SAVPF", "RTP/AVP"),
        ("m=audio 9", "m=audio 99999"),
        ("m=audio 9", "m=audio -1"),
        ("m=audio 9", "m=audio"),
        ("a=ssrc:1001", "a=ssrc:99999999999"),
        ("a=ssrc:1001 cname:x", "a=ssrc:"),
        ("a=rtpmap:111 opus/48000/2", "a=rtpmap:111"),
        ("a=rtpmap:111 opus/48000/2", "a=rtpmap:x opus/48000"),
        ("a=fingerprint:sha-256 ", "a=fingerprint:"),
    ],
)
def test_a_wrong_offer_is_refused_by_name(before: str, after: str) -> None:
    wrong = OFFER.replace(before, after)
    if before == "opus":
        wrong = wrong.replace("VP8", "VP9")
    with pytest.raises(Invalid, match="bad-sdp"):
        agree(wrong)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("theirs", "t+/9"),
        ("theirs", "t" * 256),
        (SECRET, "s" * 22),
        (SECRET, "s" * 256),
        ("sha-256 CD", "SHA-512 " + "CD:" * 32 + "CD"),
    ],
)
def test_what_the_standard_allows_is_taken(before: str, after: str) -> None:
    assert len(agree(OFFER.replace(before, after)).published) == 2


@pytest.mark.parametrize(
    "text",
    [
        "",
        "v=0\n",
        "v=0\n" + "a=x\n" * 3000,
        "v=0\n" + "m=audio 9 UDP/TLS/RTP/SAVPF 111\n" * 33,
        "v=0\nm=audio 9 RTP " + "1 " * 300,
        "v=0\n" + "a" * 70_000,
    ],
)
def test_limits_hold_before_anything_is_read(text: str) -> None:
    with pytest.raises(Invalid, match="bad-sdp"):
        parse_sdp(text)


@given(st.integers(0, len(OFFER) - 1), st.text(max_size=8), st.integers(0, 30))
def test_any_damage_is_read_or_refused(at: int, put: str, cut: int) -> None:
    damaged = OFFER[:at] + put + OFFER[at + cut :]
    try:
        agreed = agree(damaged)
    except Invalid:
        return
    parse_sdp(agreed.sdp)


LINES = [
    Sending(mid="0", kind="audio", ssrc=11, rtx_ssrc=12, track="tr-1", stream="pa-1"),
    Sending(mid="1", kind="video", ssrc=21, rtx_ssrc=22, track="tr-2", stream="pa-1"),
    Sending(mid="2", kind="video", ssrc=31, rtx_ssrc=32, track=None, stream=""),
]


def answered(offer: str, **changes: str) -> str:
    answer = offer.replace("a=setup:actpass", "a=setup:active").replace("sendonly", "recvonly")
    for before, after in changes.items():
        answer = answer.replace(before, after)
    return answer


def test_our_offer_names_the_streams_and_keeps_idle_lines() -> None:
    offer = subscribe_offer(LINES, OURS, 5, 3)
    sound, picture, idle = parse_sdp(offer).media
    assert (sound.direction, picture.direction, idle.direction) == (
        "sendonly",
        "sendonly",
        "inactive",
    )
    assert (sound.ssrcs, picture.ssrcs, idle.ssrcs) == ([11], [21, 22], [])
    assert picture.repairs == {21: 22}
    assert "o=- 5 3 IN IP4" in offer
    assert "a=msid:pa-1 tr-2" in offer


def test_an_answer_says_what_is_taken() -> None:
    offer = subscribe_offer(LINES, OURS, 5, 3)
    sound, picture, idle = read_answer(parse_sdp(answered(offer)), ["0", "1", "2"])
    assert (sound.receiving, picture.receiving, idle.receiving) == (True, True, False)
    assert (sound.mid_id, sound.level_id, picture.level_id) == (1, 2, 0)
    assert (picture.rtx, sound.rtx) == (True, False)


def test_an_answer_to_something_else_is_refused() -> None:
    offer = subscribe_offer(LINES, OURS, 5, 3)
    with pytest.raises(Invalid, match="bad-sdp"):
        read_answer(parse_sdp(answered(offer)), ["0", "1"])
    with pytest.raises(Invalid, match="bad-sdp"):
        read_answer(parse_sdp(offer), ["0", "1", "2"])
