"""The job of one calendar kept elsewhere as a process of its own, to be killed: it looks once.

    python -m tests.fakes.dav_mirror STORE URL SERVER LOGIN

The password is in MARGERIDE_TEST_ROOM. Prints "agreed" at the end, if it comes to it.
"""

import asyncio
import sys
from pathlib import Path

from orchestrator.booking import Bookings
from orchestrator.outside.jobs import Jobs
from orchestrator.settings import DEMO, load_settings
from orchestrator.settings.outside import Outside, RemoteSettings
from orchestrator.store.database import Database
from rooms.ids import RoomId

ROOM = RoomId("villefort-visio")


def settings_of(url: str, server: str, login: str) -> RemoteSettings:
    """As the network description would say it."""
    return RemoteSettings(
        room=ROOM, url=url, server=server, login=login, password_env="MARGERIDE_TEST_ROOM"
    )


async def look(store: Path, remote: RemoteSettings) -> None:
    network = load_settings(DEMO).network
    bookings = Bookings(Database(store), network, "https://visio.test")
    jobs = Jobs(bookings, Outside(allow=("127.0.0.1",), remotes=(remote,)))
    await jobs.prepare()
    await jobs.look(remote)


if __name__ == "__main__":
    asyncio.run(look(Path(sys.argv[1]), settings_of(*sys.argv[2:])))
    print("agreed", flush=True)
