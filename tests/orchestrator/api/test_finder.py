"""Finding free rooms, closing a centre, changing how a room is booked: on a whole service."""

from collections.abc import AsyncIterator
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.fakes.service import RunningService, running_service
from tests.orchestrator.api.test_booking_changes import VILLEFORT, ask, at, book, busy

PARIS = ZoneInfo("Europe/Paris")


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[RunningService]:
    async with running_service(tmp_path) as service:
        yield service


async def test_four_rooms_for_90_minutes_on_mornings_are_found_and_can_be_had(
    service: RunningService,
) -> None:
    tom = await service.log_in("tom")
    asked = {"rooms": "4", "minutes": "90", "from": at(0, 2), "to": at(0, 5), "part": "morning"}
    found = (await ask(tom, "GET", "/rooms/finder", params=asked))["slots"]
    assert found
    for slot in found:
        start, end = (datetime.fromisoformat(slot[key]) for key in ("from", "to"))
        assert end - start == timedelta(minutes=90)
        assert end.astimezone(PARIS).time() <= time(12, 30)
        assert len(set(slot["rooms"])) == 4 <= len(slot["free"])
    best = found[0]
    await book(tom, **{key: best[key] for key in ("from", "to", "rooms")})
    again = (await ask(tom, "GET", "/rooms/finder", params=asked | {"rooms": "5"}))["slots"]
    assert best["from"] not in [slot["from"] for slot in again]


async def test_who_may_not_book_a_room_is_not_offered_it(service: RunningService) -> None:
    bea = await service.log_in("bea")
    asked = {"from": at(0, 2), "to": at(0, 3)}
    for rooms, some in (("1", True), ("2", False)):
        found = await ask(bea, "GET", "/rooms/finder", params=asked | {"rooms": rooms})
        assert bool(found["slots"]) is some
    await ask(service.browser(), "GET", "/rooms/finder", params=asked, status=401)
    await ask(bea, "GET", "/rooms/finder", params=asked | {"to": at(0, 99)}, status=422)
    none = await ask(bea, "GET", "/rooms/finder", params=asked | {"among": "meyrueis"})
    assert none == {"slots": []}
    none = await ask(bea, "GET", "/rooms/finder", params=asked | {"equipment": "piano"})
    assert none == {"slots": []}
    past = {"from": at(0, -3), "to": at(0, -1)}
    assert await ask(bea, "GET", "/rooms/finder", params=past) == {"slots": []}


async def test_one_room_or_some_are_asked_about(service: RunningService) -> None:
    tom = await service.log_in("tom")
    await book(tom, rooms=[VILLEFORT, "meyrueis-visio"])
    asked = {"from": at(0), "to": at(600)}
    for path, more in (
        (f"/rooms/{VILLEFORT}/availability", {}),
        ("/rooms/availability", {"rooms": VILLEFORT}),
    ):
        found = await ask(tom, "GET", path, params=asked | more)
        assert [one["room"] for one in found["busy"]] == [VILLEFORT]
    await ask(tom, "GET", "/rooms/rodez/availability", params=asked, status=404)
    await ask(tom, "GET", "/rooms/availability", params=asked | {"rooms": "rodez"}, status=404)


def day(days: int) -> str:
    return (datetime.now(PARIS) + timedelta(days=days)).date().isoformat()


async def test_a_centre_closed_by_its_animateur_is_closed_to_bookings_until_he_opens_it(
    service: RunningService,
) -> None:
    anne, marc, tom = [await service.log_in(login) for login in ("anne", "marc", "tom")]
    when: dict[str, Any] = {"from": at(0, 4), "to": at(60, 4)}
    held = await book(tom, **when)
    path, sent = "/centres/villefort/closures", {"from": day(3), "to": day(5), "reason": "Neige"}
    await ask(marc, "POST", path, sent, 403)
    made = await ask(anne, "POST", path, sent, 201)
    assert made["bookings"] == [held["id"]]
    assert len(await busy(service)) == 1
    wish = {"title": "Non", "rooms": [VILLEFORT], "from": at(120, 4), "to": at(180, 4)}
    refused = await ask(tom, "POST", "/bookings", wish, 409)
    assert "Neige" in refused["reasons"][0]
    centre = await ask(tom, "GET", "/centres/villefort")
    assert "Neige" in [one["reason"] for one in centre["closures"]]
    listed = (await ask(tom, "GET", path))["closures"]
    assert made["closure"] in listed
    await ask(marc, "DELETE", f"{path}/{made['closure']['id']}", status=403)
    again = await ask(anne, "DELETE", f"{path}/{made['closure']['id']}")
    assert again["bookings"] == [held["id"]]
    await ask(anne, "DELETE", f"{path}/{made['closure']['id']}", status=404)
    await ask(tom, "POST", "/bookings", wish, 201)


async def test_an_exceptional_opening_is_shown_with_its_hours(service: RunningService) -> None:
    anne = await service.log_in("anne")
    path = "/centres/villefort/closures"
    sent = {"kind": "open", "from": day(3), "to": day(3), "opens": "20:00", "closes": "22:30"}
    made = await ask(anne, "POST", path, sent, 201)
    assert (made["closure"]["opens"], made["bookings"]) == ("20:00", [])
    [opening] = (await ask(anne, "GET", "/centres/villefort"))["openings"]
    assert (opening["opens"], opening["closes"]) == ("20:00", "22:30")


@pytest.mark.parametrize(
    "wrong",
    [{"to": day(1)}, {"to": day(600)}, {"kind": "open"}, {"reason": "a\nb"}, {"from": "soon"},
     {"kind": "open", "opens": "12:00", "closes": "10:00"}],
)  # fmt: skip
async def test_a_closing_that_cannot_be_is_refused(
    service: RunningService, wrong: dict[str, str]
) -> None:
    anne = await service.log_in("anne")
    sent = {"from": day(3), "to": day(5), "reason": "Neige", **wrong}
    await ask(anne, "POST", "/centres/villefort/closures", sent, 422)


async def test_a_policy_is_changed_only_by_who_has_read_it(service: RunningService) -> None:
    anne, marc = await service.log_in("anne"), await service.log_in("marc")
    path, sent = f"/rooms/{VILLEFORT}/settings", {"settings": {"longest_minutes": 30}}
    async with anne.get(f"/api/v1{path}") as answer:
        tag, before = answer.headers["ETag"], await answer.json()
    assert before["settings"]["longest_minutes"] == 0
    await ask(anne, "PUT", path, sent, 428)
    await ask(marc, "PUT", path, sent, 403, headers={"If-Match": tag})
    for bad in ('"7"', "abc", '"a"'):
        await ask(anne, "PUT", path, sent, 412, headers={"If-Match": bad})
    wrong = {"settings": {"longest_minutes": "much"}}
    await ask(anne, "PUT", path, wrong, 422, headers={"If-Match": tag})
    changed = await ask(anne, "PUT", path, sent, headers={"If-Match": tag})
    assert (changed["settings"]["longest_minutes"], changed["changed"]) == (30, sent["settings"])
    await ask(anne, "PUT", path, sent, 412, headers={"If-Match": tag})
    await ask(anne, "PUT", path, sent, headers={"If-Match": "*"})
    wish = {"title": "Long", "rooms": [VILLEFORT], "from": at(60), "to": at(120)}
    await ask(anne, "POST", "/bookings", wish, 409)
