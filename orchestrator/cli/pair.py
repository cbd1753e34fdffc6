"""`margeride pair ROOM`: a code to type on the screen of a room."""

import argparse
from datetime import UTC, datetime

from orchestrator.cli.common import add_config, add_data, say


def add(parser: argparse.ArgumentParser) -> None:
    """Its arguments."""
    add_config(parser)
    add_data(parser)
    parser.add_argument("room", metavar="ROOM")


def run(arguments: argparse.Namespace) -> int:
    """Print the code, alone on its line, and on standard error what to do with it."""
    import sys

    from orchestrator.auth import pairing
    from orchestrator.auth.keyring import load_keyring
    from orchestrator.cli import network
    from orchestrator.cli.store import opened

    settings = network.read(arguments.config)
    if settings is None:
        return 1
    room = settings.network.room(arguments.room).id
    with opened(arguments.data) as database:
        keyring = load_keyring(arguments.data)
        now = datetime.now(UTC)
        print(database.write_now(lambda conn: pairing.new_code(conn, keyring, room, "cli", now)))
    minutes = int(pairing.LASTS.total_seconds() // 60)
    print(say("cli-pair", room=room, minutes=minutes), file=sys.stderr)
    return 0
