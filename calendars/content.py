"""Content lines and components of iCalendar (RFC 5545 §3.1, §3.6), kept as they were written.

A line that nobody changes goes back character for character (folding apart), so that what we
do not understand survives. No value is interpreted here.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from rooms.errors import Invalid

MAX_BYTES = 256 * 1024
MAX_LINES = 5_000
MAX_DEPTH = 8
MAX_PARAMS = 50  # of a line
FOLD_AT = 75  # octets

_FOLD = re.compile(r"\r?\n[ \t]")
# Control characters, and the two that no XML may hold: one in an event would spoil every answer.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]|\r(?!\n)")
_NAME = r"[A-Za-z0-9-]{1,100}"
_PARAM_VALUE = r'(?:"[^"]*"|[^";:,]*)'
_LINE = re.compile(
    rf"(?P<name>{_NAME})(?P<params>(?:;{_NAME}={_PARAM_VALUE}(?:,{_PARAM_VALUE})*)*):(?P<value>.*)",
    re.DOTALL,
)
_PARAM = re.compile(rf";({_NAME})=({_PARAM_VALUE}(?:,{_PARAM_VALUE})*)")
_QUOTE_FOR = re.compile(r'[";:,]')


@dataclass(frozen=True, slots=True)
class Line:
    """One property: its name and the name and raw value of each parameter, as written."""

    name: str
    value: str
    params: tuple[tuple[str, str], ...] = ()

    @property
    def key(self) -> str:
        """The name that programs compare."""
        return self.name.upper()

    def param(self, name: str) -> str | None:
        """The value of a parameter without its quotes."""
        for key, value in self.params:
            if key.upper() == name:
                return value.strip('"')
        return None

    def with_param(self, name: str, value: str) -> "Line":
        """The same line with one parameter set, quoted where it must be."""
        clean = value.replace('"', "'")
        quoted = f'"{clean}"' if _QUOTE_FOR.search(clean) else clean
        return Line(self.name, self.value, (*self.without(name).params, (name, quoted)))

    def without(self, *names: str) -> "Line":
        """The same line without these parameters."""
        kept = tuple((key, value) for key, value in self.params if key.upper() not in names)
        return Line(self.name, self.value, kept)

    def __str__(self) -> str:
        params = "".join(f";{key}={value}" for key, value in self.params)
        return f"{self.name}{params}:{self.value}"


@dataclass(slots=True)
class Component:
    """BEGIN to END: lines and components within, in their order."""

    name: str
    items: list["Line | Component"] = field(default_factory=list)

    def lines(self, key: str) -> list[Line]:
        """The properties of this name."""
        size = len(key)  # compared first: it tells most lines from those that are looked for
        return [
            item
            for item in self.items
            if len(item.name) == size and isinstance(item, Line) and item.key == key
        ]

    def first(self, key: str) -> Line | None:
        """The first property of this name."""
        return next(iter(self.lines(key)), None)

    def value(self, key: str) -> str:
        """The raw value of the first property of this name, or nothing."""
        line = self.first(key)
        return line.value if line else ""

    def components(self, *names: str) -> list["Component"]:
        """The components within, of these names if any is given."""
        found = (item for item in self.items if isinstance(item, Component))
        return [item for item in found if not names or item.name in names]

    def add(self, line: Line) -> None:
        """Put a property after the others, before the components."""
        at = next(
            (i for i, item in enumerate(self.items) if isinstance(item, Component)), len(self.items)
        )
        self.items.insert(at, line)

    def put(self, line: Line) -> None:
        """Set the only property of its name, in the place of the one that was there."""
        old = self.first(line.key)
        if old is None:
            self.add(line)
        else:
            self.replace(old, line)

    def replace(self, old: Line, new: Line) -> None:
        """Write `new` where `old`, that very line, stood."""
        self.items = [new if item is old else item for item in self.items]

    def drop(self, line: Line) -> None:
        """Take that very line out."""
        self.items = [item for item in self.items if item is not line]

    def written(self) -> Iterator[str]:
        """Its content lines, not folded."""
        yield f"BEGIN:{self.name}"
        for item in self.items:
            if isinstance(item, Component):
                yield from item.written()
            else:
                yield str(item)
        yield f"END:{self.name}"


def broken(detail: str, line: int | None = None) -> Invalid:
    """The one refusal of what is not a calendar object we can keep."""
    return Invalid("bad-calendar-data", detail=detail, line=line)


def read(body: bytes, max_bytes: int = MAX_BYTES) -> Component:
    """The one component that `body` is; `Invalid` for anything else or too much of it."""
    if len(body) > max_bytes:
        raise Invalid("calendar-too-large", limit=max_bytes)
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise broken("not UTF-8") from error
    if _FORBIDDEN.search(text):
        raise broken("control character")
    if text.count("\n") > MAX_LINES * max_bytes // MAX_BYTES:
        raise Invalid("calendar-too-large", limit=MAX_LINES)
    return _tree(_FOLD.sub("", text).replace("\r\n", "\n").split("\n"))


def write(component: Component) -> bytes:
    """The component as bytes, folded, with the line ends of the RFC."""
    return "".join(_folded(line) + "\r\n" for line in component.written()).encode()


def _tree(texts: list[str]) -> Component:
    root = Component("")
    stack = [root]
    for number, text in enumerate(texts, 1):
        if not text.strip():
            continue
        line = _line(text, number)
        if line.key == "BEGIN":
            if len(stack) > MAX_DEPTH:
                raise broken("nested too deep", number)
            within = Component(line.value.strip().upper())
            stack[-1].items.append(within)
            stack.append(within)
        elif line.key == "END":
            if len(stack) == 1 or stack.pop().name != line.value.strip().upper():
                raise broken("END without its BEGIN", number)
        else:
            stack[-1].items.append(line)
    if len(stack) != 1:
        raise broken("BEGIN without its END")
    if len(root.items) != 1 or not isinstance(root.items[0], Component):
        raise broken("not one component")
    return root.items[0]


def _line(text: str, number: int) -> Line:
    match = _LINE.fullmatch(text)
    if match is None:
        raise broken("not a content line", number)
    params = tuple(_PARAM.findall(match["params"]))
    if len(params) > MAX_PARAMS:
        raise broken("too many parameters", number)
    return Line(match["name"], match["value"], params)


def _folded(text: str) -> str:
    """Folded at 75 octets, never within a character."""
    rest = text.encode()
    if len(rest) <= FOLD_AT:
        return text
    pieces, room = [], FOLD_AT
    while len(rest) > room:
        at = room
        while rest[at] & 0xC0 == 0x80:  # within a character
            at -= 1
        pieces.append(rest[:at])
        rest, room = rest[at:], FOLD_AT - 1  # the others begin with a space
    return b"\r\n ".join([*pieces, rest]).decode()
