"""What the tokens of devices open, of which room, when: every cell of the matrix, asked by REST.

The rows are generated: every kind of device that is paired, its token good or put out, against
every route there is and every command there is. `tests/orchestrator/test_permissions.py` is the
same for people.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, insert

from orchestrator import keys
from orchestrator.api.endpoint import PREFIX, Route
from orchestrator.api.resources import TABLES
from orchestrator.store import agents, desks, devices, phones
from orchestrator.store.instants import seconds
from orchestrator.store.tables import sessions as session_rows
from orchestrator.store.tables import sites as site_rows
from rooms.ids import RoomId
from tests.fakes.desks import DESK, OTHER, open_always
from tests.fakes.service import RunningService, running_service
from tests.orchestrator.test_permissions import ARGUMENTS, KEPT_FROM_PHONES, NAMES, Everything

HERE, AFAR = RoomId("villefort-visio"), RoomId("meyrueis-visio")
KINDS = ("screen", "panel", "agent", "phone", "desk")
STANDINGS = ("good", "put out")
WHEN = {  # minutes since the session in the room began; it lasts an hour, and so does the phone
    "long before": -16,
    "a quarter before": -15,
    "during": 30,
    "after": 61,
}
ABREAST = 8
CLOSED = (401, 403)
OF_ROOM = "/rooms/{room}"
PANEL, REMOTE = f"{OF_ROOM}/panel", f"{OF_ROOM}/remote"
OPENS: dict[str, frozenset[str]] = {
    "screen": frozenset(
        {
            f"GET {OF_ROOM}/state",
            f"POST {OF_ROOM}/phones/code",
            f"PUT {OF_ROOM}/views/{{preset}}",
            f"POST {OF_ROOM}/help",
            f"DELETE {OF_ROOM}/help",
            f"POST {OF_ROOM}/site-tests",
            f"GET {OF_ROOM}/site-tests",
        }
    ),
    "panel": frozenset(
        {
            f"GET {PANEL}",
            f"POST {PANEL}/bookings",
            *(f"POST {PANEL}/bookings/{{booking}}/{v}" for v in ("check-in", "extend", "release")),
        }
    ),
    "agent": frozenset(),  # its socket, and nothing of REST
    "phone": frozenset(
        {
            f"GET {REMOTE}",
            f"POST {REMOTE}/commands",
            f"GET {REMOTE}/commands/{{command}}",
            f"GET {OF_ROOM}/views",
            f"GET {OF_ROOM}/views/{{preset}}",
            f"POST {OF_ROOM}/help",
            f"DELETE {OF_ROOM}/help",
            f"DELETE {REMOTE}",  # the last: it puts itself out
        }
    ),
    "desk": frozenset(
        {
            "GET /desks/{desk}",
            "POST /desks/{desk}/calls",
            "GET /desks/{desk}/slots",
            "POST /desks/{desk}/appointments",
            "DELETE /desks/{desk}/appointments/{appointment}",
            "POST /desks/{desk}/callbacks",
        }
    ),
}
ANYBODYS = frozenset(
    {
        *("POST /login", "GET /centres", "GET /centres/{centre}", "GET /rooms"),
        *("GET /rooms/{room}", "GET /rooms/availability", "GET /rooms/{room}/availability"),
        *("GET /centres/{centre}/closures", "GET /centres/{centre}/line"),
        *("GET /openapi.json", "GET /asyncapi.yaml", "GET /join/{code}", "POST /join"),
        *("POST /pairings/claim", "POST /rooms/{room}/phones/claim"),
        *("POST /desks/{desk}/pairings/claim", "GET /live/{code}"),
    }
)
BY_THEIR_OWN = frozenset(
    {  # not a room's: a booking, a test, a call, each with who may what in its own tests
        "POST /bookings/{booking}/check-in",
        "POST /line-tests",
        "GET /sessions/{session}/contents/{content}",
        *(f"POST /line-tests/{{test}}/{verb}" for verb in ("publish", "receive", "result")),
        "DELETE /line-tests/{test}",
        *(f"POST /desk-calls/{{call}}/{verb}" for verb in ("hangup", "join", "signature")),
        *(f"GET /desk-calls/{{call}}/document{page}" for page in ("", "/pages/{page}")),
        *(f"PUT /desk-calls/{{call}}/{what}" for what in ("document/page", "still")),
        "POST /desk-calls/{call}/request/answer",
    }
)
DAY = {"from": "2026-11-26T00:00:00Z", "to": "2026-11-27T00:00:00Z"}
ASKED = DAY | {"number": "1"}
SENT: dict[str, Any] = {
    f"POST {PANEL}/bookings": {"minutes": 15},
    f"POST {PANEL}/bookings/{{booking}}/extend": {"minutes": 15},
    f"POST {REMOTE}/commands": {"command": "audio.mic.set", "on": False},
    f"POST {OF_ROOM}/site-tests": {},
    "POST /desks/{desk}/callbacks": {"name": "Léa", "phone": "0466000000"},
    "POST /desks/{desk}/appointments": {
        "start": "2026-11-26T10:00:00Z", "name": "Léa", "phone": "0466000000",
    },
}  # fmt: skip


def name_of(route: Route) -> str:
    return f"{route.method} {route.path}"


ROUTES = {name_of(route): route for table in TABLES for route in table}


class Devices:
    """Tokens by kind and standing; those of `desk` are of a desk, the others of HERE."""

    def __init__(self, service: RunningService) -> None:
        self.service = service
        self._http = service.browser().http
        self.tokens: dict[tuple[str, str], str] = {}

    async def pair(self, until: datetime) -> None:
        """One of each, good and put out; the phones until then."""
        since, now = datetime.now(UTC) - timedelta(days=1), datetime.now(UTC)

        def make(conn: Connection) -> None:
            for standing in reversed(STANDINGS):  # a room has one agent: the good one is last
                made: dict[str, tuple[Any, str]] = {
                    "screen": devices.add(conn, HERE, since),
                    "panel": devices.add(conn, HERE, since, devices.PANEL),
                    "agent": agents.add(conn, HERE, since)[:2],
                    "phone": phones.add(conn, HERE, since, until),
                    "desk": devices.add(conn, desks.place_of(DESK), since, desks.DESK),
                }
                for kind, (device, token) in made.items():
                    self.tokens[kind, standing] = token
                    if standing == "put out":
                        devices.revoke(conn, device.id, now)
                        agents.revoke(conn, device.id, now)

        await self.service.app[keys.DATABASE].write(make)

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(product(KINDS, STANDINGS))

    async def ask(
        self, who: tuple[str, str], method: str, path: str, sent: Any = None, query: Any = None
    ) -> int:
        headers = {"Authorization": f"Bearer {self.tokens[who]}"}
        more = {"data": sent} if isinstance(sent, bytes) else {"json": sent}
        if isinstance(sent, bytes):
            headers["Content-Type"] = "image/jpeg"
        url = f"{self.service.url}{PREFIX}{path}"
        async with self._http.request(method, url, headers=headers, params=query, **more) as answer:
            return answer.status


@pytest.fixture
async def paired(tmp_path: Path) -> AsyncIterator[Devices]:
    async with running_service(tmp_path, settings=open_always) as service:
        service.app[keys.HOUSE].means.agents = Everything()
        yield Devices(service)


async def begin(paired: Devices, when: str) -> None:
    """A session of HERE that begins so that it is now that time of it, and the devices."""
    start = datetime.now(UTC) - timedelta(minutes=WHEN[when])
    end = start + timedelta(minutes=60)

    def make(conn: Connection) -> None:
        conn.execute(
            insert(session_rows).values(
                id="se-1", booking_id=None, recurrence_id="", kind="meeting", title="Conseil",
                state="ended" if when == "after" else "booked", organiser_id="pe-nobody",
                join_code="code-1", starts_at=seconds(start), ends_at=seconds(end),
            )
        )  # fmt: skip
        conn.execute(
            insert(site_rows).values(
                session_id="se-1", room_id=HERE, centre_id="villefort", role="host",
                state="expected",
            )
        )  # fmt: skip

    await paired.service.app[keys.DATABASE].write(make)
    await paired.pair(end)


async def statuses(cells: Iterable[Any], one: Any) -> dict[Any, int]:
    """What is answered to each cell, some abreast."""
    found: dict[Any, int] = {}
    left = iter(cells)

    async def work() -> None:
        for cell in left:
            found[cell] = await one(*cell)

    await asyncio.gather(*(work() for _ in range(ABREAST)))
    return found


def commanded(who: tuple[str, str], name: str, room: RoomId, when: str) -> bool:
    """A device commands a room if it is a phone of that room, not put out, in its time, and the
    command is none that outlasts its people."""
    return (
        who == ("phone", "good")
        and room == HERE
        and when != "after"
        and name not in KEPT_FROM_PHONES
    )


@pytest.mark.timeout(240)
@pytest.mark.parametrize("when", WHEN)
async def test_every_cell_of_device_command_room_and_time(paired: Devices, when: str) -> None:
    await begin(paired, when)
    cells = list(product(paired, ("commands", "remote/commands"), NAMES, (HERE, AFAR)))

    async def one(who: tuple[str, str], door: str, name: str, room: RoomId) -> int:
        sent = {"command": name, **ARGUMENTS.get(name, {})}
        return await paired.ask(who, "POST", f"/rooms/{room}/{door}", sent)

    found = await statuses(cells, one)
    wrong = {
        (cell, status)
        for cell, status in found.items()
        for who, door, name, room in [cell]
        if (status == 202) is not (door != "commands" and commanded(who, name, room, when))
        or (status != 202 and status not in CLOSED)
    }
    assert wrong == set()
    assert len(found) == len(KINDS) * len(STANDINGS) * 2 * len(NAMES) * 2


def test_every_route_has_its_place_in_the_matrix() -> None:
    of_devices = frozenset().union(*OPENS.values())
    of_people = {name for name, route in ROUTES.items() if route.person}
    assert of_people | of_devices | ANYBODYS | BY_THEIR_OWN == set(ROUTES)
    for one, other in product((of_people, of_devices, ANYBODYS, BY_THEIR_OWN), repeat=2):
        assert one is other or not one & other


def at(path: str, room: str, desk: str) -> str:
    """The address of a route for this room and this desk."""
    ids = {"room": room, "desk": desk, "centre": "villefort", "preset": "1", "page": "1"}
    for part in path.split("/"):
        if part.startswith("{"):
            path = path.replace(part, ids.get(part[1:-1], "x-1"))
    return path


@pytest.mark.timeout(240)
@pytest.mark.parametrize("when", ["during", "after"])
async def test_every_cell_of_device_door_and_room(paired: Devices, when: str) -> None:
    await begin(paired, when)
    doors = sorted(frozenset().union(*OPENS.values()), key=lambda name: name == f"DELETE {REMOTE}")

    async def one(who: tuple[str, str], door: str, here: bool) -> int:
        route = ROUTES[door]
        path = at(route.path, HERE if here else AFAR, DESK if here else OTHER)
        sent = b"\xff\xd8\xff" if route.takes else SENT.get(door)
        return await paired.ask(who, route.method, path, sent)

    found: dict[Any, int] = {}
    for door in doors:  # one after the other: what is put out by the last was good before
        found |= await statuses(product(paired, [door], (False, True)), one)
    wrong = {
        (cell, status)
        for cell, status in found.items()
        for (kind, standing), door, here in [cell]
        if (status not in CLOSED)
        is not (
            here
            and standing == "good"
            and door in OPENS[kind]
            and not (kind == "phone" and when == "after")
        )
    }
    assert wrong == set()
    assert len(found) == len(KINDS) * len(STANDINGS) * len(doors) * 2


@pytest.mark.timeout(240)
async def test_what_is_for_people_is_for_no_device(paired: Devices) -> None:
    await begin(paired, "during")
    people = sorted(name for name, route in ROUTES.items() if route.person)

    async def one(who: tuple[str, str], name: str) -> int:
        route = ROUTES[name]
        fields = {} if route.query is None else route.query.model_fields
        asked = {field.alias or word for word, field in fields.items() if field.is_required()}
        query = {word: ASKED.get(word, "2026-11-26T00:00:00Z") for word in asked}
        return await paired.ask(who, route.method, at(route.path, HERE, DESK), query=query)

    found = await statuses(product(paired, people), one)
    assert {cell for cell, status in found.items() if status != 401} == set()
    assert len(found) == len(KINDS) * len(STANDINGS) * len(people)


@pytest.mark.timeout(60)
@pytest.mark.parametrize("room", [HERE, AFAR])
async def test_every_cell_of_device_and_socket(paired: Devices, room: RoomId) -> None:
    await begin(paired, "during")
    opened = set()
    http = paired.service.browser().http
    base = paired.service.url.replace("http", "ws", 1)
    for who in paired:
        hello = {"type": "hello", "versions": [1], "token": paired.tokens[who], "client": "x"}
        async with http.ws_connect(f"{base}/ws/v1") as wire:
            await wire.send_json(hello)
            said = await wire.receive_json()
            if said["type"] == "welcome":
                opened.add((*who, "wire", said["room"]))
        headers = {"Authorization": f"Bearer {paired.tokens[who]}"}
        url = f"{paired.service.url}/ws/agent/v1?room={room}"
        upgrade = {
            "Connection": "Upgrade", "Upgrade": "websocket",
            "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
        }  # fmt: skip
        async with http.get(url, headers=headers | upgrade) as answer:
            if answer.status == 101:
                opened.add((*who, "agent", room))
            else:
                assert answer.status in (*CLOSED, 429), answer.status
    own = {("agent", "good", "agent", HERE)} if room == HERE else set()
    assert opened == {("screen", "good", "wire", HERE)} | own
