"""Bytes that a session brings are what they say."""

import pytest

from orchestrator.contents import SIGNS, check_bytes
from rooms.errors import Invalid


@pytest.mark.parametrize("kind", SIGNS)
def test_what_begins_as_its_type_says_is_taken(kind: str) -> None:
    for at, sign in SIGNS[kind]:
        check_bytes(kind, bytes(at) + sign + bytes(8))


@pytest.mark.parametrize(
    ("kind", "body"),
    [("image/png", b""), ("image/png", b"\xff\xd8\xff"), ("text/html", b"<html>")],
)
def test_anything_else_is_refused(kind: str, body: bytes) -> None:
    with pytest.raises(Invalid, match="bad-content"):
        check_bytes(kind, body)
