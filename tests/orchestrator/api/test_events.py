"""The stream of what changes: numbered, without titles, for people only."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from aiohttp import WSServerHandshakeError

from bench.crowd import frozen
from orchestrator import keys
from orchestrator.api import events
from tests.fakes.service import Browser, RunningService, running_service

Event = dict[str, Any]


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[RunningService]:
    async with running_service(tmp_path) as running:
        yield running


def listen(browser: Browser, query: str = "", origin: str | None = None) -> Any:
    url = browser.url.replace("http", "ws") + "/api/v1/events" + query
    return browser.http.ws_connect(url, headers={"Origin": origin or browser.url})


async def test_a_person_hears_what_changes_after_hello(service: RunningService) -> None:
    anne = await service.log_in("anne")
    async with listen(anne) as socket:
        hello = await socket.receive_json()
        assert (hello["kind"], hello["gap"]) == ("hello", False)
        service.app[keys.BUS].publish("room.state.changed", room="villefort-visio", version=3)
        heard = await socket.receive_json()
    assert heard["kind"] == "room.state.changed"
    assert (heard["room"], heard["version"]) == ("villefort-visio", 3)
    assert heard["seq"] == hello["seq"] + 1


async def test_titles_and_documents_stay_inside(service: RunningService) -> None:
    anne = await service.log_in("anne")
    async with listen(anne) as socket:
        await socket.receive_json()
        bus = service.app[keys.BUS]
        bus.publish("store.secret", room="villefort-visio")
        bus.publish("booking.made", booking="bk-1", title="Dupont", document={"x": 1})
        heard = await socket.receive_json()
    assert set(heard) == {"seq", "at", "kind", "booking"}


async def test_who_comes_back_hears_what_he_missed(service: RunningService) -> None:
    anne = await service.log_in("anne")
    bus = service.app[keys.BUS]
    since = bus.seq
    bus.publish("booking.made", booking="bk-1")
    async with listen(anne, f"?since={since}") as socket:
        assert (await socket.receive_json())["gap"] is False
        assert (await socket.receive_json())["booking"] == "bk-1"


@pytest.mark.parametrize("since", [0, 5, 10**15])
async def test_who_was_away_too_long_is_told_of_the_gap(
    service: RunningService, since: int
) -> None:
    anne = await service.log_in("anne")
    async with listen(anne, f"?since={since}") as socket:
        assert (await socket.receive_json())["gap"] is True


async def test_a_listener_that_fell_behind_is_told_of_the_gap(service: RunningService) -> None:
    anne = await service.log_in("anne")
    async with listen(anne) as socket:
        await socket.receive_json()
        for number in range(2000):  # without a pause: the queue of the listener overflows
            service.app[keys.BUS].publish("room.state.changed", version=number)
        kinds = [(await socket.receive_json())["kind"] for _ in range(3)]
    assert "hello" in kinds


@pytest.mark.parametrize("origin", ["https://example.org", "null"])
async def test_a_page_of_another_site_hears_nothing(service: RunningService, origin: str) -> None:
    anne = await service.log_in("anne")
    with pytest.raises(WSServerHandshakeError) as refused:
        await listen(anne, origin=origin)
    assert refused.value.status == 403


@pytest.mark.parametrize(("query", "status"), [("", 401), ("?since=-1", 400), ("?x=1", 400)])
async def test_nobody_hears_nothing(service: RunningService, query: str, status: int) -> None:
    with pytest.raises(WSServerHandshakeError) as refused:
        await listen(service.browser(), query)
    assert refused.value.status == status


async def test_who_logs_out_hears_no_more(
    service: RunningService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "STILL_LOGGED_IN", 0.05)
    anne = await service.log_in("anne")
    async with listen(anne) as socket:
        await socket.receive_json()
        async with anne.post("/api/v1/logout"):
            pass
        async with asyncio.timeout(5):
            await socket.receive()
    assert socket.close_code == 1008


async def test_who_talks_too_much_is_put_out(service: RunningService) -> None:
    anne = await service.log_in("anne")
    async with listen(anne) as socket:
        await socket.receive_json()
        for _ in range(events.MOST_MESSAGES):
            await socket.send_str("hello?")
        await socket.receive()
    assert socket.close_code == 1008


async def test_a_restart_is_told(tmp_path: Path) -> None:
    async with running_service(tmp_path) as service:
        anne = await service.log_in("anne")
        socket = await listen(anne)
        await socket.receive_json()
        await service.app.shutdown()
        await socket.receive()
        assert socket.close_code == 1012


async def test_what_a_thousand_hear_is_put_in_words_once(
    service: RunningService, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []

    def dumps(document: Event) -> str:
        made.append(document["kind"])
        return json.dumps(document)

    anne, room = await service.log_in("anne"), "villefort-visio"
    queries = [f"?room={room}", f"?room={room}", "", "?room=meyrueis-visio"]
    sockets = [await listen(anne, query) for query in queries]
    for socket in sockets:
        await socket.receive_json()
    monkeypatch.setattr(events, "json", SimpleNamespace(dumps=dumps))
    service.app[keys.BUS].publish("room.state.changed", room=room, version=3)
    heard = [await socket.receive_json() for socket in sockets[:3]]
    assert heard[0] == heard[1] == heard[2]
    assert made == ["room.state.changed"]
    for socket in sockets:
        await socket.close()


@asynccontextmanager
async def deaf(service: RunningService, browser: Browser) -> AsyncIterator[Any]:
    """The service's end of a line whose other end never reads."""
    cookies = "; ".join(f"{c.key}={c.value}" for c in browser.http.cookie_jar)
    url = f"{service.url}/api/v1/events"
    end = await asyncio.to_thread(frozen, url, {"Cookie": cookies, "Origin": service.url})
    try:
        async with asyncio.timeout(60):
            while not service.app[events.SOCKETS]:  # noqa: ASYNC110 - aiohttp tells nobody
                await asyncio.sleep(0.01)
            [socket] = service.app[events.SOCKETS]
            yield socket
    finally:
        await asyncio.to_thread(end.close)


def tell_much(service: RunningService) -> None:
    facts = {"room": "villefort-visio", "health": ["x" * 50_000]}
    service.app[keys.BUS].publish("room.health.changed", **facts)


async def test_who_stops_reading_is_let_go_and_holds_nobody_up(
    service: RunningService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "SLOWEST_WRITE", 0.2)
    anne = await service.log_in("anne")
    async with deaf(service, anne) as socket, listen(anne) as other:
        await other.receive_json()
        while socket in service.app[events.SOCKETS]:
            tell_much(service)
            assert (await other.receive_json())["kind"] == "room.health.changed"


async def test_who_stops_reading_does_not_hold_a_restart_up(
    service: RunningService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "FAREWELL", 0.2)
    monkeypatch.setattr(events, "SLOWEST_WRITE", 300)
    async with deaf(service, await service.log_in("anne")) as socket:
        while socket._req.transport.get_write_buffer_size() < 100_000:
            tell_much(service)
            await asyncio.sleep(0)
        await service.app.shutdown()
    assert socket.closed
