"""Our answer to a publisher's offer: VP8 and Opus, everything bundled, we receive."""

from collections.abc import Sequence
from dataclasses import dataclass

from signalling.sfu.simulcast import MOST_LAYERS
from signalling.transport.ice_lite import Credentials
from signalling.transport.sdp import (
    LEVEL_URI,
    MID_URI,
    REPAIRED_URI,
    RID_URI,
    STAMP_URI,
    TOWARDS_US,
    TWCC_URI,
    Codec,
    Description,
    Media,
    bad,
)

CODECS = {"audio": "opus", "video": "vp8"}
TITLES = {"audio": "opus/48000/2", "video": "VP8/90000"}
OPUS = "minptime=10;useinbandfec=1;usedtx=1"
TWCC, REMB = "transport-cc", "goog-remb"
FEEDBACK = ("nack", "nack pli", "ccm fir", REMB)
EXTENSIONS = {
    "audio": (MID_URI, LEVEL_URI, TWCC_URI, STAMP_URI),
    "video": (MID_URI, RID_URI, REPAIRED_URI, TWCC_URI, STAMP_URI),
}


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
    rids: tuple[str, ...] = ()
    rid_id: int = 0
    repaired_id: int = 0
    twcc_id: int = 0
    stamp_id: int = 0
    red_payload_type: int = 0


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
        codec = codec_of(media)
        if codec is None:
            sections += refused_lines(media)
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


def codec_of(media: Media) -> Codec | None:
    """What we take of an m-line: VP8 or Opus, if anything."""
    return media.codec(CODECS[media.kind]) if media.usable else None


def refused_lines(media: Media) -> list[str]:
    """An m-line that carries nothing (RFC 8829 §5.3.1)."""
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
    rtx, red = media.rtx_for(codec.payload_type), _red(media, codec)
    # A browser sends the first it is offered: sound with redundancy where it knows how.
    kept = [one for one in (red, codec, rtx) if one is not None]
    formats = " ".join(str(one.payload_type) for one in kept)
    return [
        f"m={media.kind} 9 UDP/TLS/RTP/SAVPF {formats}",
        *transport_lines(ours, "passive"),
        f"a=mid:{media.mid}",
        "a=recvonly" if media.direction in ("sendrecv", "sendonly") else "a=inactive",
        *(["a=rtcp-rsize"] if media.reduced else []),
        *_extension_lines(media, codec),
        *_codec_lines(media, codec, start_kbps),
        *(_rtx_lines(rtx, codec) if rtx is not None else []),
        *(_red_lines(red, codec) if red is not None else []),
        *_simulcast_lines(_layers(media)),
        *ours.candidates,
    ]


def _layers(media: Media) -> tuple[str, ...]:
    """The layers we take: nothing but the id tells which packet is of which."""
    return media.layers[:MOST_LAYERS] if media.extension(RID_URI) else ()


def _extension_lines(media: Media, codec: Codec) -> list[str]:
    wanted = [uri for uri in EXTENSIONS[media.kind] if media.extension(uri)]
    if not _twcc(media, codec):
        # The time of sending tells us what to make of arrivals, and nothing without them.
        wanted = [uri for uri in wanted if uri not in (TWCC_URI, STAMP_URI)]
    return [f"a=extmap:{media.extensions[u]}{TOWARDS_US[media.ways[u]]} {u}" for u in wanted]


def _red(media: Media, codec: Codec) -> Codec | None:
    """The RED (RFC 2198) that carries this Opus."""
    if media.kind != "audio":
        return None
    red = media.codec("red")
    if red is None or set(red.parameters.split("/")) != {str(codec.payload_type)}:
        return None
    return red


def _twcc(media: Media, codec: Codec) -> int:
    return media.extension(TWCC_URI) if TWCC in codec.feedback else 0


def _codec_lines(media: Media, codec: Codec, start_kbps: int) -> list[str]:
    number, kind = codec.payload_type, media.kind
    twcc = _twcc(media, codec)
    lines = [f"a=rtpmap:{number} {TITLES[kind]}"]
    if twcc:
        lines.append(f"a=rtcp-fb:{number} {TWCC}")
    if kind == "audio":
        return [*lines, f"a=fmtp:{number} {OPUS}"]
    # The browser believes one of the two, and should have no choice.
    wanted = [one for one in FEEDBACK if one in codec.feedback and not (twcc and one == REMB)]
    lines += [f"a=rtcp-fb:{number} {one}" for one in wanted]
    return [*lines, *([f"a=fmtp:{number} x-google-start-bitrate={start_kbps}"] * bool(start_kbps))]


def _rtx_lines(rtx: Codec, codec: Codec) -> list[str]:
    number = rtx.payload_type
    return [f"a=rtpmap:{number} rtx/90000", f"a=fmtp:{number} apt={codec.payload_type}"]


def _red_lines(red: Codec, codec: Codec) -> list[str]:
    number, carried = red.payload_type, codec.payload_type
    return [f"a=rtpmap:{number} red/48000/2", f"a=fmtp:{number} {carried}/{carried}"]


def _simulcast_lines(rids: Sequence[str]) -> list[str]:
    if not rids:
        return []
    return [*(f"a=rid:{rid} recv" for rid in rids), f"a=simulcast:recv {';'.join(rids)}"]


def _published(media: Media, codec: Codec, order: int) -> Published:
    rtx, red = media.rtx_for(codec.payload_type), _red(media, codec)
    ssrc = media.ssrcs[0] if media.ssrcs else None
    return Published(
        mid=media.mid,
        kind=media.kind,
        order=order,
        payload_type=codec.payload_type,
        rtx_payload_type=rtx.payload_type if rtx else 0,
        ssrc=ssrc,
        rtx_ssrc=media.repairs.get(ssrc) if ssrc is not None else None,
        mid_id=media.extension(MID_URI),
        level_id=media.extension(LEVEL_URI),
        nack="nack" in codec.feedback,
        rids=_layers(media),
        rid_id=media.extension(RID_URI),
        repaired_id=media.extension(REPAIRED_URI),
        twcc_id=_twcc(media, codec),
        stamp_id=media.extension(STAMP_URI) if _twcc(media, codec) else 0,
        red_payload_type=red.payload_type if red else 0,
    )
