"""Whatever is done, in whatever order, through whatever door: the calendars never lie."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from calendars.policy import Policy
from orchestrator.booking.decide import decide
from orchestrator.booking.ledger import Entry
from orchestrator.settings.model import Network
from orchestrator.store import bookings
from rooms.ids import RoomId
from tests.fakes.dav import event, soon, stamp
from tests.fakes.ledgers import Ledger

POLICIES = {
    RoomId("villefort-visio"): Policy(buffer_after_minutes=20, asked_of=("booker",)),
    RoomId("meyrueis-visio"): Policy(priority=("ceremony",)),
    RoomId("marvejols-visio"): Policy(
        series="skip_conflicts", buffer_before_minutes=10, priority=("ceremony",)
    ),
}
ROOMS = tuple(POLICIES)
FIRST = soon(days=2)

who = st.sampled_from(["tom", "tom", "bea", "anne", "admin"])
names = st.sampled_from(["a", "b", "c"])
hours = st.integers(0, 5)
sets_of_rooms = st.lists(st.sampled_from(ROOMS), unique=True, max_size=3)
series = st.sampled_from([[], [], ["RRULE:FREQ=DAILY;COUNT=4"], ["RRULE:FREQ=WEEKLY;COUNT=3"]])
kinds = st.sampled_from([[], [], ["CATEGORIES:Cérémonie"], ["STATUS:CANCELLED"]])
lengths = st.sampled_from([30, 60, 150])


def ruled(network: Network) -> Network:
    return replace(network, policies=POLICIES)


def at(day: int, hour: int) -> Any:
    return FIRST + timedelta(days=day, minutes=30 * hour)


class Doors(RuleBasedStateMachine):
    """Four people at three doors of three rooms."""

    def __init__(self) -> None:
        super().__init__()
        self.ledger = Ledger(ruled)

    def teardown(self) -> None:
        self.ledger.close()

    @rule(login=who, uid=names, rooms=sets_of_rooms, hour=hours, minutes=lengths, more=series,
          kind=kinds, day=st.integers(0, 2))  # fmt: skip
    def saves_in_his_calendar(
        self, login: str, uid: str, rooms: list[RoomId], hour: int, minutes: int,
        more: list[str], kind: list[str], day: int,
    ) -> None:  # fmt: skip
        start = at(day, hour)
        body = event(uid, start=start, minutes=minutes, rooms=rooms, more=[*more, *kind])
        assert self.ledger.put(login, "calendar", f"{uid}.ics", body)

    @rule(login=who, uid=names, room=st.sampled_from(ROOMS), rooms=sets_of_rooms, hour=hours,
          more=series, kind=kinds)  # fmt: skip
    def saves_in_a_rooms_calendar(
        self, login: str, uid: str, room: RoomId, rooms: list[RoomId], hour: int,
        more: list[str], kind: list[str],
    ) -> None:  # fmt: skip
        body = event(f"d{uid}", start=at(0, hour), rooms=rooms, more=[*more, *kind])
        self.ledger.put(login, room, f"d{uid}.ics", body)

    @rule(login=who, uid=names, rooms=sets_of_rooms, hour=hours)
    def books_by_the_api(self, login: str, uid: str, rooms: list[RoomId], hour: int) -> None:
        body = event(f"r{uid}", start=at(1, hour), rooms=rooms)
        self.ledger.put(login, "calendar", f"r{uid}.ics", body, strict=True)

    @rule(login=who, uid=names, rooms=sets_of_rooms, day=st.integers(0, 3), hour=hours,
          left=st.booleans())  # fmt: skip
    def moves_one_date_of_a_series(
        self, login: str, uid: str, rooms: list[RoomId], day: int, hour: int, left: bool
    ) -> None:
        rule_ = ["RRULE:FREQ=DAILY;COUNT=4"]
        out = [f"EXDATE:{stamp(at((day + 1) % 4, 0))}"] if left else []
        whole = event(uid, start=at(0, 0), rooms=rooms, more=[*rule_, *out]).decode()
        moved = [f"RECURRENCE-ID:{stamp(at(day, 0))}"]
        other = event(uid, start=at(day, hour), rooms=rooms, more=moved).decode()
        part = other[other.index("BEGIN:VEVENT") : other.index("END:VCALENDAR")]
        body = whole.replace("END:VCALENDAR", part + "END:VCALENDAR")
        assert self.ledger.put(login, "calendar", f"{uid}.ics", body.encode())

    @rule(login=who, uid=names, where=st.sampled_from(["calendar", *ROOMS]))
    def saves_again_what_is_stored(self, login: str, uid: str, where: str) -> None:
        name = f"{uid}.ics" if where == "calendar" else f"d{uid}.ics"
        body = self.ledger.stored(login, where, name)
        if body is not None:
            before = self.held()
            assert self.ledger.put(login, where, name, body) or where != "calendar"
            if where == "calendar":
                assert self.held() >= before

    def held(self) -> int:
        return len([row for row in self.ledger.bookings() if row["state"] in bookings.HOLDING])

    @rule(login=who, uid=names, where=st.sampled_from(["calendar", *ROOMS]))
    def deletes(self, login: str, uid: str, where: str) -> None:
        self.ledger.delete(login, where, f"{uid}.ics" if where == "calendar" else f"d{uid}.ics")

    @rule(login=who, which=st.integers(0, 9))
    def withdraws(self, login: str, which: int) -> None:
        found = self.ledger.bookings()
        if found:
            key = found[which % len(found)]["id"]

            def work(entry: Entry) -> None:
                row = bookings.by_id(entry.conn, key)
                assert row is not None
                entry.withdraw(row)

            self.ledger.enter(login, work)

    @rule(approve=st.booleans(), login=st.sampled_from(["anne", "admin"]))
    def answers(self, approve: bool, login: str) -> None:
        for row in self.ledger.bookings(state=bookings.REQUESTED)[:1]:
            self.ledger.enter(
                login, lambda entry, key=row["id"]: decide(entry, key, approve=approve)
            )

    @invariant()
    def nothing_lies(self) -> None:
        self.ledger.check()


TestDoors = Doors.TestCase
TestDoors.settings = settings(
    max_examples=20, stateful_step_count=14, deadline=None,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
