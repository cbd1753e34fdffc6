"""The hours of a room as RFC 7953 writes them: clients may read when it can be had at all."""

from datetime import UTC, date, datetime, time, timedelta

from calendars.content import Component, Line, write
from rooms.centre import MIDNIGHT, Centre, OpeningHours

DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
SINCE = date(2024, 1, 1)  # a Monday
AHEAD = 400  # days
PRODID = "-//Margeride//Hours//FR"
BUSY = Line("BUSYTYPE", "BUSY-UNAVAILABLE")


def hours_of(centre: Centre, uid: str, now: datetime) -> bytes:
    """A VCALENDAR with the weekly hours, and over them each day that is not as the others."""
    stamp = Line("DTSTAMP", now.strftime("%Y%m%dT%H%M%SZ"))
    weekly = Component(
        "VAVAILABILITY",
        [
            Line("UID", uid),
            stamp,
            _local("DTSTART", SINCE, MIDNIGHT, centre.zone.key),
            Line("PRIORITY", "9"),
            BUSY,
            *(
                _every_week(f"{uid}-{number}", hours, centre.zone.key, stamp)
                for number, hours in enumerate(centre.opening_hours)
            ),
        ],
    )
    special = [_day(centre, day, uid, stamp) for day in _special_days(centre, centre.day_of(now))]
    head = [Line("VERSION", "2.0"), Line("PRODID", PRODID)]
    return write(Component("VCALENDAR", [*head, weekly, *special]))


def _special_days(centre: Centre, today: date) -> list[date]:
    spans = [(one.first, one.last) for one in centre.closures]
    spans += [(one.first, one.last) for one in centre.openings]
    days = (today + timedelta(days=number) for number in range(AHEAD))
    return [day for day in days if any(first <= day <= last for first, last in spans)]


def _day(centre: Centre, day: date, uid: str, stamp: Line) -> Component:
    name = f"{uid}-{day:%Y%m%d}"
    return Component(
        "VAVAILABILITY",
        [
            Line("UID", name),
            stamp,
            _local("DTSTART", day, MIDNIGHT, centre.zone.key),
            _local("DTEND", day + timedelta(days=1), MIDNIGHT, centre.zone.key),
            Line("PRIORITY", "1"),
            BUSY,
            *(
                Component(
                    "AVAILABLE",
                    [
                        Line("UID", f"{name}-{number}"),
                        stamp,
                        Line("DTSTART", f"{start.astimezone(UTC):%Y%m%dT%H%M%SZ}"),
                        Line("DTEND", f"{end.astimezone(UTC):%Y%m%dT%H%M%SZ}"),
                    ],
                )
                for number, (start, end) in enumerate(centre.opening_on(day))
            ),
        ],
    )


def _every_week(uid: str, hours: OpeningHours, zone: str, stamp: Line) -> Component:
    first = SINCE + timedelta(days=min(hours.days))
    last = first + timedelta(days=1) if hours.closes == MIDNIGHT else first
    days = ",".join(DAYS[day] for day in sorted(hours.days))
    return Component(
        "AVAILABLE",
        [
            Line("UID", uid),
            stamp,
            _local("DTSTART", first, hours.opens, zone),
            _local("DTEND", last, hours.closes, zone),
            Line("RRULE", f"FREQ=WEEKLY;BYDAY={days}"),
        ],
    )


def _local(key: str, day: date, clock: time, zone: str) -> Line:
    return Line(key, f"{day:%Y%m%d}T{clock:%H%M%S}", (("TZID", zone),))
