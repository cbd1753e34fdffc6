"""Logging in: cookie, CSRF, Origin, and how often one may try."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from orchestrator import keys
from orchestrator.store import people
from tests.fakes.service import PASSWORD, RunningService, running_service


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[RunningService]:
    async with running_service(tmp_path) as running:
        yield running


async def try_login(service: RunningService, login: str, password: str) -> tuple[int, Any]:
    sent = {"login": login, "password": password}
    async with service.browser().post("/api/v1/login", sent) as answer:
        return answer.status, await answer.json()


async def test_who_logs_in_is_told_who_he_is(service: RunningService) -> None:
    anne = await service.log_in("anne")
    async with anne.get("/api/v1/me") as answer:
        found = await answer.json()
    assert found["person"]["login"] == "anne"
    assert found["person"]["role"] == "animateur"
    assert found["person"]["centres"] == ["villefort"]
    assert found["csrf"] == anne.csrf


async def test_the_cookie_is_out_of_reach_of_scripts_and_of_other_sites(
    service: RunningService,
) -> None:
    sent = {"login": "anne", "password": PASSWORD}
    async with service.browser().post("/api/v1/login", sent) as answer:
        cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("margeride=")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


async def test_nobody_is_asked_to_log_in(service: RunningService) -> None:
    async with service.browser().get("/api/v1/me") as answer:
        assert answer.status == 401
        assert answer.content_type == "application/problem+json"
        found = await answer.json()
    assert found["type"] == "https://margeride.invalid/problems/login-required"


async def test_a_wrong_password_and_an_unknown_login_are_one_answer(
    service: RunningService,
) -> None:
    assert await try_login(service, "anne", "not the one") == await try_login(
        service, "nobody", "not the one"
    )


async def test_the_sixth_wrong_password_in_a_row_waits(service: RunningService) -> None:
    statuses = [(await try_login(service, "anne", "no"))[0] for _ in range(6)]
    assert statuses == [401] * 5 + [429]
    sent = {"login": "anne", "password": PASSWORD}
    async with service.browser().post("/api/v1/login", sent) as answer:
        assert answer.status == 429
        assert 0 < int(answer.headers["Retry-After"]) <= 900


async def test_who_guesses_elsewhere_shuts_nobody_out(
    service: RunningService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orchestrator.api.people.address_of", lambda request: "203.0.113.9")
    assert [(await try_login(service, "anne", "no"))[0] for _ in range(6)] == [401] * 5 + [429]
    monkeypatch.setattr("orchestrator.api.people.address_of", lambda request: "192.0.2.1")
    assert (await try_login(service, "anne", PASSWORD))[0] == 200


async def test_a_hundred_tries_at_once_are_not_a_hundred_tries(service: RunningService) -> None:
    tries = [try_login(service, "anne", f"guess {number}") for number in range(30)]
    statuses = [status for status, _ in await asyncio.gather(*tries)]
    assert statuses.count(401) == 5
    assert statuses.count(429) == 25


async def test_an_address_that_tries_many_logins_waits(service: RunningService) -> None:
    statuses = [(await try_login(service, f"login{number}", "no"))[0] for number in range(11)]
    assert statuses == [401] * 10 + [429]


async def test_right_passwords_do_not_count(service: RunningService) -> None:
    for _ in range(12):
        await service.log_in("anne")


async def test_a_restart_forgives_nothing(tmp_path: Path) -> None:
    async with running_service(tmp_path) as service:
        for _ in range(5):
            await try_login(service, "anne", "no")
    async with running_service(tmp_path) as service:
        assert (await try_login(service, "anne", "no"))[0] == 429


async def test_a_restart_keeps_people_logged_in(tmp_path: Path) -> None:
    async with running_service(tmp_path) as service:
        anne = await service.log_in("anne")
        cookie = next(iter(anne.http.cookie_jar)).value
    async with running_service(tmp_path) as service:
        headers = {"Cookie": f"margeride={cookie}"}
        async with service.browser().get("/api/v1/me", headers=headers) as answer:
            assert answer.status == 200


async def test_who_logs_out_is_out(service: RunningService) -> None:
    anne = await service.log_in("anne")
    cookie = next(iter(anne.http.cookie_jar)).value
    async with anne.post("/api/v1/logout") as answer:
        assert answer.status == 204
    headers = {"Cookie": f"margeride={cookie}"}
    async with service.browser().get("/api/v1/me", headers=headers) as answer:
        assert answer.status == 401


@pytest.mark.parametrize("token", ["", "wrong", "é"])
async def test_a_write_without_the_csrf_token_is_refused(
    service: RunningService, token: str
) -> None:
    anne = await service.log_in("anne")
    async with anne.post("/api/v1/logout", headers={"X-CSRF-Token": token}) as answer:
        assert answer.status == 403
        assert (await answer.json())["type"].endswith("/bad-csrf-token")


@pytest.mark.parametrize(
    "origin", ["https://example.org", "null", "http://127.0.0.1", "ws://[bad", "file://"]
)
async def test_a_write_from_another_site_is_refused(service: RunningService, origin: str) -> None:
    anne = await service.log_in("anne")
    async with anne.post("/api/v1/logout", headers={"Origin": origin}) as answer:
        assert answer.status == 403
        assert (await answer.json())["type"].endswith("/foreign-origin")


async def test_who_is_put_out_is_out_at_once(service: RunningService) -> None:
    anne = await service.log_in("anne")
    person = await service.person("anne")
    await service.app[keys.DATABASE].write(
        lambda conn: people.set_active(conn, person.id, active=False)
    )
    async with anne.get("/api/v1/me") as answer:
        assert answer.status == 401
    assert (await try_login(service, "anne", PASSWORD))[0] == 401


@pytest.mark.parametrize("header", ["Basic eDp5", "Bearer", "Bearer " + "x" * 500, "nonsense"])
async def test_an_authorization_we_do_not_speak_is_refused(
    service: RunningService, header: str
) -> None:
    async with service.browser().get("/api/v1/me", headers={"Authorization": header}) as answer:
        assert answer.status == 401


async def test_a_screen_is_not_a_person(service: RunningService) -> None:
    token = await service.screen("villefort-visio")
    headers = {"Authorization": f"Bearer {token}"}
    async with service.browser().get("/api/v1/me", headers=headers) as answer:
        assert answer.status == 401
