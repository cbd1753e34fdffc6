"""Fixtures of every test: a loop that may not be blocked, and what is required here."""

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest
from blockbuster import BlockBuster, blockbuster_ctx
from hypothesis import settings

# How long an example takes says how busy the machine is.
settings.register_profile("margeride", deadline=None)
settings.load_profile("margeride")

REQUIRE_ALL = os.environ.get("MARGERIDE_REQUIRE_ALL") == "1"


@pytest.fixture(autouse=True)
def no_blocking_call() -> Iterator[BlockBuster]:
    with blockbuster_ctx() as guard:
        yield guard


def cannot(reason: str) -> NoReturn:
    """This machine lacks something: the test is skipped, or fails where all is required."""
    if REQUIRE_ALL:
        pytest.fail(reason)
    pytest.skip(reason)


def need(program: str) -> str:
    """The path of a program that the test cannot do without."""
    return shutil.which(program) or cannot(f"{program} is not installed here")


def need_here(program: str) -> str:
    """As `need`, for a program that comes with our own Python packages."""
    beside = Path(sys.executable).parent / program
    return str(beside) if beside.exists() else need(program)


@pytest.fixture(scope="session")
def chromium_path() -> str:
    return need("chromium")


@pytest.fixture(scope="session")
def firefox_path() -> str:
    return need("firefox-esr")


@pytest.fixture(scope="session")
def coturn_path() -> str:
    return need("turnserver")
