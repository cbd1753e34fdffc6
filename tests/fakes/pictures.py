"""Pictures written by hand."""

from struct import pack
from zlib import compress, crc32


def painted(grey: int = 128) -> bytes:
    """A grey PNG of eight by eight."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return pack(">I", len(body)) + name + body + pack(">I", crc32(name + body))

    head = pack(">IIBBBBB", 8, 8, 8, 0, 0, 0, 0)
    rows = compress((b"\0" + bytes([grey] * 8)) * 8)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
