"""Every engine behind the same tests: they see the port, events and packets, nothing inside."""

from collections.abc import AsyncIterator

import pytest

from rooms.ids import SessionId
from signalling.engines.python import Limits, PythonEngine
from tests.fakes.by_hand import Hall, hall
from tests.fakes.viewers import Scene, scene

SESSION = SessionId("se-conformance")
HOST = "127.0.0.1"


@pytest.fixture
def limits() -> Limits:
    """What the engine is told of limits; a test file may have its own."""
    return Limits()


@pytest.fixture(params=["python"])
async def made(limits: Limits) -> AsyncIterator[PythonEngine]:
    """The engine by name; a second one joins by a second name."""
    engine = PythonEngine(HOST, limits=limits)
    await engine.open(SESSION)
    yield engine
    engine.stop()


@pytest.fixture
async def stage(made: PythonEngine) -> AsyncIterator[Scene]:
    """A session with nobody in it yet, and an ear for what the engine tells."""
    async with scene(made, made.port, SESSION) as opened:
        yield opened


@pytest.fixture
async def home(made: PythonEngine) -> AsyncIterator[Hall]:
    """The same, where peers send nothing but what the test says."""
    async with hall(made, made.port, SESSION) as opened:
        yield opened
