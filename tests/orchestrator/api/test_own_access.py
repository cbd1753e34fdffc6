"""App passwords and delegations by REST, on a whole service with its CalDAV door."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, encode_basic_auth

from orchestrator import keys
from orchestrator.cases import own_access
from orchestrator.store import audit, people
from rooms.errors import Invalid, Unauthenticated
from tests.fakes.service import Browser, RunningService, running_service

PASSWORDS, DELEGATES = "/me/app-passwords", "/me/delegates"


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[RunningService]:
    async with running_service(tmp_path) as running:
        yield running


async def ask(browser: Browser, method: str, path: str, json: Any = None, status: int = 200) -> Any:
    async with browser.request(method, f"/api/v1{path}", json=json) as answer:
        assert answer.status == status, await answer.text()
        return await answer.json() if status != 204 else None


async def client(service: RunningService, login: str, password: str) -> tuple[int, str]:
    """What a calendar client is told of the home of a person, and with which status."""
    headers = {"Authorization": encode_basic_auth(login, password, encoding="utf-8"), "Depth": "1"}
    url = f"{service.url}/dav/principals/{login}/calendars/"
    async with (
        ClientSession() as http,
        http.request("PROPFIND", url, headers=headers) as answer,
    ):
        return answer.status, await answer.text()


async def opens(service: RunningService, login: str, password: str) -> bool:
    """Whether an app password opens the calendars of a person."""
    status, _ = await client(service, login, password)
    assert status in (207, 401)
    return status == 207


async def sees(service: RunningService, login: str, password: str, calendar: str) -> bool:
    """Whether a person finds a calendar at home."""
    return f"/{calendar}/</" in (await client(service, login, password))[1]


async def audited(service: RunningService) -> list[str]:
    rows = await service.app[keys.DATABASE].read(audit.latest)
    return [row["action"] for row in rows]


async def test_an_app_password_is_made_shown_once_used_and_revoked(
    service: RunningService,
) -> None:
    tom = await service.log_in("tom")
    before = await ask(tom, "GET", PASSWORDS)
    assert (before["address"], before["login"]) == (f"{service.url}/dav/", "tom")
    assert before["app_passwords"] == []
    made = await ask(tom, "POST", PASSWORDS, {"label": "  Téléphone  de Tom "}, 201)
    assert made["app_password"]["label"] == "Téléphone de Tom"
    assert made["app_password"]["used_on"] is None
    assert await opens(service, "tom", made["password"])
    [listed] = (await ask(tom, "GET", PASSWORDS))["app_passwords"]
    assert listed["used_on"] == datetime.now(UTC).date().isoformat()
    assert made["password"] not in str(listed)
    await ask(tom, "DELETE", f"{PASSWORDS}/{listed['id']}", status=204)
    assert not await opens(service, "tom", made["password"])
    assert (await ask(tom, "GET", PASSWORDS))["app_passwords"] == []
    await ask(tom, "DELETE", f"{PASSWORDS}/{listed['id']}", status=404)
    assert {"app-password.made", "app-password.revoked"} <= {*await audited(service)}


async def test_nobody_sees_or_revokes_the_app_password_of_another(service: RunningService) -> None:
    tom, bea = await service.log_in("tom"), await service.log_in("bea")
    made = await ask(tom, "POST", PASSWORDS, {"label": "portable"}, 201)
    assert (await ask(bea, "GET", PASSWORDS))["app_passwords"] == []
    await ask(bea, "DELETE", f"{PASSWORDS}/{made['app_password']['id']}", status=404)
    assert await opens(service, "tom", made["password"])
    for path in (PASSWORDS, DELEGATES):
        await ask(service.browser(), "GET", path, status=401)


@pytest.mark.parametrize("label", ["", " ", "x" * 61, "a\nb", "a\x00b"])
async def test_a_label_is_one_line_that_says_something(service: RunningService, label: str) -> None:
    tom = await service.log_in("tom")
    if label == "a\nb":  # blanks of any kind are one blank
        made = await ask(tom, "POST", PASSWORDS, {"label": label}, 201)
        assert made["app_password"]["label"] == "a b"
    else:
        await ask(tom, "POST", PASSWORDS, {"label": label}, 422)


async def test_app_passwords_have_different_names_and_an_end(service: RunningService) -> None:
    tom = await service.log_in("tom")
    await ask(tom, "POST", PASSWORDS, {"label": "0"}, 201)
    refused = await ask(tom, "POST", PASSWORDS, {"label": "0"}, 409)
    assert refused["type"].endswith("/label-taken")
    for number in range(1, own_access.MOST_APP_PASSWORDS):
        await ask(tom, "POST", PASSWORDS, {"label": str(number)}, 201)
    refused = await ask(tom, "POST", PASSWORDS, {"label": "one more"}, 409)
    assert refused["type"].endswith("/too-many-app-passwords")


async def test_a_use_is_written_down_once_a_day(service: RunningService) -> None:
    tom = await service.log_in("tom")
    made = await ask(tom, "POST", PASSWORDS, {"label": "portable"}, 201)
    assert await opens(service, "tom", made["password"])
    await service.app[keys.DATABASE].write(
        lambda conn: conn.exec_driver_sql("UPDATE app_passwords SET used_on = '2020-01-01'").close()
    )
    assert await opens(service, "tom", made["password"])
    [listed] = (await ask(tom, "GET", PASSWORDS))["app_passwords"]
    assert listed["used_on"] == "2020-01-01"


async def test_a_colleague_reads_then_writes_then_sees_nothing(service: RunningService) -> None:
    anne, bea = await service.log_in("anne"), await service.log_in("bea")
    secret = (await ask(bea, "POST", PASSWORDS, {"label": "portable"}, 201))["password"]
    own = await service.app_password("anne")
    assert await opens(service, "anne", own)  # her calendar exists from the first visit
    assert not await sees(service, "bea", secret, "anne~calendar")
    made: dict[str, Any] = {}
    for rights in ("read", "write"):
        made = await ask(anne, "PUT", f"{DELEGATES}/bea", {"rights": rights})
        assert made["delegate"] == {"login": "bea", "name": "Béa", "rights": rights}
        assert await sees(service, "bea", secret, "anne~calendar")
    assert (await ask(anne, "GET", DELEGATES))["delegates"] == [made["delegate"]]
    lent = await ask(bea, "GET", DELEGATES)
    assert (lent["delegates"], lent["lenders"]) == (
        [],
        [{"login": "anne", "name": "Anne", "rights": "write"}],
    )
    await ask(anne, "DELETE", f"{DELEGATES}/bea", status=204)
    assert not await sees(service, "bea", secret, "anne~calendar")
    await ask(anne, "DELETE", f"{DELEGATES}/bea", status=404)
    assert {"calendar.shared", "calendar.unshared"} <= {*await audited(service)}


async def test_one_is_offered_those_who_work_at_the_same_centre(service: RunningService) -> None:
    offered = {}
    for login in ("anne", "tom", "admin"):
        found = await ask(await service.log_in(login), "GET", DELEGATES)
        offered[login] = [one["login"] for one in found["colleagues"]]
    assert offered == {"anne": ["bea"], "tom": [], "admin": ["anne", "bea", "marc", "tom"]}


@pytest.mark.parametrize(
    ("login", "rights", "status"),
    [("nobody", "read", 404), ("anne", "read", 422), ("bea", "none", 422), ("BEA", "read", 404)],
)
async def test_a_calendar_is_shared_with_somebody_else_who_exists(
    service: RunningService, login: str, rights: str, status: int
) -> None:
    anne = await service.log_in("anne")
    await ask(anne, "PUT", f"{DELEGATES}/{login}", {"rights": rights}, status)


async def test_who_was_put_out_is_let_in_nowhere_and_lets_nobody_in(
    service: RunningService,
) -> None:
    anne = await service.log_in("anne")
    await ask(anne, "PUT", f"{DELEGATES}/bea", {"rights": "read"})
    person, bea = await service.person("anne"), await service.person("bea")
    database, now = service.app[keys.DATABASE], datetime.now(UTC)
    await database.write(lambda conn: people.set_active(conn, bea.id, active=False))
    assert (await ask(anne, "GET", DELEGATES))["delegates"] == []
    await ask(anne, "PUT", f"{DELEGATES}/bea", {"rights": "write"}, 404)
    with pytest.raises(Invalid):
        await database.write(lambda conn: own_access.share(conn, now, person, "marc", "all"))
    await database.write(lambda conn: people.set_active(conn, person.id, active=False))
    with pytest.raises(Unauthenticated):
        await database.write(lambda conn: own_access.share(conn, now, person, "marc", "read"))


async def test_calendars_are_not_open_to_everybody(
    service: RunningService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(own_access, "MOST_DELEGATES", 1)
    anne = await service.log_in("anne")
    await ask(anne, "PUT", f"{DELEGATES}/bea", {"rights": "read"})
    await ask(anne, "PUT", f"{DELEGATES}/bea", {"rights": "write"})
    await ask(anne, "PUT", f"{DELEGATES}/marc", {"rights": "read"}, 409)
