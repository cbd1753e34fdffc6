"""Asking something of one room or of all rooms of a session, and what a scene asks of whom.

A scene goes to the room's agent with the steps it carries out; those of the screen go to the page.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from orchestrator.auth.people import Person
from orchestrator.cases import rights
from orchestrator.cases.conductor import CLOCK, Conductor
from orchestrator.room_control import Check, Wish, allowed
from orchestrator.store import scenes, sessions
from orchestrator.store.commands import Order
from orchestrator.store.idempotency import Once
from orchestrator.words import Words
from rooms.control import Command, arguments_of
from rooms.errors import MargerideError, NotFound
from rooms.house_commands import SceneApply
from rooms.ids import RoomId, SessionId
from signalling.ports import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A command, and when; `once` makes it the same one when it is asked again."""

    command: Command
    once: Once | None = None
    not_before: datetime | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What one room of several makes of it."""

    room: RoomId
    order: Order | None = None
    refusal: MargerideError | None = None

    def as_json(self, words: Words, locale: str) -> dict[str, Any]:
        """As the API shows it; `title` is the sentence behind a refusal."""
        order, refusal = self.order, self.refusal
        return {
            "room": self.room,
            "id": None if order is None else order.id,
            "state": None if order is None else order.state.value,
            "error": refusal.key if refusal else order.error if order else None,
            "title": words(refusal.key, locale, refusal.fields) if refusal else None,
        }


async def ask_room(
    conductor: Conductor,
    by: str,
    room: RoomId,
    asked: Asked,
    check: Check,
    session: SessionId | None = None,
) -> tuple[Order, bool]:
    """Submit it; a scene's steps of the screen follow."""
    wish = Wish(
        room=room,
        command=asked.command,
        by=by,
        session=session,
        check=check,
        once=asked.once,
        not_before=asked.not_before,
        expires_at=asked.expires_at,
    )
    if not isinstance(asked.command, SceneApply):
        return await conductor.control.submit(wish)
    return await _scene(conductor, wish, asked.command.preset)


async def _scene(conductor: Conductor, wish: Wish, name: str) -> tuple[Order, bool]:
    mine, others = await _parted(conductor, wish.room, name)
    whole = Wish(
        room=wish.room,
        command=wish.command,
        by=wish.by,
        session=wish.session,
        secrets=_as_steps(mine),
        check=wish.check,
        once=wish.once,
        not_before=wish.not_before,
        expires_at=wish.expires_at,
    )
    order, replayed = await conductor.control.submit(whole)
    if not replayed:
        conductor.scenes[wish.room] = name
        await _ask_screen(conductor, wish, others)
    return order, replayed


async def steps_of_agent(conductor: Conductor, room: RoomId, name: str) -> Json:
    """What goes to the agent beside the name of a scene; NotFound when there is none (any more)."""
    return _as_steps((await _parted(conductor, room, name))[0])


def _as_steps(mine: list[Command]) -> Json:
    return {"steps": [{"command": one.name, **arguments_of(one)} for one in mine]}


async def scene_begun(conductor: Conductor, room: RoomId, name: str) -> None:
    """The agent went into a scene: by its plan, the screen's steps are still to be asked."""
    if conductor.scenes.pop(room, None) == name:
        return
    try:
        _, others = await _parted(conductor, room, name)
    except NotFound:  # of a plan that has changed since
        return
    first = Wish(room=room, command=SceneApply(preset=name), by=CLOCK, check=allowed)
    await _ask_screen(conductor, first, others)


async def _ask_screen(conductor: Conductor, wish: Wish, steps: Iterable[Command]) -> None:
    """What the page cannot do, or nobody is there for, is not asked again."""
    if not conductor.means.wire.screen_connected(wish.room):
        return
    for step in steps:
        asked = Wish(
            room=wish.room,
            command=step,
            by=wish.by,
            session=wish.session,
            check=wish.check,
            not_before=wish.not_before,
        )
        try:
            await conductor.control.submit(asked)
        except MargerideError:
            continue


async def _parted(
    conductor: Conductor, room: RoomId, name: str
) -> tuple[list[Command], list[Command]]:
    """The steps of a scene: those of the agent, those of the screen."""
    _, kept = await conductor.means.database.read(lambda conn: scenes.of_room(conn, room))
    able = conductor.means.agents.able(room) or frozenset()
    steps = kept.scene(name).steps
    return [s for s in steps if s.name in able], [s for s in steps if s.name not in able]


async def to_rooms(
    conductor: Conductor,
    person: Person,
    session: SessionId,
    asked: Asked,
    rooms: list[RoomId] | None,
) -> list[Result]:
    """Ask the same of several rooms of a session at once; each has its own right and its own end.

    Raises:
        NotFound: "no-session", or "no-room" for a room that is no site of it.
    """
    means = conductor.means
    stored = await means.database.read(lambda conn: sessions.get(conn, session))
    await means.database.read(lambda conn: rights.runs(person)(conn, stored))
    sites = [site.room for site in stored.session.sites]
    wanted = list(dict.fromkeys(sites if rooms is None else rooms))
    for room in wanted:
        if room not in sites:
            raise NotFound("no-room", room=room)

    async def ask(room: RoomId) -> Result:
        check = rights.commands(conductor, person, room, asked.command.name)
        try:
            order, _ = await ask_room(conductor, person.id, room, _of(asked, room), check, session)
        except MargerideError as refusal:
            return Result(room=room, refusal=refusal)
        return Result(room=room, order=order)

    return list(await asyncio.gather(*(ask(room) for room in wanted)))


def _of(asked: Asked, room: RoomId) -> Asked:
    """The same for one room: its own key to be found again by."""
    once = asked.once
    if once is not None:
        once = Once(scope=f"{once.scope} {room}", key=once.key, body=once.body)
    return Asked(
        command=asked.command,
        once=once,
        not_before=asked.not_before,
        expires_at=asked.expires_at,
    )
