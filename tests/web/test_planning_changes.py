"""Series, moves by mouse and by keyboard, and found slots, in Chromium against the real service."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.async_api import Page, expect

from orchestrator import keys
from orchestrator.store import policies
from rooms.ids import RoomId
from tests.fakes.browsers import Chromium, needs_chromium
from tests.fakes.looking import faults, log_in, look, overflows, small_targets
from tests.fakes.pages import PagedService
from tests.fakes.service import RunningService, running_service
from tests.fakes.story import ANNE, a_week

pytestmark = [pytest.mark.browser, pytest.mark.timeout(90), needs_chromium]
PARIS = ZoneInfo("Europe/Paris")
MONDAY = (datetime.now(PARIS) + timedelta(days=7 - datetime.now(PARIS).weekday())).date()
WEEK = f"/?view=week&date={MONDAY.isoformat()}"


def day(number: int, clock: str = "") -> str:
    """A day of next week, or an instant of it."""
    date = MONDAY + timedelta(days=number)
    if not clock:
        return date.isoformat()
    at = datetime.fromisoformat(f"{date}T{clock}").replace(tzinfo=PARIS).astimezone(UTC)
    return at.isoformat().replace("+00:00", "Z")


async def book(
    service: RunningService, title: str = "Atelier", login: str = "anne", **more: Any
) -> dict[str, Any]:
    anne = await service.log_in(login)
    sent = {"title": title, "rooms": ["villefort-visio"]}
    sent |= {"from": day(1, "10:00"), "to": day(1, "11:00")} | more
    async with anne.post("/api/v1/bookings", sent) as answer:
        assert answer.status == 201, await answer.text()
        made: dict[str, Any] = (await answer.json())["booking"]
    return made


async def dates(service: RunningService) -> list[str]:
    anne = await service.log_in("anne")
    asked = {"from": day(0, "00:00"), "to": day(60, "00:00")}
    async with anne.get("/api/v1/rooms/availability", params=asked) as answer:
        return [f"{one['room']} {one['from']}" for one in (await answer.json())["busy"]]


def cell(page: Page, room: str, number: int) -> Any:
    return page.locator(f"tr[data-room={room}] td").nth(number)


async def test_a_series_is_booked_one_date_moved_and_one_given_back_by_keyboard(
    tmp_path: Path, browser: Chromium
) -> None:
    async with running_service(tmp_path) as service:
        page = (await browser.new_page()).page
        await log_in(page, service, WEEK.replace("&", "%26"))
        await page.goto(service.url + WEEK)
        await page.get_by_role("button", name="Réserver").press("Enter")
        dialog = page.get_by_role("dialog")
        await dialog.get_by_label("Titre").fill("Chœur")
        await dialog.get_by_label("Villefort").press("Space")
        await dialog.get_by_label("De", exact=True).fill("10:00")
        await dialog.get_by_label("À", exact=True).fill("11:00")
        await dialog.get_by_label("Répétition").select_option("weekly")
        await dialog.get_by_label("Personnes attendues").fill("9")
        await dialog.get_by_role("button", name="Réserver").press("Enter")
        await expect(dialog.get_by_text("Dites jusqu'à quel jour")).to_be_visible()
        assert await faults(page) == []
        await dialog.get_by_label("Jusqu'au").fill(day(15))
        await dialog.get_by_role("button", name="Réserver").press("Enter")
        await expect(dialog.get_by_role("heading", name="C'est réservé")).to_be_visible()
        await page.keyboard.press("Escape")
        weeks = [f"villefort-visio {day(7 * week, '10:00')}" for week in range(3)]
        assert await dates(service) == weeks
        await page.get_by_role("button", name="Chœur").press("Enter")
        await dialog.get_by_role("button", name="Déplacer").press("Enter")
        await expect(dialog.get_by_label("Cette date seulement")).to_be_checked()
        assert await faults(page) == []
        await dialog.get_by_label("Jour", exact=True).fill(day(2))
        await dialog.get_by_role("button", name="Déplacer").press("Enter")
        await expect(page.get_by_role("dialog")).to_have_count(0)
        await expect(cell(page, "villefort-visio", 2).get_by_text("Chœur")).to_be_visible()
        assert await dates(service) == [f"villefort-visio {day(2, '10:00')}", *weeks[1:]]
        await page.get_by_role("button", name="Semaine suivante").click()
        await page.get_by_role("button", name="Chœur").press("Enter")
        await dialog.get_by_role("button", name="Annuler la réservation").press("Enter")
        assert await faults(page) == []
        await dialog.get_by_role("button", name="Oui, cette date seulement").press("Enter")
        await expect(page.get_by_role("dialog")).to_have_count(0)
        assert await dates(service) == [f"villefort-visio {day(2, '10:00')}", weeks[2]]


async def drag(page: Page, what: Any, where: Any, dx: float = 0) -> None:
    """With the mouse, as people do: press, go there, let go."""
    start, end = await what.bounding_box(), await where.bounding_box()
    x, y = start["x"] + start["width"] / 2, start["y"] + start["height"] / 2
    await page.mouse.move(x, y)
    await page.mouse.down()
    await page.mouse.move(x + 20, y, steps=2)
    there = x + dx if dx else end["x"] + end["width"] / 2
    await page.mouse.move(there, end["y"] + end["height"] / 2, steps=4)
    await page.mouse.up()


async def test_a_booking_is_dragged_to_another_day_and_room_and_confirmed(
    tmp_path: Path, browser: Chromium
) -> None:
    async with running_service(tmp_path) as service:
        await book(service)
        page = (await browser.new_page()).page
        await log_in(page, service, "/")
        await page.goto(service.url + WEEK)
        chip = cell(page, "villefort-visio", 1).get_by_role("button", name="Atelier")
        await expect(chip).to_be_visible()
        await drag(page, chip, cell(page, "meyrueis-visio", 3))
        dialog = page.get_by_role("dialog")
        await expect(dialog.get_by_label("Jour", exact=True)).to_have_value(day(3))
        await expect(dialog.get_by_text("Nouvelle salle")).to_be_visible()
        assert await faults(page) == []
        await dialog.get_by_role("button", name="Déplacer").click()
        await expect(cell(page, "meyrueis-visio", 3).get_by_text("Atelier")).to_be_visible()
        assert await dates(service) == [f"meyrueis-visio {day(3, '10:00')}"]
        await page.goto(f"{service.url}/?view=day&date={day(3)}")
        block = page.locator(".block", has_text="Atelier")
        box = await block.bounding_box()
        width = box["width"] if box else 0
        await drag(page, block, block, dx=2 * width)
        await expect(dialog.get_by_label("De", exact=True)).to_have_value("12:00")
        await dialog.get_by_role("button", name="Déplacer").click()
        await expect(page.get_by_role("dialog")).to_have_count(0)
        assert await dates(service) == [f"meyrueis-visio {day(3, '12:00')}"]


async def test_a_move_that_is_refused_says_why_and_offers_what_is_free(
    tmp_path: Path, browser: Chromium
) -> None:
    async with running_service(tmp_path) as service:
        await book(service)
        await book(service, "Concert", **{"from": day(1, "14:00"), "to": day(1, "15:00")})
        page = (await browser.new_page()).page
        await log_in(page, service, "/")
        await page.goto(service.url + WEEK)
        await page.get_by_role("button", name="Atelier").click()
        dialog = page.get_by_role("dialog")
        await dialog.get_by_role("button", name="Déplacer").click()
        await dialog.get_by_label("De", exact=True).fill("14:00")
        await dialog.get_by_label("À", exact=True).fill("15:00")
        await dialog.get_by_role("button", name="Déplacer").click()
        await expect(dialog.get_by_text("salle occupée")).to_be_visible()
        assert await faults(page) == []
        await dialog.get_by_role("button", name="Prendre ce créneau").click()
        await expect(page.get_by_role("dialog")).to_have_count(0)
        assert len(await dates(service)) == 2


async def test_two_rooms_are_found_for_mornings_and_booked(
    tmp_path: Path, browser: Chromium
) -> None:
    async with running_service(tmp_path) as service:
        page = (await browser.new_page()).page
        await log_in(page, service, "/")
        await page.get_by_role("button", name="Trouver un créneau").click()
        dialog = page.get_by_role("dialog")
        await dialog.get_by_label("Nombre de salles").fill("4")
        await dialog.get_by_label("Durée en minutes").fill("90")
        await dialog.get_by_label("Moment de la journée").select_option("morning")
        await dialog.get_by_role("button", name="Chercher").click()
        await expect(dialog.get_by_text("créneaux trouvés")).to_be_visible()
        assert await faults(page) == []
        await dialog.get_by_role("button", name="Réserver").first.click()
        await expect(dialog.get_by_role("heading", name="Réserver des salles")).to_be_visible()
        await dialog.get_by_label("Titre").fill("Conférence")
        await dialog.get_by_role("button", name="Réserver").click()
        await expect(dialog.get_by_role("heading", name="C'est réservé")).to_be_visible()
        assert len(await dates(service)) == 4
        await page.keyboard.press("Escape")
        await page.get_by_role("button", name="Trouver un créneau").click()
        await dialog.get_by_label("Nombre de salles").fill("1")
        await dialog.get_by_label("Durée en minutes").fill("1440")
        await dialog.get_by_label("Moment de la journée").select_option("evening")
        await dialog.get_by_role("button", name="Chercher").click()
        await expect(dialog.get_by_text("Aucun créneau ne convient")).to_be_visible()


async def test_a_found_slot_says_which_room_would_have_to_be_asked_for(
    tmp_path: Path, browser: Chromium
) -> None:
    async with running_service(tmp_path) as service:
        network, now = service.app[keys.SETTINGS].network, datetime.now(UTC)
        policy = {"asked_of": ["animateur"]}
        await service.app[keys.DATABASE].write(
            lambda conn: policies.save(conn, now, network, RoomId("villefort-visio"), policy, "t")
        )
        page = (await browser.new_page()).page
        await log_in(page, service, "/")
        await page.get_by_role("button", name="Trouver un créneau").click()
        dialog = page.get_by_role("dialog")
        await dialog.get_by_label("Nombre de salles").fill("5")
        await dialog.get_by_role("button", name="Chercher").click()
        asked = dialog.get_by_text("L'animateur devra d'abord accepter : Salle visio de Villefort.")
        await expect(asked.first).to_be_visible()
        assert await faults(page) == []


async def test_the_animateur_answers_a_request_from_the_planning(
    tmp_path: Path, browser: Chromium
) -> None:
    async with running_service(tmp_path) as service:
        network, now = service.app[keys.SETTINGS].network, datetime.now(UTC)
        policy = {"asked_of": ["trainer"]}
        await service.app[keys.DATABASE].write(
            lambda conn: policies.save(conn, now, network, RoomId("villefort-visio"), policy, "t")
        )
        made = await book(service, login="tom")
        assert made["state"] == "requested"
        page = (await browser.new_page()).page
        await log_in(page, service, "/")
        await page.goto(service.url + WEEK)
        await page.get_by_role("button", name="Atelier").click()
        dialog = page.get_by_role("dialog")
        await dialog.get_by_label("Un mot pour l'organisateur").fill("Bienvenue")
        assert await faults(page) == []
        await dialog.get_by_role("button", name="Accepter").click()
        await expect(page.get_by_role("dialog")).to_have_count(0)
        tom = await service.log_in("tom")
        async with tom.get(f"/api/v1/bookings/{made['id']}") as answer:
            assert (await answer.json())["booking"]["state"] == "confirmed"


@pytest.mark.parametrize("which", ["Trouver un créneau", "Réserver"])
async def test_the_dialogues_fit_a_phone(
    service: PagedService, browser: Chromium, which: str
) -> None:
    service.person, service.busy = ANNE, a_week()
    page = await look(browser, service, "/", 320, 568)
    await page.get_by_role("button", name=which).click()
    if which == "Réserver":
        await page.get_by_label("Répétition").select_option("weekly")
    assert await overflows(page) <= 0
    assert await small_targets(page) == []
    assert await faults(page) == []
