"""The part of the walk that goes by the cues of a session."""

from typing import Any

from tests.compat.walk import PNG, Walk


async def bring(walk: Walk, ids: dict[str, str]) -> Any:
    headers = {"Content-Type": "image/png"}
    return await walk.do("POST /sessions/{session}/contents", ids=ids, data=PNG, headers=headers)


async def cues(walk: Walk, ids: dict[str, str]) -> None:
    made = await bring(walk, ids)
    named = {**ids, "content": made["content"], "cue": "cu-mot"}
    await walk.do("GET /sessions/{session}/contents/{content}", ids=named)
    await walk.do("DELETE /sessions/{session}/contents/{content}", ids=named)
    sent = {"kind": "message", "title": "Bonjour", "text": "À tous"}
    await walk.do("PUT /sessions/{session}/cues/{cue}", sent, ids=named)
    await walk.do("POST /sessions/{session}/cues/{cue}/fire", {}, ids=named)
    await walk.do("GET /sessions/{session}/cues", ids=named)
    await walk.do("DELETE /sessions/{session}/cues/{cue}", ids=named)


async def leave(walk: Walk) -> None:
    """A picture that a cue shows; it has the name of one of the rundown."""
    made = await bring(walk, walk.ids)
    walk.ids["content"] = made["content"]
    sent = {"kind": "picture", "title": "Ruban", "contents": [made["sha256"]]}
    await walk.do("PUT /sessions/{session}/cues/{cue}", sent, ids=walk.ids)
