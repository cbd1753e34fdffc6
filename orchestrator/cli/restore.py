"""`margeride restore FILE`: a data directory anew, from what `margeride backup` wrote."""

import argparse
from pathlib import Path

from orchestrator.cli.common import add_data, say


def add(parser: argparse.ArgumentParser) -> None:
    """Its arguments."""
    add_data(parser)
    parser.add_argument("file", type=Path, metavar="FILE", help=say("cli-opt-restore"))


def run(arguments: argparse.Namespace) -> int:
    """Fill the directory, and say what comes next."""
    from orchestrator import backup

    backup.read(arguments.file, arguments.data)
    print(say("cli-restore", data=arguments.data))
    return 0
