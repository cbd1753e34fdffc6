"""What everybody was shown, as the recorder heard it: one line for each change, in a file beside
the parts. The mix is made of it: who was on air when, in which layout, and the cues as chapters."""

import json
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from orchestrator.broadcast.scene import Place, Scene, scene_of
from orchestrator.canvas import places
from orchestrator.recorded import Found
from orchestrator.stage_table import PLACES, Layout

SHOWN = ("state", "title", "sites", "stage")
OF_STAGE = ("layout", "spots", "heard", "cue")
LONGEST = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """A cue, from when it was live; milliseconds since 1970."""

    at: int
    title: str


def said(session: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """What is to be kept of what everybody is told."""
    kept = {name: session[name] for name in SHOWN if name in session}
    if isinstance(kept.get("stage"), dict):
        stage = kept["stage"]
        kept["stage"] = {name: stage[name] for name in OF_STAGE if name in stage}
    return json.dumps({"session": kept, "names": dict(names)}, ensure_ascii=False)


class Scenes:
    """A journal that has been read. `lines` are those of its file; half a line is passed over."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._kept: list[tuple[float, dict[str, Any]]] = []
        for line in lines:
            try:
                found = json.loads(line)
                self._kept.append((float(found["at"]), found))
            except (ValueError, KeyError, TypeError):
                continue
        self._times = [at for at, _ in self._kept]

    def at(self, ms: int, size: tuple[int, int], there: Iterable[Found]) -> Scene:
        """The frame at that moment. `there` are the parts that run then: without a stage all of
        them are shown and heard."""
        place = bisect_right(self._times, ms / 1000) - 1
        found = self._kept[max(0, place)][1] if self._kept else {"session": {}, "names": {}}
        session, names = found["session"], found["names"]
        if isinstance(session.get("stage"), dict):
            return scene_of(session, names, *size)
        return _everybody(str(session.get("title", "")), names, size, there)

    def chapters(self, began: int) -> list[Chapter]:
        """The cues that were live, in order; the first begins with the recording."""
        chapters: list[Chapter] = []
        for at, found in self._kept:
            stage = found["session"].get("stage")
            cue = stage.get("cue") if isinstance(stage, dict) else None
            title = str(cue["title"])[:LONGEST] if isinstance(cue, dict) else ""
            if title and (not chapters or chapters[-1].title != title):
                chapters.append(Chapter(at=max(began, int(at * 1000)), title=title))
        return chapters


def _everybody(
    title: str, names: Mapping[str, str], size: tuple[int, int], there: Iterable[Found]
) -> Scene:
    by_name: dict[str, str] = {}
    for part in there:
        by_name.setdefault(part.participant, names.get(part.participant) or part.name)
    shown = list(by_name.items())[: PLACES[Layout.SPEAKER_AND_SITES]]
    layout = _layout(len(shown))
    found = [
        Place(rect=rect, who=who, name=name, slate=False)
        for rect, (who, name) in zip(places(layout, len(shown), *size), shown, strict=True)
    ]
    return Scene(title=title, places=tuple(found), heard=frozenset(by_name))


def _layout(count: int) -> Layout:
    for layout in (Layout.ONE, Layout.TWO, Layout.FOUR):
        if count <= PLACES[layout]:
            return layout
    return Layout.SPEAKER_AND_SITES
