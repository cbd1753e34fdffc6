"""A CalDAV server as a process of its own, to be killed: real store, real door.

    python -m tests.fakes.dav_server DATABASE PASSWORDS.json

Reads a port from each line of its input, forks a server on it (what costs a second, the imports,
is done once) and prints the server's process id. The first one furnishes the house.
"""

import json
import os
import sys
from pathlib import Path

from aiohttp import web

from orchestrator.booking import Bookings
from orchestrator.dav import routes
from orchestrator.settings import DEMO, load_settings
from orchestrator.settings.model import Network
from orchestrator.store.database import Database
from tests.fakes.dav import door_of, furnish


def serve(network: Network, store: Path, passwords: Path, port: int) -> None:
    fresh = not passwords.exists()
    database = Database(store)
    if fresh:
        passwords.write_text(json.dumps(furnish(database, network)))
    door = door_of(Bookings(database, network, "https://visio.test"))
    app = web.Application()
    app.add_routes(routes(lambda _: door))
    web.run_app(app, host="127.0.0.1", port=port, print=None, access_log=None)


def main(store: Path, passwords: Path) -> None:
    network = load_settings(DEMO).network
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            serve(network, store, passwords, int(line))
            os._exit(0)
        print(child, flush=True)
        os.waitpid(child, 0)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
