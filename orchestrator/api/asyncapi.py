"""The description of the sockets; `python -m tests.tools.asyncapi` writes it from the messages."""

import asyncio
from functools import cache
from importlib.resources import files

from aiohttp import web

from orchestrator.api.endpoint import Call, Route

KIND = "application/yaml"  # RFC 9512


@cache
def page() -> bytes:
    """The file that the package carries."""
    return files("orchestrator.api").joinpath("asyncapi.yaml").read_bytes()


async def describe(_: Call) -> web.Response:
    """This description."""
    body = await asyncio.to_thread(page)
    return web.Response(body=body, content_type=KIND, headers={"Cache-Control": "no-cache"})


ROUTES = (
    Route(
        method="GET",
        path="/asyncapi.yaml",
        handler=describe,
        summary="The messages of the sockets, as AsyncAPI",
        gives=(KIND,),
    ),
)
