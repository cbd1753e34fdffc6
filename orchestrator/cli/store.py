"""The store of a data directory, for a command; it may be in use by a running service."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from orchestrator.serve import CannotStart, prepare_data
from orchestrator.store.database import Database
from orchestrator.wiring import STORE, open_store


@contextmanager
def opened(data: Path, *, make: bool = False) -> Iterator[Database]:
    """The open store; with `make`, a data directory that does not exist yet is begun."""
    if make:
        prepare_data(data)
    elif not (data / STORE).is_file():
        raise CannotStart("cli-no-store", data=str(data))
    database = open_store(data)
    try:
        yield database
    finally:
        database.close()
