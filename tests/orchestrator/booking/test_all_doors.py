"""Sequences through every door there is, as clients go through them: the calendars never lie."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from calendars import ical, recurrence
from calendars.policy import Policy
from orchestrator.settings.model import Network
from orchestrator.store import bookings
from rooms.ids import RoomId
from tests.fakes.dav import Answer, event, soon, stamp
from tests.fakes.dav_doors import ELSEWHERE, FED, OTHER, AllDoors, Told
from tests.fakes.ledgers import Look
from tests.fakes.mail import invitation

VILLEFORT = RoomId("villefort-visio")
POLICIES = {
    VILLEFORT: Policy(buffer_after_minutes=20, asked_of=("booker",)),
    ELSEWHERE: Policy(priority=("ceremony",)),
    FED: Policy(series="skip_conflicts", buffer_before_minutes=10, priority=("ceremony",)),
}
ROOMS = tuple(POLICIES)
NOW = datetime.now(UTC).replace(second=0, microsecond=0)
FIRST = soon(days=2)
MAYOR = "maire@mairie.example"
TAGS, WORDS = re.compile(r"<[^>]*>"), re.compile(r"\w{2,} \w{2,}")

who = st.sampled_from(["tom", "tom", "bea", "anne", "admin"])
staff = st.sampled_from(["anne", "admin"])
names = st.sampled_from(["a", "b", "c"])
days = st.sampled_from([-1, 0, 0, 0, 1, 2])  # -1: it has just begun
hours = st.integers(0, 5)
room_lists = st.lists(st.sampled_from(ROOMS), unique=True, max_size=3)
some_rooms = st.lists(st.sampled_from(ROOMS), unique=True, min_size=1, max_size=3)
series = st.sampled_from([[], [], ["RRULE:FREQ=DAILY;COUNT=4"], ["RRULE:FREQ=WEEKLY;COUNT=3"]])
kinds = st.sampled_from([[], [], ["CATEGORIES:Cérémonie"], ["STATUS:CANCELLED"]])
lengths = st.sampled_from([30, 60, 150])
own = st.sampled_from(["calendar", "calendar", OTHER])
which = st.integers(0, 11)
Slots = set[tuple[str, str, int, int]]


def ruled(network: Network) -> Network:
    return replace(network, policies=POLICIES)


def at(day: int, hour: int) -> datetime:
    if day < 0:
        return NOW - timedelta(minutes=20) + timedelta(minutes=30 * hour)
    return FIRST + timedelta(days=day, minutes=30 * hour)


class Doors(RuleBasedStateMachine):
    """People, a town hall's mail, its council's file, a calendar elsewhere; three rooms."""

    def __init__(self) -> None:
        super().__init__()
        self.house = AllDoors(ruled).__enter__()
        self.house.hall.body = event("none", start=soon(300))
        self.letters = 0
        self.closed: dict[str, date] = {}
        self.held: Slots = set()

    def teardown(self) -> None:
        self.house.__exit__()

    # what is said of each request

    def took(self, answer: Answer) -> bool:
        """Whether it was done; a refusal has words, and nothing is an accident."""
        assert answer.status < 500, answer.text
        if answer.status >= 400 and answer.status != 404:
            assert WORDS.search(TAGS.sub(" ", answer.text)), answer.text
        return answer.status < 400

    def agreed(self, told: Told) -> bool:
        assert told.status < 500, told
        if told.status >= 400:
            assert " " in told.document["title"], told
            if told.document["type"].endswith("rooms-refused"):
                assert all(told.document["reasons"]), told
        return told.status < 400

    # calendar clients

    @rule(login=who, uid=names, rooms=room_lists, day=days, hour=hours, minutes=lengths,
          more=series, kind=kinds, where=own)  # fmt: skip
    def invites_rooms(
        self, login: str, uid: str, rooms: list[str], day: int, hour: int, minutes: int,
        more: list[str], kind: list[str], where: str,
    ) -> None:  # fmt: skip
        body = event(uid, start=at(day, hour), minutes=minutes, rooms=rooms, more=[*more, *kind])
        self.took(self.house.dav(login, "PUT", f"{where}/{uid}.ics", body))

    @rule(login=who, uid=names, room=st.sampled_from(ROOMS), rooms=room_lists, day=days,
          hour=hours, more=series, kind=kinds)  # fmt: skip
    def writes_in_a_rooms_calendar(
        self, login: str, uid: str, room: str, rooms: list[str], day: int, hour: int,
        more: list[str], kind: list[str],
    ) -> None:  # fmt: skip
        body = event(f"d{uid}", start=at(day, hour), rooms=rooms, more=[*more, *kind])
        self.took(self.house.dav(login, "PUT", f"{room}/d{uid}.ics", body))

    @rule(login=who, number=which, to=st.sampled_from(["calendar", OTHER, *ROOMS]), name=names,
          method=st.sampled_from(["MOVE", "COPY"]), over=st.sampled_from(["T", "F"]))  # fmt: skip
    def moves_or_copies(
        self, login: str, number: int, to: str, name: str, method: str, over: str
    ) -> None:
        path = self.an_object(login, number)
        if path:
            done = self.house.dav(login, method, path, to=f"{to}/{name}.ics", Overwrite=over)
            self.took(done)

    @rule(login=who, number=which)
    def deletes(self, login: str, number: int) -> None:
        path = self.an_object(login, number)
        if path:
            self.took(self.house.dav(login, "DELETE", path))

    @rule(login=who)
    def drops_a_calendar(self, login: str) -> None:
        if self.took(self.house.dav(login, "DELETE", f"{OTHER}/")):
            self.took(self.house.dav(login, "MKCALENDAR", OTHER))

    @rule(login=who, number=which, day=st.integers(0, 3), hour=hours, off=st.booleans())
    def edits_one_date(self, login: str, number: int, day: int, hour: int, off: bool) -> None:
        def edited(text: str, start: datetime) -> str:
            nth = start + timedelta(days=day)
            if off:
                return text.replace("END:VEVENT", f"EXDATE:{stamp(nth)}\r\nEND:VEVENT", 1)
            return with_one_date(text, nth, nth + timedelta(minutes=30 * (hour - 2)))

        self.edits(login, number, edited)

    @rule(login=who, number=which, hour=st.integers(-2, 3), again=st.booleans())
    def moves_what_is_stored(self, login: str, number: int, hour: int, again: bool) -> None:
        def edited(text: str, start: datetime) -> str:
            return text if again else shifted(text, timedelta(minutes=30 * hour))

        self.edits(login, number, edited)

    @rule(number=which)
    def moves_what_he_holds_onto_somebody_elses_hour(self, number: int) -> None:
        """Which is refused, unless it displaces: and then it must hold nothing any more."""
        held = [row for row in self.house.rows("occurrences") if row["room_id"]]
        people = {row["id"]: row["login"] for row in self.house.rows("people")}
        homes = {row["id"]: row for row in self.house.rows("calendars")}
        pairs = [
            (booking, mine, other)
            for booking in self.house.rows("bookings")
            if people.get(homes[booking["calendar_id"]]["owner_id"]) in self.house.passwords
            for mine in held
            if mine["booking_id"] == booking["id"]
            for other in held
            if other["booking_id"] != booking["id"] and other["room_id"] == mine["room_id"]
        ]
        if not pairs:
            return
        booking, mine, other = pairs[number % len(pairs)]
        home = homes[booking["calendar_id"]]
        login, path = people[home["owner_id"]], f"{home['name']}/{booking['item_name']}"
        text = self.house.dav(login, "GET", path).unfolded.replace("\n", "\r\n")
        by = timedelta(seconds=other["starts_at"] - mine["starts_at"])
        self.took(self.house.dav(login, "PUT", path, shifted(text, by).encode()))

    def edits(self, login: str, number: int, edited: Callable[[str, datetime], str]) -> None:
        """As a client does: what is stored, changed, with the ETag it had."""
        path = self.an_object(login, number)
        read = self.house.dav(login, "GET", path) if path else None
        if not path or read is None or read.status != 200:
            return
        text = read.unfolded.replace("\n", "\r\n")
        found = re.search(r"DTSTART:(\d+T\d+)Z", text)
        if found:
            start = datetime.strptime(found[1], "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
            body = edited(text, start).encode()
            etag = read.headers["ETag"]
            self.took(self.house.dav(login, "PUT", path, body, If_Match=etag))

    def an_object(self, login: str, number: int) -> str:
        """One that he sees, below his home."""
        owner = next(row["id"] for row in self.house.rows("people") if row["login"] == login)
        calendars = {row["id"]: row for row in self.house.rows("calendars")}
        found = [
            f"{calendar['name']}/{item['name']}"
            for item in self.house.rows("items")
            if (calendar := calendars[item["calendar_id"]])["owner_id"] in (owner, *ROOMS)
            and calendar["owner_kind"] != "inbox"
        ]
        return found[number % len(found)] if found else ""

    # pages and programs

    @rule(login=who, rooms=some_rooms, day=days, hour=hours, minutes=lengths,
          kind=st.sampled_from(["meeting", "ceremony"]),
          repeat=st.sampled_from([None, None, "daily", "weekly"]))  # fmt: skip
    def books_by_rest(
        self, login: str, rooms: list[str], day: int, hour: int, minutes: int, kind: str,
        repeat: str | None,
    ) -> None:  # fmt: skip
        body: dict[str, Any] = {"title": "Par REST", "kind": kind, "rooms": rooms}
        body |= span(at(day, hour), minutes)
        if repeat:
            until = at(day, hour) + timedelta(days=4 if repeat == "daily" else 15)
            body["repeat"] = {"frequency": repeat, "until": until.date().isoformat()}
        self.agreed(self.house.rest(login, "POST", "bookings", body))

    @rule(login=who, number=which, rooms=st.none() | some_rooms, day=days, hour=hours,
          minutes=lengths, date_only=st.booleans(), whole=st.booleans())  # fmt: skip
    def changes_by_rest(
        self, login: str, number: int, rooms: list[str] | None, day: int, hour: int,
        minutes: int, date_only: bool, whole: bool,
    ) -> None:  # fmt: skip
        booking = self.a_booking(number)
        if not booking:
            return
        body: dict[str, Any] = span(at(day, hour), minutes)
        if whole:
            body |= {"title": "Autrement", "kind": "meeting", "rooms": rooms or [VILLEFORT]}
        elif date_only:
            body["occurrence"] = self.a_date(booking, number)
        elif rooms:
            body["rooms"] = rooms
        method = "PUT" if whole else "PATCH"
        self.agreed(self.house.rest(login, method, f"bookings/{booking}", body))

    @rule(login=who, number=which, date_only=st.booleans())
    def cancels_by_rest(self, login: str, number: int, date_only: bool) -> None:
        booking = self.a_booking(number)
        if booking:
            one = f"?occurrence={self.a_date(booking, number).replace('+', '%2B')}"
            path = f"bookings/{booking}{one if date_only else ''}"
            self.agreed(self.house.rest(login, "DELETE", path))

    @rule(login=who, number=which, deed=st.sampled_from(["check-in", "extend", "release"]))
    def is_there(self, login: str, number: int, deed: str) -> None:
        booking = self.a_booking(number)
        if booking:
            body = {"minutes": 30} if deed == "extend" else None
            self.agreed(self.house.rest(login, "POST", f"bookings/{booking}/{deed}", body))

    @rule(login=staff, approve=st.booleans())
    def answers_a_request(self, login: str, approve: bool) -> None:
        for row in self.house.rows("bookings", state=bookings.REQUESTED)[:1]:
            body = {"decision": "approve" if approve else "refuse", "note": "Voilà"}
            self.agreed(self.house.rest(login, "POST", f"bookings/{row['id']}/decide", body))

    @rule(login=staff, centre=st.sampled_from(["villefort", "marvejols"]), day=st.integers(0, 2))
    def closes_a_centre(self, login: str, centre: str, day: int) -> None:
        closed = at(day, 0).date()
        body = {"kind": "closed", "from": f"{closed}", "to": f"{closed}", "reason": "Travaux"}
        self.agreed(self.house.rest(login, "POST", f"centres/{centre}/closures", body))

    @rule(login=staff)
    def opens_it_again(self, login: str) -> None:
        for row in self.house.rows("closures")[:1]:
            path = f"centres/{row['centre_id']}/closures/{row['id']}"
            self.agreed(self.house.rest(login, "DELETE", path))

    def a_booking(self, number: int) -> str:
        found = self.house.rows("bookings")
        return str(found[number % len(found)]["id"]) if found else ""

    def a_date(self, booking: str, number: int) -> str:
        rows = self.house.rows("occurrences", booking_id=booking)
        found = sorted({row["starts_at"] for row in rows})
        start = found[number % len(found)] if found else int(at(0, 0).timestamp())
        return datetime.fromtimestamp(start, UTC).isoformat()

    # people and servers elsewhere

    @rule(uid=names, rooms=some_rooms, day=days, hour=hours, minutes=lengths, more=series,
          method=st.sampled_from(["REQUEST", "REQUEST", "CANCEL"]))  # fmt: skip
    def writes_to_the_rooms(
        self, uid: str, rooms: list[str], day: int, hour: int, minutes: int, more: list[str],
        method: str,
    ) -> None:  # fmt: skip
        self.letters += 1
        message = invitation(
            MAYOR, start=at(day, hour), uid=f"m{uid}", minutes=minutes, rooms=rooms, more=more,
            method=method, sequence=self.letters,
        )  # fmt: skip
        before = len(self.house.rows("mails"))
        assert self.house.mail(message, rooms, MAYOR).startswith("250 ")
        answers = len(self.house.rows("mails")) - before
        assert answers == (len(rooms) if method == "REQUEST" else 0)

    @rule(day=st.integers(0, 2), hour=hours, minutes=lengths)
    def the_council_meets(self, day: int, hour: int, minutes: int) -> None:
        self.house.hall.etag = f'"{len(self.house.hall.asked) + 2}"'
        self.house.hall.body = event("council", start=at(day, hour), minutes=minutes)
        self.house.reads_the_feed()

    @rule(uid=names, day=st.integers(0, 2), hour=hours, minutes=lengths, more=series)
    def people_book_elsewhere(
        self, uid: str, day: int, hour: int, minutes: int, more: list[str]
    ) -> None:
        body = event(f"e{uid}", start=at(day, hour), minutes=minutes, title="Là-bas", more=more)
        self.house.elsewhere.put(f"e{uid}.ics", body)

    @rule(number=which, gone=st.booleans(), hour=st.integers(-2, 3))
    def people_change_things_elsewhere(self, number: int, gone: bool, hour: int) -> None:
        there = self.house.elsewhere
        if not there.objects:
            return
        name = sorted(there.objects)[number % len(there.objects)]
        if gone:
            there.remove(name)
        else:
            text = there.text(name).replace("\n", "\r\n")
            there.put(name, shifted(text, timedelta(minutes=30 * hour)).encode())

    @rule()
    def both_calendars_are_compared(self) -> None:
        self.house.looks_elsewhere()
        assert not {"PUT", "DELETE"} & set(self.house.looks_elsewhere())
        assert self.stands_elsewhere() == self.stands_here()

    def stands_elsewhere(self) -> list[tuple[int, int]]:
        zone, now = self.house.network.centre_of(ELSEWHERE).zone, datetime.now(UTC)
        found = []
        for _, body in self.house.elsewhere.objects.values():
            dates = recurrence.expand(
                ical.parse(body, zone), zone, now - timedelta(days=2), now + timedelta(days=60)
            )
            found += [(int(d.slot.start.timestamp()), int(d.slot.end.timestamp())) for d in dates]
        return sorted(slot for slot in found if slot[1] > NOW.timestamp())

    def stands_here(self) -> list[tuple[int, int]]:
        rows = self.house.rows("occurrences", room_id=ELSEWHERE)
        slots = sorted((row["starts_at"], row["ends_at"]) for row in rows)
        return [slot for slot in slots if slot[1] > NOW.timestamp()]

    # what must be true

    @invariant()
    def nothing_lies(self) -> None:
        self.house.database.read_now(lambda conn: Look(conn, self.house.network).all())

    @invariant()
    def nothing_new_stands_where_the_room_was_not_to_be_had(self) -> None:
        held = {
            (row["booking_id"], row["room_id"], row["starts_at"], row["ends_at"])
            for row in self.house.rows("occurrences")
            if row["room_id"]
        }
        council = [(row["starts_at"], row["ends_at"]) for row in self.house.rows("feed_busy")]
        gap = self.house.network.policy_of(FED).gap.total_seconds()
        closed = {(row["centre_id"], row["first_day"]) for row in self.house.rows("closures")}
        for booking, room, start, end in held - self.held:
            if room == FED:
                assert all(end + gap <= one or two + gap <= start for one, two in council)
            centre = self.house.network.centre_of(room)
            day = datetime.fromtimestamp(start, centre.zone).date().isoformat()
            assert (centre.id, day) not in closed, booking
        self.held = held


def span(start: datetime, minutes: int) -> dict[str, Any]:
    return {"from": start.isoformat(), "to": (start + timedelta(minutes=minutes)).isoformat()}


def shifted(text: str, by: timedelta) -> str:
    """Every date of an event moved, as by a client that knows how."""

    def later(found: re.Match[str]) -> str:
        moment = datetime.strptime(found[2], "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
        return f"{found[1]}{stamp(moment + by)}"

    return re.sub(r"((?:DTSTART|DTEND|RECURRENCE-ID|EXDATE):)(\d+T\d+)Z", later, text)


def with_one_date(text: str, original: datetime, start: datetime) -> str:
    """A series with one date at another hour, instead of whatever it said of that date before."""
    head, *events = re.split(r"(?=BEGIN:VEVENT)", text.replace("END:VCALENDAR\r\n", ""))
    kept = [one for one in events if f"RECURRENCE-ID:{stamp(original)}" not in one]
    main = re.sub(r"(?:RRULE|EXDATE|RDATE|RECURRENCE-ID)[:;][^\r]*\r\n", "", events[0])
    main = re.sub(r"DTSTART:[^\r]*", f"RECURRENCE-ID:{stamp(original)}\r\nDTSTART:{stamp(start)}",
                  main)  # fmt: skip
    main = re.sub(r"DTEND:[^\r]*", f"DTEND:{stamp(start + timedelta(minutes=30))}", main)
    return "".join([head, *kept, main]) + "END:VCALENDAR\r\n"


TestAllDoors = pytest.mark.timeout(300)(Doors.TestCase)
TestAllDoors.settings = settings(
    max_examples=25, stateful_step_count=20, deadline=None,
    suppress_health_check=list(HealthCheck), phases=set(Phase) - {Phase.explain},
)  # fmt: skip
