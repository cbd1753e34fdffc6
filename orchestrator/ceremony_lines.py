"""Whether a centre's line bears what its site is to do in a ceremony: carried, lowered or refused.

Whoever sends needs the line upwards, whoever watches downwards only. A host without a picture is
no host; any other site may take part by its sound alone, and is told so. Each finding has a
sentence, and a second one (`<key>-remedy`) that says what to do. Pure; rates in kbit/s.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from calendars.admission import PICTURE, SOUND
from orchestrator.ceremony import SiteRole
from rooms.ids import RoomId
from rooms.line import Profile

GOOD_PICTURE = 600
"""Below that a host's picture is small for those who see it on a wall."""


class Bears(StrEnum):
    """What becomes of a site."""

    CARRIED = "carried"
    LOWERED = "lowered"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bearing:
    """What a line says to a role. `key` is empty when there is nothing to tell."""

    room: RoomId
    role: SiteRole
    bears: Bears
    up_kbps: int
    down_kbps: int
    key: str = ""
    needed: int = 0

    @property
    def facts(self) -> dict[str, object]:
        """For the sentence."""
        return {"up": self.up_kbps, "down": self.down_kbps, "needed": self.needed}


def bearing(room: RoomId, role: SiteRole, line: Profile) -> Bearing:
    """The worst that is to be told of one site."""
    bears, key, needed = _found(role, line.up_kbps, line.down_kbps)
    return Bearing(
        room=room,
        role=role,
        bears=bears,
        up_kbps=line.up_kbps,
        down_kbps=line.down_kbps,
        key=key,
        needed=needed,
    )


def _found(role: SiteRole, up: int, down: int) -> tuple[Bears, str, int]:
    if down < SOUND:
        return Bears.REFUSED, "ceremony-line-deaf", SOUND
    if role is SiteRole.HOST and up < SOUND + PICTURE:
        return Bears.REFUSED, "ceremony-line-no-host", SOUND + PICTURE
    if role is SiteRole.REMOTE and up < SOUND:
        return Bears.REFUSED, "ceremony-line-mute", SOUND
    if role is SiteRole.REMOTE and up < SOUND + PICTURE:
        return Bears.LOWERED, "ceremony-line-sound-alone", SOUND + PICTURE
    if down < SOUND + PICTURE:
        return Bears.LOWERED, "ceremony-line-sees-nothing", SOUND + PICTURE
    if role is SiteRole.HOST and up < SOUND + GOOD_PICTURE:
        return Bears.LOWERED, "ceremony-line-small-picture", SOUND + GOOD_PICTURE
    return Bears.CARRIED, "", 0


def bearings(
    sites: Iterable[tuple[RoomId, SiteRole]], lines: Mapping[RoomId, Profile]
) -> tuple[Bearing, ...]:
    """Of every site."""
    return tuple(bearing(room, role, lines[room]) for room, role in sites)
