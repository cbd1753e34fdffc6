"""What an agent keeps: its token, the plan with what was done of it, and when it last tested its
line. Blocking: off the loop.

A file is written beside the old one, forced to the disk and put in its place: a power cut leaves
the old or the new, never half of one.
"""

import json
import os
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from rooms.agent.messages import LONGEST_TOKEN
from rooms.agent.plan import Done, Plan, iso, parse_instant, parse_plan
from rooms.errors import MargerideError
from rooms.fields import Fields

TOKEN, PLAN, TESTED = "token", "plan.json", "line-tested"
LARGEST = 256 * 1024


def read_token(state: Path) -> str | None:
    """The token; None before the room is paired."""
    try:
        token = (state / TOKEN).read_text(encoding="ascii").strip()
    except (FileNotFoundError, UnicodeDecodeError):
        return None
    return token if 0 < len(token) <= LONGEST_TOKEN else None


def write_token(state: Path, token: str) -> None:
    """Keep it; OSError when the disk does not take it."""
    _write(state / TOKEN, token + "\n")


def write_plan(state: Path, plan: Plan, done: frozenset[Done]) -> None:
    """Keep them; OSError when the disk does not take them."""
    marks = [[one.entry, one.when, iso(one.at)] for one in sorted(done, key=lambda d: d.entry)]
    _write(state / PLAN, json.dumps({"plan": plan.to_json(), "done": marks}))


def read_plan(state: Path) -> tuple[Plan | None, frozenset[Done]]:
    """What was kept; nothing when it is not there or cannot be read any more."""
    with suppress(OSError, ValueError, KeyError, TypeError, MargerideError):
        path = state / PLAN
        if path.stat().st_size <= LARGEST:
            kept: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            plan = parse_plan(Fields(kept["plan"], key="bad-plan"))
            marks = (Done(entry, when, parse_instant(at)) for entry, when, at in kept["done"])
            return plan, frozenset(marks)
    return None, frozenset()


def write_tested(state: Path, at: datetime) -> None:
    """Keep when the line was tested; OSError when the disk does not take it."""
    _write(state / TESTED, iso(at) + "\n")


def read_tested(state: Path) -> datetime | None:
    """When the line was last tested; None when that is not known."""
    try:
        with (state / TESTED).open(encoding="ascii") as file:
            return parse_instant(file.read(40).strip())
    except (OSError, ValueError, MargerideError):
        return None


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    beside = path.with_suffix(".new")
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
