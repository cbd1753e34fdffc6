"""Orders (talkback): whom the desk speaks to, without the air hearing it.

It speaks to those named, or to all who are in the wings. Whoever is heard by everybody is never
spoken to: what comes out of his loudspeaker would go into his microphone, and so on air.
"""

from dataclasses import dataclass

from orchestrator.stage_table import Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """`by` is the person at the desk, `to` the sources named; `wings`: all that are not on air."""

    by: str
    to: tuple[str, ...] = ()
    wings: bool = False


def begun(stage: Stage, by: str, to: tuple[str, ...], wings: bool) -> Talk | None:
    """He speaks to these from now on; to nobody: he does not. NotFound("no-source")."""
    for source in to:
        stage.source(source)
    return Talk(by=by, to=to, wings=wings) if to or wings else None


def spoken_to(talk: Talk | None, stage: Stage, heard: frozenset[str]) -> frozenset[str]:
    """Who hears the desk now."""
    if talk is None:
        return frozenset()
    known = frozenset(one.id for one in stage.sources)
    chosen = known - stage.on_air if talk.wings else known & frozenset(talk.to)
    return chosen - heard
