"""Parts of a recording, as a recorder leaves them."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import av

from orchestrator.recording.files import Disk, Part, Whose
from orchestrator.recording.matroska import About, block, cluster, duration, head, scan
from rooms.ids import ParticipantId, TrackId
from signalling.engine import Kind
from signalling.peers.audience import Frame
from signalling.peers.test_card import SIZE, Studio, TestCard, signature, tone

SILENCE = b"\xf8\xff\xfe"  # Opus: 20 ms
NINE = datetime(2013, 9, 19, 9, 0, tzinfo=UTC)


def write_part(
    folder: Path, number: int = 1, *, began: datetime = NINE, seconds: int = 1, ended: bool = True
) -> Path:
    """A silence. Blocking."""
    data = head(About(name="Léa – microphone", began_at=began))
    for at in range(0, seconds * 1000, 20):
        data += (cluster(at) if at % 1000 == 0 else b"") + block(at % 1000, SILENCE, key=True)
    if ended:
        where, length = scan(data).duration_at or 0, duration(seconds * 1000)
        data = data[:where] + length + data[where + len(length) :]
    said = {
        "participant": "pa-lea",
        "room": None,
        "name": "Léa",
        "of": "microphone",
        "kind": "audio",
        "began_at": began.isoformat(),
        "began": began.timestamp(),
        "lost": 0,
        "ended": ended,
    }
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"{number:04d}-microphone.webm"
    path.write_bytes(data)
    path.with_suffix(".json").write_text(json.dumps(said))
    return path


def write_source(
    folder: Path, number: int, who: str, of: str, *, began: float, seconds: float
) -> None:
    """A camera or a microphone of the test card: the colour and the tone of its name. Blocking."""
    kind = "audio" if of == "microphone" else "video"
    frames = list(_sounds(who, seconds) if kind == "audio" else _pictures(who, seconds))
    whose = Whose(participant=who, room=None, name=who.title())
    disk, written = Disk(), None
    rate = 48_000 if kind == "audio" else 90_000
    for at, key, data in frames:
        frame = Frame(
            source=TrackId(f"tr-{who}-{of}"), participant=ParticipantId(who), of=of,
            kind=Kind(kind),
            timestamp=round(at * rate), rate=rate, arrived=began + at, key=key, data=data,
            size=SIZE if key and kind == "video" else None,
        )  # fmt: skip
        written = written or Part(disk, folder / f"{number:04d}-{of}.webm", whose, frame)
        written.write(frame)
    assert written is not None
    written.close()
    disk.close()


def _pictures(who: str, seconds: float) -> Iterator[tuple[float, bool, bytes]]:
    encoder: Any = av.CodecContext.create("libvpx", "w")
    encoder.width, encoder.height, encoder.pix_fmt = *SIZE, "yuv420p"
    encoder.time_base, encoder.options = Fraction(1, 10), {"deadline": "realtime", "cpu-used": "8"}
    card = TestCard(Studio(who, who))
    for number in range(int(seconds * 10)):
        frame = card._draw()
        frame.pts, frame.time_base = number, Fraction(1, 10)
        for packet in encoder.encode(frame):
            yield number / 10, packet.is_keyframe, bytes(packet)


def _sounds(who: str, seconds: float) -> Iterator[tuple[float, bool, bytes]]:
    encoder: Any = av.CodecContext.create("libopus", "w")
    encoder.sample_rate, encoder.layout, encoder.format = 48_000, "mono", "s16"
    samples = tone(signature(who).tone)
    at = 0
    for number in range(int(seconds * 50)):
        frame = av.AudioFrame(format="s16", layout="mono", samples=960)
        frame.planes[0].update(samples)
        frame.rate, frame.pts, frame.time_base = 48_000, number * 960, Fraction(1, 48_000)
        for packet in encoder.encode(frame):
            yield at * 0.02, True, bytes(packet)
            at += 1
