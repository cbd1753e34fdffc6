"""What is not ready of a ceremony yet, with what to do (docs/rehearsal.md)."""

from typing import Any

from orchestrator.api.endpoint import Answer, Call, Route, Shape
from orchestrator.api.problems import locale_of
from orchestrator.cases import checks
from orchestrator.conditions.rules import Finding
from orchestrator.keys import HOUSE, WORDS
from rooms.ids import SessionId


class CheckOut(Shape):
    """A condition, of a site or (room null) of the whole session."""

    key: str
    room: str | None
    passed: bool
    needed: bool
    minutes: int
    text: str
    remedy: str


class ChecksAnswer(Shape):
    """All of them."""

    session: str
    checks: list[CheckOut]


async def every(call: Call) -> Answer:
    """The conditions of a session, as they stand."""
    house, session = call.app[HOUSE], SessionId(call.path("session"))
    stored, found = await checks.of_session(house.conductor, call.person, session)
    shown = [_shown(call, one) for one in found]
    return Answer(body={"session": stored.id, "checks": shown})


def _shown(call: Call, one: Finding) -> dict[str, Any]:
    key, locale, say = one.condition.key, locale_of(call.request), call.app[WORDS]
    facts = {"site": "" if one.room is None else call.app[HOUSE].means.label(one.room)}
    return {
        "key": key,
        "room": one.room,
        "passed": one.passed,
        "needed": one.condition.needed,
        "minutes": one.condition.minutes,
        "text": say(f"condition-{key}", locale, facts),
        "remedy": say(f"condition-{key}-remedy", locale, facts),
    }


ROUTES = (
    Route(
        method="GET",
        path="/sessions/{session}/checks",
        handler=every,
        summary="What is not ready of a ceremony yet",
        person=True,
        answer=ChecksAnswer,
        errors=(404,),
    ),
)
