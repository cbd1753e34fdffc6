"""Descriptions of sessions (SDP): limits first, then a typed reading of what WebRTC needs.

Whatever is wrong becomes `Invalid("bad-sdp", reason=…)`; nothing else leaves this module.
"""

import re
from dataclasses import dataclass, field

from rooms.errors import Invalid

MOST_BYTES = 65_536
MOST_LINES = 2_000
MOST_MEDIA = 32
MOST_IN_MEDIA = 256
MID = re.compile(r"[A-Za-z0-9_.+{}-]{1,16}")
# RFC 8839 §5.4: so long, and of these signs only.
UFRAG = re.compile(r"[A-Za-z0-9+/]{4,256}")
PASSWORD = re.compile(r"[A-Za-z0-9+/]{22,256}")
OCTETS = {"sha-256": 32, "sha-384": 48, "sha-512": 64}
FINGERPRINT = re.compile(r"([0-9A-Fa-f]{2}:)+[0-9A-Fa-f]{2}")
DIRECTIONS = ("sendrecv", "sendonly", "recvonly", "inactive")

RID = re.compile(r"[A-Za-z0-9_-]{1,16}")
MID_URI = "urn:ietf:params:rtp-hdrext:sdes:mid"
LEVEL_URI = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
RID_URI = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"
REPAIRED_URI = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"
STAMP_URI = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
TWCC_URI = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
# How an extension of an offer that goes one way is answered (RFC 8285, 6).
TOWARDS_US = {"": "", "sendrecv": "", "sendonly": "/recvonly"}


@dataclass(slots=True, kw_only=True)
class Codec:
    """One payload type of an m-line."""

    payload_type: int
    name: str = ""
    clock: int = 0
    parameters: str = ""
    feedback: list[str] = field(default_factory=list)

    @property
    def repaired(self) -> int | None:
        """The payload type that this RTX repeats."""
        found = re.search(r"(?:^|[; ])apt=(\d{1,3})(?:$|[; ])", self.parameters)
        return int(found[1]) if self.name == "rtx" and found else None


@dataclass(slots=True, kw_only=True)
class Media:
    """One m-line with what it inherits from the session."""

    kind: str
    port: int
    protocol: str
    mid: str = ""
    direction: str = "sendrecv"
    mux: bool = False
    reduced: bool = False
    setup: str = ""
    ufrag: str = ""
    password: str = ""
    fingerprints: list[tuple[str, str]] = field(default_factory=list)
    codecs: dict[int, Codec] = field(default_factory=dict)
    extensions: dict[str, int] = field(default_factory=dict)
    # By URI, as written: "" where an extension goes both ways.
    ways: dict[str, str] = field(default_factory=dict)
    # The streams its author sends, and those of them he sends at once, in his order.
    rids: list[str] = field(default_factory=list)
    simulcast: list[str] = field(default_factory=list)
    mixed: bool = False
    ssrcs: list[int] = field(default_factory=list)
    repairs: dict[int, int] = field(default_factory=dict)

    def codec(self, name: str) -> Codec | None:
        """The first codec of this name."""
        return next((codec for codec in self.codecs.values() if codec.name == name), None)

    def rtx_for(self, payload_type: int) -> Codec | None:
        """The RTX that repeats this payload type."""
        return next((c for c in self.codecs.values() if c.repaired == payload_type), None)

    def extension(self, uri: str) -> int:
        """The id under which its author sends this extension; 0 when he does not."""
        return self.extensions.get(uri, 0) if self.ways.get(uri, "") in TOWARDS_US else 0

    @property
    def layers(self) -> tuple[str, ...]:
        """The rids of its simulcast, in the author's order; none without."""
        return tuple(rid for rid in self.simulcast if rid in self.rids)

    @property
    def usable(self) -> bool:
        """Whether this m-line may carry media of ours."""
        return self.kind in ("audio", "video") and self.port > 0 and self.mux

    @property
    def sending(self) -> bool:
        """Whether media of its author comes on it."""
        return self.usable and self.direction in ("sendrecv", "sendonly")


@dataclass(slots=True, kw_only=True)
class Description:
    """An offer or an answer."""

    media: list[Media]
    bundle: tuple[str, ...]


def bad(reason: str) -> Invalid:
    """The one refusal."""
    return Invalid("bad-sdp", reason=reason)


def parse_sdp(text: str) -> Description:
    """The description in this text."""
    if len(text) > MOST_BYTES:
        raise bad("more than 64 kB")
    lines = [line for line in text.replace("\r\n", "\n").split("\n") if line]
    if len(lines) > MOST_LINES:
        raise bad("more than 2000 lines")
    if not lines or not lines[0].startswith("v=0"):
        raise bad("does not begin with v=0")
    try:
        description = _read(lines)
    except (ValueError, IndexError, KeyError) as wrong:
        raise bad(f"not understood: {wrong}"[:200]) from None
    _check(description)
    return description


def _read(lines: list[str]) -> Description:
    common = Media(kind="", port=0, protocol="")
    media: list[Media] = []
    bundle: tuple[str, ...] = ()
    for line in lines:
        if line.startswith("m="):
            if len(media) == MOST_MEDIA:
                raise ValueError("more than 32 m-lines")
            media.append(_open(line[2:], common))
        elif line.startswith("a=group:BUNDLE"):
            bundle = tuple(line.split()[1:])
        elif line.startswith("a="):
            name, _, value = line[2:].partition(":")
            _attribute(media[-1] if media else common, name, value)
    return Description(media=media, bundle=bundle)


