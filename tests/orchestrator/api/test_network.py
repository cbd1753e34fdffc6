"""Centres, rooms, health and the OpenAPI description."""

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from orchestrator.api.endpoint import ROUTES_OF_APP
from tests.fakes.service import RunningService, running_service


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[RunningService]:
    async with running_service(tmp_path) as running:
        yield running


async def read(service: RunningService, path: str) -> Any:
    async with service.browser().get(path) as answer:
        assert answer.status == 200, await answer.text()
        return await answer.json()


async def test_everybody_may_read_the_centres_and_their_hours(service: RunningService) -> None:
    centres = (await read(service, "/api/v1/centres"))["centres"]
    meyrueis = next(centre for centre in centres if centre["id"] == "meyrueis")
    assert meyrueis["premises"] == "Maison des Services"
    assert {"days", "from", "to"} == set(meyrueis["opening_hours"][0])
    assert meyrueis["line"]["up_kbps"] > 0
    assert meyrueis == await read(service, "/api/v1/centres/meyrueis")


async def test_a_room_says_how_a_calendar_invites_it(service: RunningService) -> None:
    rooms = (await read(service, "/api/v1/rooms"))["rooms"]
    room = await read(service, "/api/v1/rooms/villefort-visio")
    assert room in rooms
    assert room["calendar"].startswith("mailto:salle.villefort-visio@")


async def test_it_is_ready_when_store_and_media_answer(service: RunningService) -> None:
    assert await read(service, "/readyz") == {"ready": True, "store": "ok", "media": "ok"}
    async with service.browser().get("/healthz") as answer:
        assert answer.status == 200


async def test_it_is_not_ready_without_a_media_worker(service: RunningService) -> None:
    service.engine.absent = True
    async with service.browser().get("/readyz") as answer:
        assert answer.status == 503
        assert (await answer.json())["media"] == "unavailable"


async def test_the_figures_are_for_prometheus(service: RunningService) -> None:
    async with service.browser().get("/metrics") as answer:
        assert "margeride_events" in await answer.text()


async def test_what_is_served_is_what_is_described(service: RunningService) -> None:
    document = await read(service, "/api/v1/openapi.json")
    assert document["openapi"] == "3.1.0"
    described = {
        (method.upper(), path) for path, found in document["paths"].items() for method in found
    }
    served = {
        (route.method, "/api/v1" + re.sub(r"\{(\w+):[^}]*\}", r"{\1}", route.path))
        for route in service.app[ROUTES_OF_APP]
    }
    assert described == served
    assert ("POST", "/api/v1/login") in described


async def test_every_reference_of_the_description_leads_somewhere(service: RunningService) -> None:
    document = await read(service, "/api/v1/openapi.json")
    references = set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(document)))
    assert references <= set(document["components"]["schemas"])
    operations = [found for path in document["paths"].values() for found in path.values()]
    names = [operation["operationId"] for operation in operations]
    assert len(names) == len(set(names))
