"""Our answer to a publisher's offer: VP8 and Opus, everything bundled, we receive."""

from collections.abc import Sequence
from dataclasses import dataclass

from signalling.transport.ice_lite import Credentials
from signalling.transport.sdp import LEVEL_URI, MID_URI, Codec, Description, Media, bad

CODECS = {"audio": "opus", "video": "vp8"}
TITLES = {"audio": "opus/48000/2", "video": "VP8/90000"}
OPUS = "minptime=10;useinbandfec=1;usedtx=1"
FEEDBACK = ("nack", "nack pli", "ccm fir", "goog-remb")
EXTENSIONS = {"audio": (MID_URI, LEVEL_URI), "video": (MID_URI,)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ours:
    """What we say of ourselves in every description."""

    credentials: Credentials
    fingerprint: str
    candidates: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """One m-line on which the publisher sends, as agreed."""

    mid: str
    kind: str
    order: int
    payload_type: int
    rtx_payload_type: int
    ssrc: int | None
    rtx_ssrc: int | None
    mid_id: int
    level_id: int
    nack: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreed:
    """The answer, and what it agrees to."""

    sdp: str
    published: tuple[Published, ...]
    fingerprints: tuple[tuple[str, str], ...]
    ufrag: str


def session_lines(number: int, version: int, mids: Sequence[str]) -> list[str]:
    """The part before the first m-line."""
    return [
        "v=0",
        f"o=- {number} {version} IN IP4 127.0.0.1",
        "s=-",
        "t=0 0",
        f"a=group:BUNDLE {' '.join(mids)}",
        "a=extmap-allow-mixed",
        "a=msid-semantic: WMS *",
        "a=ice-lite",
    ]


def transport_lines(ours: Ours, setup: str) -> list[str]:
    """What each m-line says of the transport they share."""
    return [
        "c=IN IP4 0.0.0.0",
        "a=rtcp:9 IN IP4 0.0.0.0",
        f"a=ice-ufrag:{ours.credentials.ufrag}",
        f"a=ice-pwd:{ours.credentials.password}",
        f"a=fingerprint:sha-256 {ours.fingerprint}",
        f"a=setup:{setup}",
        "a=rtcp-mux",
    ]


def publish_answer(
    offer: Description, ours: Ours, number: int, version: int, start_kbps: int
) -> Agreed:
    """Answer an offer, or refuse it with `Invalid("bad-sdp")`."""
    first = next((media for media in offer.media if media.usable), None)
    if first is None:
        raise bad("nothing to receive")
    if first.setup not in ("actpass", "active"):
        raise bad("we are the DTLS server")
    sections: list[str] = []
    published, mids = [], []
    orders = {"audio": 0, "video": 0}
    for media in offer.media:
        codec = _codec(media)
        if codec is None:
            sections += _refused(media)
        else:
            mids.append(media.mid)
            sections += _section(media, codec, ours, start_kbps)
            if media.direction in ("sendrecv", "sendonly"):
                published.append(_published(media, codec, orders[media.kind]))
        if media.kind in orders:
            orders[media.kind] += 1
    if not mids:
        raise bad("neither VP8 nor Opus")
    lines = session_lines(number, version, mids) + sections
    return Agreed(
        sdp="\r\n".join(lines) + "\r\n",
        published=tuple(published),
        fingerprints=tuple(first.fingerprints),
        ufrag=first.ufrag,
    )


def _codec(media: Media) -> Codec | None:
    return media.codec(CODECS[media.kind]) if media.usable else None


def _refused(media: Media) -> list[str]:
    formats = " ".join(str(number) for number in media.codecs) or "0"
    kind = media.kind if media.kind in ("audio", "video", "application") else "text"
    if kind == "application":
        formats = "webrtc-datachannel"
    protocol = media.protocol if media.protocol.isascii() else "RTP/AVP"
    return [
        f"m={kind} 0 {protocol} {formats}",
        "c=IN IP4 0.0.0.0",
        f"a=mid:{media.mid}",
        "a=inactive",
    ]


def _section(media: Media, codec: Codec, ours: Ours, start_kbps: int) -> list[str]:
    kept = [codec, *([rtx] if (rtx := media.rtx_for(codec.payload_type)) else [])]
    formats = " ".join(str(one.payload_type) for one in kept)
    sending = media.direction in ("sendrecv", "sendonly")
    return [
        f"m={media.kind} 9 UDP/TLS/RTP/SAVPF {formats}",
        *transport_lines(ours, "passive"),
        f"a=mid:{media.mid}",
        "a=recvonly" if sending else "a=inactive",
        *(["a=rtcp-rsize"] if media.reduced else []),
        *(
            f"a=extmap:{media.extensions[uri]} {uri}"
            for uri in EXTENSIONS[media.kind]
            if uri in media.extensions
        ),
        *_codec_lines(media.kind, codec, rtx, start_kbps),
        *ours.candidates,
    ]


def _codec_lines(kind: str, codec: Codec, rtx: Codec | None, start_kbps: int) -> list[str]:
    number = codec.payload_type
    lines = [f"a=rtpmap:{number} {TITLES[kind]}"]
    if kind == "audio":
        return [*lines, f"a=fmtp:{number} {OPUS}"]
    lines += [f"a=rtcp-fb:{number} {kind}" for kind in FEEDBACK if kind in codec.feedback]
    if start_kbps:
        lines.append(f"a=fmtp:{number} x-google-start-bitrate={start_kbps}")
    if rtx is not None:
        lines += [
            f"a=rtpmap:{rtx.payload_type} rtx/90000",
            f"a=fmtp:{rtx.payload_type} apt={number}",
        ]
    return lines


def _published(media: Media, codec: Codec, order: int) -> Published:
    rtx = media.rtx_for(codec.payload_type)
    ssrc = media.ssrcs[0] if media.ssrcs else None
    return Published(
        mid=media.mid,
        kind=media.kind,
        order=order,
        payload_type=codec.payload_type,
        rtx_payload_type=rtx.payload_type if rtx else 0,
        ssrc=ssrc,
        rtx_ssrc=media.repairs.get(ssrc) if ssrc is not None else None,
        mid_id=media.extensions.get(MID_URI, 0),
        level_id=media.extensions.get(LEVEL_URI, 0),
        nack="nack" in codec.feedback,
    )
