import pytest

from rooms.drivers.port import BadParameter
from rooms.drivers.wire.pattern import Pattern


def test_a_line_is_filled_in_and_recognised() -> None:
    pattern = Pattern("preset near go {preset}")
    assert pattern.names == ("preset",)
    assert pattern.fill({"preset": 7}) == "preset near go 7"
    assert pattern.match("preset near go 7", {}) == {"preset": "7"}
    assert pattern.match("preset near go 7 8", {}) is None


def test_what_was_asked_must_come_back() -> None:
    pattern = Pattern("volume {volume}")
    assert pattern.match("Volume 30", {"volume": 30}) == {}
    assert pattern.match("volume 31", {"volume": 30}) is None


def test_a_star_is_anything_and_the_rest_is_itself() -> None:
    assert Pattern("In1 *").match("In1 All", {}) == {}
    assert Pattern("(c) [x] {").match("(c) [x] {", {}) == {}
    assert Pattern("a.c").match("abc", {}) is None


def test_a_value_cannot_end_the_line() -> None:
    with pytest.raises(BadParameter):
        Pattern("dial {tones}").fill({"tones": "1\rreboot"})


@pytest.mark.parametrize(
    ("text", "well"),
    [
        ("ok", True),
        ("", False),
        ("x" * 201, False),
        ("{a} {b} * *", True),
        ("{a} {b} * * *", False),
        ("{a} {a}", False),
    ],
)
def test_a_pattern_is_short_and_simple(text: str, well: bool) -> None:
    assert Pattern(text).well is well
