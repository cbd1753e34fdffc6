"""The part of the walk that is about ceremonies."""

import asyncio

from aiohttp.web import Application

from orchestrator.keys import DATA, DATABASE
from orchestrator.recording import shelf
from orchestrator.recording.names import MIX, folder_of
from orchestrator.store import recordings
from tests.compat.walk import DOOR, HELD, Walk, hours
from tests.fakes.recordings import write_part

CEREMONY = "st-chely-d-apcher-visio"


async def rundown(walk: Walk) -> None:
    sent = {"title": "Inauguration", "kind": "ceremony", "rooms": [HELD], **hours(300, 360)}
    booking = (await walk.do("POST /bookings", sent))["booking"]
    ids, path = {"session": booking["session"]}, "/sessions/{session}/rundown"
    await walk.do(f"GET {path}", ids=ids)
    match = {"If-Match": walk.etag}
    cues = [{"kind": "speech", "title": "Accueil", "on_air": [HELD]}]
    made = await walk.do(f"PUT {path}", {"cues": cues}, ids=ids, headers=match)
    ids |= {"cue": made["cues"][0]["id"], "room": HELD}
    await walk.do(f"POST {path}/order", {"order": [ids["cue"]]}, ids=ids)
    await walk.do(f"PUT {path}/cues/{{cue}}/sites/{{room}}", {"edition": 1}, ids=ids)
    await walk.do(f"POST {path}/cues/{{cue}}", {"act": "arm"}, ids=ids)
    await walk.do(f"POST {path}/reset", ids=ids)
    await walk.do(f"GET {path}/head", ids=ids)
    sheet = await walk.do(f"GET {path}/csv", ids=ids)
    headers = {"If-Match": walk.etag, "Content-Type": "text/csv"}
    await walk.do(f"PUT {path}/csv", ids=ids, data=sheet, headers=headers)
    walk.ids["cue"] = ids["cue"]


async def recorded(walk: Walk, ids: dict[str, str]) -> None:
    """A recording of a session that runs, from its terms to its end."""
    path = "/sessions/{session}/recordings"
    terms = {"keeper": "Lozère", "purpose": "Mémoire", "basis": "consent", "days": 30}
    await walk.do("PUT /sessions/{session}/recording-terms", terms, ids=ids)
    await walk.do("GET /sessions/{session}/recording-terms", ids=ids)
    made = await walk.do(f"POST {path}", ids=ids)
    named = {**ids, "recording": made["recording"]}
    await walk.do(f"GET {path}", ids=ids)
    await walk.do(f"POST {path}/{{recording}}/stop", ids=named)
    await kept(walk, named)
    await walk.do(f"GET {path}/{{recording}}/file", ids=named, params={"number": 1})
    mix = f"{path}/{{recording}}/mix"
    await walk.do(f"POST {mix}", ids=named)
    await walk.do(f"DELETE {mix}", ids=named)
    await walk.do(f"GET {mix}", ids=named)
    await asyncio.to_thread((folder_of(walk.service.app[DATA], named["recording"]) / MIX).touch)
    await walk.service.app[DATABASE].write(
        lambda conn: recordings.note_mix(conn, named["recording"], state=recordings.DONE)
    )
    await walk.do(f"GET {mix}/file", ids=named)
    await walk.do(f"POST {mix}/approve", {"approved": True}, ids=named)
    await walk.do(f"DELETE {path}/{{recording}}", ids=named)


async def kept(walk: Walk, named: dict[str, str]) -> None:
    """Its files are closed, and there is one (of a session without media)."""
    app, recording = walk.service.app, named["recording"]
    await wait_for_state(app, recording)
    folder = folder_of(app[DATA], recording)
    await asyncio.to_thread(write_part, folder)
    parts = await asyncio.to_thread(shelf.look, folder)
    await app[DATABASE].write(lambda conn: recordings.index(conn, recording, parts))


async def wait_for_state(app: Application, recording: str) -> None:
    async with asyncio.timeout(30):
        while await open_now(app, recording):  # noqa: ASYNC110 another process closes its files
            await asyncio.sleep(0.05)


async def open_now(app: Application, recording: str) -> bool:
    found = await app[DATABASE].read(recordings.open_ones)
    return any(one.id == recording for one in found)


async def staged(walk: Walk) -> None:
    """A ceremony with its stage and its floor."""
    whole = {"title": "Inauguration", "kind": "ceremony", "rooms": [CEREMONY], **hours(5, 65)}
    booked = await walk.do("POST /bookings", whole)
    ids = {"session": booked["booking"]["session"]}
    await walk.do("PUT /sessions/{session}/stage", ids=ids)
    await walk.do("GET /sessions/{session}/stage", ids=ids)
    scene = {"act": "prepare", "layout": "one", "sources": [CEREMONY]}
    await walk.do("POST /sessions/{session}/stage", scene, ids=ids)
    await walk.do("POST /sessions/{session}/stage/place", ids=ids)
    await walk.do("GET /sessions/{session}/stage/lines", ids=ids)
    hand = {"act": "mode", "mode": "queue"}
    await walk.do("POST /sessions/{session}/floor", hand, ids=ids)
    await walk.do("GET /sessions/{session}/floor", ids=ids)
    await walk.do("GET /sessions/{session}/evidence", ids=ids)
    await public(walk, ids)
    await walk.do("GET /sessions/{session}/evidence/paper", ids=ids)
    await walk.do("GET /sessions/{session}/evidence/pdf", ids=ids)
    await walk.do("DELETE /sessions/{session}/stage", ids=ids)


async def public(walk: Walk, ids: dict[str, str]) -> None:
    """Its public page, of which everybody may ask."""
    path, sent = "/sessions/{session}/public", {"code": "inauguration-2013"}
    await walk.do(f"PUT {path}", sent, ids=ids)
    await walk.do(f"GET {path}", ids=ids)
    await walk.do(f"POST {path}", {"act": "caption", "text": "Bienvenue"}, ids=ids)
    await walk.do("GET /live/{code}", ids=sent, who=walk.service.browser())
    await walk.do(f"DELETE {path}", ids=ids)


async def planned(walk: Walk) -> None:
    """A ceremony with its rehearsal, and its people."""
    whole = {"title": "Inauguration", "host": DOOR, **hours(4000, 4060)}
    await walk.do("POST /ceremonies/check", whole)
    made = (await walk.do("POST /ceremonies", whole))["ceremony"]
    ids = {"session": made["session"]}
    await walk.do("GET /sessions/{session}/ceremony", ids=ids)
    people = {"people": [{"name": "Mme Rey", "part": "speaker", "room": DOOR}]}
    path, match = "/sessions/{session}/ceremony/people", {"If-Match": walk.etag}
    await walk.do(f"PUT {path}", people, ids=ids, headers=match)
    await walk.do("POST /sessions/{session}/rehearse", ids=ids)
    await walk.do("POST /sessions/{session}/end", ids=ids)
    await walk.do("GET /sessions/{session}/rehearsals", ids=ids)
    await walk.do("GET /sessions/{session}/checks", ids=ids)
    room = {"room": CEREMONY}
    measured = {"camera": {"present": False}, "speaker": {"heard_db": 12.5}}
    await walk.do("POST /rooms/{room}/site-tests", measured, ids=room)
    await walk.do("GET /rooms/{room}/site-tests", ids=room)
