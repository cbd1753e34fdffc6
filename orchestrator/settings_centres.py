"""Draft."""

from pathlib import Path

from orchestrator.settings_model import Settings


def read_settings(path: Path) -> Settings:
    """Read the file."""
    raise NotImplementedError
