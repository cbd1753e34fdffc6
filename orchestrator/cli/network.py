"""Reads the network description for a command, or tells line by line what is wrong with it."""

import sys
from pathlib import Path

from orchestrator.check import told
from orchestrator.cli.common import locale
from orchestrator.settings import DEFAULT, Settings, SettingsError, load_settings


def read(config: Path | None) -> Settings | None:
    """The settings; None after every fault was told on standard error."""
    try:
        return load_settings(config or DEFAULT)
    except SettingsError as error:
        print("\n".join(told(error, locale())), file=sys.stderr)
        return None
