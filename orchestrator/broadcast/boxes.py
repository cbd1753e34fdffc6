"""Fragmented MP4 (ISO/IEC 14496-12) of one H.264 picture and one AAC sound, as HLS takes it.

An initialisation segment says what the two tracks are; each part of the stream is one fragment,
whose times are absolute. What is coded comes as encoders give it: NAL units after start codes
(Annex B) and bare AAC.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from struct import pack

VIDEO_CLOCK, AUDIO_CLOCK = 90_000, 48_000
VIDEO, AUDIO = 1, 2
AAC_FRAME = 1024
_SYNC, _OTHER = 0x0200_0000, 0x0101_0000
_MATRIX = pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x4000_0000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracks:
    """What is coded: the sizes, H.264's parameter sets and AAC's AudioSpecificConfig."""

    width: int
    height: int
    sps: bytes
    pps: bytes
    sound: bytes

    @property
    def codecs(self) -> str:
        """As RFC 6381 names them."""
        profile = self.sps[1:4].hex()
        return f"avc1.{profile},mp4a.40.2"


@dataclass(frozen=True, slots=True)
class Sample:
    """One picture or one AAC frame; `at` and `lasts` in its track's clock."""

    at: int
    lasts: int
    body: bytes
    key: bool = True


def units(stream: bytes) -> list[bytes]:
    """The NAL units of an Annex B stream, without start codes."""
    found = [part.rstrip(b"\0") for part in stream.split(b"\0\0\1")[1:]]
    return [unit for unit in found if unit]


def sized(stream: bytes) -> bytes:
    """A picture of Annex B as MP4 has it: each unit after its length, without parameter sets."""
    kept = [unit for unit in units(stream) if unit[0] & 31 not in (7, 8, 9)]
    return b"".join(pack(">I", len(unit)) + unit for unit in kept)


def parameter_sets(stream: bytes) -> tuple[bytes, bytes]:
    """SPS and PPS of what an encoder says before or in its first picture; ValueError without."""
    by_type = {unit[0] & 31: unit for unit in units(stream)}
    if 7 not in by_type or 8 not in by_type:
        raise ValueError("no parameter sets")
    return by_type[7], by_type[8]


def initial(tracks: Tracks) -> bytes:
    """The initialisation segment."""
    brands = _box(b"ftyp", b"iso6", pack(">I", 0), b"iso6cmfcmp41")
    head = _full(
        b"mvhd",
        0,
        0,
        pack(">4IIH10x", 0, 0, 1000, 0, 0x10000, 0x100),
        _MATRIX,
        bytes(24),
        pack(">I", AUDIO + 1),
    )
    extends = _box(b"mvex", *(_full(b"trex", 0, 0, pack(">5I", n, 1, 0, 0, 0)) for n in (1, 2)))
    return brands + _box(b"moov", head, _video(tracks), _audio(tracks), extends)


def fragment(number: int, video: Sequence[Sample], audio: Sequence[Sample]) -> bytes:
    """One part: its pictures, then its sound; a track without samples is left out."""
    tracks = [(VIDEO, video), (AUDIO, audio)]
    tracks = [(track, samples) for track, samples in tracks if samples]
    size = len(_moof(number, tracks, 0))
    bodies = [sample.body for _, samples in tracks for sample in samples]
    return _moof(number, tracks, size + 8) + _box(b"mdat", *bodies)


def _moof(number: int, tracks: Sequence[tuple[int, Sequence[Sample]]], data: int) -> bytes:
    made, at = [], data
    for track, samples in tracks:
        made.append(_traf(track, samples, at))
        at += sum(len(sample.body) for sample in samples)
    return _box(b"moof", _full(b"mfhd", 0, 0, pack(">I", number)), *made)


def _traf(track: int, samples: Sequence[Sample], data: int) -> bytes:
    rows = [pack(">3I", one.lasts, len(one.body), _SYNC if one.key else _OTHER) for one in samples]
    return _box(
        b"traf",
        _full(b"tfhd", 0, 0x02_0000, pack(">I", track)),
        _full(b"tfdt", 1, 0, pack(">Q", samples[0].at)),
        _full(b"trun", 0, 0x701, pack(">Ii", len(samples), data), *rows),
    )


def _video(tracks: Tracks) -> bytes:
    sps, pps = tracks.sps, tracks.pps
    configuration = _box(
        b"avcC",
        b"\1" + sps[1:4] + b"\xff\xe1",
        pack(">H", len(sps)) + sps,
        b"\1" + pack(">H", len(pps)) + pps,
    )
    entry = _box(
        b"avc1",
        pack(">6xH16xHHIIIH", 1, tracks.width, tracks.height, 0x48_0000, 0x48_0000, 0, 1),
        bytes(32),
        pack(">Hh", 24, -1),
        configuration,
    )
    media = _full(b"vmhd", 0, 1, bytes(8))
    size = tracks.width, tracks.height
    return _trak(VIDEO, VIDEO_CLOCK, b"vide", media, entry, size)


def _audio(tracks: Tracks) -> bytes:
    sound = tracks.sound
    specific = b"\5" + pack(">B", len(sound)) + sound
    coded = b"\4" + pack(">BBB3sII", 13 + len(specific), 0x40, 0x15, bytes(3), 0, 0) + specific
    stream = b"\3" + pack(">BHB", 3 + len(coded) + 3, 0, 0) + coded + b"\6\1\2"
    entry = _box(
        b"mp4a",
        pack(">6xH8xHHHHI", 1, 1, 16, 0, 0, AUDIO_CLOCK << 16),
        _full(b"esds", 0, 0, stream),
    )
    return _trak(AUDIO, AUDIO_CLOCK, b"soun", _full(b"smhd", 0, 0, bytes(4)), entry, (0, 0))


def _trak(
    track: int, clock: int, kind: bytes, media: bytes, entry: bytes, size: tuple[int, int]
) -> bytes:
    volume = 0x100 if kind == b"soun" else 0
    head = pack(">5I8xHHHH", 0, 0, track, 0, 0, 0, 0, volume, 0)
    shape = pack(">II", size[0] << 16, size[1] << 16)
    empty = [_full(name, 0, 0, pack(">I", 0)) for name in (b"stts", b"stsc", b"stco")]
    table = _box(
        b"stbl",
        _full(b"stsd", 0, 0, pack(">I", 1), entry),
        *empty[:2],
        _full(b"stsz", 0, 0, pack(">II", 0, 0)),
        empty[2],
    )
    here = _box(b"dinf", _full(b"dref", 0, 0, pack(">I", 1), _full(b"url ", 0, 1)))
    return _box(
        b"trak",
        _full(b"tkhd", 0, 3, head, _MATRIX, shape),
        _box(
            b"mdia",
            _full(b"mdhd", 0, 0, pack(">4IHH", 0, 0, clock, 0, 0x55C4, 0)),
            _full(b"hdlr", 0, 0, bytes(4), kind, bytes(12), b"\0"),
            _box(b"minf", media, here, table),
        ),
    )


def _box(name: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return pack(">I4s", 8 + len(body), name) + body


def _full(name: bytes, version: int, flags: int, *parts: bytes) -> bytes:
    return _box(name, pack(">I", version << 24 | flags), *parts)
