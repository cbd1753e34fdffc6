"""A person who goes astray is told so in his language; a program gets what it always got."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web

from orchestrator.web import pages
from rooms.errors import Forbidden
from tests.fakes.service import RunningService, running_service

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[RunningService]:
    async with running_service(tmp_path) as service:
        yield service


@pytest.mark.parametrize(
    ("language", "title"), [("fr-FR,fr;q=0.9", "Page introuvable"), ("en", "Page not found")]
)
async def test_an_address_without_a_page_is_told_in_ones_language(
    service: RunningService, language: str, title: str
) -> None:
    asked = BROWSER | {"Accept-Language": language}
    async with service.browser().get("/nowhere/<script>", headers=asked) as answer:
        text = await answer.text()
    assert (answer.status, answer.content_type) == (404, "text/html")
    assert f"<h1>{title}</h1>" in text
    assert answer.headers["Content-Language"] == language[:2]
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "<script" not in text


@pytest.mark.parametrize("path", ["/api/v1/nowhere", "/static/nowhere.js", "/dav/nowhere"])
async def test_programs_get_no_page(service: RunningService, path: str) -> None:
    async with service.browser().get(path, headers=BROWSER) as answer:
        assert answer.status in (401, 404)
        assert "<html" not in await answer.text()


async def test_who_does_not_ask_for_html_gets_none(service: RunningService) -> None:
    async with service.browser().get("/nowhere", headers={"Accept": "*/*"}) as answer:
        assert answer.status == 404
        assert "<html" not in await answer.text()


@pytest.mark.parametrize(
    ("error", "status", "text"),
    [
        (ValueError("secret"), 500, "Report number er-"),
        (Forbidden("http-403"), 403, "You may not see this."),
        (web.HTTPForbidden(), 403, "ask the host of the centre"),
    ],
)
async def test_a_page_that_fails_says_so_and_nothing_more(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    status: int,
    text: str,
) -> None:
    def fail(*_: object) -> str:
        raise error

    monkeypatch.setattr(pages, "shell", fail)
    async with running_service(tmp_path) as service:
        asked = BROWSER | {"Accept-Language": "en"}
        async with service.browser().get("/centres", headers=asked) as answer:
            said = await answer.text()
        assert answer.status == status
        assert text in said
        assert "secret" not in said
