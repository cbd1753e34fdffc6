"""A WebRTC peer that is nothing but packets, over any wire: it checks, shakes hands, sends, counts.

peer = PacketPeer()
answer = await engine.publish(session, who, leg, peer.offer())
async with tcp_wire("127.0.0.1", port) as wire:
    await peer.connect(answer.sdp, wire)
    peer.say(wire, sound(1))
"""

import asyncio
import contextlib
import os
import re
import secrets
import socket
import struct
from collections.abc import AsyncIterator
from typing import Any, Protocol

from OpenSSL import SSL
from pylibsrtp import Error, Policy, Session

from signalling.transport.dtls import EXPORTER, MTU, Certificate, datagrams
from signalling.transport.ice_tcp import Frames, framed
from signalling.transport.stun import request

PROFILE = b"SRTP_AEAD_AES_128_GCM"
KEY, SALT = 16, 12
PATIENCE = 15.0
AUDIO_SSRC, VIDEO_SSRC = 0x1111, 0x2222
ECHOED = ("rtpmap", "fmtp", "rtcp-fb", "extmap", "mid", "rtcp-mux", "rtcp-rsize")


class Wire(Protocol):
    """Packets both ways; `receive` raises EOFError when there will be no more."""

    def send(self, data: bytes) -> None: ...
    async def receive(self) -> bytes: ...


class UdpWire:
    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock

    def send(self, data: bytes) -> None:
        self.sock.send(data)

    async def receive(self) -> bytes:
        return await asyncio.get_running_loop().sock_recv(self.sock, 4096)


class TcpWire:
    """`writer` and `reader` are there for tests that read slowly, or say something else."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self._frames = Frames()
        self._ready: list[bytes] = []

    def send(self, data: bytes) -> None:
        self.writer.write(framed(data))

    async def receive(self) -> bytes:
        while not self._ready:
            data = await self.reader.read(65536)
            if not data:
                raise EOFError
            self._ready += self._frames.feed(data)
        return self._ready.pop(0)


@contextlib.asynccontextmanager
async def udp_wire(host: str, port: int) -> AsyncIterator[UdpWire]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as made:
        made.setblocking(False)
        made.connect((host, port))
        yield UdpWire(made)


@contextlib.asynccontextmanager
async def tcp_wire(host: str, port: int, **options: Any) -> AsyncIterator[TcpWire]:
    reader, writer = await asyncio.open_connection(host, port, **options)
    try:
        yield TcpWire(reader, writer)
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


def certificate() -> Certificate:
    made = Certificate()
    made.context.set_tlsext_use_srtp(PROFILE)
    return made


class PacketPeer:
    """One leg. `got` is every RTP packet that could be opened; `mapped` what STUN said we are."""

    def __init__(self) -> None:
        self.ufrag, self.password = secrets.token_hex(4), secrets.token_hex(16)
        self.got: list[bytes] = []
        self.answered = 0
        self.ended = False
        self.last_answer = b""
        self._theirs = ("", "")
        self._certificate = certificate()
        self._connection = SSL.Connection(self._certificate.context)
        self._connection.set_connect_state()
        self._connection.set_ciphertext_mtu(MTU)
        self._open: Session | None = None
        self._close: Session | None = None
        self._tasks: list[asyncio.Task[None]] = []

    # -- descriptions

    def offer(self) -> str:
        """The publisher's: Opus and VP8."""
        lines = _session(["0", "1"])
        for mid, (kind, number, coding, ssrc) in enumerate(
            (
                ("audio", 111, "opus/48000/2", AUDIO_SSRC),
                ("video", 96, "VP8/90000", VIDEO_SSRC),
            )
        ):
            lines += [f"m={kind} 9 UDP/TLS/RTP/SAVPF {number}", *self._transport()]
            lines += [f"a=mid:{mid}", "a=rtcp-mux", "a=sendonly", f"a=rtpmap:{number} {coding}"]
            lines += [f"a=msid:s {kind}", f"a=ssrc:{ssrc} cname:peer"]
        return "\r\n".join(lines) + "\r\n"

    def answer(self, offer: str) -> str:
        """The subscriber's: it takes everything, as it was offered."""
        sections = [part.splitlines() for part in ("\n" + offer).split("\nm=")[1:]]
        mids = [line[6:] for part in sections for line in part if line.startswith("a=mid:")]
        lines = _session(mids)
        for first, *rest in sections:
            kept = [line for line in rest if line[2:].partition(":")[0] in ECHOED]
            lines += [f"m={first}", *self._transport(), *kept, "a=recvonly"]
        return "\r\n".join(lines) + "\r\n"

    def _transport(self) -> list[str]:
        return [
            "c=IN IP4 0.0.0.0",
            f"a=ice-ufrag:{self.ufrag}",
            f"a=ice-pwd:{self.password}",
            f"a=fingerprint:sha-256 {self._certificate.fingerprint}",
            "a=setup:active",
        ]

    # -- connecting

    async def connect(self, description: str, wire: Wire) -> None:
        """Reach the other side and agree on keys."""
        await self.reach(description, wire)
        await self.shake_hands(wire)

    async def reach(self, description: str, wire: Wire, *, nominate: bool = True) -> None:
        """Checks on this wire until one is answered; what else comes is taken from now on."""
        self.believe(description)
        self.listen(wire)
        before = self.answered
        async with asyncio.timeout(PATIENCE):
            while self.answered == before:
                self.check(wire, nominate=nominate)
                await asyncio.sleep(0.02)

    def believe(self, description: str) -> None:
        """The other side's ICE name and password are those of this description."""
        self._theirs = word(description, "ice-ufrag"), word(description, "ice-pwd")

    def listen(self, wire: Wire) -> None:
        self._tasks.append(asyncio.create_task(self._listen(wire), name="packet peer"))

    def check(self, wire: Wire, *, nominate: bool = True) -> None:
        name, password = self._theirs
        wire.send(request(os.urandom(12), f"{name}:{self.ufrag}", password, nominate=nominate))

    async def shake_hands(self, wire: Wire) -> None:
        async with asyncio.timeout(PATIENCE):
            self._shake()
            while self._open is None:
                self._flush(wire)
                await asyncio.sleep(0.01)
                self._connection.DTLSv1_handle_timeout()
        self._flush(wire)

    def _shake(self) -> None:
        try:
            self._connection.do_handshake()
        except SSL.WantReadError:
            return
        material = self._connection.export_keying_material(EXPORTER, 2 * (KEY + SALT))
        keys, salts = material[: 2 * KEY], material[2 * KEY :]
        self._close = _session_of(keys[:KEY] + salts[:SALT], Policy.SSRC_ANY_OUTBOUND)
        self._open = _session_of(keys[KEY:] + salts[SALT:], Policy.SSRC_ANY_INBOUND)

    def _flush(self, wire: Wire) -> None:
        flight = b""
        with contextlib.suppress(SSL.Error):
            while True:
                flight += self._connection.bio_read(65536)
        for data in datagrams(flight):
            wire.send(data)

    # -- packets

    async def _listen(self, wire: Wire) -> None:
        with contextlib.suppress(EOFError, OSError):
            while True:
                self._take(await wire.receive())
        self.ended = True

    def _take(self, data: bytes) -> None:
        if data[0] < 4:
            self.answered += 1
            self.last_answer = data
        elif 19 < data[0] < 64:
            self._connection.bio_write(data)
            if self._open is None:
                # At once: packets follow the last flight.
                self._shake()
            else:
                with contextlib.suppress(SSL.Error):
                    self._connection.recv(2048)
        elif self._open is not None and not 192 <= data[1] <= 223:
            try:
                self.got.append(self._open.unprotect(data))
            except Error as error:
                # A sound that is said again, and had come (RFC 3711, 3.3.2).
                if "replay" not in str(error):
                    raise

    def say(self, wire: Wire, packet: bytes) -> None:
        """Send a packet, protected."""
        assert self._close is not None
        wire.send(self._close.protect(packet))

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


