import pytest

from rooms.drivers.wire.scale import Span


@pytest.mark.parametrize(
    ("span", "share", "steps"),
    [
        (Span(-2448, 0, 2448), 1000, 2448),
        (Span(-2448, 0, 2448), -500, -1224),
        (Span(-432, 0, 1296), -1000, -432),
        (Span(-432, 0, 1296), 500, 648),
        (Span(0, 0, 0x4000), 1000, 0x4000),
        (Span(100, 150, 300), 0, 150),
    ],
)
def test_a_share_becomes_steps_and_a_share_again(span: Span, share: int, steps: int) -> None:
    assert span.steps(share) == steps
    assert span.share(steps) == share


def test_a_half_without_room_stays_where_it_is() -> None:
    assert Span(0, 0, 100).steps(-1000) == 0
    assert Span(0, 0, 100).share(0) == 0
    assert Span(0, 100, 100).share(100) == 0
    assert Span(0, 100, 100).share(300) == 0


def test_steps_outside_count_as_the_end() -> None:
    assert Span(-10, 0, 10).share(25) == 1000
    assert Span(-10, 0, 10).share(-25) == -1000
