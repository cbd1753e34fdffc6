"""A trainer's program with the python caldav client: books four rooms and prints what it reads.

    python -m tests.compat.caldav_books URL LOGIN PASSWORD START ROOM@DOMAIN…

Run as a process of its own: the client is synchronous, and its own loop and warnings stay there.
"""

import asyncio
import json
import sys
from datetime import datetime, timedelta
from typing import Any

import caldav
from caldav import aio


def an_event(uid: str, start: datetime, rooms: list[str]) -> str:
    from tests.fakes.dav import event

    short = [room.partition("@")[0].removeprefix("salle.") for room in rooms]
    return event(uid, start=start, rooms=short, title=f"Inauguration {uid}").decode()


def sync_client(url: str, login: str, password: str, start: datetime, rooms: list[str]) -> Any:
    connect: Any = caldav.DAVClient
    with connect(url=url, username=login, password=password) as client:
        calendars = {found.get_display_name(): found for found in client.principal().calendars()}
        own = next(found for found in calendars.values() if "/calendar/" in str(found.url))
        made = own.add_event(an_event("sync", start, rooms))
        made.load()
        found = own.search(
            start=start - timedelta(hours=1), end=start + timedelta(hours=2), event=True
        )
        made_again = found[0].data
        token = own.get_objects_by_sync_token()
        return {
            "calendars": sorted(str(name) for name in calendars),
            "accepted": str(made.data).count("PARTSTAT=ACCEPTED"),
            "link": "/join/" in str(made_again).replace("\r\n ", "").replace("\n ", ""),
            "synced": len(list(token)),
        }


async def async_client(
    url: str, login: str, password: str, start: datetime, rooms: list[str]
) -> Any:
    async with aio.AsyncDAVClient(url=url, username=login, password=password) as client:
        principal: Any = await client.get_principal()
        found = [one for one in await principal.get_calendars() if "/calendar/" in str(one.url)]
        event = await found[0].add_event(an_event("async", start, rooms))
        await event.load()
        declined = str(event.data).count("PARTSTAT=DECLINED")
        await event.delete()
        return {"declined": declined}


def main(url: str, login: str, password: str, at: str, *rooms: str) -> None:
    start = datetime.fromisoformat(at)
    told = sync_client(url, login, password, start, list(rooms))
    told |= asyncio.run(async_client(url, login, password, start, list(rooms)))
    print(json.dumps(told))


if __name__ == "__main__":
    main(*sys.argv[1:])
