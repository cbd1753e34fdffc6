"""Whole processes and real browsers: what runs in the test's own loop is the demo's code."""

from collections.abc import Iterator

import pytest
from blockbuster import BlockBuster, blockbuster_ctx

from tests.fakes.media import let_aiortc_join


@pytest.fixture(autouse=True)
def no_blocking_call() -> Iterator[BlockBuster]:
    """Ours may not block; Playwright and aiortc's decoders, which wait for threads, may."""
    with blockbuster_ctx(["orchestrator"]) as guard:
        let_aiortc_join(guard)
        yield guard
