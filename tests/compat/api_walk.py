"""Every operation of the REST API done once for good, in an order in which each one can be.

A walk leaves things that exist behind it: `ids` names one of each, `tokens` the devices'.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from orchestrator.api.endpoint import PREFIX
from orchestrator.keys import DATABASE
from orchestrator.store import rooms as room_states
from rooms.ids import RoomId
from rooms.state import DEFAULT_STATE, SCREEN_ABLE
from tests.compat import api_walk_ceremony, api_walk_cues
from tests.compat.walk import (
    ASKED,
    CENTRE,
    DOOR,
    HELD,
    JPEG,
    MEASURED,
    PNG,
    ROOM,
    Walk,
    hours,
    when,
)
from tests.fakes.desks import DESK, OTHER
from tests.fakes.papers import letter
from tests.fakes.service import PASSWORD, Browser


async def people(walk: Walk) -> None:
    tom = walk.service.browser()
    me = await walk.do("POST /login", {"login": "tom", "password": PASSWORD}, who=tom)
    tom.csrf = me["csrf"]
    await walk.do("GET /me", who=tom)
    await walk.do("POST /logout", who=tom)
    for path in ("/openapi.json", "/asyncapi.yaml", "/calendars/remotes"):
        await walk.do(f"GET {path}")


async def own_access(walk: Walk) -> None:
    made = await walk.do("POST /me/app-passwords", {"label": "Téléphone"})
    await walk.do("GET /me/app-passwords")
    password = {"password": made["app_password"]["id"]}
    await walk.do("DELETE /me/app-passwords/{password}", ids=password)
    anne, bea = await walk.service.log_in("anne"), {"login": "bea"}
    await walk.do("PUT /me/delegates/{login}", {"rights": "read"}, who=anne, ids=bea)
    await walk.do("GET /me/delegates", who=anne)
    await walk.do("DELETE /me/delegates/{login}", who=anne, ids=bea)
    walk.ids["login"] = "tom"
    left = await walk.do("POST /me/app-passwords", {"label": "Tablette"})
    walk.ids["password"] = left["app_password"]["id"]


async def places(walk: Walk) -> None:
    walk.ids |= {"room": ROOM, "centre": CENTRE}
    week = hours(0, 7 * 24 * 60)
    for path in ("/centres", "/centres/{centre}", "/rooms", "/rooms/{room}", "/rooms/{room}/state"):
        await walk.do(f"GET {path}", ids=walk.ids)
    for path in ("/rooms/finder", "/rooms/availability", "/rooms/{room}/availability"):
        await walk.do(f"GET {path}", ids=walk.ids, params=week)
    for path in ("/agents", "/alerts", "/rooms/{room}/devices"):
        await walk.do(f"GET {path}", ids=walk.ids)


async def closures(walk: Walk) -> None:
    day = when(300 * 24 * 60)[:10]
    sent = {"kind": "closed", "from": day, "to": day, "reason": "Fête"}
    made = await walk.do("POST /centres/{centre}/closures", sent, ids=walk.ids)
    ids = {**walk.ids, "closure": made["closure"]["id"]}
    await walk.do("GET /centres/{centre}/closures", ids=ids)
    await walk.do("DELETE /centres/{centre}/closures/{closure}", ids=ids)
    left = await walk.do("POST /centres/{centre}/closures", sent, ids=walk.ids)
    walk.ids["closure"] = left["closure"]["id"]


async def screens(walk: Walk) -> None:
    for kind in ("kiosk", "panel", "panel"):  # a second panel puts the first one out
        made = await walk.do("POST /pairings", {"room": DOOR})
        sent = {"room": DOOR, "code": made["code"], "kind": kind}
        paired = await walk.do("POST /pairings/claim", sent, who=walk.service.browser())
        walk.tokens[kind] = paired["token"]
    record = (await walk.do("GET /audit"))["entries"]
    panel, _, kiosk = (one["who"] for one in record if one["action"] == "device.paired")
    await walk.do("GET /centres/{centre}/devices", ids={"centre": CENTRE})
    await walk.do("DELETE /devices/{device}", ids={"device": kiosk})
    walk.ids["device"] = panel


async def phones(walk: Walk) -> None:
    room = {"room": DOOR}
    made = await walk.do("POST /pairings", room)
    sent, nobody = {**room, "code": made["code"]}, walk.service.browser()
    screen = (await walk.do("POST /pairings/claim", sent, who=nobody))["token"]
    walk.tokens["screen"] = screen
    for turn in range(2):  # the second one is left
        shown = await walk.do("POST /rooms/{room}/phones/code", token=screen, ids=room)
        read = {"code": shown["code"]}
        got = await walk.do("POST /rooms/{room}/phones/claim", read, who=nobody, ids=room)
        walk.tokens["phone"] = phone = got["token"]
        await walk.do("GET /rooms/{room}/phones", ids=room)
        await walk.do("GET /rooms/{room}/remote", token=phone, ids=room)
        home = {"command": "audio.mic.set", "on": True}
        path = "/rooms/{room}/remote/commands"
        taken = await walk.do(f"POST {path}", home, token=phone, ids=room)
        walk.ids["by phone"] = taken["id"]
        ids = {**room, "command": taken["id"]}
        await walk.do(f"GET {path}/{{command}}", token=phone, ids=ids)
        if turn == 0:
            await walk.do("DELETE /rooms/{room}/remote", token=phone, ids=room)
    await walk.do("DELETE /rooms/{room}/phones", ids={"room": HELD})
    await walk.do("POST /rooms/{room}/help", ids=walk.ids)
    await walk.do("POST /rooms/{room}/help/answer", ids=walk.ids)
    await walk.do("DELETE /rooms/{room}/help", ids=walk.ids)


async def views(walk: Walk) -> None:
    """The screen is away: the order is held, and the picture may come."""
    room, now = RoomId(DOOR), datetime.now(UTC)
    able = replace(DEFAULT_STATE, able=(*SCREEN_ABLE, "video.picture.keep")).to_json()
    write = walk.service.app[DATABASE].write
    await write(lambda conn: room_states.keep_state(conn, now, room, 1, able))
    wish = {"command": "video.picture.keep", "preset": 1, "expires_at": when(40)}
    await walk.do("POST /rooms/{room}/commands", wish, ids={"room": DOOR})
    ids, path = {"room": DOOR, "preset": "1"}, "/rooms/{room}/views"
    brought: dict[str, Any] = {"data": JPEG, "headers": {"Content-Type": "image/jpeg"}}
    await walk.do(f"PUT {path}/{{preset}}", token=walk.tokens["screen"], ids=ids, **brought)
    await walk.do(f"GET {path}", ids=ids)
    assert await walk.do(f"GET {path}/{{preset}}", ids=ids) == JPEG
    walk.ids["preset"] = "1"


async def bookings(walk: Walk) -> None:
    tom = await walk.service.log_in("tom")
    coming = await walk.book(HELD, 24 * 60, 25 * 60)
    ids = {"booking": coming["id"]}
    await walk.do("GET /bookings", params=hours(0, 48 * 60))
    await walk.do("GET /bookings/{booking}", ids=ids)
    await walk.do("PATCH /bookings/{booking}", {"title": "Conseil municipal"}, ids=ids)
    whole = {"title": "Atelier", "kind": "meeting", "rooms": [HELD], **hours(1500, 1560)}
    await walk.do("PUT /bookings/{booking}", whole, ids=ids)
    await walk.do("DELETE /bookings/{booking}", ids=ids)
    now = {"booking": (await walk.book(HELD, -5, 60))["id"]}
    await walk.do("POST /bookings/{booking}/check-in", ids=now)
    await walk.do("POST /bookings/{booking}/extend", {"minutes": 15}, ids=now)
    await walk.do("POST /bookings/{booking}/release", ids=now)
    await walk.do("GET /rooms/{room}/settings", ids={"room": ASKED})
    match, sent = {"If-Match": walk.etag}, {"settings": {"asked_of": ["trainer"]}}
    await walk.do("PUT /rooms/{room}/settings", sent, ids={"room": ASKED}, headers=match)
    wish = await walk.book(ASKED, 60, 120, tom)
    answer = {"decision": "approve", "note": "Bien sûr"}
    await walk.do("POST /bookings/{booking}/decide", answer, ids={"booking": wish["id"]})
    walk.ids["booking"] = wish["id"]


async def panel(walk: Walk) -> None:
    token, ids = walk.tokens["panel"], {"room": DOOR}
    await walk.do("GET /rooms/{room}/panel", token=token, ids=ids)
    made = await walk.do("POST /rooms/{room}/panel/bookings", {"minutes": 30}, token=token, ids=ids)
    ids["booking"] = made["booking"]
    one = "/rooms/{room}/panel/bookings/{booking}"
    await walk.do(f"POST {one}/check-in", token=token, ids=ids)
    await walk.do(f"POST {one}/extend", {"minutes": 15}, token=token, ids=ids)
    await walk.do(f"POST {one}/release", token=token, ids=ids)
    walk.ids["at the door"] = ids["booking"]


async def commands(walk: Walk) -> None:
    home: dict[str, Any] = {"command": "camera.home"}
    taken = await walk.do("POST /rooms/{room}/commands", home, ids=walk.ids)
    await walk.do("GET /commands/{command}", ids={"command": taken["id"]})
    later = {**home, "not_before": when(30), "expires_at": when(40)}
    waiting = await walk.do("POST /rooms/{room}/commands", later, ids=walk.ids)
    await walk.do("DELETE /commands/{command}", ids={"command": waiting["id"]})
    left = await walk.do("POST /rooms/{room}/commands", later, ids=walk.ids)
    walk.ids["command"] = left["id"]
    scenes = await walk.do("GET /rooms/{room}/presets", ids=walk.ids)
    match = {"If-Match": walk.etag}
    await walk.do("GET /rooms/{room}/presets/offer", ids=walk.ids)
    sent = {name: value for name, value in scenes.items() if name != "room"}
    await walk.do("PUT /rooms/{room}/presets", sent, ids=walk.ids, headers=match)


async def sessions(walk: Walk) -> None:
    booking = await walk.book(ROOM, 5, 65)
    ids = {"session": booking["session"], "code": booking["join_url"].rpartition("/")[2]}
    await walk.do("GET /sessions", params=hours(-60, 60))
    await walk.do("POST /sessions/{session}/open", ids=ids)
    guest = walk.service.browser()
    await walk.do("GET /join/{code}", ids=ids, who=guest)
    await walk.do("POST /join", {"code": ids["code"], "name": "Mme Rey"}, who=guest)
    wish = {"name": "Caméra du hall", "way": "publish"}
    encoder = await walk.do("POST /sessions/{session}/encoders", wish, ids=ids)
    place = {**ids, "participant": encoder["participant"]}
    await walk.do("POST /sessions/{session}/start", ids=ids)
    await walk.do("POST /sessions/{session}/commands", {"command": "camera.home"}, ids=ids)
    for path in ("", "/commands", "/quality"):
        await walk.do(f"GET /sessions/{{session}}{path}", ids=ids)
    await walk.do("DELETE /sessions/{session}/encoders/{participant}", ids=place)
    await api_walk_cues.cues(walk, ids)
    await api_walk_ceremony.recorded(walk, ids)
    await walk.do("POST /sessions/{session}/pause", ids=ids)
    await walk.do("POST /sessions/{session}/end", ids=ids)
    left = await walk.book(HELD, 5, 65)
    walk.ids |= {"session": left["session"], "code": left["join_url"].rpartition("/")[2]}
    encoder = await walk.do("POST /sessions/{session}/encoders", wish, ids=walk.ids)
    walk.ids["participant"] = encoder["participant"]


async def line_tests(walk: Walk) -> None:
    wish = {"centre": CENTRE, "path": "udp"}
    ids = {"test": (await walk.do("POST /line-tests", wish))["id"]}
    await walk.do("POST /line-tests/{test}/publish", {"sdp": "x"}, ids=ids)
    await walk.do("POST /line-tests/{test}/receive", {"sdp": "y"}, ids=ids)
    await walk.do("POST /line-tests/{test}/result", MEASURED, ids=ids)
    await walk.do("GET /centres/{centre}/line", ids=walk.ids)
    ids = {"test": (await walk.do("POST /line-tests", wish))["id"]}
    await walk.do("DELETE /line-tests/{test}", ids=ids)
    walk.ids["test"] = (await walk.do("POST /line-tests", wish))["id"]


async def desks(walk: Walk) -> None:
    for desk in (DESK, OTHER):
        made = await walk.do("POST /desks/{desk}/pairings", ids={"desk": desk})
        paired = await walk.do(
            "POST /desks/{desk}/pairings/claim",
            {"code": made["code"]},
            ids={"desk": desk},
            who=walk.service.browser(),
        )
        walk.tokens[desk] = paired["token"]
    walk.ids["desk"] = DESK
    await walk.do("GET /desks")
    await answered(walk, await walk.service.log_in("anne"))
    await declined(walk, await walk.service.log_in("marc"))


async def pressed(walk: Walk, desk: str, who: Browser) -> dict[str, str]:
    """The button of a desk, this animateur being there to answer."""
    await walk.do("PUT /desk-agents/me", {"away": False}, who=who)
    await walk.do("GET /desk-agents/me", who=who)
    ids, token = {"desk": desk}, walk.tokens[desk]
    call = (await walk.do("POST /desks/{desk}/calls", ids=ids, token=token))["call"]
    await walk.do("GET /desks/{desk}", ids=ids, token=token)
    return {"call": call}


async def answered(walk: Walk, anne: Browser) -> None:
    ids, desk = await pressed(walk, DESK, anne), walk.tokens[DESK]
    await walk.do("POST /desk-calls/{call}/answer", ids=ids, who=anne)
    await walk.do("POST /desk-calls/{call}/join", ids=ids, who=anne)
    paper = "/desk-calls/{call}/document"
    shown = {"data": PNG, "headers": {"Content-Type": "image/png"}}
    await walk.do(f"POST {paper}", ids=ids, who=anne, **shown)
    assert await walk.do(f"GET {paper}", ids=ids, token=desk) == PNG
    await on_paper(walk, ids, anne, desk)
    await walk.do(f"DELETE {paper}", ids=ids, who=anne)
    await walk.do("POST /desk-calls/{call}/hangup", ids=ids, token=desk)
    sent = {"name": "Mme Rey", "phone": "04 66 00 00 00"}
    for _ in range(2):
        await walk.do("POST /desks/{desk}/callbacks", sent, ids={"desk": DESK}, token=desk)
    wishes = (await walk.do("GET /desk-callbacks", who=anne))["callbacks"]
    done, left = (wish["id"] for wish in wishes)
    await walk.do("POST /desk-callbacks/{callback}/done", ids={"callback": done}, who=anne)
    walk.ids["callback"] = left
    await appointed(walk, anne, desk)


async def appointed(walk: Walk, anne: Browser, desk: str) -> None:
    """One appointment given back, and one left."""
    at = "/desks/{desk}"
    ids: dict[str, str] = {"desk": DESK}
    slots = (await walk.do(f"GET {at}/slots", ids=ids, token=desk))["slots"]
    for slot in slots[:2]:
        sent = {"name": "Mme Rey", "phone": "04 66 00 00 00", "start": slot["start"]}
        ids["appointment"] = walk.ids.get("appointment", "")
        made = await walk.do(f"POST {at}/appointments", sent, ids=ids, token=desk)
        walk.ids["appointment"] = made["id"]
    await walk.do(f"DELETE {at}/appointments/{{appointment}}", ids=ids, token=desk)
    await walk.do("GET /desk-appointments", who=anne)


async def on_paper(walk: Walk, ids: dict[str, str], anne: Browser, desk: str) -> None:
    """A page turned, signed, and a paper shown to the camera."""
    call = "/desk-calls/{call}"
    shown: dict[str, Any] = {"data": letter(2), "headers": {"Content-Type": "application/pdf"}}
    await walk.do(f"POST {call}/document", ids=ids, who=anne, **shown)
    page = {**ids, "page": "2"}
    assert await walk.do(f"GET {call}/document/pages/{{page}}", ids=page, token=desk)
    await walk.do(f"PUT {call}/document/page", {"page": 2}, ids=ids, token=desk)
    asked = await walk.do(f"PUT {call}/request", {"wish": "sign"}, ids=ids, who=anne)
    sent = {"request": asked["request"], "agreed": True, "name": "Mme Rey"}
    await walk.do(f"POST {call}/signature", sent, ids=ids, token=desk)
    asked = await walk.do(f"PUT {call}/request", {"wish": "show"}, ids=ids, who=anne)
    sent = {"request": asked["request"], "step": "showing"}
    await walk.do(f"POST {call}/request/answer", sent, ids=ids, token=desk)
    await walk.do(f"POST {call}/still", ids=ids, who=anne)
    still: dict[str, Any] = {"data": JPEG, "headers": {"Content-Type": "image/jpeg"}}
    await walk.do(f"PUT {call}/still", ids=ids, token=desk, **still)
    assert await walk.do(f"GET {call}/still", ids=ids, who=anne) == JPEG
    await walk.do(f"DELETE {call}/request", ids=ids, who=anne)
    walk.ids["page"] = "1"


async def declined(walk: Walk, marc: Browser) -> None:
    ids = await pressed(walk, OTHER, marc)
    await walk.do("POST /desk-calls/{call}/decline", ids=ids, who=marc)
    walk.ids |= ids


async def media(walk: Walk) -> None:
    worker = {"worker": "1"}
    await walk.do("GET /media/workers")
    await walk.do("POST /media/workers/{worker}/drain", ids=worker)
    await walk.do("POST /media/workers/{worker}/resume", ids=worker)
    await walk.do("POST /media/drain")
    for number in "01":
        await walk.do("POST /media/workers/{worker}/resume", ids={"worker": number})
    walk.ids |= worker


async def events(walk: Walk) -> None:
    """A WebSocket is told `hello` first."""
    url = f"{walk.service.url.replace('http', 'ws', 1)}{PREFIX}/events"
    async with walk.admin.http.ws_connect(url, origin=walk.service.url) as socket:
        assert (await socket.receive_json())["kind"] == "hello"


STEPS: tuple[Callable[[Walk], Any], ...] = (
    people,
    own_access,
    places,
    closures,
    screens,
    phones,
    views,
    api_walk_ceremony.planned,  # while no other session holds its rooms
    bookings,
    panel,
    commands,
    line_tests,
    sessions,
    api_walk_ceremony.rundown,
    api_walk_cues.leave,
    api_walk_ceremony.staged,
    desks,
    media,
    events,
)


async def whole(walk: Walk) -> None:
    """All of it."""
    for step in STEPS:
        await step(walk)
