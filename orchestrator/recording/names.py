"""What lies in a folder of a recording beside its parts, and where such folders are."""

from pathlib import Path

WANTED, FAILED, LOG = "wanted.json", "failed", "recorder.log"
# The lock's name ends so that a backup leaves it out.
LOCK = "recorder.lock"
SCENES = "scenes.jsonl"
MIX, MIX_LOG, PROGRESS, MIX_LOCK = "mix.mp4", "mix.log", "mix.json", "mix.lock"


def folder_of(data: Path, recording: str) -> Path:
    """The folder of a recording."""
    return data / "recordings" / recording
