"""Reception desks in a running service: the demo network with two desks, and hours of one's own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

from orchestrator import keys
from orchestrator.api.desks import DESKS
from orchestrator.cases.desks import Desks
from orchestrator.settings import Settings
from rooms.centre import OpeningHours
from rooms.ids import CentreId
from rooms.room import Desk, DeskId
from signalling.engine import MediaEngine
from tests.fakes.service import Browser, RunningService, demo_settings, running_service

DESK, OTHER = DeskId("villefort-accueil"), DeskId("meyrueis-accueil")
ALWAYS = (OpeningHours(days=tuple(range(7)), opens=time(0), closes=time(0)),)
WORKDAYS = (OpeningHours(days=tuple(range(5)), opens=time(9), closes=time(17)),)
NEVER = (OpeningHours(days=(), opens=time(9), closes=time(10)),)


def settings_with(hours: tuple[OpeningHours, ...]) -> Settings:
    """The demo network, its centres open at these hours, with a desk at two of them."""
    found = demo_settings()
    network = found.network
    desks = (
        Desk(id=DESK, centre=CentreId("villefort"), name="Accueil de Villefort", printer=True),
        Desk(id=OTHER, centre=CentreId("meyrueis"), name="Accueil de Meyrueis"),
    )
    centres = tuple(
        replace(one, opening_hours=hours, closures=(), openings=()) for one in network.centres
    )
    return replace(found, network=replace(network, centres=centres, desks=desks))


open_always = cache(lambda: settings_with(ALWAYS))
open_on_workdays = cache(lambda: settings_with(WORKDAYS))
open_never = cache(lambda: settings_with(NEVER))


@dataclass
class ByHand:
    """A clock that is moved by the test; begins on a working day, at ten in the morning."""

    now: datetime = field(default_factory=lambda: datetime(2026, 11, 24, 9, tzinfo=UTC))

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Reception:
    """A service, its desks under a clock of their own, and the token of a paired desk."""

    service: RunningService
    clock: ByHand
    desks: Desks
    token: str = ""

    async def kiosk(self, method: str, path: str, sent: Any = None, **more: Any) -> Any:
        """What the API answers to the desk: status and document."""
        browser = self.service.browser()
        headers = {"Authorization": f"Bearer {more.pop('token', self.token)}"}
        async with browser.request(method, f"/api/v1{path}", json=sent, headers=headers) as said:
            return said.status, await _document(said)

    async def view(self) -> Any:
        """What the desk shows."""
        status, document = await self.kiosk("GET", f"/desks/{DESK}")
        assert status == 200, document
        return document

    async def press(self) -> str:
        """The button; the call."""
        status, document = await self.kiosk("POST", f"/desks/{DESK}/calls")
        assert status == 201, document
        call: str = document["call"]
        return call

    async def wait(self, seconds: int, *present: Browser) -> None:
        """Let time pass, second by second, with the desk and these people there."""
        for _ in range(seconds):
            self.clock.now += timedelta(seconds=1)
            await self.view()
            for person in present:
                await duty(person)
            await self.desks.tick()


async def _document(said: Any) -> Any:
    return await said.json() if "json" in said.content_type else await said.read()


async def asked(browser: Browser, method: str, path: str, sent: Any = None) -> Any:
    """What the API answers to a person: status and document."""
    async with browser.request(method, f"/api/v1{path}", json=sent) as said:
        return said.status, await _document(said)


async def duty(browser: Browser) -> Any:
    """His page asks."""
    status, document = await asked(browser, "GET", "/desk-agents/me")
    assert status == 200, document
    return document


async def new_code(service: RunningService, desk: DeskId = DESK) -> str:
    """A code to type on a desk's screen, made by the administrator."""
    admin = await service.log_in("admin")
    status, made = await asked(admin, "POST", f"/desks/{desk}/pairings")
    assert status == 201, made
    code: str = made["code"]
    return code


async def paired(service: RunningService, desk: DeskId = DESK) -> str:
    """The token of a desk's screen."""
    sent = {"code": await new_code(service, desk)}
    status, claimed = await asked(service.browser(), "POST", f"/desks/{desk}/pairings/claim", sent)
    assert status == 201, claimed
    token: str = claimed["token"]
    return token


async def on_duty(hall: Reception, *logins: str) -> list[Browser]:
    """These people, each with his page open."""
    people = [await hall.service.log_in(login) for login in logins]
    for person in people:
        await duty(person)
    return people


async def answered(hall: Reception, who: Browser) -> str:
    """A call that this person has taken."""
    call = await hall.press()
    await duty(who)
    status, _ = await asked(who, "POST", f"/desk-calls/{call}/answer")
    assert status == 204
    return call


async def send(who: Browser, call: str, body: bytes, kind: str = "image/png") -> tuple[int, Any]:
    """Show a document; what is answered."""
    path = f"/api/v1/desk-calls/{call}/document"
    async with who.request(
        "POST", path, data=BytesIO(body), headers={"Content-Type": kind}
    ) as said:
        return said.status, await said.json()


def key(document: Any) -> str:
    """What a problem is called."""
    found: str = document["type"].rpartition("/")[2]
    return found


@asynccontextmanager
async def reception(
    data: Path, settings: Any = open_always, engine: MediaEngine | None = None
) -> AsyncIterator[Reception]:
    """A service whose desks keep the time of the test, paired; nobody is on duty yet."""
    async with running_service(data, engine=engine, settings=settings) as service:
        clock = ByHand()
        service.app[keys.HOUSE].means.clock = clock
        made = Reception(service=service, clock=clock, desks=service.app[DESKS])
        made.token = await paired(service)
        yield made
