"""WHIP (RFC 9725) and WHEP: a camera encoder sends into a session, a plain receiver shows it.

The bearer token is a participant's own; the resource is named by its leg. Media outlive a restart
of the service, so a resource found at the worker is taken up again. docs/whip.md.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TypeAlias

from aiohttp import web

from orchestrator import keys
from orchestrator.api import problems
from orchestrator.api.problems import TooLarge, TooSlow, WrongMediaType
from orchestrator.cases.encoders import Way
from orchestrator.store import participants
from rooms.errors import Forbidden, MargerideError, NotFound, Unauthenticated
from rooms.ids import LegId, SessionId, TrackId, is_slug, new_id
from signalling.engine import Kind, Role
from signalling.messages import Joined
from signalling.ports import Identity
from signalling.resident import Resident
from signalling.switchboard import Switchboard

log = logging.getLogger(__name__)
SDP = "application/sdp"
MOST_BYTES = 60_000
WITHIN = 10.0
# A token, never a cookie, opens these doors: a page of any origin may knock (RFC 9725 §4.2).
CROSS_ORIGIN = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Headers": "Authorization, Content-Type",
    "Access-Control-Allow-Methods": "POST, DELETE, OPTIONS",
    "Access-Control-Expose-Headers": "Location",
}
Handler: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]
FindSwitchboard: TypeAlias = Callable[[web.Application], Switchboard]


@dataclass(frozen=True, slots=True)
class Door:
    """One of the two protocols."""

    name: str
    way: Way


DOORS = (Door("whip", Way.PUBLISH), Door("whep", Way.RECEIVE))


class Residents:
    """Everybody who is here by HTTP, by the leg that names his resource."""

    def __init__(self, find: FindSwitchboard) -> None:
        self.find = find
        self._by_leg: dict[LegId, Resident] = {}

    def add(self, leg: LegId, resident: Resident) -> None:
        """He is here; whoever has gone is forgotten."""
        self._by_leg = {name: one for name, one in self._by_leg.items() if not one.over.is_set()}
        self._by_leg[leg] = resident

    def get(self, leg: str, identity: Identity) -> Resident:
        """His resource, for himself only; NotFound("no-leg")."""
        found = self._by_leg.get(LegId(leg))
        if found is None or found.over.is_set() or found.identity != identity:
            raise NotFound("no-leg", leg=leg)
        return found

    def stop(self) -> None:
        """Leave their media at the worker."""
        for resident in self._by_leg.values():
            resident.vanish()


RESIDENTS: web.AppKey[Residents] = web.AppKey("residents", Residents)


def setup(app: web.Application, find: FindSwitchboard) -> None:
    """Both doors, and who is behind them after a restart."""
    app[RESIDENTS] = Residents(find)
    app.cleanup_ctx.append(_taken_up)
    for door in DOORS:
        collection, resource = f"/{door.name}/{{session}}", f"/{door.name}/{{session}}/{{leg}}"
        app.router.add_post(collection, _guarded(_opening(door)))
        for path in (collection, resource):
            app.router.add_options(path, _describe)
        app.router.add_delete(resource, _guarded(_close))
        app.router.add_patch(resource, _guarded(_restart))


def _guarded(handler: Handler) -> Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except MargerideError as error:
            answer = problems.of_error(error, problems.locale_of(request))
            if isinstance(error, Unauthenticated):
                answer.headers["WWW-Authenticate"] = 'Bearer realm="Margeride"'
            return answer

    return handle


def _opening(door: Door) -> Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        identity = await _who(request, door)
        offer = await _sdp(request)
        residents, leg = request.app[RESIDENTS], LegId(new_id("lg"))
        resident = Resident(residents.find(request.app), problems.locale_of(request))
        try:
            answer = await _begin(resident, door, identity, leg, offer)
        except Exception:
            await resident.leave()
            raise
        residents.add(leg, resident)
        return web.Response(
            status=201,
            text=answer,
            content_type=SDP,
            headers=CROSS_ORIGIN | {"Location": f"/{door.name}/{identity.session}/{leg}"},
        )

    return handle


async def _begin(resident: Resident, door: Door, identity: Identity, leg: LegId, offer: str) -> str:
    if door.way is Way.PUBLISH:
        return await resident.publish(identity, leg, offer)
    return (await resident.receive(identity, leg, offer, _main_picture)).sdp


def _main_picture(joined: Joined) -> tuple[TrackId, ...]:
    """Sound and picture of one: the first room that sends a picture, else whoever sends one."""
    others = [one for one in joined.participants if one.id != joined.you]
    sending = [one for one in others if any(track.kind == Kind.VIDEO for track in one.tracks)]
    for one in sorted(sending or others, key=lambda one: one.room is None):
        if one.tracks:
            return tuple(track.id for track in one.tracks)
    return ()


async def _describe(request: web.Request) -> web.StreamResponse:
    """What may be posted here (RFC 9725 §4.2)."""
    allowed = {"Accept-Post": SDP, "Allow": "OPTIONS, POST"}
    return web.Response(status=204, headers=CROSS_ORIGIN | allowed)


async def _close(request: web.Request) -> web.StreamResponse:
    await (await _resident(request)).leave()
    return web.Response(status=200, headers=CROSS_ORIGIN)


async def _restart(request: web.Request) -> web.StreamResponse:
    """Neither trickle nor restart (RFC 9725 §4.3.1): we need no candidates of the client's, and
    his new address is learned from his checks. Whoever lost his path posts again."""
    await _resident(request)
    raise web.HTTPMethodNotAllowed("PATCH", ["DELETE"])


async def _resident(request: web.Request) -> Resident:
    identity = await _identity(request)
    return request.app[RESIDENTS].get(request.match_info["leg"], identity)


async def _who(request: web.Request, door: Door) -> Identity:
    """Whose token it is: a place of this session, of the kind that this door is for."""
    identity = await _identity(request)
    session = request.match_info["session"]
    if not is_slug(session) or identity.session != session:
        raise NotFound("no-session", session=session)
    known = await request.app[keys.DATABASE].read(
        lambda conn: participants.of_session(conn, SessionId(session))
    )
    if not any(one.id == identity.participant and one.kind == door.way for one in known):
        raise Forbidden("forbidden")
    return identity


async def _identity(request: web.Request) -> Identity:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthenticated("bad-token")
    return await request.app[keys.HOUSE].identify(token.strip())


async def _sdp(request: web.Request) -> str:
    if request.content_type != SDP:
        raise WrongMediaType("wants-sdp")
    if (request.content_length or 0) > MOST_BYTES:
        raise TooLarge("body-too-large", limit=MOST_BYTES)
    body = bytearray()
    try:
        async with asyncio.timeout(WITHIN):
            async for chunk in request.content.iter_chunked(16_384):
                body += chunk
                if len(body) > MOST_BYTES:
                    raise TooLarge("body-too-large", limit=MOST_BYTES)
    except TimeoutError:
        raise TooSlow("body-too-slow", seconds=int(WITHIN)) from None
    return body.decode("utf-8", "replace")


@asynccontextmanager
async def _taken_up(app: web.Application) -> AsyncIterator[None]:
    """Whoever was here by HTTP and whose media the worker still carries is here again."""
    known = await app[keys.DATABASE].read(participants.here)
    legs = await _carried(app)
    for one in known:
        if one.kind in list(Way):
            held = legs.get(one.id, {})
            identity = Identity(participant=one.id, session=one.session)
            resident = Resident(app[RESIDENTS].find(app), "fr")
            try:
                await resident.resume(identity, held.get(Role.PUBLISH), held.get(Role.SUBSCRIBE))
            except MargerideError as refusal:
                log.info("%s does not come back: %s", one.id, refusal)
            else:
                app[RESIDENTS].add(next(iter(held.values())), resident)
    yield
    app[RESIDENTS].stop()


async def _carried(app: web.Application) -> dict[str, dict[Role, LegId]]:
    try:
        state = await app[keys.ENGINE].state()
    except MargerideError:
        return {}
    members = (member for session in state.sessions.values() for member in session)
    return {one.participant: {leg.role: leg.id for leg in one.legs} for one in members}
