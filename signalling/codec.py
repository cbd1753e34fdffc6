"""Text to frozen dataclasses and back: the limits of a frame, and shapes read from annotations.

A shape is the class itself: `name: Annotated[str, Limit(most=80)]` is read, checked and bounded by
what it says. A strict reader (the service's) refuses members it does not know; a lenient one (a
client's) leaves them aside, so that the service may grow. Whatever is wrong is one `Invalid`.
"""

import json
import math
import re
from collections.abc import Callable, Iterator
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass
from enum import StrEnum
from types import NoneType, UnionType
from typing import Annotated, Any, NoReturn, get_args, get_origin, get_type_hints

from rooms.errors import Invalid

MAX_BYTES = 65_536
MAX_DEPTH = 8

Json = dict[str, Any]
Reader = Callable[[object, bool], Any]

_READERS: dict[Any, Reader] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """Bounds of a value: `most` characters or elements, a pattern, a range of numbers."""

    most: int | None = None
    pattern: str | None = None
    low: float | None = None
    high: float | None = None

    def check(self, value: Any) -> None:
        """Invalid("bad-message") when the value is outside."""
        if self.most is not None and len(value) > self.most:
            _refuse("too-long")
        if self.pattern is not None and re.fullmatch(self.pattern, value) is None:
            _refuse("wrong-form")
        if self.low is not None and value < self.low:
            _refuse("too-small")
        if self.high is not None and value > self.high:
            _refuse("too-large")


def parse(text: str, most: int = MAX_BYTES) -> Json:
    """The object of a frame of `most` bytes, within the limit of depth."""
    if len(text) > most or len(text.encode(errors="replace")) > most:
        raise Invalid("too-big", most=most)
    try:
        value = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        _refuse("not-json")
    if not isinstance(value, dict):
        _refuse("not-an-object")
    check_free(value)
    return value


def check_free(value: object) -> None:
    """Refuse what no member may hold: too deep, not finite, text that UTF-8 cannot carry."""
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [child for parent in level for child in _children(parent)]
        if not level:
            return
    if any(isinstance(value, dict | list) for value in level):
        _refuse("too-deep")
    for leaf in level:
        list(_children(leaf))


def read(shape: type[Any], value: object, *, strict: bool) -> Any:
    """An instance of `shape` from parsed JSON."""
    return _dataclass_reader(shape)(value, strict)


def write(message: Any) -> Json:
    """The members of a dataclass; an optional one (default None) is left out when it is None."""
    return {
        field.name: _plain(getattr(message, field.name))
        for field in fields(message)
        if not (getattr(message, field.name) is None and field.default is None)
    }


def dump(value: Json) -> str:
    """The shortest text of a JSON object."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def _refuse(why: str, **facts: str) -> NoReturn:
    raise Invalid("bad-message", why=why, **facts)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _children(value: object) -> Iterator[object]:
    if isinstance(value, dict):
        yield from value
        yield from value.values()
    elif isinstance(value, list):
        yield from value
    elif isinstance(value, str) and not value.isascii():
        _check_text(value)
    elif isinstance(value, float) and not math.isfinite(value):
        _refuse("not-finite")


def _check_text(value: str) -> None:
    try:
        value.encode()
    except UnicodeEncodeError:
        _refuse("not-unicode")


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return write(value)
    if isinstance(value, tuple):
        return [_plain(element) for element in value]
    return value


def _dataclass_reader(shape: Any) -> Reader:
    if shape not in _READERS:
        _READERS[shape] = _make_dataclass_reader(shape)
    return _READERS[shape]


def _make_dataclass_reader(shape: Any) -> Reader:
    hints = get_type_hints(shape, include_extras=True)
    members = {field.name: (field, _reader(hints[field.name])) for field in fields(shape)}

    def read_members(value: object, strict: bool) -> Any:
        if not isinstance(value, dict):
            _refuse("not-an-object")
        if strict and (unknown := value.keys() - members.keys()):
            _refuse("unknown-member", member=min(unknown)[:40])
        return shape(
            **{
                name: _member(name, field, reader, value, strict)
                for name, (field, reader) in members.items()
            }
        )

    return read_members


def _member(name: str, field: Field[Any], reader: Reader, value: Json, strict: bool) -> Any:
    if name not in value:
        if field.default is not MISSING:
            return field.default
        if field.default_factory is not MISSING:
            return field.default_factory()
        _refuse("missing-member", member=name)
    try:
        return reader(value[name], strict)
    except Invalid as refusal:
        raise Invalid(refusal.key, **{"member": name, **refusal.fields}) from None


def _reader(hint: Any) -> Reader:
    if get_origin(hint) is Annotated:
        return _limited(hint)
    if get_origin(hint) is UnionType or NoneType in get_args(hint):
        return _optional(hint)
    if get_origin(hint) is tuple:
        return _sequence(_reader(get_args(hint)[0]))
    if get_origin(hint) is dict:
        return _mapping(get_args(hint)[1])
    if hasattr(hint, "__supertype__"):
        return _reader(hint.__supertype__)
    if is_dataclass(hint):
        return _dataclass_reader(hint)
    if issubclass(hint, StrEnum):
        return _choice(hint)
    return _scalar(hint)


def _limited(hint: Any) -> Reader:
    inner, limit = get_args(hint)
    reader = _reader(inner)

    def read_limited(value: object, strict: bool) -> Any:
        read = reader(value, strict)
        limit.check(read)
        return read

    return read_limited


def _optional(hint: Any) -> Reader:
    (inner,) = (part for part in get_args(hint) if part is not NoneType)
    reader = _reader(inner)
    return lambda value, strict: None if value is None else reader(value, strict)


def _sequence(element: Reader) -> Reader:
    def read_sequence(value: object, strict: bool) -> Any:
        if not isinstance(value, list):
            _refuse("not-a-list")
        return tuple(element(part, strict) for part in value)

    return read_sequence


def _mapping(hint: Any) -> Reader:
    element = (lambda value, strict: value) if hint is Any else _reader(hint)

    def read_mapping(value: object, strict: bool) -> Any:
        if not isinstance(value, dict):
            _refuse("not-an-object")
        return {name: element(part, strict) for name, part in value.items()}

    return read_mapping


def _choice(words: type[StrEnum]) -> Reader:
    accepted = {str(word): word for word in words}

    def read_choice(value: object, strict: bool) -> Any:
        if not isinstance(value, str) or value not in accepted:
            _refuse("not-a-choice", accepted=", ".join(accepted))
        return accepted[value]

    return read_choice


def _scalar(kind: type[Any]) -> Reader:
    """str, int, bool as they are; float takes whole numbers too; a boolean is never a number."""
    accepted = (int, float) if kind is float else (kind,)

    def read_scalar(value: object, strict: bool) -> Any:
        if not isinstance(value, accepted) or isinstance(value, bool) is not (kind is bool):
            _refuse("wrong-type", expected=kind.__name__)
        return value

    return read_scalar
