"""The public page of a session: for whoever runs it, and for everybody (docs/public.md)."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, Field

from orchestrator.api.endpoint import Answer, Body, Call, Route, Shape
from orchestrator.cases import broadcasts
from orchestrator.cases.broadcasts import LONGEST_CAPTION, Seen
from orchestrator.keys import HOUSE, PUBLIC_PAGES, PUBLIC_URL
from orchestrator.store.instants import iso
from rooms.errors import Invalid
from rooms.ids import SessionId


class PublicOut(Shape):
    """The public page: where it is, what is wanted of it, and whether it is served now."""

    code: str
    url: str
    opens_at: datetime | None
    on_air: bool
    serving: bool
    began_at: datetime | None
    ended_at: datetime | None
    caption: str
    replay: bool


class PublicAnswer(Shape):
    """The public page of a session."""

    public: PublicOut


class PublicIn(Body):
    """A code of one's own (else one is made), and the hour before which nothing is told."""

    code: Annotated[str, Field(max_length=48)] | None = None
    opens_at: Annotated[AwareDatetime, Field(strict=False)] | None = None


class PublicAct(Body):
    """On air or off it, a caption, or whether it may be seen again."""

    act: Literal["start", "stop", "caption", "replay"]
    text: Annotated[str, Field(max_length=LONGEST_CAPTION, pattern=r"^[^\x00-\x1f\x7f]*$")] = ""
    on: bool | None = None


class LiveOut(Shape):
    """What everybody may know. Before the page opens only when that is.

    `media` are the addresses under which the stream is, the best first.
    """

    state: str
    now: datetime
    opens_at: datetime | None
    title: str | None = None
    sites: list[str] = []
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    captions: bool = False
    media: list[str] = []
    replay: str | None = None


async def see(call: Call) -> Answer:
    """The page as it is."""
    return await _answer(
        call, await broadcasts.see(call.app[HOUSE].conductor, call.person, _session(call))
    )


async def make(call: Call) -> Answer:
    """Make it, or change its code and hour."""
    sent = call.body(PublicIn)
    seen = await broadcasts.make(
        call.app[HOUSE].conductor, call.person, _session(call), sent.code, sent.opens_at
    )
    return await _answer(call, seen)


async def remove(call: Call) -> Answer:
    """Take it down."""
    await broadcasts.remove(call.app[HOUSE].conductor, call.person, _session(call))
    call.app[PUBLIC_PAGES].wake()
    return Answer(status=204)


async def act(call: Call) -> Answer:
    """Do something with it."""
    sent, who, session = call.body(PublicAct), call.person, _session(call)
    conductor = call.app[HOUSE].conductor
    match sent.act:
        case "start" | "stop":
            seen = await broadcasts.put_on_air(conductor, who, session, sent.act == "start")
        case "caption":
            seen = await broadcasts.caption(conductor, who, session, sent.text.strip())
        case _:
            if sent.on is None:
                raise Invalid("act-incomplete", act="replay", needs="on")
            seen = await broadcasts.approve(conductor, who, session, sent.on)
    return await _answer(call, seen)


async def live(call: Call) -> Answer:
    """What everybody may know of it."""
    told = await call.app[PUBLIC_PAGES].told(call.path("code"), call.request.host)
    return Answer(body=told)


async def _answer(call: Call, seen: Seen) -> Answer:
    page, pages = seen.page, call.app[PUBLIC_PAGES]
    pages.wake()
    body: dict[str, Any] = {
        "code": page.code,
        "url": f"{call.app[PUBLIC_URL]}/live/{page.code}",
        "opens_at": page.opens_at and iso(page.opens_at),
        "on_air": page.on_air,
        "serving": await pages.served_at(page.session) is not None,
        "began_at": page.began_at and iso(page.began_at),
        "ended_at": page.ended_at and iso(page.ended_at),
        "caption": page.caption,
        "replay": page.replay,
    }
    return Answer(body={"public": body})


def _session(call: Call) -> SessionId:
    return SessionId(call.path("session"))


PAGE = "/sessions/{session}/public"
ROUTES = (
    Route(
        method="GET",
        path=PAGE,
        handler=see,
        summary="The public page of a session",
        person=True,
        answer=PublicAnswer,
        errors=(404,),
    ),
    Route(
        method="PUT",
        path=PAGE,
        handler=make,
        summary="Give a session its public page: a code, and the hour it opens",
        person=True,
        body=PublicIn,
        answer=PublicAnswer,
        errors=(404, 409, 422),
    ),
    Route(
        method="DELETE",
        path=PAGE,
        handler=remove,
        summary="Take the public page down",
        person=True,
        ok=204,
        errors=(404,),
    ),
    Route(
        method="POST",
        path=PAGE,
        handler=act,
        summary="Put the public page on air or off, caption it, let it be seen again",
        person=True,
        body=PublicAct,
        answer=PublicAnswer,
        errors=(404, 409, 422),
    ),
    Route(
        method="GET",
        path="/live/{code}",
        handler=live,
        summary="What everybody may know of a public page",
        answer=LiveOut,
        errors=(404,),
    ),
)
