"""Text as the WebSocket frame a server sends (RFC 6455, 5.2): whole, unmasked, not compressed.

Made once, it goes to everybody who hears the same; and as bytes on the transport it leaves in this
step of the loop, without a task of its own. Only for who reads: with a buffer that is not empty,
aiohttp's own way is taken, which waits.
"""

from collections.abc import Iterable

from aiohttp import web

FINAL_TEXT = 0x81
SMALL = 16_384  # so much finds room in an empty buffer


def text_frame(text: str) -> bytes:
    """The frame of a text."""
    data = text.encode()
    size = len(data)
    if size < 126:
        return bytes((FINAL_TEXT, size)) + data
    if size < 65_536:
        return bytes((FINAL_TEXT, 126)) + size.to_bytes(2, "big") + data
    return bytes((FINAL_TEXT, 127)) + size.to_bytes(8, "big") + data


def sent_at_once(
    socket: web.WebSocketResponse, request: web.Request, frames: Iterable[bytes]
) -> bool:
    """Whether the frames have left; if not, nothing has."""
    line = request.transport
    if line is None or line.is_closing() or socket.closed or line.get_write_buffer_size():
        return False
    data = b"".join(frames)
    if len(data) > SMALL:
        return False
    line.write(data)
    return True
