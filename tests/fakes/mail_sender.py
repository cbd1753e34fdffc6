"""Processes that send what waits, to be killed: STORE PORT; one life for each line of stdin."""

import asyncio
import os
import sys
from pathlib import Path

from orchestrator.mail.send import Sender
from orchestrator.store.database import Database
from tests.fakes.mail import mail_of


async def send(store: Path, port: int) -> None:
    database = await asyncio.to_thread(Database, store)
    await Sender(database=database, mail=mail_of(port), hostname="visio.test").run()


def main(store: Path, port: int) -> None:
    """Forked after everything is imported: a life costs milliseconds."""
    for _ in sys.stdin:
        child = os.fork()
        if child == 0:
            asyncio.run(send(store, port))
        print(child, flush=True)
        os.waitpid(child, 0)
        print("dead", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
