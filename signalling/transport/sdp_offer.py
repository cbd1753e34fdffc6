"""Our offer to a subscriber, one m-line for each wanted track, and the reading of his answer."""

from collections.abc import Sequence
from dataclasses import dataclass

from signalling.sfu.packet import LEVEL_ID, MID_ID, STAMP_ID
from signalling.sfu.red import OPUS_TYPE, RED_TYPE
from signalling.transport.sdp import LEVEL_URI, MID_URI, STAMP_URI, Description, Media, bad
from signalling.transport.sdp_answer import (
    FEEDBACK,
    OPUS,
    Ours,
    session_lines,
    transport_lines,
)

VP8, RTX = 96, 97
NOBODY = "nobody"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """One m-line of the offer. Without a `track` it is inactive, kept to be used again; one that is
    `open` sends as soon as there is something to send, without another offer."""

    mid: str
    kind: str
    ssrc: int
    rtx_ssrc: int
    track: str | None
    stream: str
    open: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What the answer says of one m-line."""

    mid: str
    receiving: bool
    rtx: bool
    red: bool
    mid_id: int
    level_id: int
    stamp_id: int


def subscribe_offer(lines: Sequence[Sending], ours: Ours, number: int, serial: int) -> str:
    """The offer with this serial as its version."""
    text = session_lines(number, serial, [line.mid for line in lines])
    for line in lines:
        text += _section(line, ours)
    return "\r\n".join(text) + "\r\n"


def _section(line: Sending, ours: Ours) -> list[str]:
    codecs = _audio() if line.kind == "audio" else _video()
    formats = f"{OPUS_TYPE} {RED_TYPE}" if line.kind == "audio" else f"{VP8} {RTX}"
    return [
        f"m={line.kind} 9 UDP/TLS/RTP/SAVPF {formats}",
        *transport_lines(ours, "actpass"),
        f"a=mid:{line.mid}",
        "a=sendonly" if line.track or line.open else "a=inactive",
        "a=rtcp-rsize",
        f"a=extmap:{MID_ID} {MID_URI}",
        # With this the browser estimates its own line, and says so by REMB.
        f"a=extmap:{STAMP_ID} {STAMP_URI}",
        *codecs,
        *stream_lines(line),
        *ours.candidates,
    ]


def _audio() -> list[str]:
    return [
        f"a=extmap:{LEVEL_ID} {LEVEL_URI}",
        f"a=rtpmap:{OPUS_TYPE} opus/48000/2",
        f"a=fmtp:{OPUS_TYPE} {OPUS}",
        f"a=rtpmap:{RED_TYPE} red/48000/2",
        f"a=fmtp:{RED_TYPE} {OPUS_TYPE}/{OPUS_TYPE}",
    ]


def _video() -> list[str]:
    return [
        f"a=rtpmap:{VP8} VP8/90000",
        *(f"a=rtcp-fb:{VP8} {kind}" for kind in FEEDBACK),
        f"a=rtpmap:{RTX} rtx/90000",
        f"a=fmtp:{RTX} apt={VP8}",
    ]


def stream_lines(line: Sending) -> list[str]:
    """Whose stream it is, and its SSRCs; one CNAME for his sound and picture, so that they are
    played in step. What is open and empty has names of nobody: Chromium keeps those it hears first.
    """
    if not line.track and not line.open:
        return []
    stream, track = line.stream or NOBODY, line.track or f"{NOBODY}-{line.mid}"
    named = [f"a=msid:{stream} {track}"]
    ssrcs = [line.ssrc] if line.kind == "audio" else [line.ssrc, line.rtx_ssrc]
    if line.kind == "video":
        named.append(f"a=ssrc-group:FID {line.ssrc} {line.rtx_ssrc}")
    return named + [f"a=ssrc:{ssrc} cname:{stream}" for ssrc in ssrcs]


def read_answer(answer: Description, mids: Sequence[str]) -> list[Taken]:
    """What the subscriber takes. His m-lines must be ours, in our order."""
    if [media.mid for media in answer.media] != list(mids):
        raise bad("the answer must have the m-lines of the offer")
    if any(media.usable and media.setup != "active" for media in answer.media):
        raise bad("we are the DTLS server")
    return [_taken(media) for media in answer.media]


def _taken(media: Media) -> Taken:
    wanted = OPUS_TYPE if media.kind == "audio" else VP8
    return Taken(
        mid=media.mid,
        receiving=media.usable
        and wanted in media.codecs
        and media.direction in ("recvonly", "sendrecv"),
        rtx=media.rtx_for(VP8) is not None,
        red=media.kind == "audio" and RED_TYPE in media.codecs,
        mid_id=media.extensions.get(MID_URI, 0),
        level_id=media.extensions.get(LEVEL_URI, 0),
        stamp_id=media.extensions.get(STAMP_URI, 0),
    )
