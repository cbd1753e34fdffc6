"""Parts of a recording, as a recorder leaves them."""

import json
from datetime import UTC, datetime
from pathlib import Path

from orchestrator.recording.matroska import About, block, cluster, duration, head, scan

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
