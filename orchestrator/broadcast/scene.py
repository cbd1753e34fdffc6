"""What the program shows, read from what every screen is told (`session` of docs/protocol.md)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from orchestrator.canvas import Rect, places
from orchestrator.stage_table import PLACES, Layout

AIRING = ("on_air", "paused")
LONGEST = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One picture: where, whose, his name, and whether the slate stands there instead."""

    rect: Rect
    who: str | None
    name: str
    slate: bool
    slides: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """The whole frame. Without places the slate of the session fills it."""

    title: str = ""
    places: tuple[Place, ...] = ()
    heard: frozenset[str] = frozenset()

    @property
    def shown(self) -> frozenset[str]:
        """Whose pictures are wanted."""
        return frozenset(one.who for one in self.places if one.who and not one.slate)


def scene_of(
    session: Mapping[str, Any], names: Mapping[str, str], width: int, height: int
) -> Scene:
    """The frame of this size; `names` are those of participants. Nothing before the air."""
    title = str(session.get("title", ""))[:LONGEST]
    stage = session.get("stage")
    if session.get("state") not in AIRING or not isinstance(stage, Mapping):
        return Scene(title=title)
    layout = Layout(stage["layout"])
    spots = list(stage["spots"])[: PLACES[layout]]
    sites = {site["room"]: site["name"] for site in session.get("sites", ())}
    found = [
        Place(
            rect=rect,
            who=spot["participant"],
            name=_name(spot, sites, names)[:LONGEST],
            slate=bool(spot["slate"]),
            slides=layout is Layout.SLIDES_AND_SPEAKER and number == 1,
        )
        for number, (rect, spot) in enumerate(
            zip(places(layout, len(spots), width, height), spots, strict=True)
        )
    ]
    return Scene(title=title, places=tuple(found), heard=frozenset(stage["heard"]))


def _name(spot: Mapping[str, Any], sites: Mapping[str, str], names: Mapping[str, str]) -> str:
    return sites.get(spot["room"] or "") or names.get(spot["participant"] or "", "")
