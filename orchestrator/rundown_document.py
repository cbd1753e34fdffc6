"""The cues of a rundown as JSON and back: what is stored, and what people are shown.

An hour that was planned is stored as seconds after the session's start, so that it moves with it.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from orchestrator.cue import Cue, CueId, Kind, Plan, State
from orchestrator.stage_table import Layout
from rooms.ids import RoomId

Json = dict[str, Any]


def stored(cues: Iterable[Cue], starts_at: datetime) -> Json:
    """The document of the store."""
    return {"cues": [_stored_cue(cue, starts_at) for cue in cues]}


def read(document: Json, starts_at: datetime) -> tuple[Cue, ...]:
    """The cues of such a document."""
    return tuple(_read_cue(one, starts_at) for one in document["cues"])


def plan_as_json(plan: Plan) -> Json:
    """A plan as people are shown it; its hour is theirs to say."""
    return {
        "number": plan.number,
        "title": plan.title,
        "kind": plan.kind.value,
        "duration": plan.duration,
        "on_air": list(plan.on_air),
        "sites": list(plan.sites),
        "layout": plan.layout and plan.layout.value,
        "contents": plan.contents,
        "text": plan.text,
        "people": plan.people,
        "notes": plan.notes,
        "substitute": plan.substitute,
        "slate": plan.slate,
    }


def instant(moment: datetime | None) -> str | None:
    """To the millisecond, which is what a GO is about."""
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _stored_cue(cue: Cue, starts_at: datetime) -> Json:
    planned = cue.plan.planned_at
    return {
        **plan_as_json(cue.plan),
        "after": None if planned is None else round((planned - starts_at).total_seconds()),
        "id": cue.id,
        "state": cue.state.value,
        "edition": cue.edition,
        "acknowledged": sorted(cue.acknowledged),
        "without": list(cue.without),
        "started_at": instant(cue.started_at),
        "ended_at": instant(cue.ended_at),
        "by": cue.by,
        "due": cue.due,
    }


def _read_cue(one: Json, starts_at: datetime) -> Cue:
    return Cue(
        id=CueId(one["id"]),
        plan=_read_plan(one, starts_at),
        state=State(one["state"]),
        edition=one["edition"],
        acknowledged=frozenset(map(RoomId, one["acknowledged"])),
        without=tuple(map(RoomId, one["without"])),
        started_at=_moment(one["started_at"]),
        ended_at=_moment(one["ended_at"]),
        by=one.get("by", ""),
        due=one.get("due", False),
    )


def _read_plan(one: Json, starts_at: datetime) -> Plan:
    after, layout, substitute = one["after"], one["layout"], one["substitute"]
    return Plan(
        kind=Kind(one["kind"]),
        title=one["title"],
        number=one["number"],
        planned_at=None if after is None else starts_at + timedelta(seconds=after),
        duration=one["duration"],
        on_air=tuple(map(RoomId, one["on_air"])),
        sites=tuple(map(RoomId, one["sites"])),
        layout=None if layout is None else Layout(layout),
        contents=one["contents"],
        text=one["text"],
        people=one["people"],
        notes=one["notes"],
        substitute=None if substitute is None else RoomId(substitute),
        slate=one["slate"],
    )


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
