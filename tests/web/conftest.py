"""A service with pages and a browser to look at them, at a time that stands still."""

from collections.abc import AsyncIterator, Iterator

import pytest
from blockbuster import BlockBuster, blockbuster_ctx

from tests.fakes.browsers import Chromium, chromium
from tests.fakes.pages import PagedService, paged_service


@pytest.fixture(autouse=True)
def no_blocking_call() -> Iterator[BlockBuster]:
    """Ours may not block; Playwright, which makes folders and starts programs, may."""
    with blockbuster_ctx(["orchestrator"]) as guard:
        yield guard


@pytest.fixture
async def service() -> AsyncIterator[PagedService]:
    async with paged_service() as started:
        yield started


@pytest.fixture
async def browser() -> AsyncIterator[Chromium]:
    async with chromium() as started:
        yield started
