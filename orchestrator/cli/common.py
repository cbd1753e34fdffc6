"""What the subcommands share: the language of the terminal, the data directory, the settings."""

import argparse
import os
import sys
from pathlib import Path

from orchestrator.words import LOCALES, words

DATA = Path("var")


def locale() -> str:
    """The language of the terminal, else French."""
    for name in ("MARGERIDE_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        wish = os.environ.get(name, "")[:2].lower()
        if wish in LOCALES:
            return wish
    return LOCALES[0]


def program() -> str:
    """How the command is typed here."""
    typed = Path(sys.argv[0])
    if typed.name != "margeride":
        return "python -m orchestrator"
    here = Path.cwd()
    return str(typed.relative_to(here) if typed.is_relative_to(here) else typed)


def say(key: str, **facts: object) -> str:
    """A sentence in the language of the terminal."""
    return words(key, locale(), facts)


def add_data(parser: argparse.ArgumentParser) -> None:
    """The option every command on a data directory takes."""
    parser.add_argument("--data", type=Path, default=DATA, metavar="DIR", help=say("cli-opt-data"))


def add_config(parser: argparse.ArgumentParser) -> None:
    """The option every command that needs the network takes."""
    parser.add_argument("--config", type=Path, metavar="FILE", help=say("cli-opt-config"))
