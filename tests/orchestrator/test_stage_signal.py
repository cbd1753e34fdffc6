"""What comes of a source, and when that is believed."""

from datetime import UTC, datetime, timedelta

import pytest

from orchestrator.stage_signal import Arriving, Signal, Steady, signal, steadied

NOW = datetime(2013, 9, 19, 9, 0, tzinfo=UTC)
SOUND = Arriving(source="microphone", layers=1, is_sound=True)
MUTE = Arriving(source="microphone", layers=0, is_sound=True)
CAMERA = Arriving(source="camera", layers=3, asked=3)
SMALL = Arriving(source="camera", layers=1, asked=3)
UNPLUGGED = Arriving(source="camera", layers=0, asked=3)
UNWATCHED = Arriving(source="camera", layers=1, asked=1)
RESTING = Arriving(source="camera", layers=0, asked=0)
SLIDES = Arriving(source="screen", layers=1, asked=1)


@pytest.mark.parametrize(
    ("tracks", "expected"),
    [
        ((SOUND, CAMERA), Signal.FULL),
        ((SOUND, UNWATCHED), Signal.FULL),
        ((SOUND, RESTING), Signal.FULL),
        ((SOUND, SMALL), Signal.LOW),
        ((SOUND, SMALL, CAMERA), Signal.FULL),
        ((SOUND, UNPLUGGED, SLIDES), Signal.SLIDES),
        ((SLIDES,), Signal.SLIDES),
        ((SOUND, UNPLUGGED), Signal.SOUND),
        ((MUTE, CAMERA), Signal.PICTURE),
        ((MUTE, UNPLUGGED), Signal.NOTHING),
        ((), Signal.NOTHING),
    ],
)
def test_what_comes_is_named_by_the_best_of_it(
    tracks: tuple[Arriving, ...], expected: Signal
) -> None:
    assert signal(tracks) is expected


def believed(*seen: tuple[float, Signal]) -> list[Signal]:
    known: Steady | None = None
    told = []
    for seconds, one in seen:
        known = steadied(known, one, NOW + timedelta(seconds=seconds))
        told.append(known.signal)
    return told


def test_the_first_that_is_seen_is_believed_at_once() -> None:
    assert believed((0, Signal.SOUND)) == [Signal.SOUND]


def test_a_fall_is_believed_after_one_second_and_a_rise_after_two() -> None:
    full, sound = Signal.FULL, Signal.SOUND
    seen = [(0.0, full), (1.0, sound), (1.9, sound), (2.0, sound), (3.0, full), (4.9, full)]
    assert believed(*seen, (5.0, full)) == [full, full, full, sound, sound, sound, full]


def test_a_picture_that_comes_and_goes_is_not_there() -> None:
    seen = [(n / 2, Signal.FULL if n % 3 == 1 else Signal.SOUND) for n in range(20)]
    assert set(believed(*seen)) == {Signal.SOUND}


def test_what_changes_on_its_way_down_begins_anew() -> None:
    seen = [(0.0, Signal.FULL), (0.5, Signal.LOW), (1.0, Signal.SOUND), (1.6, Signal.SOUND)]
    assert believed(*seen, (2.0, Signal.SOUND))[-2:] == [Signal.FULL, Signal.SOUND]
