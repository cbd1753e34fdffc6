import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from orchestrator.settings.turn import Turn
from orchestrator.turn import Relays, credentials, read_secret
from rooms.errors import Unavailable

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def test_the_password_is_the_signature_that_a_turn_server_computes() -> None:
    user, password = credentials("north", "pa-anne", NOON)
    assert user == "1795435200:pa-anne"
    expected = hmac.new(b"north", user.encode(), hashlib.sha1).digest()
    assert base64.b64decode(password) == expected


def test_what_a_peer_is_told_outlasts_the_next_telling() -> None:
    turn = Turn(
        urls=("turn:turn.example.org",),
        secret_file=Path("/nowhere"),
        lifetime=timedelta(minutes=20),
    )
    relays = Relays(turn, "north")
    [server] = relays.servers("pa-anne", NOON)
    assert server.urls == ("turn:turn.example.org",)
    assert server.username is not None
    expiry = datetime.fromtimestamp(int(server.username.partition(":")[0]), UTC)
    assert NOON + relays.renew_after < expiry <= NOON + timedelta(hours=1)


def test_the_secret_is_what_the_file_holds_without_its_end_of_line(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("north\n")
    assert read_secret(path) == "north"


@pytest.mark.parametrize("content", [None, b"", b" \n", b"\xff\xfe\xff"])
def test_without_a_secret_nothing_is_signed(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "secret"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(Unavailable, match="no-turn-secret"):
        read_secret(path)
