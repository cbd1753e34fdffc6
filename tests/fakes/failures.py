"""What each audience of a ceremony sees while something breaks: by virtual clock, on a real store.

`Faulted` runs the cue and the fault, and looks four times a second, as the service does. What
a screen shows is what it is told to show and what comes of it: `still` is a picture that is shown
although nothing comes (a frozen or black one), and is what nobody may see for more than 2 s. By
itself a screen shows a name in its place after 1.5 s (still.js; tests/web/test_program.py).
"""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

from sqlalchemy import Connection

from orchestrator.auth.people import Person
from orchestrator.cases import rundowns, takes
from orchestrator.cases.conductor import Conductor
from orchestrator.cue import Act, Kind, Plan
from orchestrator.rundown import Entry
from orchestrator.stage_table import Layout
from orchestrator.stage_watch import StageWatch
from orchestrator.staging import Word
from orchestrator.store import participants
from rooms.ids import ParticipantId, RoomId
from signalling.ports import Json
from tests.fakes.ceremony import Ceremony, staged
from tests.fakes.rooms import MEYRUEIS, VILLEFORT

MARVEJOLS = RoomId("marvejols-visio")
SITES = (MEYRUEIS, VILLEFORT, MARVEJOLS)
HERE, BY_ITSELF = timedelta(seconds=5), timedelta(seconds=1.5)


class Seen(StrEnum):
    """What stands in a spot of the program."""

    LIVE = "live"
    PORTRAIT = "portrait"
    STILL = "still"
    SLATE = "slate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What everybody is shown and lets hear at an instant after the fault; `desk` is the rungs."""

    seconds: float
    spots: tuple[tuple[str, Seen], ...]
    heard: frozenset[str]
    on_air: frozenset[str]
    desk: tuple[str, ...]
    holder: str | None


