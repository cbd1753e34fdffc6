"""`margeride backup FILE`: the whole data directory in one file, while the service runs."""

import argparse
from pathlib import Path

from orchestrator.cli.common import add_data, say


def add(parser: argparse.ArgumentParser) -> None:
    """Its arguments."""
    add_data(parser)
    parser.add_argument("file", type=Path, metavar="FILE", help=say("cli-opt-backup"))


def run(arguments: argparse.Namespace) -> int:
    """Write the file, and say how large it is."""
    from orchestrator import backup

    size = backup.write(arguments.data, arguments.file)
    print(say("cli-backup", file=arguments.file, megabytes=round(size / 1e6, 1)))
    return 0
