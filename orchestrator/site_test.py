"""What the test of a site says: camera, microphone, loudspeaker, line, clock, contents of cues.

Each part has one plain result with a sentence, and what is not passed a remedy (`<key>-remedy`).
A part that was not tried is `untried`: it is no failure, and it is not passed. Pure.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from calendars.admission import PICTURE, SOUND

SILENT_DB, LOW_DB, LOUD_DB = -60.0, -45.0, -3.0
"""Of a microphone while somebody speaks, against full scale."""
DARK = 8.0
"""Mean brightness of a picture, of 255."""
HEARD_DB = 6.0
"""By so much a test tone stands out of the noise of a room in which the loudspeaker works."""
LOSSY, SLOW_MS = 0.05, 800
AGREES_MS, WEAK_MS = 100, 500
"""How far a clock may be off at most, by what is known of it."""


class Outcome(StrEnum):
    """How a part stands, from worst to best."""

    FAILED = "failed"
    WEAK = "weak"
    UNTRIED = "untried"
    PASSED = "passed"


class Part(StrEnum):
    """What is tested."""

    CAMERA = "camera"
    MICROPHONE = "microphone"
    SPEAKER = "speaker"
    LINE = "line"
    CLOCK = "clock"
    CONTENTS = "contents"


@dataclass(frozen=True, slots=True, kw_only=True)
class Camera:
    """A camera: whether its picture changes, and how bright it is, 0 to 255."""

    present: bool
    changes: bool = False
    brightness: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Microphone:
    """A microphone: the loudest of a few seconds, in dB against full scale."""

    present: bool
    level_db: float = -100.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Speaker:
    """A test tone that was played: by how many dB it stood out of the room's noise."""

    heard_db: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line: kbit/s, loss from 0 to 1, ms."""

    up_kbps: int
    down_kbps: int
    loss: float
    rtt_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """How far the clock of a page is from ours, and by how much that may be wrong, in ms."""

    offset_ms: int
    error_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """Contents of cues that are kept, of those there are."""

    loaded: int
    wanted: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """All that was measured at a site; None was not tried."""

    camera: Camera | None = None
    microphone: Microphone | None = None
    speaker: Speaker | None = None
    line: Line | None = None
    clock: Clock | None = None
    contents: Contents | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What is to be said of a part; `key-remedy` is what to do unless it has passed."""

    part: Part
    outcome: Outcome
    key: str
    facts: Mapping[str, int] = field(default_factory=dict)


def results(measured: Measured) -> tuple[Result, ...]:
    """One of each part, always all of them."""
    return tuple(_results(measured))


def _results(measured: Measured) -> Iterator[Result]:
    for part in Part:
        value = getattr(measured, part.value)
        if value is None:
            yield Result(part=part, outcome=Outcome.UNTRIED, key=f"site-{part}-untried")
        else:
            outcome, word, facts = _RULES[part](value)
            yield Result(part=part, outcome=outcome, key=f"site-{part}-{word}", facts=facts)


_Said = tuple[Outcome, str, dict[str, int]]


def _camera(camera: Camera) -> _Said:
    if not camera.present:
        return Outcome.FAILED, "absent", {}
    if camera.brightness < DARK:
        return Outcome.FAILED, "dark", {}
    if not camera.changes:
        return Outcome.FAILED, "still", {}
    return Outcome.PASSED, "passed", {}


def _microphone(microphone: Microphone) -> _Said:
    facts = {"level": round(microphone.level_db)}
    if not microphone.present:
        return Outcome.FAILED, "absent", {}
    if microphone.level_db < SILENT_DB:
        return Outcome.FAILED, "silent", facts
    if microphone.level_db < LOW_DB:
        return Outcome.WEAK, "low", facts
    if microphone.level_db > LOUD_DB:
        return Outcome.WEAK, "loud", facts
    return Outcome.PASSED, "passed", facts


def _speaker(speaker: Speaker) -> _Said:
    facts = {"heard": round(speaker.heard_db)}
    if speaker.heard_db < HEARD_DB:
        return Outcome.FAILED, "silent", facts
    return Outcome.PASSED, "passed", facts


def _line(line: Line) -> _Said:
    facts = {
        "up": line.up_kbps,
        "down": line.down_kbps,
        "loss": round(100 * line.loss),
        "rtt": line.rtt_ms,
    }
    if min(line.up_kbps, line.down_kbps) < SOUND:
        return Outcome.FAILED, "narrow", facts
    if min(line.up_kbps, line.down_kbps) < SOUND + PICTURE:
        return Outcome.WEAK, "sound-alone", facts
    if line.loss >= LOSSY:
        return Outcome.WEAK, "lossy", facts
    if line.rtt_ms >= SLOW_MS:
        return Outcome.WEAK, "slow", facts
    return Outcome.PASSED, "passed", facts


def _clock(clock: Clock) -> _Said:
    facts = {"offset": clock.offset_ms, "error": clock.error_ms}
    if clock.error_ms > WEAK_MS:
        return Outcome.FAILED, "unknown", facts
    if clock.error_ms > AGREES_MS:
        return Outcome.WEAK, "rough", facts
    return Outcome.PASSED, "passed", facts


def _contents(contents: Contents) -> _Said:
    facts = {"loaded": contents.loaded, "wanted": contents.wanted}
    if contents.loaded < contents.wanted:
        return Outcome.FAILED, "missing", facts
    return Outcome.PASSED, "passed", facts


_RULES: Mapping[Part, Callable[[Any], _Said]] = {
    Part.CAMERA: _camera,
    Part.MICROPHONE: _microphone,
    Part.SPEAKER: _speaker,
    Part.LINE: _line,
    Part.CLOCK: _clock,
    Part.CONTENTS: _contents,
}