@dataclass
class Faulted:
    """A ceremony with three sites, a director and his deputy, to which something happens."""

    ceremony: Ceremony
    deputy: Person
    sites: dict[str, RoomId] = field(default_factory=dict)
    directs: bool = True  # whether the director's desk says that it is open
    closed: set[str] = field(default_factory=set)  # pages, by participant
    last_picture: dict[str, datetime] = field(default_factory=dict)

    async def live(self, kind: Kind) -> None:
        """A cue of this kind is live; the host is on air, but on a slate nobody."""
        conductor, session, tom = self.conductor, self.ceremony.session, self.ceremony.tom
        before = (await rundowns.read(conductor, tom, session)).rundown.cues
        entries = [Entry(id=cue.id, plan=cue.plan) for cue in before]
        entries.append(Entry(plan=_plan(kind)))
        shown = await rundowns.write(conductor, tom, session, entries, None)
        for act in (Act.ARM_ANYWAY, Act.GO_ANYWAY):
            await rundowns.act(conductor, tom, session, shown.rundown.cues[-1].id, act)
        await self.passes([2.5])

    @property
    def conductor(self) -> Conductor:
        return self.ceremony.scene.house.conductor

    async def passes(self, instants: Iterable[float]) -> list[Sight]:
        """Time passes, with a look so many seconds after now."""
        scene, began, sights = self.ceremony.scene, self.ceremony.scene.now, []
        for instant in instants:
            scene.now = began + timedelta(seconds=instant)
            await self._desks_are_open()
            await takes.carry_out(self.conductor)
            await self.ceremony.watch.look()
            await scene.house.settled()
            sights.append(await self.sight(began))
        return sights

    async def _desks_are_open(self) -> None:
        here, now = self.conductor.desks, self.ceremony.scene.now
        tom = self.ceremony.tom
        for person in (*([tom] if self.directs else []), self.deputy):
            last = here.get((self.ceremony.session, person.id))
            if last is None or now - last >= HERE:
                self.ceremony.tom = person
                await self.ceremony.does(Word.HERE)
        self.ceremony.tom = tom

    async def sight(self, began: datetime) -> Sight:
        """What is shown now."""
        scene, session = self.ceremony.scene, self.ceremony.session
        told = (await scene.house.session(session))["stage"]
        air = await scene.house.air(session)
        assert air is not None
        staging = (await self.ceremony.shown()).staging
        return Sight(
            seconds=(scene.now - began).total_seconds(),
            spots=tuple((spot["room"], self._seen(spot, air.seen)) for spot in told["spots"]),
            heard=frozenset(self._room(one) for one in air.heard),
            on_air=staging.stage.on_air,
            desk=tuple(spot.rung.value for spot in staging.stage.spots),
            holder=staging.direction.holder,
        )

    def _room(self, participant: str) -> str:
        return str(self.sites[participant])

    def _seen(self, spot: Json, seen: frozenset[ParticipantId]) -> Seen:
        wire, name = self.ceremony.wire, spot["participant"]
        if spot["slate"]:
            return Seen.SLATE
        if spot["signal"] == "sound":
            return Seen.PORTRAIT
        silent = wire.unplugged | self.closed
        if wire.worker and name in wire.sending and name in seen and name not in silent:
            self.last_picture[name] = self.ceremony.scene.now
            return Seen.LIVE
        still = self.ceremony.scene.now - self.last_picture[name]
        return Seen.STILL if still < BY_ITSELF else Seen.PORTRAIT

    # -- what the director does

    async def takes_the_desk(self) -> None:
        """The director is back, and takes the desk from his deputy."""
        self.directs = True
        if (await self.ceremony.shown()).staging.direction.holder != self.ceremony.tom.id:
            await self.ceremony.does(Word.HAND_OVER, person=self.ceremony.tom.id)

    async def restore(self, room: RoomId) -> None:
        """Its own place again, where it lost it."""
        stage = (await self.ceremony.shown()).staging.stage
        if any(spot.owner == room for spot in stage.spots) and room not in stage.on_air:
            await self.ceremony.does(Word.RESTORE, source=room)

    # -- what breaks, and is mended

    def participant(self, room: RoomId) -> str:
        """The page of a site."""
        return next(name for name, of in self.sites.items() if of == room)

    def cut(self, room: RoomId) -> None:
        """No packet comes through its line."""
        self.ceremony.wire.sending.discard(self.participant(room))

    def joins_again(self, room: RoomId) -> None:
        """Its line is back."""
        self.ceremony.wire.sending.add(self.participant(room))

    def unplug(self, room: RoomId) -> None:
        """Its camera gives nothing; its sound goes on."""
        self.ceremony.wire.unplugged.add(self.participant(room))

    def plug_in(self, room: RoomId) -> None:
        """Its camera is there again."""
        self.ceremony.wire.unplugged.discard(self.participant(room))

    def close(self, room: RoomId) -> None:
        """Its page is closed."""
        self.closed.add(self.participant(room))
        self.ceremony.wire.here.pop(self.participant(room), None)

    def open(self, room: RoomId) -> None:
        """Its page is opened again."""
        self.closed.discard(self.participant(room))
        self.ceremony.wire.here[self.participant(room)] = room

    def kill_service(self) -> None:
        """Another one is there over the same store, and nobody has come back yet."""
        self.ceremony.scene.start_again()
        self.ceremony.watch = StageWatch(self.ceremony.scene.house.conductor)
        self.ceremony.wire.here = {}

    def everybody_back(self) -> None:
        """Pages found the service again."""
        self.ceremony.wire.here = dict(self.sites)


def _plan(kind: Kind) -> Plan:
    if kind is Kind.SLATE:
        return Plan(kind=kind, title="Un instant", layout=Layout.SLATE)
    text = "Deux minutes" if kind is Kind.MESSAGE_TO_SITE else ""
    on_air = (MEYRUEIS,)
    return Plan(
        kind=kind, title=kind.value, layout=Layout.ONE, on_air=on_air, sites=SITES, text=text
    )


@asynccontextmanager
async def faulted(data: Path) -> AsyncIterator[Faulted]:
    """Three sites in the wings, a director, and a deputy at his desk."""
    async with staged(data, SITES) as ceremony:
        deputy = await ceremony.scene.person("admin", "admin")
        await ceremony.does(Word.DEPUTIES, deputies=(deputy.id,))
        made = Faulted(ceremony=ceremony, deputy=deputy)
        now, session = ceremony.scene.now, ceremony.session

        def let_in(conn: Connection) -> dict[str, RoomId]:
            add = participants.add
            return {
                add(conn, now, session, name=room, kind="room", room=room)[0]: room
                for room in SITES
            }

        made.sites = await ceremony.scene.database.write(let_in)
        ceremony.wire.here = dict(made.sites)
        ceremony.wire.sending = set(made.sites)
        await ceremony.looks(1)
        yield made
