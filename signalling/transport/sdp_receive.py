"""Our answer to a receiver that offers himself (WHEP): his numbers, our streams."""

from collections.abc import Mapping
from dataclasses import dataclass

from signalling.transport.sdp import (
    LEVEL_URI,
    MID_URI,
    STAMP_URI,
    Codec,
    Description,
    Media,
    bad,
)
from signalling.transport.sdp_answer import (
    FEEDBACK,
    OPUS,
    TITLES,
    Ours,
    codec_of,
    refused_lines,
    session_lines,
    transport_lines,
)
from signalling.transport.sdp_offer import Sending, stream_lines

EXTENSIONS = {"audio": (MID_URI, LEVEL_URI, STAMP_URI), "video": (MID_URI, STAMP_URI)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiving:
    """One m-line on which he receives, by his own numbers; 0 for what he does not take."""

    mid: str
    kind: str
    payload_type: int
    rtx_payload_type: int
    mid_id: int
    level_id: int
    stamp_id: int


def receiving_lines(offer: Description) -> list[Receiving]:
    """The m-lines that may carry something to him, in order; Invalid("bad-sdp") without any."""
    first = next((media for media in offer.media if media.usable), None)
    if first is None or first.setup not in ("actpass", "active"):
        raise bad("nothing to send to, or not towards a DTLS server")
    found = [
        _receiving(media, codec)
        for media in offer.media
        if (codec := codec_of(media)) is not None and media.direction in ("recvonly", "sendrecv")
    ]
    if not found:
        raise bad("he receives neither VP8 nor Opus")
    return found


def _receiving(media: Media, codec: Codec) -> Receiving:
    rtx = media.rtx_for(codec.payload_type)
    return Receiving(
        mid=media.mid,
        kind=media.kind,
        payload_type=codec.payload_type,
        rtx_payload_type=rtx.payload_type if rtx else 0,
        mid_id=media.extensions.get(MID_URI, 0),
        level_id=media.extensions.get(LEVEL_URI, 0),
        stamp_id=media.extensions.get(STAMP_URI, 0),
    )


def receive_answer(offer: Description, ours: Ours, number: int, sent: Mapping[str, Sending]) -> str:
    """The answer that sends these streams, by mid; the other m-lines are inactive or refused."""
    sections: list[str] = []
    mids = []
    for media in offer.media:
        codec = codec_of(media)
        if codec is None:
            sections += refused_lines(media)
        else:
            mids.append(media.mid)
            sections += _section(media, codec, ours, sent.get(media.mid))
    return "\r\n".join(session_lines(number, 1, mids) + sections) + "\r\n"


def _section(media: Media, codec: Codec, ours: Ours, line: Sending | None) -> list[str]:
    rtx = media.rtx_for(codec.payload_type)
    formats = " ".join(str(one.payload_type) for one in (codec, rtx) if one is not None)
    return [
        f"m={media.kind} 9 UDP/TLS/RTP/SAVPF {formats}",
        *transport_lines(ours, "passive"),
        f"a=mid:{media.mid}",
        "a=inactive" if line is None else "a=sendonly",
        *(["a=rtcp-rsize"] if media.reduced else []),
        *(
            f"a=extmap:{media.extensions[uri]} {uri}"
            for uri in EXTENSIONS[media.kind]
            if uri in media.extensions
        ),
        *_codec_lines(media.kind, codec, rtx),
        *([] if line is None else stream_lines(line)),
        *ours.candidates,
    ]


def _codec_lines(kind: str, codec: Codec, rtx: Codec | None) -> list[str]:
    number = codec.payload_type
    lines = [f"a=rtpmap:{number} {TITLES[kind]}"]
    if kind == "audio":
        return [*lines, f"a=fmtp:{number} {OPUS}"]
    lines += [f"a=rtcp-fb:{number} {one}" for one in FEEDBACK if one in codec.feedback]
    if rtx is not None:
        lines += [
            f"a=rtpmap:{rtx.payload_type} rtx/90000",
            f"a=fmtp:{rtx.payload_type} apt={number}",
        ]
    return lines
