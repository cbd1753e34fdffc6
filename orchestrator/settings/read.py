"""Taking typed values out of the YAML tree; what is wrong is noted, and reading goes on.

Each taker returns a value of the right type in every case: after a problem it is a placeholder,
which nobody sees since a file with a problem is refused as a whole.
"""

import difflib
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from orchestrator.settings.nodes import Mapping, Node, Scalar
from orchestrator.settings.nodes import Sequence as Items
from orchestrator.settings.problems import Problem
from rooms.errors import Fact
from rooms.fields import clean_text

T = TypeVar("T")
LONGEST_TEXT = 300
_FLAGS = {"true": True, "false": False, "yes": True, "no": False, "oui": True, "non": False}
_NOTHING = Mapping(0, {}, {})


def nearest(word: str, accepted: Iterable[str]) -> dict[str, Fact]:
    """The accepted word this one was probably meant to be, as a fact, or none."""
    close = difflib.get_close_matches(word.lower(), list(accepted), n=1, cutoff=0.6)
    return {"nearest": close[0]} if close else {}


class Table:
    """One mapping of the file at its `path`; keys other than `accepted` are problems."""

    def __init__(
        self, node: Node, path: str, accepted: Sequence[str], problems: list[Problem]
    ) -> None:
        self.path = path
        self.problems = problems
        if not isinstance(node, Mapping):
            self.note("settings-not-a-mapping", node.line, path, accepted=list(accepted))
            node = _NOTHING
        self.node = node
        for key, line in node.lines.items():
            if key not in accepted:
                facts: dict[str, Fact] = {"accepted": list(accepted), **nearest(key, accepted)}
                self.note("settings-unknown-key", line, self.at(key), **facts)

    def at(self, name: str) -> str:
        """The path of one of its keys."""
        return f"{self.path}.{name}" if self.path else name

    def line(self, name: str = "") -> int:
        """The line of one of its keys, or its own."""
        return self.node.lines.get(name, self.node.line)

    def note(self, key: str, line: int, path: str, **facts: Fact) -> None:
        """Remember a problem."""
        self.problems.append(Problem(key=key, line=line, path=path, facts=facts))

    def wrong(self, key: str, name: str, **facts: Fact) -> None:
        """Remember that the value of a key breaks a rule."""
        self.note(key, self.line(name), self.at(name), **facts)

    def has(self, name: str) -> bool:
        """Whether something was written for this key."""
        node = self.node.values.get(name)
        return node is not None and not (isinstance(node, Scalar) and node.is_null)

    def text(self, name: str, default: str | None = None) -> str:
        """A line of text."""
        scalar = self._scalar(name, "settings-not-text", required=default is None)
        if scalar is None:
            return default or ""
        if clean_text(scalar.text) != " ".join(scalar.text.split()):
            self.wrong("settings-control-character", name)
        if len(scalar.text) > LONGEST_TEXT:
            self.wrong("settings-too-long", name, most=LONGEST_TEXT)
        return " ".join(scalar.text.split())

    def whole(self, name: str, low: int, high: int, default: int | None = None) -> int:
        """A whole number between two bounds, both included."""
        facts: dict[str, Fact] = {"low": low, "high": high}
        scalar = self._scalar(name, "settings-not-a-number", required=default is None, **facts)
        if scalar is None:
            return default or low
        digits = scalar.text.replace("_", "")
        if not (digits.isascii() and digits.isdigit()) or len(digits) > 12 or scalar.quoted:
            self.wrong("settings-not-a-number", name, found=scalar.text, **facts)
            return low
        if not low <= int(digits) <= high:
            self.wrong("settings-out-of-bounds", name, found=int(digits), **facts)
        return int(digits)

    def flag(self, name: str, *, default: bool) -> bool:
        """True or false."""
        scalar = self._scalar(name, "settings-not-a-flag", required=False)
        if scalar is None:
            return default
        if scalar.text.lower() not in _FLAGS:
            self.wrong("settings-not-a-flag", name, found=scalar.text)
        return _FLAGS.get(scalar.text.lower(), default)

    def choice(self, name: str, accepted: Sequence[str], default: str | None = None) -> str:
        """One of a few words."""
        facts: dict[str, Fact] = {"accepted": list(accepted)}
        scalar = self._scalar(name, "settings-not-accepted", required=default is None, **facts)
        if scalar is None:
            return default or accepted[0]
        return self._one_of(scalar, self.at(name), accepted)

    def choices(
        self, name: str, accepted: Sequence[str], default: Sequence[str] | None = None
    ) -> tuple[str, ...]:
        """A list of words among a few, at least one, each once."""
        if default is not None and not self.has(name):
            return tuple(default)
        at = self.at(name)
        found: list[str] = []
        for index, node in enumerate(self._items(name, accepted=list(accepted))):
            if not isinstance(node, Scalar):
                self.note("settings-not-text", node.line, f"{at}[{index}]")
                continue
            word = self._one_of(node, f"{at}[{index}]", accepted)
            if word in found:
                self.note("settings-said-twice", node.line, f"{at}[{index}]", found=word)
            found.append(word)
        return tuple(found)

    def parsed(
        self, name: str, parse: Callable[[str], T], key: str, default: T, *, required: bool = True
    ) -> T:
        """A value with a form of its own; `parse` raises ValueError, `key` names the problem."""
        scalar = self._scalar(name, key, required=required)
        if scalar is None:
            return default
        try:
            return parse(scalar.text)
        except ValueError:
            self.wrong(key, name, found=scalar.text)
            return default

    def all_parsed(self, name: str, parse: Callable[[str], T], key: str) -> list[T]:
        """A list of values with a form of their own; `key` names the problem of each bad one."""
        found: list[T] = []
        for index, node in enumerate(self._items(name)):
            text = node.text if isinstance(node, Scalar) else "{…}"
            try:
                found.append(parse(text))
            except ValueError:
                self.note(key, node.line, f"{self.at(name)}[{index}]", found=text)
        return found

    def table(self, name: str, accepted: Sequence[str], *, required: bool = True) -> "Table":
        """A mapping within this one; an absent optional one is empty."""
        if not self.has(name):
            if required:
                self._missing(name)
            return Table(_NOTHING, self.at(name), accepted, [])
        return Table(self.node.values[name], self.at(name), accepted, self.problems)

    def tables(
        self, name: str, accepted: Sequence[str], most: int, *, required: bool = True
    ) -> list["Table"]:
        """A list of mappings, so many at most."""
        if not required and not self.has(name):
            return []
        items = self._items(name)
        if len(items) > most:
            self.wrong("settings-too-many", name, found=len(items), most=most)
        at = self.at(name)
        return [
            Table(node, f"{at}[{index}]", accepted, self.problems)
            for index, node in enumerate(items[:most])
        ]

    def _one_of(self, scalar: Scalar, path: str, accepted: Sequence[str]) -> str:
        if scalar.text not in accepted:
            facts: dict[str, Fact] = {"accepted": list(accepted), "found": scalar.text}
            facts |= nearest(scalar.text, accepted)
            self.note("settings-not-accepted", scalar.line, path, **facts)
        return scalar.text

    def _scalar(self, name: str, key: str, *, required: bool, **facts: Fact) -> Scalar | None:
        if not self.has(name):
            if required:
                self._missing(name)
            return None
        node = self.node.values[name]
        if isinstance(node, Scalar):
            return node
        self.wrong(key, name, found="[…]" if isinstance(node, Items) else "{…}", **facts)
        return None

    def _items(self, name: str, **facts: Fact) -> list[Node]:
        if not self.has(name):
            self._missing(name)
            return []
        node = self.node.values[name]
        if isinstance(node, Items) and node.items:
            return node.items
        self.wrong("settings-not-a-list", name, **facts)
        return []

    def _missing(self, name: str) -> None:
        if self.node is not _NOTHING:
            self.wrong("settings-missing-key", name)
