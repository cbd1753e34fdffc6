"""What a cue of the run of show puts on screens: its picture, clip, words or countdown, if any.

It is loaded under the name of the cue as soon as it is written. A cue that puts nothing on screens
asks of its sites only that they are there.
"""

from collections.abc import Mapping
from dataclasses import replace

from orchestrator.cue import WAITING, Cue, Kind, Plan, State
from orchestrator.cues import TYPES
from orchestrator.cues import Cue as OnScreen
from orchestrator.effects import OF_CUES
from orchestrator.rundown import Rundown
from signalling.messages_cues import CueKind

COUNT_IN = 3.0
"""Seconds counted on every screen before what all do at once."""
MESSAGE_LASTS = 20.0
"""Seconds a message to a site stands there, where its cue says nothing of it."""
WORDED = frozenset({Kind.SIMULTANEOUS_ACTION, Kind.SLATE, Kind.SILENCE})
"""Their words stand on the screens where they show nothing else."""
_ON_SCREENS = WAITING | {State.LIVE}


def on_screen(cue: Cue, types: Mapping[str, str]) -> OnScreen | None:
    """What is loaded for it, as version 1; `types` are those of the contents the session has."""
    plan = cue.plan
    if plan.kind in OF_CUES:
        return None
    lasts = float(plan.duration) or None
    made = OnScreen(id=cue.id, kind=CueKind.MESSAGE, title=plan.title, text=plan.text)
    if plan.kind is Kind.SIMULTANEOUS_ACTION:
        # What all do at once is counted in everywhere, whatever was written of it.
        made = replace(made, lead=COUNT_IN, text=plan.text or plan.title)
    if plan.kind is Kind.COUNTDOWN and lasts:
        return replace(made, kind=CueKind.COUNTDOWN, seconds=lasts)
    if plan.kind is Kind.MESSAGE_TO_SITE:
        return replace(made, seconds=lasts or MESSAGE_LASTS, rooms=plan.sites)
    kind = _kind(types.get(plan.contents, ""))
    if kind is not None:
        seconds = lasts if kind is CueKind.CLIP else None
        return replace(made, kind=kind, contents=(plan.contents,), seconds=seconds)
    return made if plan.kind in WORDED and made.text and not plan.contents else None


def waits_for_contents(plan: Plan, types: Mapping[str, str]) -> bool:
    """It shows something that nobody has brought yet: no site can be ready."""
    shows = plan.kind not in OF_CUES and plan.kind not in (Kind.COUNTDOWN, Kind.MESSAGE_TO_SITE)
    return shows and bool(plan.contents) and plan.contents not in types


def loaded(rundown: Rundown, types: Mapping[str, str]) -> dict[str, OnScreen]:
    """Those of all cues that wait or are live, by the name of their cue."""
    cues = [cue for cue in rundown.cues if cue.state in _ON_SCREENS]
    made = {cue.id: on_screen(cue, types) for cue in cues}
    return {id: one for id, one in made.items() if one is not None}


def _kind(type: str) -> CueKind | None:
    return next((kind for kind, types in TYPES.items() if type in types), None)
