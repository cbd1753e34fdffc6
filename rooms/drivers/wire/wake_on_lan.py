"""The magic packet: six bytes FF and sixteen times the address."""

import re

from rooms.drivers.port import BadParameter

PORT = 9
_MAC = re.compile(r"[0-9a-f]{2}(?:([:-])[0-9a-f]{2})(?:\1[0-9a-f]{2}){4}", re.IGNORECASE)


def address(text: str) -> bytes:
    """The six bytes of `00:11:22:aa:bb:cc` or `00-11-22-AA-BB-CC`."""
    if _MAC.fullmatch(text) is None:
        raise BadParameter(f"no hardware address: {text[:20]}")
    return bytes.fromhex(re.sub(r"[:-]", "", text))


def magic_packet(mac: bytes) -> bytes:
    """What wakes the machine with this address of six bytes."""
    return b"\xff" * 6 + mac * 16
