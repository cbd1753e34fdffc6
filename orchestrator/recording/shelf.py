"""What lies in the folder of a recording: read after a kill as after a clean end. Blocking.

A part whose writer was killed is cut after its last whole frame, and told how long it is.
"""

import fcntl
import json
import mmap
import os
from pathlib import Path
from typing import Any

from orchestrator.recorded import Found
from orchestrator.recording.matroska import Scan, duration, scan
from orchestrator.recording.names import LOCK


def is_written(folder: Path, name: str = LOCK) -> bool:
    """Whether a recorder (or whoever takes the lock of that name) lives on this folder now."""
    try:
        lock = os.open(folder / name, os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(lock)
    return False


def look(folder: Path) -> list[Found]:
    """Every part, in order; those that are being written as far as they are."""
    return [one for path in sorted(folder.glob("*.webm")) if (one := _read(path)) is not None]


def mend(folder: Path) -> list[Found]:
    """As `look`, once nobody writes any more: what a kill left behind is put right."""
    for path in sorted(folder.glob("*.webm")):
        said = _said(path)
        if said is not None and not said["ended"]:
            _mend(path, said)
    return look(folder)


def _mend(path: Path, said: dict[str, Any]) -> None:
    whole = _scan(path)
    with path.open("r+b") as file:
        file.truncate(whole.end)
        if whole.duration_at is not None:
            file.seek(whole.duration_at)
            file.write(duration(whole.last + 1))
        os.fsync(file.fileno())
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps({**said, "ended": True}, ensure_ascii=False))
    fresh.chmod(0o600)
    fresh.replace(path.with_suffix(".json"))


def _read(path: Path) -> Found | None:
    said, whole = _said(path), _scan(path)
    if said is None or not whole.frames:
        return None
    began = round(said["began"] * 1000)
    return Found(
        number=int(path.name[:4]),
        file=path.name,
        participant=said["participant"],
        room=said["room"],
        name=said["name"],
        of=said["of"],
        kind=said["kind"],
        began=began,
        ended=began + whole.last,
        size=whole.end,
        frames=whole.frames,
        lost=said["lost"],
    )


def _said(path: Path) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = json.loads(path.with_suffix(".json").read_text())
    except FileNotFoundError:
        return None
    return found


def _scan(path: Path) -> Scan:
    if not path.stat().st_size:
        return scan(b"")
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as held:
        return scan(held)
