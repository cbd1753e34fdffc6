"""The single door: every wrong request gets a problem document, never a traceback."""

import json
import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from orchestrator import keys
from orchestrator.store.database import Database
from tests.fakes.service import RunningService, running_service


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[RunningService]:
    async with running_service(tmp_path) as running:
        yield running


def sent(body: bytes | str, **headers: str) -> dict[str, object]:
    return {"data": body, "headers": {"Content-Type": "application/json", **headers}}


GOOD = '{"login": "anne", "password": "x"}'


@pytest.mark.parametrize(
    ("body", "status", "key"),
    [
        ("", 400, "bad-json"),
        ("{", 400, "bad-json"),
        ("\xff\xfe", 400, "bad-json"),
        ("[]", 422, "bad-body"),
        ("null", 422, "bad-body"),
        ("{}", 422, "bad-body"),
        ('{"login": "anne", "password": 12}', 422, "bad-body"),
        ('{"login": "anne", "password": null}', 422, "bad-body"),
        ('{"login": "", "password": "x"}', 422, "bad-body"),
        ('{"login": "anne", "password": "x", "admin": true}', 422, "bad-body"),
        ("[" * 100_000, 413, "body-too-large"),
        ("[" * 60_000, 400, "bad-json"),
        ('{"login": "' + "a" * 65_536 + '"}', 413, "body-too-large"),
        ('{"login": "\\ud800", "password": "x"}', 400, "bad-json"),
        ('{"login": NaN}', 422, "bad-body"),
    ],
)
async def test_a_body_that_is_not_the_document_is_refused(
    service: RunningService, body: str, status: int, key: str
) -> None:
    data = body.encode("latin-1")
    async with service.browser().request("POST", "/api/v1/login", **sent(data)) as answer:
        assert (answer.status, answer.content_type) == (status, "application/problem+json")
        found = await answer.json()
    assert found["type"] == f"https://margeride.invalid/problems/{key}"
    assert found["status"] == status
    if key == "bad-body":
        assert found["errors"]
        assert all(set(fault) == {"pointer", "detail"} for fault in found["errors"])


async def test_a_refused_value_is_never_sent_back(service: RunningService) -> None:
    body = json.dumps({"login": "anne", "password": ["a secret"]})
    async with service.browser().request("POST", "/api/v1/login", **sent(body)) as answer:
        assert "a secret" not in await answer.text()


async def test_a_body_that_lies_about_its_length_is_counted(service: RunningService) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b" " * 4096

    headers = {"Content-Type": "application/json"}
    async with service.browser().request(
        "POST", "/api/v1/login", data=endless(), headers=headers
    ) as answer:
        assert answer.status == 413


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "text/json"])
async def test_another_media_type_is_refused(service: RunningService, kind: str) -> None:
    more = sent(GOOD, **{"Content-Type": kind})
    async with service.browser().request("POST", "/api/v1/login", **more) as answer:
        assert answer.status == 415


async def test_a_compressed_body_is_refused(service: RunningService) -> None:
    more = sent(b"x", **{"Content-Encoding": "gzip"})
    async with service.browser().request("POST", "/api/v1/login", **more) as answer:
        assert answer.status in (400, 415)
        assert answer.content_type == "application/problem+json"


@pytest.mark.parametrize(
    ("query", "key"),
    [("?x=1", "unknown-parameter"), ("?limit=1&limit=2", "unknown-parameter")],
)
async def test_unknown_parameters_are_refused(
    service: RunningService, query: str, key: str
) -> None:
    async with service.browser().get("/api/v1/centres" + query) as answer:
        assert answer.status == 400
        assert (await answer.json())["type"].endswith(key)


async def test_a_parameter_given_twice_is_refused(service: RunningService) -> None:
    admin = await service.log_in("admin")
    async with admin.get("/api/v1/audit?limit=1&limit=2") as answer:
        assert answer.status == 400
        assert (await answer.json())["type"].endswith("repeated-parameter")


@pytest.mark.parametrize("query", ["limit=0", "limit=x", "before=-1", "limit=99999999999"])
async def test_a_parameter_out_of_bounds_is_refused(service: RunningService, query: str) -> None:
    admin = await service.log_in("admin")
    async with admin.get(f"/api/v1/audit?{query}") as answer:
        assert answer.status == 400
        assert (await answer.json())["errors"][0]["pointer"] == f"/{query.partition('=')[0]}"


@pytest.mark.parametrize("path", ["/api/v1/nothing", "/api/v2/me", "/api/v1/"])
async def test_an_unknown_path_is_a_problem_document(service: RunningService, path: str) -> None:
    async with service.browser().get(path) as answer:
        assert answer.status == 404
        assert answer.content_type == "application/problem+json"


@pytest.mark.parametrize("room", ["Villefort", "%2e%2e", "a" * 64, "-x", "no-such-room", "é"])
async def test_a_room_nobody_knows_is_not_found(service: RunningService, room: str) -> None:
    async with service.browser().get(f"/api/v1/rooms/{room}") as answer:
        assert answer.status == 404
        assert answer.content_type == "application/problem+json"


async def test_a_method_that_is_not_there_names_those_that_are(service: RunningService) -> None:
    async with service.browser().request("PUT", "/api/v1/login") as answer:
        assert answer.status == 405
        assert answer.headers["Allow"] == "POST"
        assert answer.content_type == "application/problem+json"


@pytest.mark.parametrize(
    ("wish", "locale"), [("en", "en"), ("fr", "fr"), ("de", "fr"), ("de;q=1, en;q=0.1", "en")]
)
async def test_the_title_is_in_the_readers_language(
    service: RunningService, wish: str, locale: str
) -> None:
    async with service.browser().get("/api/v1/me", headers={"Accept-Language": wish}) as answer:
        assert answer.headers["Content-Language"] == locale
        title = (await answer.json())["title"]
    assert title == {"en": "Log in first.", "fr": "Connectez-vous d'abord."}[locale]


async def test_a_fault_of_ours_says_nothing_but_its_number(
    service: RunningService, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError("the disk is on fire")

    admin = await service.log_in("admin")
    monkeypatch.setattr(Database, "read", broken)
    with caplog.at_level(logging.ERROR):
        async with admin.get("/api/v1/me") as answer:
            assert answer.status == 500
            found = await answer.json()
    assert "fire" not in json.dumps(found)
    assert found["type"].endswith("/internal")
    assert [found["incident"] in record.message for record in caplog.records] == [True]
    monkeypatch.undo()


async def test_every_answer_forbids_sniffing(service: RunningService) -> None:
    async with service.browser().get("/api/v1/centres") as answer:
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert answer.headers["Server"] == "Margeride"
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert service.app[keys.PUBLIC_URL] == service.url
