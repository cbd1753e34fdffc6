"""What lies between a visitor and an animateur during a call: a paper, a request, a still picture.

Held in memory alone, and let go of when the call ends (docs/reception.md).
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from rooms.errors import Conflict, NotFound


class Wish(StrEnum):
    """What the animateur asks of the desk."""

    SIGN = "sign"
    PRINT = "print"
    SHOW = "show"


class Step(StrEnum):
    """How far a request is."""

    ASKED = "asked"
    SHOWING = "showing"
    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"


class Place(StrEnum):
    """Where on a page a signature goes."""

    TOP_LEFT = "top-left"
    TOP_RIGHT = "top-right"
    MIDDLE_LEFT = "middle-left"
    MIDDLE_RIGHT = "middle-right"
    BOTTOM_LEFT = "bottom-left"
    BOTTOM_RIGHT = "bottom-right"


class Still(StrEnum):
    """The still picture of a paper held before the camera."""

    NONE = "none"
    WANTED = "wanted"
    THERE = "there"


ANSWERS: dict[Wish, frozenset[Step]] = {
    Wish.SIGN: frozenset({Step.REFUSED}),
    Wish.PRINT: frozenset({Step.DONE, Step.FAILED}),
    Wish.SHOW: frozenset({Step.SHOWING, Step.REFUSED, Step.FAILED}),
}
"""What the desk may answer; a signature is answered by its being there."""
OPEN = frozenset({Step.ASKED, Step.SHOWING})


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """Bytes with their type."""

    content_type: str
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """A document on the screen of a desk. `number` tells one from the next, `file` is what may be
    taken away, `pages` what is seen; `page` counts from 1, `signed` counts signatures."""

    number: int
    file: Picture
    pages: tuple[Picture, ...]
    page: int = 1
    signed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What the animateur asked last, and what became of it."""

    number: int
    wish: Wish
    step: Step = Step.ASKED
    place: Place = Place.BOTTOM_RIGHT


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """All of it."""

    paper: Paper | None = None
    request: Request | None = None
    still: Still = Still.NONE
    taken: Picture | None = None


BARE = Table()


def paper_of(table: Table) -> Paper:
    """The paper that lies there; NotFound("no-document")."""
    if table.paper is None:
        raise NotFound("no-document")
    return table.paper


def page_of(table: Table, page: int) -> Picture:
    """One page of it; NotFound("no-page")."""
    pages = paper_of(table).pages
    if not 1 <= page <= len(pages):
        raise NotFound("no-page", page=page, pages=len(pages))
    return pages[page - 1]


def lay(table: Table, paper: Paper) -> Table:
    """Put a paper in the place of the former; what was asked about that one is over."""
    return replace(_without_paper(table), paper=paper)


def take_away(table: Table) -> Table:
    """No paper."""
    return _without_paper(table)


def turn(table: Table, page: int) -> Table:
    """Show another page to both; not under the hand of who signs."""
    page_of(table, page)
    if _is_open(table, Wish.SIGN):
        raise Conflict("being-signed")
    return replace(table, paper=replace(paper_of(table), page=page))


def ask(table: Table, request: Request) -> Table:
    """Ask something of the desk; what was asked before is asked no more."""
    if request.wish is not Wish.SHOW:
        paper_of(table)
    return replace(table, request=request, still=Still.NONE, taken=None)


def withdraw(table: Table) -> Table:
    """Ask nothing more."""
    return replace(table, request=None, still=Still.NONE, taken=None)


def settle(table: Table, number: int, step: Step) -> Table:
    """The desk answers what was asked; Conflict("not-asked") for anything else."""
    request = _asked(table, number)
    if step not in ANSWERS[request.wish]:
        raise Conflict("not-asked", request=number)
    still = table.still if step is Step.SHOWING else Still.NONE
    return replace(table, request=replace(request, step=step), still=still)


def to_sign(table: Table, number: int) -> tuple[Paper, Place]:
    """What is to be signed, and where; Conflict("not-asked")."""
    request = _asked(table, number)
    if request.wish is not Wish.SIGN:
        raise Conflict("not-asked", request=number)
    return paper_of(table), request.place


def sign(table: Table, number: int, former: int, file: Picture, page: Picture) -> Table:
    """The paper numbered `former` is signed on the page that is shown; it is paper `number` now."""
    paper = paper_of(table)
    if paper.number != former or table.request is None:
        raise Conflict("not-asked")
    shown = paper.page - 1
    pages = (*paper.pages[:shown], page, *paper.pages[shown + 1 :])
    signed = replace(paper, number=number, file=file, pages=pages, signed=paper.signed + 1)
    return replace(table, paper=signed, request=replace(table.request, step=Step.DONE))


def want_still(table: Table) -> Table:
    """The animateur wants a still of the paper that is shown; Conflict("not-shown")."""
    _shown(table)
    return replace(table, still=Still.WANTED, taken=None)


def bring_still(table: Table, picture: Picture) -> Table:
    """The desk brings the still that was wanted; Conflict("not-asked")."""
    if table.still is not Still.WANTED:
        raise Conflict("not-asked")
    return replace(table, still=Still.THERE, taken=picture)


def take_still(table: Table) -> tuple[Table, Picture]:
    """The animateur takes the still: nothing of it is left here; NotFound("no-still")."""
    if table.taken is None:
        raise NotFound("no-still")
    return replace(table, still=Still.NONE, taken=None), table.taken


def _asked(table: Table, number: int) -> Request:
    request = table.request
    if request is None or request.number != number or request.step not in OPEN:
        raise Conflict("not-asked", request=number)
    return request


def _is_open(table: Table, wish: Wish) -> bool:
    request = table.request
    return request is not None and request.wish is wish and request.step in OPEN


def _shown(table: Table) -> None:
    request = table.request
    if request is None or request.wish is not Wish.SHOW or request.step is not Step.SHOWING:
        raise Conflict("not-shown")


def _without_paper(table: Table) -> Table:
    request = table.request
    if request is not None and request.wish is not Wish.SHOW:
        request = None
    return replace(table, paper=None, request=request)
