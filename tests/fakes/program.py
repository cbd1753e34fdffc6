"""What the service says of the stage of a ceremony, made up."""

from typing import Any

from tests.fakes.story import Json


def spot(site: str, *, slate: bool = False, rung: str = "live", signal: str = "full") -> Json:
    """The place of a site in the program."""
    who = {"source": f"{site}-visio", "name": site.title(), "participant": f"pa-{site}"}
    return {**who, "room": f"{site}-visio", "slate": slate, "rung": rung, "signal": signal}


def on_stage(**facts: Any) -> Json:
    """The `stage` of a session; all that is not said is empty."""
    nothing: Json = {
        "layout": "slate",
        "spots": [],
        "slate": "",
        "heard": [],
        "mode": "free",
        "talk": [],
        "holders": [],
        "queue": [],
        "next": {"participants": [], "at": None},
        "cue": None,
        "then": None,
        "sites": {},
    }
    return nothing | facts
