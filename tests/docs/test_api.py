"""docs/api.md tells of every operation that is served, and of no other."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.fakes.service import running_service

PAGE = Path(__file__).parents[2] / "docs" / "api.md"
LINE = re.compile(r"^\| `([A-Z]+ /[^`]*)` \|.*$", re.MULTILINE)


@pytest.fixture
async def operations(tmp_path: Path) -> AsyncIterator[dict[str, list[str]]]:
    """Each operation of `/api/v1/openapi.json`, and what may be asked in its address."""
    async with running_service(tmp_path) as service:
        async with service.browser().get("/api/v1/openapi.json") as answer:
            paths = (await answer.json())["paths"]
        yield {
            f"{method.upper()} {path.removeprefix('/api/v1')}": [
                found["name"] for found in operation["parameters"] if found["in"] == "query"
            ]
            for path, found_here in paths.items()
            for method, operation in found_here.items()
        }


async def test_every_operation_has_its_line_and_every_line_its_operation(
    operations: dict[str, list[str]],
) -> None:
    page = await asyncio.to_thread(PAGE.read_text)
    lines = {found[1]: found[0] for found in LINE.finditer(page)}
    assert sorted(lines) == sorted(operations)
    for operation, names in operations.items():
        assert all(f"{name}=" in lines[operation] for name in names), operation
