"""A WebRTC peer as small as it can be: one socket, ICE checks, DTLS as the client, SRTP keys.

It carries no codec and no RTCP; what it sends and receives is for `bench.media_load`.
"""

import os
import re
import secrets
import socket
import time
from collections.abc import Sequence

from OpenSSL import SSL
from pylibsrtp import Policy, Session

from signalling.transport.dtls import EXPORTER, MTU, Certificate, datagrams
from signalling.transport.stun import REQUEST, RESPONSE, BadStun, parse_request, request, success

PROFILE = b"SRTP_AEAD_AES_128_GCM"
KEY, SALT = 16, 12
PATIENCE, EVERY = 15.0, 0.05
BUFFER, SO_RCVBUFFORCE, SO_TIMESTAMPNS = 8 << 20, 33, 35
ECHOED = ("rtpmap", "fmtp", "rtcp-fb", "extmap", "mid", "rtcp-mux", "rtcp-rsize")
_certificate: list[Certificate] = []


def certificate() -> Certificate:
    """One for all peers of this process; it offers AES-128-GCM alone."""
    if not _certificate:
        _certificate.append(Certificate())
        _certificate[0].context.set_tlsext_use_srtp(PROFILE)
    return _certificate[0]


def open_socket(host: str) -> socket.socket:
    """A UDP socket with a large buffer, whose datagrams carry the kernel's time of arrival."""
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.setblocking(False)
    made.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    try:
        made.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, BUFFER)
    except PermissionError:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
    made.bind((host, 0))
    return made


