"""litmus, the WebDAV test suite, against a person's private drawer: plain files in folders.

The calendars beside it refuse plain files and folders by design; what litmus needs is offered
where it harms nobody.
"""

import asyncio
import os
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.conftest import need
from tests.fakes.dav import OpenHouse, open_house

pytestmark = [pytest.mark.compat, pytest.mark.timeout(90)]


@pytest.fixture(scope="module")
def litmus_path() -> str:
    return need("litmus")


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[OpenHouse]:
    async with open_house(tmp_path) as opened:
        yield opened


@pytest.mark.parametrize(("suite", "tests"), [("basic", 16), ("copymove", 13), ("props", 30)])
async def test_litmus_finds_nothing_wrong(
    litmus_path: str, house: OpenHouse, tmp_path: Path, suite: str, tests: int
) -> None:
    process = await asyncio.create_subprocess_exec(
        litmus_path, f"{house.url}/dav/principals/tom/files/", "tom", house.passwords["tom"],
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        env=os.environ | {"TESTS": suite}, cwd=tmp_path,
    )  # fmt: skip
    out, _ = await process.communicate()
    told = out.decode(errors="replace")
    assert process.returncode == 0, told
    assert re.search(rf"of {tests} tests run: {tests} passed, 0 failed", told), told
