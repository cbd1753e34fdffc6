"""The live table: one line a site, redrawn in place on a terminal, printed once elsewhere."""

import sys
from collections.abc import Iterable
from typing import TextIO

from orchestrator.demo.verdict import SILENT, Heard, Site
from orchestrator.words import words

HEAD = ("site", "state", "received", "loss", "rtt", "sees", "hears")
WIDTHS = (22, 12, 12, 8, 14, 26, 26)


def draw(sites: Iterable[Site], locale: str) -> str:
    """The whole table: one line a site, of what it receives and of whom."""
    every = list(sites)
    head = tuple(words(f"demo-table-{column}", locale, {}) for column in HEAD)
    rows = [head, *(_cells(site, every, locale) for site in every)]
    lines = [
        "  ".join(cell[:width].ljust(width) for cell, width in zip(row, WIDTHS, strict=True))
        for row in rows
    ]
    lines.insert(1, "─" * max(len(line.rstrip()) for line in lines))
    return "\n".join(line.rstrip() for line in lines)


def _cells(site: Site, every: list[Site], locale: str) -> tuple[str, ...]:
    others = [other for other in every if other is not site]
    have = {other.room: site.others.get(other.room, Heard()) for other in others}
    loss = words("demo-percent", locale, {"value": _number(site.loss * 100, locale)})
    return (
        site.name,
        words(f"demo-state-{site.state}", locale, {}),
        f"{site.kbps:.0f}",
        loss,
        "–" if site.rtt_ms is None else f"{site.rtt_ms:.0f} ms",
        _count(others, {room for room, heard in have.items() if heard.seen}, locale),
        _count(others, {room for room, heard in have.items() if heard.level > SILENT}, locale),
    )


def _count(others: list[Site], present: set[str], locale: str) -> str:
    missing = [other.name for other in others if other.room not in present]
    count = f"{len(others) - len(missing)}/{len(others)}"
    if len(missing) != 1:
        return count
    return words("demo-but", locale, {"count": count, "place": missing[0]})


def _number(value: float, locale: str) -> str:
    return f"{value:.1f}".replace(".", "," if locale == "fr" else ".")


class Screen:
    """Where the table is drawn: again and again in place, if `out` is a terminal."""

    def __init__(self, out: TextIO = sys.stdout) -> None:
        self._out = out
        self._drawn = 0

    def show(self, table: str) -> None:
        """Draw over the former table; on a file or a pipe, say nothing until `last`."""
        if not self._out.isatty():
            return
        if self._drawn:
            self._out.write(f"\x1b[{self._drawn}F\x1b[J")
        self._out.write(table + "\n")
        self._out.flush()
        self._drawn = table.count("\n") + 1

    def last(self, table: str) -> None:
        """Leave the table there."""
        if self._out.isatty():
            self.show(table)
        else:
            self._out.write(table + "\n")
        self._drawn = 0

    def say(self, text: str) -> None:
        """A line above the table that follows."""
        if self._drawn:
            self._out.write(f"\x1b[{self._drawn}F\x1b[J")
            self._drawn = 0
        self._out.write(text + "\n")
        self._out.flush()
