"""The judge's clerk for the lines: what they carry, and what else is held behind them."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select

from calendars.admission import Admission, Behind, Load, admit, loads
from calendars.booking import FIRM, Candidate, Held, Slot
from orchestrator.settings.model import Network
from orchestrator.store import bookings, line_tests
from orchestrator.store.tables import booking_rooms
from rooms.centre import Centre
from rooms.ids import RoomId


def admitted(
    conn: Connection,
    network: Network,
    candidate: Candidate,
    near: Sequence[Held],
    displaced: Sequence[Held],
    now: datetime,
) -> Admission:
    """Whether the lines carry the candidate on those dates that it does not hold already."""
    slots = _fresh(candidate, near)
    known = {room.id for room in network.rooms}
    centres: dict[str, tuple[Centre, list[RoomId]]] = {}
    for room in dict.fromkeys(candidate.rooms):
        if room in known:
            centre = network.centre_of(room)
            centres.setdefault(centre.id, (centre, []))[1].append(room)
    if not slots or not centres:
        return Admission()
    profiles = line_tests.profiles(conn, [centre for centre, _ in centres.values()], now)
    gone = {candidate.uid, *(row.uid for row in displaced)}
    return admit(
        [
            Behind(
                centre=centre.id,
                name=centre.name,
                zone=centre.zone.key,
                up_kbps=profiles[centre.id].up_kbps,
                down_kbps=profiles[centre.id].down_kbps,
                rooms=rooms,
                others=_others(conn, centre, rooms, slots, gone),
            )
            for centre, rooms in centres.values()
        ],
        slots,
    )


def _fresh(candidate: Candidate, near: Sequence[Held]) -> list[Slot]:
    """What is held already is kept, even if the line got worse since."""
    own = {(row.room, row.slot) for row in near if row.uid == candidate.uid}
    slots = (found.slot for found in candidate.occurrences)
    return [s for s in slots if not all((room, s) in own for room in candidate.rooms)]


def _others(
    conn: Connection,
    centre: Centre,
    rooms: Sequence[RoomId],
    slots: Sequence[Slot],
    gone: Collection[str],
) -> tuple[Load, ...]:
    """Sessions in the other rooms of the centre: in those asked for there is nobody else."""
    beside = [room.id for room in centre.rooms if room.id not in rooms]
    if not beside:
        return ()
    found = [row for row, _ in bookings.held(conn, beside, slots, timedelta(0))]
    held = [row for row in found if row.uid not in gone and row.kind != FIRM]
    if not held:
        return ()
    return loads(((row.uid, row.slot) for row in held), _endpoints(conn, held))


def _endpoints(conn: Connection, held: Sequence[Held]) -> dict[str, int]:
    column = booking_rooms.c.booking_id
    named = column.in_({row.uid for row in held})
    rows = conn.execute(select(column, func.count()).where(named).group_by(column))
    return {row[0]: row[1] for row in rows}
