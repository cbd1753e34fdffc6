"""`margeride user share`: a colleague sees one's calendars, or not any more."""

from pathlib import Path

import pytest
from sqlalchemy import Connection

from orchestrator.__main__ import main
from orchestrator.cli.store import opened
from orchestrator.store import own_calendars, people
from orchestrator.store.own_calendars import Delegation


def shared(data: Path) -> list[str]:
    def read(conn: Connection) -> list[Delegation]:
        bea = people.by_login(conn, "bea")
        assert bea is not None
        return own_calendars.delegated_to(conn, bea.id)

    with opened(data) as database:
        return [found.rights for found in database.read_now(read)]


def test_a_calendar_is_shared_and_taken_back(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["--data", str(tmp_path)]
    for login in ("anne", "bea"):
        assert main(["user", "add", login, "--name", login, "--role", "trainer", *where]) == 0
    for rights, left in (("read", ["read"]), ("write", ["write"]), ("none", [])):
        assert main(["user", "share", "anne", "bea", rights, *where]) == 0
        assert shared(tmp_path) == left
    assert main(["user", "share", "anne", "nobody", "read", *where]) == 1
    assert "nobody" in capsys.readouterr().err
