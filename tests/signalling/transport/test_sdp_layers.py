"""What the answer says of layers, redundancy, extensions and feedback, on either side."""

import pytest

from signalling.transport.ice_lite import Credentials
from signalling.transport.sdp import parse_sdp
from signalling.transport.sdp_answer import Agreed, Ours, publish_answer
from signalling.transport.sdp_offer import Sending, read_answer, subscribe_offer

OURS = Ours(
    credentials=Credentials(ufrag="ours", password="secret" * 4),
    fingerprint=":".join(["AB"] * 32),
    candidates=["a=end-of-candidates"],
)
TWCC = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
STAMP = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
COMMON = """c=IN IP4 0.0.0.0
a=ice-ufrag:theirs
a=ice-pwd:passwordpasswordpassword
a=fingerprint:sha-256 {print}
a=setup:actpass
a=sendonly
a=rtcp-mux
""".format(print=":".join(["CD"] * 32))
SOUND = f"""m=audio 9 UDP/TLS/RTP/SAVPF 109 63 0
{COMMON}a=mid:0
a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level
a=extmap:2/recvonly urn:ietf:params:rtp-hdrext:csrc-audio-level
a=extmap:3 {TWCC}
a=rtpmap:109 opus/48000/2
a=rtcp-fb:109 transport-cc
a=rtpmap:63 red/48000/2
a=fmtp:63 109/109
"""
PICTURE = f"""m=video 9 UDP/TLS/RTP/SAVPF 96 97
{COMMON}a=mid:1
a=extmap:4/sendrecv urn:ietf:params:rtp-hdrext:sdes:mid
a=extmap:5 {STAMP}
a=extmap:7 {TWCC}
a=extmap:9/sendonly urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id
a=extmap:10/sendonly urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id
a=rtpmap:96 VP8/90000
a=rtcp-fb:96 nack
a=rtcp-fb:96 nack pli
a=rtcp-fb:96 ccm fir
a=rtcp-fb:96 goog-remb
a=rtcp-fb:96 transport-cc
a=rtpmap:97 rtx/90000
a=fmtp:97 apt=96
a=rid:q send
a=rid:h send max-width=640
a=rid:f send
a=rid:back recv
a=simulcast:recv back send q;h;f
a=ssrc-group:FID 2001 2002
a=ssrc:2001 cname:x
"""
HEAD = "v=0\no=- 1 2 IN IP4 127.0.0.1\ns=-\nt=0 0\na=group:BUNDLE 0 1\na=extmap-allow-mixed\n"
OFFER = HEAD + SOUND + PICTURE


def agree(offer: str = OFFER) -> Agreed:
    return publish_answer(parse_sdp(offer), OURS, 5, 1, 0)


def lines_of(agreed: Agreed, mid: str) -> list[str]:
    sections = agreed.sdp.split("\r\nm=")
    return next(s for s in sections if f"a=mid:{mid}\r\n" in s).split("\r\n")


def test_layers_are_answered_low_to_high_as_they_were_offered() -> None:
    agreed = agree()
    said = lines_of(agreed, "1")
    assert [line for line in said if line.startswith(("a=rid", "a=simulcast"))] == [
        "a=rid:q recv",
        "a=rid:h recv",
        "a=rid:f recv",
        "a=simulcast:recv q;h;f",
    ]
    picture = agreed.published[1]
    assert picture.rids == ("q", "h", "f")
    assert (picture.mid_id, picture.rid_id, picture.repaired_id) == (4, 9, 10)
    # What goes one way in the offer goes the other way in the answer.
    for line in (
        "a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid",
        "a=extmap:9/recvonly urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id",
        "a=extmap:10/recvonly urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id",
    ):
        assert said.count(line) == 1, line


@pytest.mark.parametrize(
    ("before", "after", "rids"),
    [
        ("send q;h;f", "send q;h", ("q", "h")),
        ("send q;h;f", "send q", ("q",)),
        ("send q;h;f", "send q,h;~f", ("q", "f")),
        ("send q;h;f", "send q;h;f;unknown", ("q", "h", "f")),
        ("send q;h;f", "send q;q;h", ("q", "h")),
        ("a=rid:h send", "a=rid:h recv", ("q", "f")),
        ("a=simulcast:recv back send q;h;f\n", "", ()),
        ("a=simulcast:recv back send q;h;f", "a=simulcast:recv back", ()),
        ("a=simulcast:recv back send q;h;f", "a=simulcast:send q;h;f recv back", ("q", "h", "f")),
        ("sdes:rtp-stream-id", "other", ()),
        ("extmap:9/sendonly", "extmap:9/recvonly", ()),
    ],
)
def test_only_layers_that_are_sent_and_told_apart_are_taken(
    before: str, after: str, rids: tuple[str, ...]
) -> None:
    assert before in OFFER
    agreed = agree(OFFER.replace(before, after))
    assert agreed.published[1].rids == rids
    assert ("a=simulcast" in agreed.sdp) == bool(rids)


