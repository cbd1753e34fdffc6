"""The seeded store of the calendar bench, kept for a day and for the same sources."""

import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from bench import peers
from orchestrator.demo.cast import Player

SOURCES = (
    "bench/calendar_events.py",
    "bench/calendar_servers.py",
    "orchestrator",
    "calendars",
    "rooms",
)


def key(events: int) -> str:
    """Another day, another number or another source: another store."""
    top = Path(__file__).parent.parent
    digest = hashlib.sha256()
    for source in SOURCES:
        place = top / source
        for path in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
            digest.update(path.read_bytes())
    return f"seeded-{events}-{datetime.now(UTC):%Y%m%d}-{digest.hexdigest()[:12]}"


def furnish(data: Path, events: int, make: Callable[[Path], Player]) -> Player:
    """Put the store in `data`, made anew only when there is none to copy. Blocking."""
    kept = peers.cache() / key(events)
    if not (kept / "player.json").exists():
        for old in peers.cache().glob(f"seeded-{events}-*"):
            shutil.rmtree(old, ignore_errors=True)
        player = make(kept / "data")
        (kept / "player.json").write_text(json.dumps(asdict(player)))
    shutil.copytree(kept / "data", data)
    return Player(**json.loads((kept / "player.json").read_text()))
