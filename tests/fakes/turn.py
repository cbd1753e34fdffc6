"""A real coturn, configured as docs/turnserver.conf.example says, on addresses of this machine."""

import asyncio
import base64
import contextlib
import hashlib
import os
import shutil
import signal
import socket
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from orchestrator.turn import credentials

EXAMPLE = Path("docs/turnserver.conf.example")
SECRET = "a secret of this test"
# Loopback addresses are no peers by default; the rest keeps its files where we look.
OURS = """
allow-loopback-peers
pidfile={folder}/pid
userdb={folder}/db
log-file={folder}/log
simple-log
verbose
"""

# The fixture of tests/conftest.py skips where there is none, and fails where all is required.
needs_coturn = pytest.mark.usefixtures("coturn_path")


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """`tls` is the port for TLS, 0 without; `key` the digest of what it shows there."""

    host: str
    port: int
    log: Path
    tls: int = 0
    key: str = ""

    def user(self, name: str = "pa-1", minutes: float = 60) -> tuple[str, str]:
        return credentials(SECRET, name, datetime.now(UTC) + timedelta(minutes=minutes))

    def configuration(self, transport: str) -> dict[str, object]:
        """For a page that may use nothing but the relay."""
        user, password = self.user()
        url = f"turn:{self.host}:{self.port}?transport={transport}"
        if transport == "tls":
            url = f"turns:{self.host}:{self.tls}?transport=tcp"
        server = {"urls": [url], "username": user, "credential": password}
        return {"iceServers": [server], "iceTransportPolicy": "relay"}


@contextlib.asynccontextmanager
async def coturn(
    host: str, worker: str, relay: str | None = None, *, tls: bool = False
) -> AsyncIterator[Turn]:
    """Serves at `host`, relays from `relay` (the same), and to `worker` alone."""
    folder = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="margeride-turn-"))
    try:
        port = _free(host)
        text = await asyncio.to_thread(_configuration, folder, host, port, worker, relay or host)
        secure, key = _free(host) if tls else 0, ""
        if tls:
            key = await asyncio.to_thread(_certify, folder, host)
            text = _with_tls(text, folder, secure)
        await asyncio.to_thread((folder / "conf").write_text, text)
        async with _running(folder, host, port):
            yield Turn(host=host, port=port, log=folder / "log", tls=secure, key=key)
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


def _configuration(folder: Path, host: str, port: int, worker: str, relay: str) -> str:
    text = EXAMPLE.read_text()
    for written, ours in (
        ("listening-port=3478", f"listening-port={port}"),
        ("listening-ip=203.0.113.9", f"listening-ip={host}"),
        ("relay-ip=203.0.113.9", f"relay-ip={relay}"),
        ("allowed-peer-ip=203.0.113.7", f"allowed-peer-ip={worker}"),
        ("static-auth-secret=SECRET", f"static-auth-secret={SECRET}"),
    ):
        assert written in text
        text = text.replace(written, ours)
    return text + OURS.format(folder=folder)


def _with_tls(text: str, folder: Path, port: int) -> str:
    """As the example says: without `no-tls`, and without the signs before the lines on TLS."""
    live = "/etc/letsencrypt/live/turn.example.org"
    for written, ours in (
        ("\nno-tls\n", "\n"),
        ("#tls-listening-port=443", f"tls-listening-port={port}"),
        (f"#cert={live}/fullchain.pem", f"cert={folder}/cert"),
        (f"#pkey={live}/privkey.pem", f"pkey={folder}/key"),
        ("#no-tlsv1\n", "no-tlsv1\n"),
        ("#no-tlsv1_1\n", "no-tlsv1_1\n"),
    ):
        assert written in text
        text = text.replace(written, ours)
    return text


def _certify(folder: Path, host: str) -> str:
    """A certificate that nobody else has signed; the digest of its public key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name, now = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, host)]), datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(host))]), False)
        .sign(key, hashes.SHA256())
    )
    (folder / "cert").write_bytes(certificate.public_bytes(Encoding.PEM))
    unlocked = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "key").write_bytes(unlocked)
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(hashlib.sha256(public).digest()).decode()


@contextlib.asynccontextmanager
async def _running(folder: Path, host: str, port: int) -> AsyncIterator[None]:
    process = await asyncio.create_subprocess_exec(
        "turnserver",
        "-c",
        str(folder / "conf"),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        await _listening(process, folder, host, port)
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


async def _listening(
    process: asyncio.subprocess.Process, folder: Path, host: str, port: int
) -> None:
    async with asyncio.timeout(20):
        while True:
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection(host, port)
                writer.close()
                return
            if process.returncode is not None:
                log = await asyncio.to_thread((folder / "log").read_text)
                raise RuntimeError(f"coturn ended at once:\n{log[-2000:]}")
            await asyncio.sleep(0.05)


def _free(host: str) -> int:
    with (
        socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tcp,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp,
    ):
        tcp.bind((host, 0))
        udp.bind((host, tcp.getsockname()[1]))
        return int(tcp.getsockname()[1])
