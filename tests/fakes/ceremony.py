"""A ceremony on a real store, its hour in the hand of the test, its media as the test says."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path

from orchestrator.auth.people import Person
from orchestrator.cases import stagings
from orchestrator.stage_table import Layout
from orchestrator.stage_watch import StageWatch
from orchestrator.staging import Act, Word
from rooms.ids import RoomId, SessionId
from signalling.ports import Json
from tests.fakes.rooms import MEYRUEIS, VILLEFORT, RecordingWire, Scene, furnished


class FlowingWire(RecordingWire):
    """Tells of legs whose packets grow for as long as their source is in `sending`.

    `unplugged` have no camera; those who `broke` have sent nothing since then; without a `worker`
    nobody has a leg, and who comes back has another.
    """

    def __init__(self) -> None:
        super().__init__()
        self.here: dict[str, RoomId | None] = {}
        self.sending: set[str] = set()
        self.worker = True
        self.packets = 0
        self.unplugged: set[str] = set()
        self.broke: dict[str, tuple[datetime, int]] = {}

    def breaks(self, name: str, after: float = 0.0) -> datetime:
        """So many seconds from now comes its last packet, which it tells; its leg stands still."""
        at = self.clock() + timedelta(seconds=after)
        self.broke[name] = at, self.packets + 1
        return at

    async def figures(self, session: SessionId) -> Json:
        self.packets += 1
        return {"participants": [self.seat(name, room) for name, room in self.here.items()]}

    def seat(self, name: str, room: RoomId | None) -> Json:
        leg: Json | None = None
        if self.worker and name in self.sending:
            at, last = self.broke.get(name, (self.clock(), self.packets))
            leg = {"id": f"lg-{name}", "state": "connected", "counts": {"packets": last}}
            leg["quiet_ms"] = (self.clock() - at).total_seconds() * 1000
            leg["arrivals"] = self.arrivals(name)
        other = {"id": "lg-s", "state": "connected"} if self.worker else None
        kind = "guest" if room is None else "room"
        return {"id": name, "kind": kind, "room": room, "publish": leg, "subscribe": other}

    def arrivals(self, name: str) -> list[Json]:
        layers = 0 if name in self.unplugged else 2
        return [
            {"kind": "audio", "source": "microphone", "layers": 1, "asked": 1},
            {"kind": "video", "source": "camera", "layers": layers, "asked": 2},
        ]


class Ceremony:
    """A ceremony with a stage, its hour in the hand of the test."""

    def __init__(self, scene: Scene, wire: FlowingWire, session: SessionId, tom: Person) -> None:
        self.scene, self.wire, self.session, self.tom = scene, wire, session, tom
        self.watch = StageWatch(scene.house.conductor)

    async def looks(self, seconds: float = 0.0) -> None:
        """So much time passes, in quarters of a second."""
        await self.watch.look()
        for _ in range(round(seconds * 4)):
            self.scene.now += timedelta(seconds=0.25)
            await self.watch.look()

    async def does(self, word: Word, **more: object) -> stagings.Shown:
        wanted = Act(word=word, **more)  # type: ignore[arg-type]
        return await stagings.act(self.scene.house.conductor, self.session, self.tom, wanted)

    async def take(self, *sources: str, layout: Layout = Layout.FOUR) -> None:
        await self.does(Word.PREPARE, layout=layout, sources=sources)
        await self.does(Word.TAKE)

    async def shown(self) -> stagings.Shown:
        return await stagings.see(self.scene.house.conductor, self.session, self.tom)

    async def states(self) -> dict[str, str]:
        shown = await self.shown()
        return {one.id: one.state.value for one in shown.staging.stage.sources}

    async def signals(self) -> list[str]:
        told = (await self.scene.house.session(self.session))["stage"]
        return [spot["signal"] for spot in told["spots"]]

    async def rungs(self) -> list[str]:
        return [spot.rung.value for spot in (await self.shown()).staging.stage.spots]


@asynccontextmanager
async def staged(
    data: Path, rooms: Sequence[RoomId] = (MEYRUEIS, VILLEFORT)
) -> AsyncIterator[Ceremony]:
    """Sites that send, in the wings of a stage that is set up and has settled."""
    async with furnished(data) as scene:
        scene.wire = wire = FlowingWire()
        wire.clock = lambda: scene.now
        scene.start_again()
        tom = await scene.person("tom", "trainer")
        session = await scene.session(rooms, kind="ceremony", organiser=tom.id, state="on_air")
        await stagings.set_up(scene.house.conductor, session, tom)
        wire.here = {f"pa-{room[0]}": room for room in rooms}
        wire.sending = set(wire.here)
        made = Ceremony(scene, wire, session, tom)
        await made.looks(11)  # it has settled
        yield made
