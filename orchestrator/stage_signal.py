"""What comes of a source: the rungs of the ladder above the slate, from the whole picture to sound.

Worker and browsers lower by themselves what a line does not carry; here it is named, so that a
screen can draw a portrait where no picture comes, and the director knows before he takes a site.
A fall is believed after 1 s and a rise after 2 s: a picture that comes and goes is not there.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum


class Signal(StrEnum):
    """From the best to the worst."""

    FULL = "full"
    LOW = "low"
    SLIDES = "slides"
    SOUND = "sound"
    PICTURE = "picture"
    NOTHING = "nothing"


FALLS, RISES = timedelta(seconds=1), timedelta(seconds=2)
CAMERA, SCREEN = "camera", "screen"


@dataclass(frozen=True, slots=True, kw_only=True)
class Arriving:
    """Of one track, how many layers arrive and how many are asked for (`engine.Arrival`)."""

    source: str
    layers: int
    asked: int = 0
    is_sound: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Steady:
    """The signal that is believed, and another that has been seen since then."""

    signal: Signal
    seen: Signal
    since: datetime


def signal(tracks: Iterable[Arriving]) -> Signal:
    """What these give together."""
    told = [*tracks]
    come = [one for one in told if one.layers > 0]
    heard = any(one.is_sound for one in come)
    # A camera that nobody looks at is asked to rest: that it does says nothing.
    cameras = [one for one in told if one.source == CAMERA and (one.layers or not one.asked)]
    if cameras and not heard:
        return Signal.PICTURE
    if cameras:
        short = all(one.layers < one.asked for one in cameras)
        return Signal.LOW if short else Signal.FULL
    if any(one.source == SCREEN for one in come):
        return Signal.SLIDES
    return Signal.SOUND if heard else Signal.NOTHING


def steadied(known: Steady | None, seen: Signal, now: datetime) -> Steady:
    """What is believed after this was seen at `now`."""
    if known is None:
        return Steady(signal=seen, seen=seen, since=now)
    if seen is not known.seen:
        known = replace(known, seen=seen, since=now)
    if seen is known.signal:
        return known
    order = list(Signal)
    patience = FALLS if order.index(seen) > order.index(known.signal) else RISES
    return replace(known, signal=seen) if now - known.since >= patience else known
