"""What a paper is made of, before anybody thinks of pages."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """`level` 1 (the title, once) or 2."""

    level: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A paragraph; `quiet` for what is read by few."""

    text: str
    quiet: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows under headings, the first cell of each being its heading. `shares` is how the columns
    divide the width; `right` are those of numbers."""

    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    shares: Sequence[float]
    right: frozenset[int] = frozenset()


Block = Heading | Text | Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """A title, a language (fr, en), what it says, and the line at the foot of each page."""

    title: str
    language: str
    blocks: Sequence[Block]
    foot: str
