"""A server of calendars and bookings as a process of its own, to be killed: real store and doors.

    python -m tests.fakes.dav_server FOLDER

Reads a line for each life: POINT NUMBER; forks a server for it, prints "ready PORT" when it
listens and "dead" when it is no more (and "process ID" of one that waits to be
killed). It kills itself at its NUMBER-th write transaction:

before     the transaction has begun and done nothing
within     after NUMBER statements of a transaction, commits and all else undone
uncommitted  everything is done but the commit
after      it is committed, the client has not been told
outside    never by itself: somebody kills it

What costs a second is done once, before the first life: the imports, the house (FOLDER/keys.json
has its passwords and cookies), and one request through each door, so that every life is warm.
"""

import asyncio
import ctypes
import json
import os
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, encode_basic_auth, web
from sqlalchemy import event as sql

from orchestrator.booking import Bookings
from orchestrator.settings import DEMO, Settings, load_settings
from orchestrator.store.database import READERS, Database, Result, Work
from tests.fakes.dav import Client, event, furnish
from tests.fakes.dav_doors import OTHER, URL, app_of, as_browser, log_in

PR_SET_PDEATHSIG = 1
STORE, KEYS = "dav.sqlite3", "keys.json"
POINTS = ("before", "within", "uncommitted", "after", "outside")


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def tell(*words: object) -> None:
    """In one piece: a server and who forked it say their lines on the same pipe."""
    os.write(sys.stdout.fileno(), (" ".join(map(str, words)) + "\n").encode())


class DoomedDatabase(Database):
    """Takes its process with it, once it is `doomed`. Its statements stay compiled over a fork."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.point, self.left = "outside", 0
        sql.listen(self._writing, "after_cursor_execute", self._statement)

    def let_go(self) -> None:
        """Of threads and connections: neither may be there at a fork."""
        self.close()
        for engine in (self._writing, self._reading):
            engine.dispose()

    def doomed(self, point: str, number: int) -> "DoomedDatabase":
        """In the child: threads of its own, and when it is to die."""
        self.point, self.left = point, number
        self._writer, self._readers = ThreadPoolExecutor(1), ThreadPoolExecutor(READERS)
        return self

    def _statement(self, *_: Any) -> None:
        if self.point == "within":
            self.left -= 1
            if self.left == 0:
                die()

    def _write(self, work: Work[Result]) -> Result:
        if self.point in ("within", "outside"):
            return super()._write(work)
        self.left -= 1
        if self.left > 0:
            return super()._write(work)
        done = super()._write(self._doomed(work))
        if self.point == "after":
            die()
        return done

    def _doomed(self, work: Work[Result]) -> Work[Result]:
        def deed(conn: Any) -> Result:
            if self.point == "before":
                die()
            done = work(conn)  # refused, it raises and nothing is written: then the next one
            if self.point == "uncommitted":
                die()
            return done

        return deed


async def serve(settings: Settings, database: Database) -> int:
    app = app_of(settings, Bookings(database, settings.network, URL))
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return int(runner.addresses[0][1])


async def live(settings: Settings, database: Database) -> None:
    tell("ready", await serve(settings, database))
    await asyncio.get_running_loop().create_future()


def settle(folder: Path, settings: Settings) -> dict[str, dict[str, Any]]:
    """A furnished store, and the keys to it."""
    database = Database(folder / STORE)
    passwords = furnish(database, settings.network)
    browsers = database.write_now(log_in)
    found: dict[str, dict[str, Any]] = {"passwords": passwords, "browsers": browsers}
    (folder / KEYS).write_text(json.dumps(found), encoding="utf-8")
    database.close()
    return found


async def warm_up(settings: Settings, database: Database, known: dict[str, Any]) -> None:
    """Everything that is loaded or compiled at the first request of its kind."""
    runner = web.AppRunner(app_of(settings, Bookings(database, settings.network, URL)))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = "http://127.0.0.1:{1}".format(*runner.addresses[0])
    async with ClientSession() as http:
        auth = encode_basic_auth("tom", known["passwords"]["tom"], encoding="utf-8")
        client = Client(http, url, "tom", auth)
        for _ in range(2):  # new, then changed
            await client.put("calendar/warm.ics", event("warm", rooms=["villefort-visio"]))
        await client.propfind("calendar/", "D:getetag", depth="1")
        home = f"{url}/dav/principals/tom/calendars"
        await client.ask(
            "MOVE", "calendar/warm.ics", None, {"Destination": f"{home}/{OTHER}/warm.ics"}
        )
        await client.delete(f"{OTHER}/warm.ics")
        headers = as_browser(known["browsers"]["tom"])
        async with http.post(f"{url}/api/v1/bookings", json={}, headers=headers):
            pass
    await runner.cleanup()


def main(folder: Path) -> None:
    settings = load_settings(DEMO)
    known = settle(folder, settings)
    database = DoomedDatabase(folder / STORE)
    asyncio.run(warm_up(settings, database, known))
    database.let_go()
    tell("settled")
    for line in sys.stdin:
        point, number = line.split()
        child = os.fork()
        if child == 0:
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)  # a test that fails goes
            asyncio.run(live(settings, database.doomed(point, int(number))))
            os._exit(0)
        if point == "outside":
            tell("process", child)
        os.waitpid(child, 0)
        tell("dead")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
