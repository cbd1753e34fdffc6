"""The live table: one line a site, redrawn in place on a terminal, printed once elsewhere."""

import sys
from collections.abc import Iterable
from typing import TextIO

from orchestrator.demo.verdict import Site
from orchestrator.words import words

HEAD = ("site", "state", "received", "loss", "rtt", "sees", "hears")
WIDTHS = (24, 12, 12, 7, 13, 24, 24)


def cells(site: Site, names: dict[str, str], locale: str) -> tuple[str, ...]:
    """One line of the table. `names` gives the short name of each room."""
    seen = " ".join(names[room] for room, heard in site.others.items() if heard.seen)
    heard_now = " ".join(names[room] for room, heard in site.others.items() if heard.level > 0.003)
    return (
        site.name,
        words(f"demo-state-{site.state}", locale, {}),
        f"{site.kbps:.0f}",
        f"{site.loss:.1%}",
        "–" if site.rtt_ms is None else f"{site.rtt_ms:.0f} ms",
        seen or "–",
        heard_now or "–",
    )


def draw(sites: Iterable[Site], names: dict[str, str], locale: str) -> str:
    """The whole table."""
    head = tuple(words(f"demo-table-{column}", locale, {}) for column in HEAD)
    rows = [head, *(cells(site, names, locale) for site in sites)]
    lines = [
        "  ".join(cell[:width].ljust(width) for cell, width in zip(row, WIDTHS, strict=True))
        for row in rows
    ]
    lines.insert(1, "─" * len(lines[0]))
    return "\n".join(line.rstrip() for line in lines)


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
