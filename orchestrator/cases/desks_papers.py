"""What an animateur and a visitor do with a paper during a call; it is all gone with the call."""

from collections.abc import Callable
from datetime import datetime

from orchestrator import desk_table as tables
from orchestrator.auth.people import Person
from orchestrator.cases.desks_rights import Caller, desk_at, own
from orchestrator.desk import Call, CallId, State
from orchestrator.desk_table import Paper, Picture, Place, Request, Step, Still, Table, Wish
from orchestrator.means import Means
from orchestrator.papers.kept import PDF, Press, Signature
from orchestrator.words import words
from rooms.errors import Conflict, Forbidden

PAPERS_SPEAK = "fr"
"""The language of the line below a signature: that of the administrations of the network."""


class Papers:
    """The tables of every call. `told` says that one has changed."""

    def __init__(
        self, means: Means, told: Callable[[Call], None], press: Press | None = None
    ) -> None:
        self._means = means
        self._told = told
        self._press = press or Press()
        self._tables: dict[CallId, Table] = {}
        self._numbers = 0

    def table(self, call: CallId) -> Table:
        """What lies between the two now."""
        return self._tables.get(call, tables.BARE)

    def forget(self, call: CallId) -> None:
        """The call is over."""
        self._tables.pop(call, None)

    def held(self) -> frozenset[CallId]:
        """The calls of which something lies here."""
        return frozenset(self._tables)

    # --- a paper ----------------------------------------------------------------

    async def send(self, person: Person, call: str, file: Picture) -> int:
        """Show a document on the desk's screen: a picture as it is, a PDF page by page."""
        await self.may_send(person, call)
        pages = await self._press.pages(file.body) if file.content_type == PDF else (file,)
        known = await self.may_send(person, call)  # it may have ended meanwhile
        paper = Paper(number=self._next(), file=file, pages=pages)
        self._set(known, tables.lay(self.table(known.id), paper))
        return paper.number

    async def may_send(self, person: Person, call: str) -> Call:
        """Refuse whoever may not, before he has sent megabytes; the call."""
        return await self._talking(Caller(person=person), call)

    async def take_back(self, person: Person, call: str) -> None:
        """The desk's screen shows the document no more."""
        known = await self._own(Caller(person=person), call)
        if self.table(known.id).paper is not None:
            self._set(known, tables.take_away(self.table(known.id)))

    async def document(self, caller: Caller, call: str) -> Picture:
        """The file itself, signed when it was; NotFound("no-document")."""
        known = await self._own(caller, call)
        return tables.paper_of(self.table(known.id)).file

    async def page(self, caller: Caller, call: str, page: int) -> Picture:
        """A page as it is seen."""
        known = await self._own(caller, call)
        return tables.page_of(self.table(known.id), page)

    async def turn(self, caller: Caller, call: str, page: int) -> None:
        """Either of the two turns the page, for both."""
        known = await self._talking(caller, call)
        self._set(known, tables.turn(self.table(known.id), page))

    # --- what is asked of the desk ----------------------------------------------

    async def ask(self, person: Person, call: str, wish: Wish, place: Place) -> int:
        """Ask the visitor to sign or to show a paper, or the desk to print; the request."""
        known = await self._talking(Caller(person=person), call)
        if wish is Wish.PRINT and not desk_at(self._means.network, known.desk).printer:
            raise Conflict("no-printer", desk=known.desk)
        request = Request(number=self._next(), wish=wish, place=place)
        self._set(known, tables.ask(self.table(known.id), request))
        return request.number

    async def withdraw(self, person: Person, call: str) -> None:
        """Ask no more."""
        known = await self._own(Caller(person=person), call)
        self._set(known, tables.withdraw(self.table(known.id)))

    async def settle(self, caller: Caller, call: str, request: int, step: Step) -> None:
        """The desk says what became of what was asked."""
        known = await self._at_the_desk(caller, call)
        self._set(known, tables.settle(self.table(known.id), request, step))

    async def sign(
        self,
        caller: Caller,
        call: str,
        request: int,
        strokes: list[list[tuple[int, int]]],
        name: str,
    ) -> int:
        """The visitor has signed: the page bears it from now on; the new number of the paper."""
        known = await self._at_the_desk(caller, call)
        paper, place = tables.to_sign(self.table(known.id), request)
        said = words("signed-line", PAPERS_SPEAK, self._here(known, self._means.clock()))
        made = await self._press.sign(
            paper, place, Signature(strokes=strokes, name=name, said=said)
        )
        known = await self._at_the_desk(caller, call)
        table = self.table(known.id)
        tables.to_sign(table, request)  # asked no more meanwhile: nothing is signed
        number = self._next()
        self._set(known, tables.sign(table, number, paper.number, *made))
        return number

    # --- a paper before the camera ----------------------------------------------

    async def want_still(self, person: Person, call: str) -> None:
        """The animateur wants a still of the paper that is shown."""
        known = await self._talking(Caller(person=person), call)
        self._set(known, tables.want_still(self.table(known.id)))

    async def still_wanted(self, caller: Caller, call: str) -> Call:
        """Refuse a still that nobody wants before it is sent; the call."""
        known = await self._at_the_desk(caller, call)
        if self.table(known.id).still is not Still.WANTED:
            raise Conflict("not-asked")
        return known

    async def bring_still(self, caller: Caller, call: str, picture: Picture) -> None:
        """The desk brings it."""
        known = await self._at_the_desk(caller, call)
        self._set(known, tables.bring_still(self.table(known.id), picture))

    async def take_still(self, person: Person, call: str) -> Picture:
        """The animateur takes it into his page: here it is no more."""
        known = await self._talking(Caller(person=person), call)
        table, taken = tables.take_still(self.table(known.id))
        self._set(known, table)
        return taken

    # --- inside -----------------------------------------------------------------

    def _next(self) -> int:
        self._numbers += 1
        return self._numbers

    def _set(self, call: Call, table: Table) -> None:
        self._tables[call.id] = table
        self._told(call)

    async def _own(self, caller: Caller, call: str) -> Call:
        known, _ = await self._means.database.read(lambda conn: own(conn, caller, call))
        return known

    async def _talking(self, caller: Caller, call: str) -> Call:
        known = await self._own(caller, call)
        if known.state is not State.ANSWERED:
            raise Conflict("not-answered", call=call)
        return known

    async def _at_the_desk(self, caller: Caller, call: str) -> Call:
        if caller.desk is None:
            raise Forbidden("not-your-desk")
        return await self._talking(caller, call)

    def _here(self, call: Call, now: datetime) -> dict[str, str]:
        desk = desk_at(self._means.network, call.desk)
        there = now.astimezone(self._means.network.centre(call.centre).zone)
        return {"day": f"{there:%d/%m/%Y}", "time": f"{there:%H:%M}", "desk": desk.name}
