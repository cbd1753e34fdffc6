import json
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Any, NewType

import pytest

from rooms.errors import Invalid
from signalling.codec import MAX_BYTES, Limit, check_free, dump, parse, read, write

Name = NewType("Name", str)


class Colour(StrEnum):
    RED = "red"


@dataclass(frozen=True, slots=True, kw_only=True)
class Inner:
    size: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    name: Annotated[Name, Limit(most=4, pattern="[a-z]+")]
    inner: tuple[Inner, ...] = ()
    colour: Colour | None = None
    count: Annotated[int, Limit(low=0, high=9)] = 0
    free: dict[str, Any] = field(default_factory=dict)
    named: dict[str, Colour] = field(default_factory=dict)


def why(members: object, strict: bool = True) -> str:
    with pytest.raises(Invalid) as caught:
        read(Shape, members, strict=strict)
    assert caught.value.key == "bad-message"
    return str(caught.value.fields["why"])


def test_a_shape_is_read_with_its_defaults() -> None:
    assert read(Shape, {"name": "ab"}, strict=True) == Shape(name=Name("ab"))


def test_a_shape_is_read_in_full_and_written_back() -> None:
    members = {
        "name": "ab",
        "inner": [{"size": 1}, {"size": 2.5}],
        "colour": "red",
        "count": 3,
        "free": {"x": [None]},
        "named": {"a": "red"},
    }
    shape = read(Shape, members, strict=True)
    assert shape.inner == (Inner(size=1), Inner(size=2.5))
    assert shape.colour is Colour.RED
    assert json.loads(dump(write(shape))) == members


def test_what_is_optional_may_be_null_and_is_not_written() -> None:
    shape = read(Shape, {"name": "ab", "colour": None}, strict=True)
    assert "colour" not in write(shape)


def test_only_the_strict_refuse_what_they_do_not_know() -> None:
    assert why({"name": "ab", "x": 1}) == "unknown-member"
    assert read(Shape, {"name": "ab", "x": 1}, strict=False) == Shape(name=Name("ab"))


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ([], "not-an-object"),
        ({}, "missing-member"),
        ({"name": 3}, "wrong-type"),
        ({"name": "abcde"}, "too-long"),
        ({"name": "AB"}, "wrong-form"),
        ({"name": "ab", "count": -1}, "too-small"),
        ({"name": "ab", "count": 10}, "too-large"),
        ({"name": "ab", "count": True}, "wrong-type"),
        ({"name": "ab", "inner": {}}, "not-a-list"),
        ({"name": "ab", "inner": [{"size": "big"}]}, "wrong-type"),
        ({"name": "ab", "free": []}, "not-an-object"),
        ({"name": "ab", "colour": "blue"}, "not-a-choice"),
        ({"name": "ab", "colour": []}, "not-a-choice"),
    ],
)
def test_each_limit_refuses(members: object, reason: str) -> None:
    assert why(members) == reason


def test_the_innermost_member_is_named() -> None:
    with pytest.raises(Invalid) as caught:
        read(Shape, {"name": "ab", "inner": [{"size": "big"}]}, strict=True)
    assert caught.value.fields["member"] == "size"


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("{", "bad-message"),
        ("[" * 20_000, "bad-message"),
        ("[1]", "bad-message"),
        ('{"a": Infinity}', "bad-message"),
        ("x" * (MAX_BYTES + 1), "too-big"),
        ("é" * (MAX_BYTES // 2 + 1), "too-big"),
    ],
)
def test_what_is_not_an_object_of_ours_is_refused(text: str, key: str) -> None:
    with pytest.raises(Invalid) as caught:
        parse(text)
    assert caught.value.key == key


def test_who_may_say_more_may_say_more() -> None:
    assert parse('{"a": "' + "x" * MAX_BYTES + '"}', MAX_BYTES * 2)


@pytest.mark.parametrize("value", [float("inf"), "\ud800", {"\ud800": 1}, ["\ud800"]])
def test_values_that_json_cannot_carry_are_refused(value: object) -> None:
    with pytest.raises(Invalid):
        check_free({"a": value})


def nested(levels: int, leaf: object) -> object:
    return leaf if levels == 0 else {"a": nested(levels - 1, leaf)}


def test_eight_levels_and_no_more() -> None:
    check_free(nested(8, "é"))
    with pytest.raises(Invalid):
        check_free(nested(9, 1))
    with pytest.raises(Invalid):
        check_free(nested(8, "\ud800"))
