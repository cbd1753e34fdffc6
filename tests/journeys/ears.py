"""What the pages of a journey see and hear of one another, collected over time.

Chromium's fake microphone beeps once a second: a single look may fall between two beeps, so levels
are gathered over a window, and silence means silence for the whole of it.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tests.fakes.browsers import BrowserPage

AUDIBLE = 0.001


@dataclass(slots=True)
class Perceived:
    """What one page has of one other participant."""

    frames: int = 0
    loudest: float = 0.0


Views = dict[str, dict[str, Perceived]]  # page -> name of the other -> what it has of him


async def look(pages: Mapping[str, BrowserPage], views: Views) -> None:
    """Read every page's figures once into `views`."""
    for name, page in pages.items():
        rows = await page.evaluate("window.margeride ? window.margeride.stats() : []")
        mine = views.setdefault(name, {})
        for row in rows:
            seen = mine.setdefault(row["name"], Perceived())
            seen.frames = max(seen.frames, int(row["framesDecoded"]))
            seen.loudest = max(seen.loudest, float(row["audioLevel"]))


async def gather(
    pages: Mapping[str, BrowserPage], enough: Callable[[Views], bool], seconds: float
) -> Views:
    """Look again and again until it is enough; what was seen, enough or not."""
    views: Views = {}
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        await look(pages, views)
        if enough(views):
            break
        await asyncio.sleep(0.25)
    return views


async def window(pages: Mapping[str, BrowserPage], seconds: float) -> Views:
    """Everything seen and heard during so many seconds."""
    return await gather(pages, lambda views: False, seconds)


def everybody(views: Views, others: int) -> bool:
    """Every page decodes picture and sound of so many others."""
    return bool(views) and all(
        len([p for p in mine.values() if p.frames > 10 and p.loudest > AUDIBLE]) >= others
        for mine in views.values()
    )