def sound(number: int, ssrc: int = AUDIO_SSRC) -> bytes:
    """An Opus packet; its payload says its number."""
    return _rtp(111, number, number * 960, ssrc) + b"\xf8" + struct.pack("!L", number) + bytes(40)


def picture(number: int, size: int = 1000, ssrc: int = VIDEO_SSRC) -> bytes:
    """A VP8 key picture of one packet; its payload says its number."""
    head = b"\x10" + b"\x10\x00\x00\x9d\x01\x2a\x40\x01\xf0\x00"  # no extension; key, 320x240
    packet = _rtp(96, number, number * 3000, ssrc, marker=True)
    return packet + head + struct.pack("!L", number) + bytes(size)


def number_of(packet: bytes) -> int:
    """The number that `sound` put in."""
    head = 12 + (packet[0] & 15) * 4
    if packet[0] & 16:
        head += 4 + 4 * struct.unpack_from("!H", packet, head + 2)[0]
    return int(struct.unpack_from("!L", packet, head + 1)[0])


def _rtp(kind: int, number: int, stamp: int, ssrc: int, *, marker: bool = False) -> bytes:
    return struct.pack(
        "!BBHLL", 0x80, kind | marker << 7, number & 0xFFFF, stamp & 0xFFFFFFFF, ssrc
    )


def word(description: str, name: str) -> str:
    """The value of an attribute, where it is first said."""
    found = re.search(rf"^a={name}:(\S+)", description, re.MULTILINE)
    assert found is not None, f"no {name}"
    return found[1]


def _session(mids: list[str]) -> list[str]:
    number = secrets.randbits(40)
    group = "a=group:BUNDLE " + " ".join(mids)
    return ["v=0", f"o=- {number} 1 IN IP4 127.0.0.1", "s=-", "t=0 0", group]


def _session_of(key: bytes, direction: int) -> Session:
    policy = Policy(key=key, ssrc_type=direction, srtp_profile=Policy.SRTP_PROFILE_AEAD_AES_128_GCM)
    policy.allow_repeat_tx = True
    policy.window_size = 4096
    return Session(policy)
