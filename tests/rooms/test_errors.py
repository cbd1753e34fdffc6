import pytest

from rooms import errors


def test_an_error_carries_its_key_and_facts() -> None:
    error = errors.Conflict("room-taken", room="villefort-visio", until="15:00")
    assert error.key == "room-taken"
    assert error.fields == {"room": "villefort-visio", "until": "15:00"}
    assert str(error) == "room-taken(room='villefort-visio', until='15:00')"


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (errors.MargerideError, 500),
        (errors.NotFound, 404),
        (errors.Forbidden, 403),
        (errors.Unauthenticated, 401),
        (errors.Conflict, 409),
        (errors.Invalid, 422),
        (errors.TooMany, 429),
        (errors.Stale, 412),
        (errors.Unavailable, 503),
    ],
)
def test_each_refusal_suggests_its_status(kind: type[errors.MargerideError], status: int) -> None:
    assert kind.status == status
