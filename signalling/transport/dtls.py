"""DTLS with us as the server, over a memory BIO: datagrams in, datagrams out, keys at the end.

We are always passive, so that our order of profiles decides. The peer's certificate is compared
with the fingerprint of his description before any key leaves this module.
"""

import hashlib
import hmac
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from OpenSSL import SSL

from signalling.transport.srtp import BY_NAME, PROFILES, Srtp

CIPHERS = (
    b"ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES256-GCM-SHA384"
)
EXPORTER = b"EXTRACTOR-dtls_srtp"
RECORD_HEADER = 13
HANDSHAKE, CLIENT_HELLO = b"\x16", b"\x01"
MTU = 1200
DIGESTS = {"sha-256": hashlib.sha256, "sha-384": hashlib.sha384, "sha-512": hashlib.sha512}


class DtlsState(StrEnum):
    """Life of an association."""

    HANDSHAKE = "handshake"
    OPEN = "open"
    CLOSED = "closed"
    FAILED = "failed"


class Certificate:
    """A key of one worker's life (ECDSA P-256), its certificate and its SSL context."""

    def __init__(self) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "margeride")])
        now = datetime.now(UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=365))
            .sign(key, hashes.SHA256())
        )
        self.fingerprint = _digest(certificate, "sha-256")
        self.context = SSL.Context(SSL.DTLS_METHOD)
        self.context.set_options(SSL.OP_NO_TICKET | SSL.OP_NO_QUERY_MTU)
        self.context.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, lambda *_: True)
        self.context.use_certificate(certificate)
        self.context.use_privatekey(key)
        self.context.set_cipher_list(CIPHERS)
        self.context.set_tlsext_use_srtp(":".join(p.name for p in PROFILES).encode())


def _digest(certificate: x509.Certificate, algorithm: str) -> str:
    data = certificate.public_bytes(serialization.Encoding.DER)
    return DIGESTS[algorithm](data).digest().hex(":").upper()


class DtlsServer:
    """One association. `receive` and `tick` return the datagrams to send."""

    def __init__(self, certificate: Certificate, fingerprints: Sequence[tuple[str, str]]) -> None:
        self.state = DtlsState.HANDSHAKE
        self.srtp: Srtp | None = None
        self.rtt: float | None = None
        self._fingerprints = fingerprints
        self._answered_at: float | None = None
        self._connection = SSL.Connection(certificate.context)
        self._connection.set_accept_state()
        self._connection.set_ciphertext_mtu(MTU)

    def receive(self, data: bytes, now: float) -> list[bytes]:
        """Take a datagram from an address that has passed a check."""
        if self.state in (DtlsState.CLOSED, DtlsState.FAILED):
            return []
        try:
            self._connection.bio_write(data)
        except SSL.Error:
            return []
        if self.state is DtlsState.HANDSHAKE:
            self._shake_hands(data, now)
        else:
            self._read()
        return self._outgoing(now)

    def tick(self, now: float) -> list[bytes]:
        """Drive retransmission; call it about ten times a second while the handshake lasts."""
        if self.state is not DtlsState.HANDSHAKE:
            return []
        timeout = self._connection.DTLSv1_get_timeout()
        if timeout is None or timeout > 0:
            return []
        try:
            self._connection.DTLSv1_handle_timeout()
        except SSL.Error:
            self.state = DtlsState.FAILED
        # A repeated flight tells nothing about the round trip.
        self._answered_at = None
        return self._outgoing(now, measure=False)

    def close(self) -> list[bytes]:
        """Say goodbye, where there is somebody to say it to."""
        if self.state is not DtlsState.OPEN:
            self.state = DtlsState.CLOSED
            return []
        self.state = DtlsState.CLOSED
        try:
            self._connection.shutdown()
        except SSL.Error:
            return []
        return self._outgoing(0.0, measure=False)

    def _shake_hands(self, data: bytes, now: float) -> None:
        # Browsers say hello again after 50 ms: on a far line that is no answer to ours.
        if self._answered_at is not None and self.rtt is None and not is_hello(data):
            self.rtt = now - self._answered_at
        try:
            self._connection.do_handshake()
        except SSL.WantReadError:
            return
        except SSL.Error:
            self.state = DtlsState.FAILED
            return
        self.state = DtlsState.OPEN if self._is_expected() and self._export() else DtlsState.FAILED

    def _is_expected(self) -> bool:
        certificate = self._connection.get_peer_certificate(as_cryptography=True)
        known = [(kind, value) for kind, value in self._fingerprints if kind in DIGESTS]
        return (
            certificate is not None
            and bool(known)
            and all(
                hmac.compare_digest(_digest(certificate, kind), value.upper())
                for kind, value in known
            )
        )

    def _export(self) -> bool:
        profile = BY_NAME.get(self._connection.get_selected_srtp_profile().decode())
        if profile is None:
            return False
        material = self._connection.export_keying_material(EXPORTER, profile.material)
        self.srtp = Srtp(profile, material)
        return True

    def _read(self) -> None:
        try:
            self._connection.recv(2048)
        except SSL.WantReadError:
            pass
        except SSL.Error:
            self.state = DtlsState.CLOSED

    def _outgoing(self, now: float, *, measure: bool = True) -> list[bytes]:
        flight = b""
        while True:
            try:
                flight += self._connection.bio_read(65536)
            except SSL.Error:
                break
        if flight and measure and self.rtt is None:
            self._answered_at = now
        return datagrams(flight)


def is_hello(data: bytes) -> bool:
    """Whether a datagram begins with a ClientHello (RFC 6347, 4.2.2 and 4.3.1)."""
    return data[:1] == HANDSHAKE and data[RECORD_HEADER : RECORD_HEADER + 1] == CLIENT_HELLO


def datagrams(flight: bytes) -> list[bytes]:
    """Whole records put together in datagrams: the memory BIO does not keep their borders."""
    ready: list[bytes] = []
    while flight:
        size = RECORD_HEADER + int.from_bytes(flight[11:RECORD_HEADER], "big")
        record, flight = flight[:size], flight[size:]
        if ready and len(ready[-1]) + len(record) <= MTU:
            ready[-1] += record
        else:
            ready.append(record)
    return ready
