"""The floor of the storm: a bare aiohttp server that answers each frame and can tell everybody.

python -m bench.bare PORT
"""

import asyncio
import sys

from aiohttp import WSMsgType, web

TELL = "tell:"


def make_app() -> web.Application:
    everybody: set[web.WebSocketResponse] = set()

    async def wire(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(compress=False)
        await socket.prepare(request)
        everybody.add(socket)
        try:
            async for message in socket:
                if message.type is not WSMsgType.TEXT:
                    continue
                if message.data.startswith(TELL):
                    sends = (one.send_str(message.data) for one in list(everybody))
                    await asyncio.gather(*sends, return_exceptions=True)
                else:
                    await socket.send_str(message.data)
        finally:
            everybody.discard(socket)
        return socket

    app = web.Application()
    app.router.add_get("/", wire)
    return app


if __name__ == "__main__":
    web.run_app(
        make_app(), host="127.0.0.1", port=int(sys.argv[1]), print=lambda *_: None,
        access_log=None, backlog=1024,
    )  # fmt: skip
