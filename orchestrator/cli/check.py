"""`margeride check FILE`: is this network description good?"""

import argparse
from pathlib import Path

from orchestrator.cli.common import locale, say


def add(parser: argparse.ArgumentParser) -> None:
    """Its arguments."""
    parser.add_argument("file", type=Path, metavar="FILE", help=say("cli-opt-file"))


def run(arguments: argparse.Namespace) -> int:
    """Say so, or say line by line what to put right."""
    from orchestrator.check import check

    checked = check(arguments.file, locale())
    print("\n".join(checked.lines))
    return checked.code
