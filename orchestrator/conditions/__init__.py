"""The conditions of a ceremony: one file each, read once (docs/rehearsal.md)."""

from pathlib import Path

import yaml

from orchestrator.conditions.rules import Condition, condition_of

FOLDER = Path(__file__).parent


def read(folder: Path) -> tuple[Condition, ...]:
    """Every condition of a folder, in the order of the files; Invalid("bad-condition"). Blocks."""
    files = sorted(folder.glob("*.yaml"))
    return tuple(condition_of(yaml.safe_load(path.read_text("utf-8"))) for path in files)


CONDITIONS = read(FOLDER)
