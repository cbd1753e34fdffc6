"""A service with pages and a browser to look at them, at a time that stands still.

One Chromium serves every test of this folder, on one event loop; each test is a new visitor.
"""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from blockbuster import BlockBuster, blockbuster_ctx
from playwright.async_api import Browser

from tests.fakes.browsers import Chromium, fresh, shared_chromium
from tests.fakes.pages import PagedService, paged_service

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Playwright belongs to the loop it was started on: all tests of this folder share that one."""
    for item in items:
        if HERE in item.path.parents and pytest_asyncio.is_async_test(item):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest.fixture(autouse=True)
def no_blocking_call() -> Iterator[BlockBuster]:
    """Ours may not block; Playwright, which makes folders and starts programs, may."""
    with blockbuster_ctx(["orchestrator"]) as guard:
        yield guard


@pytest_asyncio.fixture(loop_scope="session")
async def service() -> AsyncIterator[PagedService]:
    async with paged_service() as started:
        yield started


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def one_chromium(chromium_path: str) -> AsyncIterator[Browser]:
    async with shared_chromium() as started:
        yield started


@pytest_asyncio.fixture(loop_scope="session")
async def browser(one_chromium: Browser) -> AsyncIterator[Chromium]:
    async with fresh(one_chromium) as visitor:
        yield visitor
