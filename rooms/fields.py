"""Taking typed, bounded values out of a JSON object that somebody else wrote."""

import math
import unicodedata
from collections.abc import Iterable
from typing import Any

from rooms.errors import Invalid
from rooms.ids import is_slug

LONGEST_WORD = 64

_BLANK = {"Cc", "Zl", "Zp"}  # control characters, line and paragraph separators
_GONE = {"Cs", "Co", "Cn"}  # lone surrogates cannot be encoded; private and unassigned say nothing
_BREAKS = _BLANK | {"Cs"}  # in a password: what ends a line, and what cannot be encoded
_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def clean_text(text: str) -> str:
    """One line of plain text: no control characters, no bidirectional tricks, single spaces."""
    return " ".join("".join(_clean(character) for character in text).split())


def _kinds(text: str) -> set[str]:
    return {unicodedata.category(character) for character in text}


def _clean(character: str) -> str:
    category = unicodedata.category(character)
    if category in _BLANK:
        return " "
    return "" if category in _GONE or character in _BIDI else character


class Fields:
    """The members of one object, taken by name; `end` refuses those nobody asked for.

    A refusal is `Invalid(key, argument=path, expected=…)`, `expected` being the same in every
    language: `true|false`, `0..100`, `info|warning`.
    """

    def __init__(self, value: object, *, key: str, path: str = "") -> None:
        self._key = key
        self._path = path
        if not isinstance(value, dict):
            raise Invalid(key, argument=path, expected="{…}")
        self._members = value
        self._taken: set[str] = set()

    def flag(self, name: str) -> bool:
        """True or false, never 0 or 1."""
        value = self._take(name)
        if not isinstance(value, bool):
            raise self.refuse(name, "true|false")
        return value

    def whole(self, name: str, low: int, high: int) -> int:
        """A whole number between two bounds, both included."""
        value = self._take(name)
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise self.refuse(name, f"{low}..{high}")
        return value

    def text(self, name: str, longest: int) -> str:
        """Text for people, cleaned, not empty."""
        value = self._take(name)
        cleaned = clean_text(value) if isinstance(value, str) else ""
        if not cleaned or len(cleaned) > longest:
            raise self.refuse(name, f"text 1..{longest}")
        return cleaned

    def secret(self, name: str, longest: int) -> str:
        """A password: every space as it was typed, no character that a line would end with."""
        value = self._take(name)
        if not isinstance(value, str) or not 0 < len(value) <= longest or _BREAKS & _kinds(value):
            raise self.refuse(name, f"text 1..{longest}")
        return value

    def slug(self, name: str) -> str:
        """The id of something of ours."""
        value = self._take(name)
        if not isinstance(value, str) or not is_slug(value):
            raise self.refuse(name, "a-z 0-9 -")
        return value

    def choice(self, name: str, accepted: Iterable[str]) -> str:
        """One of a few words."""
        value = self._take(name)
        words = list(accepted)
        if not isinstance(value, str) or value not in words:
            raise self.refuse(name, "|".join(words))
        return value

    def inner(self, name: str) -> "Fields":
        """An object within this one."""
        return Fields(self._take(name), key=self._key, path=self._at(name))

    def items(self, name: str, most: int) -> list["Fields"]:
        """A list of objects, so many at most."""
        value = self._take(name)
        if not isinstance(value, list) or len(value) > most:
            raise self.refuse(name, f"[0..{most} × {{…}}]")
        at = self._at(name)
        return [Fields(one, key=self._key, path=f"{at}[{i}]") for i, one in enumerate(value)]

    def raw(self, name: str) -> object:
        """A member as it is, for a parser of its own."""
        return self._take(name)

    def objects(self, name: str, most: int) -> list[dict[str, Any]]:
        """A list of objects, so many at most, each left to a parser of its own."""
        value = self._take(name)
        if not isinstance(value, list) or len(value) > most:
            raise self.refuse(name, f"[0..{most} × {{…}}]")
        if not all(isinstance(one, dict) for one in value):
            raise self.refuse(name, "{…}")
        return value

    def words(self, name: str, most: int, longest: int = LONGEST_WORD) -> tuple[str, ...]:
        """A list of short words for programs, so many at most."""
        value = self._take(name)
        if not isinstance(value, list) or len(value) > most:
            raise self.refuse(name, f"[0..{most}]")
        if not all(isinstance(one, str) and 0 < len(one) <= longest for one in value):
            raise self.refuse(name, f"text 1..{longest}")
        return tuple(clean_text(one) for one in value)

    def values(
        self, name: str, most: int, longest: int
    ) -> list[tuple[str, str | int | float | bool | None | list[str]]]:
        """An object of plain values (numbers, words, lists of words), so many at most, by name."""
        value = self._take(name)
        if not isinstance(value, dict) or len(value) > most:
            raise self.refuse(name, f"{{0..{most}}}")
        for key, one in value.items():
            if not 0 < len(key) <= LONGEST_WORD or not _is_plain(one, longest):
                raise self.refuse(f"{name}.{clean_text(key)[:LONGEST_WORD]}", "0|true|text|[text]")
        return sorted(value.items())

    def has(self, name: str) -> bool:
        """Whether an optional member is there; null counts as absent."""
        self._taken.add(name)
        return self._members.get(name) is not None

    def end(self) -> None:
        """Refuse what was not asked for."""
        for name in self._members:
            if name not in self._taken:
                raise self.refuse(
                    clean_text(str(name))[:LONGEST_WORD], "|".join(sorted(self._taken))
                )

    def refuse(self, name: str, expected: str) -> Invalid:
        """The refusal of a member by a rule of the caller's."""
        return Invalid(self._key, argument=self._at(name), expected=expected)

    def _take(self, name: str) -> object:
        self._taken.add(name)
        return self._members.get(name)

    def _at(self, name: str) -> str:
        return f"{self._path}.{name}" if self._path else name


def _is_plain(value: object, longest: int) -> bool:
    if isinstance(value, list):
        return len(value) <= longest and all(
            isinstance(one, str) and len(one) <= longest for one in value
        )
    if isinstance(value, str):
        return len(value) <= longest
    return value is None or (isinstance(value, bool | int | float) and math.isfinite(value))
