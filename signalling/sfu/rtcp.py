"""RTCP (RFC 3550, 4585, 5104 and REMB): compound packets read and written, others refused."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from struct import Struct

from signalling.sfu.packet import BadPacket

SR, RR, SDES, BYE, RTPFB, PSFB = 200, 201, 202, 203, 205, 206
NACK_FORMAT, PLI_FORMAT, FIR_FORMAT, APP_FORMAT = 1, 1, 4, 15
HEADER = Struct("!BBH")
SENDER = Struct("!LQLLL")
BLOCK = Struct("!LLLLLL")
PAIR = Struct("!LL")
LOST_PAIR = Struct("!HH")
WORD = Struct("!L")
FIR_ENTRY = Struct("!LB3x")


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One report block: how a receiver gets the stream `ssrc`."""

    ssrc: int
    fraction: int = 0
    lost: int = 0
    highest: int = 0
    jitter: int = 0
    lsr: int = 0
    dlsr: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SenderReport:
    """What a sender has sent, and its clock."""

    ssrc: int
    ntp: int
    timestamp: int
    packets: int
    octets: int
    blocks: tuple[Block, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiverReport:
    """How a receiver gets what we send."""

    ssrc: int
    blocks: tuple[Block, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Nack:
    """Please repeat these packets."""

    sender: int
    media: int
    lost: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyframeRequest:
    """PLI or FIR: please send a key picture of these streams."""

    sender: int
    media: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Remb:
    """The receiver's estimate, in bit/s."""

    sender: int
    bitrate: int
    media: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Bye:
    """These streams have ended."""

    sources: tuple[int, ...]


Report = SenderReport | ReceiverReport | Nack | KeyframeRequest | Remb | Bye


def parse_rtcp(data: bytes) -> list[Report]:
    """The reports we understand, in order; other kinds are passed over. `BadPacket` otherwise."""
    reports = []
    for kind, count, body in _packets(data):
        report = _report(kind, count, body)
        if report is not None:
            reports.append(report)
    return reports


def _packets(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    at, size = 0, len(data)
    if not size:
        raise BadPacket("empty RTCP")
    while at < size:
        if size - at < 4:
            raise BadPacket("RTCP header cut short")
        first, kind, words = HEADER.unpack_from(data, at)
        end = at + 4 + 4 * words
        if first >> 6 != 2 or end > size:
            raise BadPacket("not an RTCP packet")
        body = data[at + 4 : end]
        if first & 32:
            if not body or not 0 < body[-1] <= len(body):
                raise BadPacket("RTCP padding")
            body = body[: -body[-1]]
        yield kind, first & 31, body
        at = end


def _report(kind: int, count: int, body: bytes) -> Report | None:
    if kind == SR:
        _at_least(body, SENDER.size + BLOCK.size * count)
        ssrc, ntp, timestamp, packets, octets = SENDER.unpack_from(body)
        return SenderReport(
            ssrc=ssrc,
            ntp=ntp,
            timestamp=timestamp,
            packets=packets,
            octets=octets,
            blocks=_blocks(body, SENDER.size, count),
        )
    if kind == RR:
        _at_least(body, 4 + BLOCK.size * count)
        return ReceiverReport(ssrc=WORD.unpack_from(body)[0], blocks=_blocks(body, 4, count))
    if kind == BYE:
        _at_least(body, 4 * count)
        return Bye(sources=tuple(WORD.unpack_from(body, 4 * n)[0] for n in range(count)))
    if kind in (RTPFB, PSFB):
        _at_least(body, PAIR.size)
        return _feedback(kind, count, body)
    return None


def _at_least(body: bytes, size: int) -> None:
    if len(body) < size:
        raise BadPacket("RTCP body cut short")


def _blocks(body: bytes, at: int, count: int) -> tuple[Block, ...]:
    return tuple(_block(body, at + BLOCK.size * n) for n in range(count))


def _block(body: bytes, at: int) -> Block:
    ssrc, loss, highest, jitter, lsr, dlsr = BLOCK.unpack_from(body, at)
    lost = loss & 0xFFFFFF
    return Block(
        ssrc=ssrc,
        fraction=loss >> 24,
        lost=lost - 0x1000000 if lost & 0x800000 else lost,
        highest=highest,
        jitter=jitter,
        lsr=lsr,
        dlsr=dlsr,
    )


def _feedback(kind: int, count: int, body: bytes) -> Report | None:
    sender, media = PAIR.unpack_from(body)
    rest = body[PAIR.size :]
    if kind == RTPFB:
        return Nack(sender=sender, media=media, lost=_lost(rest)) if count == NACK_FORMAT else None
    if count == PLI_FORMAT:
        return KeyframeRequest(sender=sender, media=(media,))
    if count == FIR_FORMAT:
        wanted = [FIR_ENTRY.unpack_from(rest, n)[0] for n in range(0, len(rest) - 7, 8)]
        return KeyframeRequest(sender=sender, media=tuple(wanted))
    if count == APP_FORMAT and rest[:4] == b"REMB":
        return _remb(sender, rest)
    return None


def _lost(pairs: bytes) -> tuple[int, ...]:
    lost = []
    for at in range(0, len(pairs) - 3, 4):
        first, bits = LOST_PAIR.unpack_from(pairs, at)
        lost.append(first)
        lost += [(first + n + 1) & 0xFFFF for n in range(16) if bits >> n & 1]
    return tuple(lost)


def _remb(sender: int, rest: bytes) -> Remb:
    _at_least(rest, 8)
    count, rate = rest[4], WORD.unpack_from(rest, 4)[0] & 0xFFFFFF
    _at_least(rest, 8 + 4 * count)
    media = tuple(WORD.unpack_from(rest, 8 + 4 * n)[0] for n in range(count))
    return Remb(sender=sender, bitrate=(rate & 0x3FFFF) << (rate >> 18), media=media)


def _packet(kind: int, count: int, body: bytes) -> bytes:
    return HEADER.pack(0x80 | count, kind, len(body) // 4) + body


def _pack_blocks(blocks: Sequence[Block]) -> bytes:
    return b"".join(
        BLOCK.pack(b.ssrc, b.fraction << 24 | b.lost & 0xFFFFFF, b.highest, b.jitter, b.lsr, b.dlsr)
        for b in blocks
    )


def sender_report(report: SenderReport) -> bytes:
    """SR."""
    start = SENDER.pack(
        report.ssrc, report.ntp, report.timestamp, report.packets, report.octets & 0xFFFFFFFF
    )
    return _packet(SR, len(report.blocks), start + _pack_blocks(report.blocks))


def receiver_report(ssrc: int, blocks: Sequence[Block] = ()) -> bytes:
    """RR of at most 31 blocks."""
    return _packet(RR, len(blocks), WORD.pack(ssrc) + _pack_blocks(blocks))


def source_names(names: Sequence[tuple[int, str]]) -> bytes:
    """SDES: the CNAME of at most 31 streams."""
    chunks = b""
    for ssrc, name in names:
        text = name.encode()[:255]
        chunk = WORD.pack(ssrc) + bytes([1, len(text)]) + text
        chunks += chunk + bytes(4 - len(chunk) % 4)
    return _packet(SDES, len(names), chunks)


def goodbye(sources: Sequence[int]) -> bytes:
    """BYE."""
    return _packet(BYE, len(sources), b"".join(WORD.pack(ssrc) for ssrc in sources))


def nack(sender: int, media: int, lost: Sequence[int]) -> bytes:
    """A generic NACK for these 16-bit numbers."""
    pairs, rest = b"", list(lost)
    while rest:
        first = rest[0]
        # Not over the wrap: aiortc would read numbers above 65,535.
        near = [n for n in rest[1:] if 1 <= n - first <= 16]
        bits = sum(1 << (n - first - 1) for n in set(near))
        pairs += LOST_PAIR.pack(first, bits)
        rest = [n for n in rest[1:] if n not in near]
    return _packet(RTPFB, NACK_FORMAT, PAIR.pack(sender, media) + pairs)


def picture_loss(sender: int, media: int) -> bytes:
    """PLI."""
    return _packet(PSFB, PLI_FORMAT, PAIR.pack(sender, media))


def remb(sender: int, bitrate: int, media: Sequence[int]) -> bytes:
    """REMB: send these streams with no more than `bitrate` bit/s together."""
    exponent = max(0, bitrate.bit_length() - 18)
    rate = len(media) << 24 | exponent << 18 | bitrate >> exponent
    listed = b"".join(WORD.pack(ssrc) for ssrc in media)
    body = PAIR.pack(sender, 0) + b"REMB" + WORD.pack(rate) + listed
    return _packet(PSFB, APP_FORMAT, body)