def test_more_layers_than_we_forward_are_cut() -> None:
    more = OFFER.replace("a=rid:back", "a=rid:g send\na=rid:back").replace("q;h;f", "q;h;f;g")
    assert agree(more).published[1].rids == ("q", "h", "f")


def test_arrivals_are_told_on_sound_and_picture_and_then_no_estimate_of_ours() -> None:
    agreed = agree()
    assert [one.twcc_id for one in agreed.published] == [3, 7]
    sound, picture = lines_of(agreed, "0"), lines_of(agreed, "1")
    assert sound.count("a=rtcp-fb:109 transport-cc") == 1
    assert sound.count(f"a=extmap:3 {TWCC}") == picture.count(f"a=extmap:7 {TWCC}") == 1
    feedback = [line.split(" ", 1)[1] for line in picture if line.startswith("a=rtcp-fb:96")]
    assert feedback == ["transport-cc", "nack", "nack pli", "ccm fir"]
    # Never both estimates on one leg.
    assert "goog-remb" not in agreed.sdp


def test_when_each_packet_left_is_told_beside_when_it_arrived_and_never_alone() -> None:
    agreed = agree()
    assert [one.stamp_id for one in agreed.published] == [0, 5]
    assert lines_of(agreed, "1").count(f"a=extmap:5 {STAMP}") == 1
    alone = agree(OFFER.replace("transport-cc", "x-unknown"))
    assert [one.stamp_id for one in alone.published] == [0, 0]
    assert STAMP not in alone.sdp


def test_without_arrivals_our_estimate_is_announced() -> None:
    for gone in ("transport-cc", TWCC):
        agreed = agree(OFFER.replace(gone, "x-unknown"))
        assert [one.twcc_id for one in agreed.published] == [0, 0]
        assert "a=rtcp-fb:96 goog-remb" in agreed.sdp
        assert "transport" not in agreed.sdp


def test_redundant_sound_is_preferred_where_it_is_offered() -> None:
    agreed = agree()
    said = lines_of(agreed, "0")
    assert said[0] == "audio 9 UDP/TLS/RTP/SAVPF 63 109"
    assert "a=rtpmap:63 red/48000/2" in said
    assert "a=fmtp:63 109/109" in said
    assert "a=fmtp:109 minptime=10;useinbandfec=1;usedtx=1" in said
    assert agreed.published[0].red_payload_type == 63
    for changed in (OFFER.replace("red/", "blue/"), OFFER.replace("109/109", "0/0")):
        plain = agree(changed)
        assert lines_of(plain, "0")[0] == "audio 9 UDP/TLS/RTP/SAVPF 109"
        assert plain.published[0].red_payload_type == 0


def test_a_picture_has_no_redundancy_of_that_kind() -> None:
    odd = OFFER.replace("a=rtpmap:97 rtx/90000\na=fmtp:97 apt=96", "a=rtpmap:97 red/90000")
    agreed = agree(odd)
    assert agreed.published[1].red_payload_type == 0
    assert lines_of(agreed, "1")[0] == "video 9 UDP/TLS/RTP/SAVPF 96"


def test_large_ids_need_headers_of_two_bytes_to_be_allowed() -> None:
    large = OFFER.replace("a=extmap:7 ", "a=extmap:200 ").replace("a=extmap:3 ", "a=extmap:15 ")
    assert [one.twcc_id for one in agree(large).published] == [0, 200]
    strict = large.replace("a=extmap-allow-mixed\n", "")
    assert [one.twcc_id for one in agree(strict).published] == [0, 0]
    # It may also be said of one m-line alone.
    own = strict.replace("a=mid:1\n", "a=mid:1\na=extmap-allow-mixed\n")
    assert [one.twcc_id for one in agree(own).published] == [0, 200]


def test_subscribers_are_offered_redundancy_and_the_time_of_sending() -> None:
    lines = [
        Sending(mid="0", kind="audio", ssrc=11, rtx_ssrc=12, track="tr-1", stream="pa-1"),
        Sending(mid="1", kind="video", ssrc=21, rtx_ssrc=22, track="tr-2", stream="pa-1"),
    ]
    offer = subscribe_offer(lines, OURS, 5, 3)
    assert "transport-cc" not in offer
    assert offer.count(f"a=extmap:3 {STAMP}") == 2
    assert offer.count("goog-remb") == 1
    answer = offer.replace("a=setup:actpass", "a=setup:active").replace("sendonly", "recvonly")
    sound, picture = read_answer(parse_sdp(answer), ["0", "1"])
    assert (sound.red, picture.red) == (True, False)
    assert (sound.stamp_id, picture.stamp_id) == (3, 3)
    plain = answer.replace("SAVPF 111 63", "SAVPF 111").replace(STAMP, "unknown")
    sound, picture = read_answer(parse_sdp(plain), ["0", "1"])
    assert (sound.red, sound.stamp_id, picture.stamp_id) == (False, 0, 0)
    assert sound.receiving
