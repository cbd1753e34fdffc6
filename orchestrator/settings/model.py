"""What a network description says, once read: the network, its centres, the service."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from calendars.policy import Policy
from orchestrator.settings.mail import Mail
from orchestrator.settings.outside import Outside
from orchestrator.settings.targets import Target
from orchestrator.settings.turn import Turn
from rooms.centre import Centre
from rooms.errors import NotFound
from rooms.ids import RoomId
from rooms.room import Desk, Room, calendar_address, room_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """The centres and rooms one service looks after."""

    name: str
    zone: ZoneInfo
    mail_domain: str
    languages: tuple[str, ...]
    centres: tuple[Centre, ...]
    desks: tuple[Desk, ...] = ()
    policies: Mapping[RoomId, Policy] = field(default_factory=dict)
    _rooms: Mapping[str, Room] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_rooms", {room.id: room for room in self.rooms})

    @property
    def rooms(self) -> tuple[Room, ...]:
        """Every room, centre by centre."""
        return tuple(room for centre in self.centres for room in centre.rooms)

    def centre(self, centre_id: str) -> Centre:
        """The centre of this id."""
        for centre in self.centres:
            if centre.id == centre_id:
                return centre
        raise NotFound("no-centre", centre=centre_id)

    def room(self, room_id: str) -> Room:
        """The room of this id."""
        found = self._rooms.get(room_id)
        if found is None:
            raise NotFound("no-room", room=room_id)
        return found

    def policy_of(self, room: Room | RoomId) -> Policy:
        """How the file says the room is booked; what animateurs changed is in the store."""
        found = room if isinstance(room, Room) else self.room(room)
        said = Policy(direct_put=found.direct_put, bookable_by=found.bookable_by)
        return self.policies.get(found.id) or said

    def centre_of(self, room: Room | RoomId) -> Centre:
        """The centre a room stands in."""
        found = room if isinstance(room, Room) else self.room(room)
        return self.centre(found.centre)

    def address_of(self, room: Room | RoomId) -> str:
        """How calendars invite the room: `mailto:salle.<room>@<mail_domain>`."""
        return calendar_address(room.id if isinstance(room, Room) else room, self.mail_domain)

    def room_at(self, address: str) -> Room | None:
        """The room a calendar address names, None for people and for other networks.

        NotFound("no-room") when the address is one of ours and no such room stands there.
        """
        room_id = room_at(address, self.mail_domain)
        return None if room_id is None else self.room(room_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """How the service behaves. An empty `public_url` is decided by `serve` from host and port."""

    public_url: str = ""
    languages: tuple[str, ...] = ("fr", "en")
    join_before_minutes: int = 15
    ceremony_starts: str = "by_hour"  # or by_hand
    behind_proxy: bool = False
    connections_per_address: int = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One network description, read and checked."""

    network: Network
    service: Service
    outside: Outside = field(default_factory=Outside)
    mail: Mail | None = None
    turn: Turn | None = None
    targets: tuple[Target, ...] = ()
