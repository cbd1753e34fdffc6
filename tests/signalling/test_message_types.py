"""The limits of what a message may hold."""

from typing import get_args

import pytest

from rooms.errors import Invalid
from signalling import message_types as types


@pytest.mark.parametrize(
    ("kind", "taken", "refused"),
    [
        (types.Name, "x" * 200, "x" * 201),
        (types.Word, "x" * 64, "x" * 65),
        (types.Secret, "x" * 512, "x" * 513),
        (types.Sdp, "x" * 60_000, "x" * 60_001),
        (types.Count, 2**53, -1),
        (types.LegName, "lg-" + "a" * 20, "lg-" + "A" * 20),
        (types.Rate, 1e9, -0.1),
    ],
)
def test_a_member_is_taken_up_to_its_limit(kind: object, taken: object, refused: object) -> None:
    _, limit = get_args(kind)
    limit.check(taken)
    with pytest.raises(Invalid, match="bad-message"):
        limit.check(refused)
