"""What the judge of bookings takes for the largest request a client may send.

730 dates of four rooms against ten thousand bookings that are near them, and the parse and the
expansion that come first: the best of some tries, in ms of CPU. How the costs grow is held by the
tests, in calls; this says what they are on this machine.
"""

import argparse
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from bench import machine
from calendars.booking import Held, Slot
from calendars.conflicts import judge
from calendars.ical import parse
from calendars.policy import Policy
from calendars.recurrence import expand
from tests.fakes.bookings import NOW, asked, paris, rules_of
from tests.fakes.events import event_bytes
from tests.fakes.places import ALWAYS, PARIS, a_centre

DATES, HELD = 730, 10_000
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--tries", type=int, default=5, help="of which the best is told")


def judged() -> Callable[[], Any]:
    far = Policy(series_horizon_days=800)
    centres = [a_centre(name, opening_hours=ALWAYS) for name in ("a", "b", "c", "d")]
    rules = {room: replace(rule, policy=far) for room, rule in rules_of(*centres).items()}
    nine = paris("2026-11-23T09:00")
    dates = [Slot(nine + number * DAY, nine + number * DAY + HOUR) for number in range(DATES)]
    rooms, free = tuple(rules), nine + 2 * HOUR
    rows = [
        Held(rooms[number % 4], Slot(free + number // 4 * DAY, free + number // 4 * DAY + HOUR), "")
        for number in range(HELD)
    ]
    return lambda: judge(asked(*dates, rooms=rooms), rows, rules, NOW)


def least_ms(work: Callable[[], Any], tries: int) -> float:
    """Milliseconds of CPU of the best of some tries."""
    took = []
    for _ in range(tries):
        began = time.process_time()
        work()
        took.append(time.process_time() - began)
    return round(min(took) * 1000, 1)


def run(wanted: argparse.Namespace) -> dict[str, Any]:
    body = event_bytes("RRULE:FREQ=DAILY;COUNT=600")
    large = event_bytes("DESCRIPTION:" + '\\,;:"a' * 20_000)
    item = parse(body, PARIS)
    works = {
        f"judge {DATES} dates x 4 rooms x {HELD:,} bookings": judged(),
        "parse 140 kB": lambda: parse(large, PARIS),
        "expand 600 dates": lambda: expand(item, PARIS, NOW, NOW + 600 * DAY),
    }
    stolen = machine.Stolen()
    found = {name: least_ms(work, wanted.tries) for name, work in works.items()}
    for name, took in found.items():
        machine.say(f"{name:<48}{took:>8.1f} ms of CPU")
    machine.say(f"the host took {stolen.share:.0%}")
    return {"cpu_ms": found, "stolen": stolen.share}
