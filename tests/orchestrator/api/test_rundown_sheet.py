"""The rundown as a sheet, by REST."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from orchestrator.rundown_csv import LARGEST
from tests.fakes.service import Browser, RunningService, running_service
from tests.orchestrator.api.test_rundown import RIBBON, WELCOME, ask, ceremony, write


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[RunningService]:
    async with running_service(tmp_path) as running:
        yield running


async def bring(who: Browser, path: str, sheet: bytes, status: int = 200, **more: str) -> Any:
    headers = {"If-Match": "*", "Content-Type": "text/csv", "Accept-Language": "fr", **more}
    return await ask(who, "PUT", f"{path}/csv", status, data=sheet, headers=headers)


async def test_a_sheet_that_comes_back_changes_nothing(service: RunningService) -> None:
    anne = await service.log_in("anne")
    path = await ceremony(anne)
    made = await write(anne, path, "*", {**WELCOME, "people": "=le maire"}, RIBBON)
    async with anne.get(f"{path}/csv") as answer:
        assert answer.status == 200
        assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
        assert "conducteur-" in answer.headers["Content-Disposition"]
        version, sheet = answer.headers["ETag"], await answer.read()
    assert b"Discours;Accueil;Villefort;" in sheet
    assert b"'=le maire" in sheet
    again = await bring(anne, path, sheet, 200, **{"If-Match": version})
    assert (again["cues"], again["version"]) == (made["cues"], made["version"])


async def test_a_sheet_of_a_spreadsheet_is_the_rundown(service: RunningService) -> None:
    anne = await service.log_in("anne")
    path = await ceremony(anne)
    sheet = "Durée;Titre;Type;À l'antenne\r\n0:05:00;Accueil;Discours;Meyrueis\r\n"
    made = await bring(anne, path, sheet.encode("cp1252"))
    assert [(cue["title"], cue["on_air"], cue["duration"]) for cue in made["cues"]] == [
        ("Accueil", ["meyrueis-visio"], 300)
    ]


async def test_what_is_wrong_with_a_sheet_is_said_by_row(service: RunningService) -> None:
    anne = await service.log_in("anne")
    path = await ceremony(anne)
    refused = await bring(anne, path, "Titre;Durée\nx;5\n;1:00".encode(), 422)
    assert (refused["row"], refused["column"]) == (2, "Durée")
    assert refused["title"].startswith("Ligne 2, colonne « Durée »")
    assert [one["pointer"] for one in refused["errors"]] == ["/2/Durée", "/3/Titre"]
    assert (await ask(anne, "GET", path, 200))["version"] == 0


async def test_a_sheet_has_its_limits(service: RunningService) -> None:
    anne, tom = await service.log_in("anne"), await service.log_in("tom")
    path = await ceremony(anne)
    await bring(anne, path, b"Titre\n" + b"x" * LARGEST, 413)
    await bring(anne, path, b"Titre\nx", 415, **{"Content-Type": "text/plain"})
    await bring(anne, path, b"Titre\nx", 412, **{"If-Match": '"7"'})
    await bring(anne, path, b"Titre\nx", 428, **{"If-Match": ""})
    await bring(tom, path, b"Titre\nx", 404)
    await ask(tom, "GET", f"{path}/csv", 404)
    assert (await ask(anne, "GET", path, 200))["version"] == 0
