"""The program made of a recording: what was on air then, in its layout, and never the wings."""

import json
import os
from array import array
from pathlib import Path
from typing import Any

import av
import pytest

from orchestrator.recording.mix import EMPTY, TOO_LONG, main
from orchestrator.recording.names import MIX, PROGRESS, SCENES
from signalling.peers.listener import tone_share
from signalling.peers.test_card import signature
from tests.fakes.recordings import write_source

BEGAN = 1_379_581_200.0
ALICE, BRUNO = "alice", "bruno"
WORDS = ["--limit", "60", "--soon", "Un instant", "--lost", "{name}"]


def spot(who: str) -> dict[str, Any]:
    return {"participant": who, "room": None, "slate": False}


def scene(at: float, layout: str, on_air: list[str], cue: str, heard: list[str]) -> str:
    stage = {"layout": layout, "spots": [spot(who) for who in on_air], "heard": heard}
    stage["cue"] = {"title": cue}  # type: ignore[assignment]
    session = {"state": "on_air", "title": "Ruban", "sites": [], "stage": stage}
    names = {ALICE: "Alice", BRUNO: "Bruno"}
    return json.dumps({"at": BEGAN + at, "session": session, "names": names})


def made(folder: Path, seconds: float = 2.4) -> Path:
    """Two who are recorded for so long; Bruno, whose sound the air never had, only at the end."""
    for number, (who, of) in enumerate(
        ((ALICE, "camera"), (ALICE, "microphone"), (BRUNO, "camera"), (BRUNO, "microphone")), 1
    ):
        write_source(folder, number, who, of, began=BEGAN, seconds=seconds)
    lines = [
        scene(-1.0, "one", [ALICE], "Accueil", [ALICE]),
        '{"at": half of a line',
        scene(1.2, "two", [BRUNO, ALICE], "Ruban", [ALICE]),
    ]
    (folder / SCENES).write_text("\n".join(lines))
    return folder / MIX


def shown(path: Path, at: float) -> Any:
    with av.open(path, "r") as file:
        return next(one for one in file.decode(video=0) if float(one.time or 0) >= at)


def colour(frame: Any, x: float, y: float) -> tuple[int, int]:
    """U and V at that share of the frame."""
    found = []
    for plane in (frame.planes[1], frame.planes[2]):
        row, column = int(plane.height * y), int(plane.width * x)
        found.append(bytes(plane)[row * plane.line_size + column])
    return found[0], found[1]


def is_of(who: str, seen: tuple[int, int]) -> bool:
    return all(abs(a - b) < 14 for a, b in zip(seen, signature(who).colour, strict=True))


def heard(path: Path, who: str) -> float:
    """The share of his tone in all of the sound."""
    resampler = av.AudioResampler(format="s16", layout="mono", rate=48_000)
    sound = array("h")
    with av.open(path, "r") as file:
        for frame in file.decode(audio=0):
            for one in resampler.resample(frame):
                sound.frombytes(bytes(one.planes[0])[: one.samples * 2])
    middle = sound[24_000 : 24_000 + 960 * 50]
    return tone_share(middle, signature(who).tone)


def test_it_shows_who_was_on_air_lets_nobody_else_be_heard_and_has_the_cues_as_chapters(
    tmp_path: Path,
) -> None:
    path = made(tmp_path)
    assert main([str(tmp_path), *WORDS]) == 0
    with av.open(path, "r") as file:
        assert file.duration is not None
        assert abs(file.duration / 1_000_000 - 2.4) < 0.2
        chapters = [
            (one["metadata"]["title"], float(one["start"] * (one["time_base"] or 0)))
            for one in file.chapters()
        ]
        assert (file.streams.video[0].width, file.streams.video[0].height) == (960, 540)
    assert [title for title, _ in chapters] == ["Accueil", "Ruban"]
    assert [at for _, at in chapters] == pytest.approx([0.0, 1.2], abs=0.1)
    alone, together = shown(path, 0.6), shown(path, 1.8)
    assert is_of(ALICE, colour(alone, 0.5, 0.6))
    assert is_of(BRUNO, colour(together, 0.25, 0.55))
    assert is_of(ALICE, colour(together, 0.75, 0.55))
    assert heard(path, ALICE) > 0.8
    assert heard(path, BRUNO) < 0.02
    assert json.loads((tmp_path / PROGRESS).read_text())["progress"] >= 0.0


def test_without_a_stage_everybody_is_in_it(tmp_path: Path) -> None:
    path = made(tmp_path, seconds=1.2)
    (tmp_path / SCENES).unlink()
    assert main([str(tmp_path), *WORDS]) == 0
    both = shown(path, 0.8)
    assert is_of(ALICE, colour(both, 0.25, 0.55))
    assert is_of(BRUNO, colour(both, 0.75, 0.55))


def test_it_takes_no_longer_than_it_may_and_needs_something_to_show(tmp_path: Path) -> None:
    assert main([str(tmp_path), *WORDS]) == EMPTY
    path = made(tmp_path, seconds=0.4)
    assert main([str(tmp_path), "--limit", "0", *WORDS[2:]]) == TOO_LONG
    assert not path.exists()


@pytest.fixture(autouse=True)
def as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """The low priority is for a process of its own, and cannot be taken back."""
    monkeypatch.setattr(os, "nice", lambda _: 0)
