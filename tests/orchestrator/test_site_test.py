"""The test of a site: each device by how it fails, with a sentence and a remedy."""

import pytest

from orchestrator.site_test import (
    Camera,
    Clock,
    Contents,
    Line,
    Measured,
    Microphone,
    Outcome,
    Part,
    Speaker,
    results,
)
from orchestrator.words import CATALOGUES

GOOD = Line(up_kbps=800, down_kbps=8000, loss=0.0, rtt_ms=45)


def line(**worse: float) -> Measured:
    values = {"up_kbps": 800, "down_kbps": 8000, "loss": 0.0, "rtt_ms": 45} | worse
    return Measured(line=Line(**values))  # type: ignore[arg-type]


FAILING = {
    "a camera that is not there": (Measured(camera=Camera(present=False)), "site-camera-absent"),
    "a camera behind its shutter": (
        Measured(camera=Camera(present=True, changes=True, brightness=2.0)),
        "site-camera-dark",
    ),
    "a frozen camera": (
        Measured(camera=Camera(present=True, changes=False, brightness=90.0)),
        "site-camera-still",
    ),
    "a microphone that is not there": (
        Measured(microphone=Microphone(present=False)),
        "site-microphone-absent",
    ),
    "a muted microphone": (
        Measured(microphone=Microphone(present=True, level_db=-95.0)),
        "site-microphone-silent",
    ),
    "a microphone far away": (
        Measured(microphone=Microphone(present=True, level_db=-50.0)),
        "site-microphone-low",
    ),
    "a microphone that clips": (
        Measured(microphone=Microphone(present=True, level_db=-0.5)),
        "site-microphone-loud",
    ),
    "a loudspeaker turned off": (Measured(speaker=Speaker(heard_db=1.0)), "site-speaker-silent"),
    "a line too narrow for sound": (line(up_kbps=40), "site-line-narrow"),
    "a line too narrow for a picture": (line(up_kbps=100), "site-line-sound-alone"),
    "a line that loses packets": (line(loss=0.08), "site-line-lossy"),
    "a line by satellite behind a download": (line(rtt_ms=900), "site-line-slow"),
    "a clock behind a wavering line": (
        Measured(clock=Clock(offset_ms=3, error_ms=200)),
        "site-clock-rough",
    ),
    "a clock nobody answers for": (
        Measured(clock=Clock(offset_ms=0, error_ms=60_000)),
        "site-clock-unknown",
    ),
    "a screen that still loads": (
        Measured(contents=Contents(loaded=1, wanted=3)),
        "site-contents-missing",
    ),
}


@pytest.mark.parametrize("failing", FAILING)
def test_what_fails_has_its_sentence_and_its_remedy(failing: str) -> None:
    measured, key = FAILING[failing]
    (found,) = [one for one in results(measured) if one.outcome is not Outcome.UNTRIED]
    assert found.key == key
    assert found.outcome in (Outcome.FAILED, Outcome.WEAK)
    for locale in ("fr", "en"):
        assert CATALOGUES[locale][key]
        assert CATALOGUES[locale][f"{key}-remedy"]


def test_a_site_that_is_well_passes_everywhere() -> None:
    well = Measured(
        camera=Camera(present=True, changes=True, brightness=90.0),
        microphone=Microphone(present=True, level_db=-20.0),
        speaker=Speaker(heard_db=25.0),
        line=GOOD,
        clock=Clock(offset_ms=-4000, error_ms=20),  # wrong by itself, and we know by how much
        contents=Contents(loaded=2, wanted=2),
    )
    assert {one.outcome for one in results(well)} == {Outcome.PASSED}


def test_what_was_not_tried_is_said_and_is_no_failure() -> None:
    found = results(Measured())
    assert [one.part for one in found] == list(Part)
    assert {one.outcome for one in found} == {Outcome.UNTRIED}
