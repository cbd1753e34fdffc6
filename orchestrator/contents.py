"""Pictures and clips that a session brings: how many, how long, and that they are what they say."""

from rooms.errors import Invalid

LARGEST = 32 * 1024 * 1024
MOST, MOST_BYTES = 100, 200 * 1024 * 1024
SIGNS: dict[str, tuple[tuple[int, bytes], ...]] = {
    "image/png": ((0, b"\x89PNG\r\n\x1a\n"),),
    "image/jpeg": ((0, b"\xff\xd8\xff"),),
    "image/webp": ((8, b"WEBP"),),
    "video/mp4": ((4, b"ftyp"),),
    "video/webm": ((0, b"\x1a\x45\xdf\xa3"),),
    "audio/mpeg": ((0, b"ID3"), (0, b"\xff\xfb"), (0, b"\xff\xf3"), (0, b"\xff\xf2")),
    "audio/ogg": ((0, b"OggS"),),
}
"""What may be brought, and where its first bytes tell it."""


def check_bytes(kind: str, body: bytes) -> None:
    """Refuse bytes that do not begin as their type says."""
    signs = SIGNS.get(kind, ())
    if not any(body[at : at + len(sign)] == sign for at, sign in signs):
        raise Invalid("bad-content", accepted=[*SIGNS])
