"""A whole house on one data directory: settings, people, paired screens, the service running."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from orchestrator.demo import booking, cast
from orchestrator.demo.cast import Cast, Player
from orchestrator.demo.client import Person
from orchestrator.demo.service import Service
from orchestrator.settings import load_settings
from orchestrator.settings.model import Network
from rooms.ids import RoomId, new_id
from rooms.room import Room

NETWORK = Path(__file__).parent.parent / "networks" / "demo.yaml"
FOUR = ("meyrueis-visio", "st-chely-d-apcher-visio", "villefort-visio", "marvejols-visio")


@dataclass(slots=True)
class Stage:
    """What a show needs: the service, who plays, and where."""

    service: Service
    cast: Cast
    network: Network

    @property
    def rooms(self) -> list[Room]:
        """The four rooms of 2013, the host first."""
        return [self.network.room(RoomId(room)) for room in FOUR]

    def person(self, player: Player) -> Person:
        """That player, to be logged in."""
        return Person(self.service.url, player.login, player.password)

    def place(self, room: Room) -> str:
        """The name of the centre the room stands in."""
        return self.network.centre_of(room.id).name

    async def book(
        self, title: str, lasts: timedelta = timedelta(minutes=30), start: datetime | None = None
    ) -> booking.Answer:
        """The trainer invites the four rooms from her calendar client, by default from now on."""
        start = start or datetime.now(UTC).replace(second=0, microsecond=0)
        trainer, domain = self.cast.trainer, self.network.mail_domain
        ics = booking.invitation(
            uid=f"{new_id('demo')}@{domain}",
            title=title,
            start=start,
            end=start + lasts,
            rooms={f"mailto:salle.{room.id}@{domain}": room.name for room in self.rooms},
            organiser=f"mailto:{trainer.login}@{domain}",
        )
        login = (self.service.url, trainer.login, trainer.app_password)
        return await asyncio.to_thread(booking.book, *login, ics)


@asynccontextmanager
async def set_up(
    data: Path, *, port: int = 8080, media_port: int = 8189, media_host: str = "127.0.0.1"
) -> AsyncIterator[Stage]:
    """Make accounts and screens in `data`, start the service, stop it at the end."""
    settings = await asyncio.to_thread(load_settings, NETWORK)
    network = settings.network
    centres = [str(centre.id) for centre in network.centres]
    rooms = [RoomId(room) for room in FOUR]
    players = await asyncio.to_thread(cast.gather, data, rooms, centres)
    service = Service(data, NETWORK, port=port, media_port=media_port, media_host=media_host)
    try:
        await service.start()
        yield Stage(service, players, network)
    finally:
        await service.stop()