class MediaPeer:
    """One leg. Blocking: `connect` belongs on a thread."""

    def __init__(self, host: str) -> None:
        self.socket = open_socket(host)
        self.ufrag, self.password = secrets.token_hex(4), secrets.token_hex(16)
        self.remote = ("", 0)
        self._remote_ufrag = self._remote_password = ""
        self._answered = False
        self._connection = SSL.Connection(certificate().context)
        self._connection.set_connect_state()
        self._connection.set_ciphertext_mtu(MTU)

    # -- descriptions

    def offer(self, ssrcs: dict[str, int]) -> str:
        """The publisher's: Opus and VP8."""
        lines = _session(("0", "1"))
        for mid, (kind, number) in enumerate((("audio", 111), ("video", 96))):
            coding = ["opus/48000/2"] if kind == "audio" else ["VP8/90000"]
            lines += [f"m={kind} 9 UDP/TLS/RTP/SAVPF {number}", *self._transport()]
            lines += [f"a=mid:{mid}", "a=rtcp-mux", "a=sendonly", f"a=rtpmap:{number} {coding[0]}"]
            if kind == "video":
                lines += [f"a=rtcp-fb:{number} nack", f"a=rtcp-fb:{number} nack pli"]
            lines += [f"a=msid:s {kind}", f"a=ssrc:{ssrcs[kind]} cname:bench", self._candidate()]
        return "\r\n".join(lines) + "\r\n"

    def answer(self, offer: str) -> str:
        """The subscriber's: it takes everything, as it was offered."""
        sections = [part.splitlines() for part in ("\n" + offer).split("\nm=")[1:]]
        mids = [line[6:] for part in sections for line in part if line.startswith("a=mid:")]
        lines = _session(mids)
        for first, *rest in sections:
            kept = [line for line in rest if line[2:].partition(":")[0] in ECHOED]
            lines += [f"m={first}", *self._transport(), *kept, "a=recvonly", self._candidate()]
        return "\r\n".join(lines) + "\r\n"

    def _transport(self) -> list[str]:
        return [
            "c=IN IP4 0.0.0.0",
            f"a=ice-ufrag:{self.ufrag}",
            f"a=ice-pwd:{self.password}",
            f"a=fingerprint:sha-256 {certificate().fingerprint}",
            "a=setup:active",
        ]

    def _candidate(self) -> str:
        host, port = self.socket.getsockname()
        return f"a=candidate:1 1 udp 2130706431 {host} {port} typ host"

    # -- ICE and DTLS

    def connect(self, description: str, *, controlling: bool) -> None:
        """Reach the other side and agree on keys; TimeoutError."""
        self._remote_ufrag = _first(r"^a=ice-ufrag:(\S+)", description)[0]
        self._remote_password = _first(r"^a=ice-pwd:(\S+)", description)[0]
        host, port = _first(
            r"^a=candidate:\S+ 1 (?:udp|UDP) \d+ ([\d.]+) (\d+) typ host", description
        )
        self.remote = (host, int(port))
        deadline = time.monotonic() + PATIENCE
        while not self._answered:
            self.check(controlling)
            self._hear(EVERY, deadline)
        while not self._shaken():
            self._flush()
            self._hear(EVERY, deadline)
            self._connection.DTLSv1_handle_timeout()
        self._flush()
        self._agree()

    def check(self, controlling: bool = True) -> None:
        """One connectivity check; also keeps a leg alive between two runs."""
        name = f"{self._remote_ufrag}:{self.ufrag}"
        data = request(os.urandom(12), name, self._remote_password, nominate=controlling)
        self.socket.sendto(data, self.remote)

    def drain(self) -> None:
        """Read what waits: checks are answered, the rest is forgotten."""
        while self._take():
            pass

    def _hear(self, seconds: float, deadline: float) -> None:
        if time.monotonic() > deadline:
            raise TimeoutError(f"no {'keys' if self._answered else 'ICE'} with {self.remote}")
        self.socket.settimeout(seconds)
        try:
            self._take()
        finally:
            self.socket.setblocking(False)
        self.drain()

    def _take(self) -> bool:
        try:
            data, address = self.socket.recvfrom(2048)
        except (BlockingIOError, TimeoutError):
            return False
        if data and 19 < data[0] < 64:
            self._connection.bio_write(data)
            return True
        if data and data[0] < 4:
            self._heard_stun(data, address)
        return True

    def _heard_stun(self, data: bytes, address: tuple[str, int]) -> None:
        kind = int.from_bytes(data[:2], "big")
        if kind == RESPONSE:
            self._answered = True
        elif kind == REQUEST:
            try:
                heard = parse_request(data)
            except BadStun:
                return
            self.socket.sendto(success(heard.transaction, address, self.password), address)

    def _shaken(self) -> bool:
        try:
            self._connection.do_handshake()
        except SSL.WantReadError:
            return False
        return True

    def _flush(self) -> None:
        flight = b""
        while True:
            try:
                flight += self._connection.bio_read(65536)
            except SSL.Error:
                break
        for data in datagrams(flight):
            self.socket.sendto(data, self.remote)

    def _agree(self) -> None:
        material = self._connection.export_keying_material(EXPORTER, 2 * (KEY + SALT))
        keys, salts = material[: 2 * KEY], material[2 * KEY :]
        ours, theirs = keys[:KEY] + salts[:SALT], keys[KEY:] + salts[SALT:]
        self.protect = _session_of(ours, Policy.SSRC_ANY_OUTBOUND).protect
        self.unprotect = _session_of(theirs, Policy.SSRC_ANY_INBOUND).unprotect

    def close(self) -> None:
        self.socket.close()


def _session(mids: Sequence[str]) -> list[str]:
    number = secrets.randbits(40)
    group = "a=group:BUNDLE " + " ".join(mids)
    return ["v=0", f"o=- {number} 1 IN IP4 127.0.0.1", "s=-", "t=0 0", group]


def _session_of(key: bytes, direction: int) -> Session:
    policy = Policy(key=key, ssrc_type=direction, srtp_profile=Policy.SRTP_PROFILE_AEAD_AES_128_GCM)
    policy.allow_repeat_tx = True
    policy.window_size = 4096
    return Session(policy)


def _first(pattern: str, text: str) -> tuple[str, ...]:
    found = re.search(pattern, text, re.MULTILINE)
    if found is None:
        raise ValueError(f"nothing like {pattern} in the description")
    return found.groups()
