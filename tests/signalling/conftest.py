from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.fakes.wire import Board


@pytest.fixture(scope="session")
def protocol() -> str:
    return (Path(__file__).parents[2] / "docs" / "protocol.md").read_text()


@pytest.fixture
async def board() -> AsyncIterator[Board]:
    async with Board() as made:
        yield made
