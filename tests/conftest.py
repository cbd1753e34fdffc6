"""Fixtures of every test: a loop that may not be blocked."""

from collections.abc import Iterator

import pytest
from blockbuster import BlockBuster, blockbuster_ctx


@pytest.fixture(autouse=True)
def no_blocking_call() -> Iterator[BlockBuster]:
    with blockbuster_ctx() as guard:
        yield guard
