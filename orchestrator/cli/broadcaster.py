"""`margeride broadcaster`: compose and serve the public page's stream; the service starts it."""

import argparse
from pathlib import Path

from orchestrator.cli.common import say


def add(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    parser.add_argument("--order", type=Path, required=True, help=say("cli-opt-order"))


def run(arguments: argparse.Namespace) -> int:
    """Until the session is over."""
    import logging

    from orchestrator.broadcast import broadcaster  # heavy

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    return broadcaster.run(arguments.order)
