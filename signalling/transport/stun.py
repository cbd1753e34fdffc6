"""STUN binding requests (RFC 8489), as a lite agent meets them: read, checked, answered.

Nothing else is understood. What is malformed, unsigned or not a request is refused as `BadStun`,
for which there is never an answer: silence cannot be used to flood somebody else.
"""

import hashlib
import hmac
import ipaddress
import zlib
from dataclasses import dataclass
from struct import Struct

HEADER = Struct("!HHL12s")
ATTRIBUTE = Struct("!HH")
REQUEST, RESPONSE = 0x0001, 0x0101
COOKIE = 0x2112A442
USERNAME, INTEGRITY, XOR_ADDRESS = 0x0006, 0x0008, 0x0020
USE_CANDIDATE, FINGERPRINT = 0x0025, 0x8028
FINGERPRINT_XOR = 0x5354554E
LONGEST = 600

# Whence a packet came, and where an answer goes. By UDP as the kernel names it: (host, port), or
# (host, port, flow, scope) for IPv6; by TCP (host, port, number of the connection).
Address = tuple[str, int] | tuple[str, int, int] | tuple[str, int, int, int]


class BadStun(ValueError):
    """No binding request that deserves an answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BindingRequest:
    """A connectivity check. `ufrag` is ours (the left part of the user name), `peer` theirs."""

    transaction: bytes
    ufrag: str
    peer: str
    nominated: bool
    signed: bytes
    integrity: bytes

    def signed_by(self, password: str) -> bool:
        """Whether whoever sent it knows our password."""
        return hmac.compare_digest(self.integrity, _integrity(self.signed, password))


def parse_request(data: bytes) -> BindingRequest:
    """The check in these bytes, or `BadStun`."""
    if not HEADER.size <= len(data) <= LONGEST:
        raise BadStun("length")
    kind, length, cookie, transaction = HEADER.unpack_from(data)
    if kind != REQUEST or cookie != COOKIE or length != len(data) - HEADER.size:
        raise BadStun("header")
    username, integrity, nominated = b"", b"", False
    signed = b""
    at = HEADER.size
    while at + 4 <= len(data):
        name, size = ATTRIBUTE.unpack_from(data, at)
        value = data[at + 4 : at + 4 + size]
        if len(value) != size:
            raise BadStun("attribute cut short")
        if name == FINGERPRINT and int.from_bytes(value, "big") != _fingerprint(data[:at]):
            raise BadStun("fingerprint")
        if not integrity:
            # What follows the integrity is not authenticated.
            if name == USERNAME:
                username = value
            elif name == USE_CANDIDATE:
                nominated = True
            elif name == INTEGRITY:
                integrity, signed = value, data[:at]
        at += 4 + size + -size % 4
    ufrag, colon, peer = username.decode("latin-1").partition(":")
    if not colon or len(integrity) != 20:
        raise BadStun("unsigned")
    return BindingRequest(
        transaction=transaction,
        ufrag=ufrag,
        peer=peer,
        nominated=nominated,
        signed=signed,
        integrity=integrity,
    )


def success(transaction: bytes, address: Address, password: str) -> bytes:
    """The signed answer: where the request came from, as we see it."""
    data = HEADER.pack(RESPONSE, 0, COOKIE, transaction)
    data += _attribute(XOR_ADDRESS, _xor_address(address, transaction))
    data += _attribute(INTEGRITY, _integrity(data, password))
    data = _with_length(data, 8)
    return data + _attribute(FINGERPRINT, _fingerprint(data).to_bytes(4, "big"))


def request(transaction: bytes, username: str, password: str, *, nominate: bool = False) -> bytes:
    """A signed check, as a browser sends it: for tests and probes."""
    data = HEADER.pack(REQUEST, 0, COOKIE, transaction)
    data += _attribute(USERNAME, username.encode("latin-1"))
    if nominate:
        data += _attribute(USE_CANDIDATE, b"")
    data += _attribute(INTEGRITY, _integrity(data, password))
    data = _with_length(data, 8)
    return data + _attribute(FINGERPRINT, _fingerprint(data).to_bytes(4, "big"))


def _attribute(name: int, value: bytes) -> bytes:
    return ATTRIBUTE.pack(name, len(value)) + value + bytes(-len(value) % 4)


def _with_length(data: bytes, more: int) -> bytes:
    return data[:2] + (len(data) - HEADER.size + more).to_bytes(2, "big") + data[4:]


def _integrity(data: bytes, password: str) -> bytes:
    return hmac.digest(password.encode(), _with_length(data, 24), hashlib.sha1)


def _fingerprint(data: bytes) -> int:
    return zlib.crc32(_with_length(data, 8)) ^ FINGERPRINT_XOR


def _xor_address(address: Address, transaction: bytes) -> bytes:
    host = ipaddress.ip_address(address[0].partition("%")[0])
    port = (address[1] ^ COOKIE >> 16).to_bytes(2, "big")
    pad = COOKIE.to_bytes(4, "big") + transaction
    packed = bytes(a ^ b for a, b in zip(host.packed, pad, strict=False))
    return bytes([0, 1 if host.version == 4 else 2]) + port + packed
