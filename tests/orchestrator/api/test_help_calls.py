"""A call for help: who may make it, who learns of it, who answers, and how it ends."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from orchestrator import keys
from orchestrator.alerts.watch import ALERTS
from orchestrator.store.tables_rooms import help_calls
from tests.fakes.service import Browser, RunningService, running_service
from tests.orchestrator.api.test_phones import AFAR, HERE, REMOTE, asked, lines, paired, screen_of

HELP = f"/api/v1/rooms/{HERE}/help"


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[RunningService]:
    async with running_service(tmp_path) as running:
        yield running


async def alerts(service: RunningService, who: Browser) -> list[dict[str, Any]]:
    """What stands on the page of whoever asks, once the service has looked."""
    await service.app[ALERTS].look()
    async with who.get("/api/v1/alerts") as answer:
        return list((await answer.json())["alerts"])


async def test_a_phone_calls_the_animateur_of_the_centre_comes_and_the_room_reads_it(
    service: RunningService,
) -> None:
    phone = await paired(service)
    anne, marc = await service.log_in("anne"), await service.log_in("marc")
    status, said = await asked(service, "POST", HELP, phone)
    assert (status, said["answered"], said["helper"]) == (200, False, None)
    (alert,) = await alerts(service, anne)
    assert (alert["key"], alert["room"]) == ("help_wanted", HERE)
    assert "asks for help" in alert["text"]
    assert await alerts(service, marc) == []
    async with marc.post(f"{HELP}/answer") as answer:
        assert answer.status == 403
    async with anne.post(f"{HELP}/answer") as answer:
        assert (await answer.json())["helper"] == "Anne"
    _, shown = await asked(service, "GET", REMOTE, phone)
    assert shown["state"]["help"]["answered"] is True
    assert shown["state"]["help"]["helper"] == "Anne"
    (alert,) = await alerts(service, anne)
    assert "coming" in alert["text"]
    assert (await asked(service, "DELETE", HELP, phone))[0] == 204
    assert await alerts(service, anne) == []
    for action in ("room.help.asked", "room.help.answered", "room.help.closed"):
        assert [one["target"] for one in await lines(service, action)] == [HERE]


async def test_who_presses_twice_calls_once(service: RunningService) -> None:
    phone, screen = await paired(service), await screen_of(service)
    first = await asked(service, "POST", HELP, phone)
    assert await asked(service, "POST", HELP, screen) == first
    assert len(await lines(service, "room.help.asked")) == 1
    assert len(await alerts(service, await service.log_in("anne"))) == 1


async def test_two_animateurs_do_not_both_come(service: RunningService) -> None:
    await asked(service, "POST", HELP, await screen_of(service))
    anne, admin = await service.log_in("anne"), await service.log_in("admin")
    async with anne.post(f"{HELP}/answer") as answer:
        assert answer.status == 200
    async with admin.post(f"{HELP}/answer") as answer:
        assert answer.status == 409
        assert "Anne" in (await answer.json())["title"]


async def test_nobody_comes_to_a_room_that_does_not_call(service: RunningService) -> None:
    anne = await service.log_in("anne")
    async with anne.post(f"{HELP}/answer") as answer:
        assert answer.status == 404
    async with anne.delete(HELP) as answer:
        assert answer.status == 204  # it is over, which is what was asked


async def test_only_who_is_in_the_room_or_runs_it_calls(service: RunningService) -> None:
    assert (await asked(service, "POST", HELP))[0] == 401
    assert (await asked(service, "POST", HELP, await screen_of(service, AFAR)))[0] == 403
    marc, tom = await service.log_in("marc"), await service.log_in("tom")
    for who in (marc, tom):
        async with who.post(HELP) as answer:
            assert answer.status == 403
    anne = await service.log_in("anne")
    async with anne.post(HELP) as answer:
        assert answer.status == 200
    async with marc.delete(HELP) as answer:
        assert answer.status == 403


async def test_who_calls_again_and_again_is_asked_to_wait(service: RunningService) -> None:
    screen = await screen_of(service)
    for _ in range(6):
        assert (await asked(service, "POST", HELP, screen))[0] == 200
        assert (await asked(service, "DELETE", HELP, screen))[0] == 204
    status, said = await asked(service, "POST", HELP, screen)
    assert status == 429
    assert "seconds" in said["title"]


async def grow_old(service: RunningService, minutes: int) -> None:
    """As if that time had passed since everything that was asked and answered."""
    past = int(timedelta(minutes=minutes).total_seconds())
    times = {
        "asked_at": help_calls.c.asked_at - past,
        "answered_at": help_calls.c.answered_at - past,
    }
    await service.app[keys.DATABASE].write(
        lambda conn: conn.execute(update(help_calls).values(times)).rowcount
    )


async def shown(service: RunningService, phone: str) -> Any:
    """What the remote reads of the call."""
    return (await asked(service, "GET", REMOTE, phone))[1]["state"]["help"]


async def test_the_next_people_read_nothing_of_a_call_long_answered_and_their_own_is_a_new_one(
    service: RunningService,
) -> None:
    phone, anne = await paired(service), await service.log_in("anne")
    await asked(service, "POST", HELP, phone)
    await grow_old(service, 29)
    async with anne.post(f"{HELP}/answer") as answer:
        assert answer.status == 200
    await grow_old(service, 29)  # asked an hour ago, answered lately: she is still on her way
    assert (await shown(service, phone))["helper"] == "Anne"
    (before,) = await alerts(service, anne)
    await grow_old(service, 2)
    assert await shown(service, phone) is None
    async with anne.post(f"{HELP}/answer") as answer:
        assert answer.status == 404
    _, again = await asked(service, "POST", HELP, phone)
    assert (again["answered"], again["helper"]) == (False, None)
    (after,) = await alerts(service, anne)
    assert after["since"] > before["since"]
    assert "asks for help" in after["text"]
    assert len(await lines(service, "room.help.asked")) == 2


async def test_a_call_nobody_answers_is_over_after_half_an_hour(service: RunningService) -> None:
    phone, anne = await paired(service), await service.log_in("anne")
    await asked(service, "POST", HELP, phone)
    await grow_old(service, 29)
    assert len(await alerts(service, anne)) == 1
    await grow_old(service, 1)
    assert await alerts(service, anne) == []
    assert await shown(service, phone) is None


async def test_a_call_outlives_the_service(tmp_path: Path) -> None:
    async with running_service(tmp_path) as first:
        await asked(first, "POST", HELP, await screen_of(first))
    async with running_service(tmp_path) as again:
        (alert,) = await alerts(again, await again.log_in("anne"))
        assert alert["key"] == "help_wanted"