def _open(line: str, common: Media) -> Media:
    kind, port, protocol, *formats = line.split()
    media = Media(
        kind=kind,
        port=_number(port.split("/")[0], 65_535),
        protocol=protocol,
        direction=common.direction,
        setup=common.setup,
        ufrag=common.ufrag,
        password=common.password,
        fingerprints=list(common.fingerprints),
        mixed=common.mixed,
    )
    if len(formats) > MOST_IN_MEDIA:
        raise ValueError("too many formats")
    if kind in ("audio", "video"):
        for text in formats:
            payload_type = _number(text, 127)
            media.codecs[payload_type] = Codec(payload_type=payload_type)
    return media


def _number(text: str, most: int) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 10 or int(text) > most:
        raise ValueError(f"not a number up to {most}: {text[:20]!r}")
    return int(text)


def _attribute(media: Media, name: str, value: str) -> None:
    if name in DIRECTIONS:
        media.direction = name
    elif name == "mid":
        media.mid = value
    elif name == "rtcp-mux":
        media.mux = True
    elif name == "rtcp-rsize":
        media.reduced = True
    elif name == "extmap-allow-mixed":
        media.mixed = True
    elif name == "setup":
        media.setup = value
    elif name == "ice-ufrag":
        media.ufrag = value
    elif name == "ice-pwd":
        media.password = value
    elif name == "fingerprint":
        kind, digest = value.split()
        media.fingerprints.append((kind.lower(), digest))
    else:
        _stream_attribute(media, name, value)


def _stream_attribute(media: Media, name: str, value: str) -> None:
    if name in ("rtpmap", "fmtp", "rtcp-fb"):
        _codec_attribute(media, name, value)
    elif name == "extmap":
        number, uri = value.split()[:2]
        text, _, way = number.partition("/")
        wanted = _number(text, 4_095)
        # One byte has 14 ids, two bytes have 255; 15 is neither's.
        fits = 1 <= wanted <= 14 or (media.mixed and 16 <= wanted <= 255)
        if fits and len(media.extensions) < MOST_IN_MEDIA:
            media.extensions[uri], media.ways[uri] = wanted, way
    elif name == "rid":
        rid, way = value.split()[:2]
        if way == "send" and RID.fullmatch(rid) and len(media.rids) < MOST_IN_MEDIA:
            media.rids.append(rid)
    elif name == "simulcast":
        media.simulcast = _simulcast(value.split())
    elif name == "ssrc":
        ssrc = _number(value.split()[0], 0xFFFFFFFF)
        if ssrc not in media.ssrcs and len(media.ssrcs) < MOST_IN_MEDIA:
            media.ssrcs.append(ssrc)
    elif name == "ssrc-group":
        semantics, *members = value.split()
        if semantics == "FID" and len(members) == 2 and len(media.repairs) < MOST_IN_MEDIA:
            media.repairs[_number(members[0], 0xFFFFFFFF)] = _number(members[1], 0xFFFFFFFF)


def _simulcast(words: list[str]) -> list[str]:
    """What is sent at once: of alternatives the first, paused ones too (RFC 8853, 5.1)."""
    for way, streams in zip(words[::2], words[1::2], strict=False):
        if way == "send":
            firsts = [one.split(",")[0].lstrip("~") for one in streams.split(";")]
            return list(dict.fromkeys(firsts))[:MOST_IN_MEDIA]
    return []


def _codec_attribute(media: Media, name: str, value: str) -> None:
    number, rest = value.split(maxsplit=1)
    if number == "*":
        return
    codec = media.codecs.get(_number(number, 127))
    if codec is None:
        return
    if name == "rtpmap":
        title, clock = rest.split("/")[:2]
        codec.name, codec.clock = title.lower(), _number(clock, 1_000_000)
    elif name == "fmtp":
        codec.parameters = rest
    elif len(codec.feedback) < MOST_IN_MEDIA:
        codec.feedback.append(rest)


def _check(description: Description) -> None:
    mids = [media.mid for media in description.media]
    if not mids:
        raise bad("no m-line")
    if len(set(mids)) != len(mids) or not all(MID.fullmatch(mid) for mid in mids):
        raise bad("m-lines need a mid each")
    used = [media for media in description.media if media.usable]
    for media in used:
        if media.protocol != "UDP/TLS/RTP/SAVPF":
            raise bad("m-lines must be UDP/TLS/RTP/SAVPF")
        if not UFRAG.fullmatch(media.ufrag) or not PASSWORD.fullmatch(media.password):
            raise bad("no ICE credentials, or not what they should be")
        if not media.fingerprints or not all(_is_fingerprint(*one) for one in media.fingerprints):
            raise bad("no fingerprint, or not by SHA-256, SHA-384 or SHA-512")
    # Everything travels on one transport; what is outside the bundle would never connect.
    if len(used) > 1 and not {media.mid for media in used} <= set(description.bundle):
        raise bad("m-lines must be bundled")


def _is_fingerprint(kind: str, digest: str) -> bool:
    return len(digest) == 3 * OCTETS.get(kind, 0) - 1 and bool(FINGERPRINT.fullmatch(digest))
