"""Every engine behind the same tests: they see the port, events and packets, nothing inside."""

from collections.abc import AsyncIterator

import pytest

from rooms.ids import SessionId
from signalling.engines.python import Limits, PythonEngine
from tests.fakes.viewers import Scene, scene

SESSION = SessionId("se-conformance")
HOST = "127.0.0.1"


@pytest.fixture(params=["python"])
async def made(request: pytest.FixtureRequest) -> AsyncIterator[PythonEngine]:
    """The engine by name; a second one joins by a second name."""
    engine = PythonEngine(HOST, limits=Limits(**getattr(request, "limits", {})))
    await engine.open(SESSION)
    yield engine
    engine.stop()


@pytest.fixture
async def stage(made: PythonEngine) -> AsyncIterator[Scene]:
    """A session with nobody in it yet, and an ear for what the engine tells."""
    async with scene(made, made.port, SESSION) as opened:
        yield opened
