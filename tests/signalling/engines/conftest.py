"""aiortc peers and browsers are used all over this folder."""

import pytest
from blockbuster import BlockBuster

from signalling.transport.seam import host_addresses
from tests.conftest import cannot
from tests.fakes.browsers import let_browsers_start
from tests.fakes.media import let_aiortc_join


@pytest.fixture(autouse=True)
def aiortc_may_join(no_blocking_call: BlockBuster) -> None:
    let_aiortc_join(no_blocking_call)
    let_browsers_start(no_blocking_call)


@pytest.fixture
def an_address() -> None:
    """Firefox gathers no candidate where there is loopback only."""
    if not host_addresses():
        cannot("this machine has loopback only")
