import contextlib
import os
import time

import pytest
from OpenSSL import SSL

from signalling.transport.dtls import Certificate, DtlsServer, DtlsState, datagrams
from signalling.transport.srtp import BY_NAME, PROFILES, BadSrtp, Srtp

SERVER = Certificate()
CLIENT = Certificate()


class Client:
    """A browser's end: active, with a certificate of its own."""

    def __init__(self, profiles: str | None = None) -> None:
        context = CLIENT.context
        if profiles is not None:
            certificate = Certificate()
            certificate.context.set_tlsext_use_srtp(profiles.encode())
            context = certificate.context
            self.fingerprint = certificate.fingerprint
        else:
            self.fingerprint = CLIENT.fingerprint
        self.ssl = SSL.Connection(context)
        self.ssl.set_connect_state()
        self.ssl.set_ciphertext_mtu(1200)

    def step(self, data: list[bytes]) -> list[bytes]:
        for one in data:
            self.ssl.bio_write(one)
        with contextlib.suppress(SSL.WantReadError):
            self.ssl.do_handshake()
        return self.out()

    def out(self) -> list[bytes]:
        try:
            return datagrams(self.ssl.bio_read(65_536))
        except SSL.Error:
            return []

    def profile(self) -> str:
        return self.ssl.get_selected_srtp_profile().decode()


def shake_hands(server: DtlsServer, client: Client) -> None:
    answer: list[bytes] = []
    for step in range(8):
        sent = client.step(answer)
        answer = [out for data in sent for out in server.receive(data, step * 0.1)]
        assert all(len(data) <= 1200 for data in [*sent, *answer])
        if server.state is not DtlsState.HANDSHAKE and not answer:
            return
    raise AssertionError(server.state)


def expecting(*fingerprints: tuple[str, str]) -> DtlsServer:
    return DtlsServer(SERVER, fingerprints)


def test_our_order_of_profiles_decides_and_both_sides_have_the_same_keys() -> None:
    client = Client("SRTP_AES128_CM_SHA1_80:SRTP_AEAD_AES_256_GCM:SRTP_AEAD_AES_128_GCM")
    server = expecting(("sha-256", client.fingerprint))
    shake_hands(server, client)
    assert server.state is DtlsState.OPEN
    assert client.profile() == "SRTP_AEAD_AES_128_GCM"
    assert server.rtt == pytest.approx(0.1)
    assert server.srtp is not None
    profile = server.srtp.profile
    material = client.ssl.export_keying_material(b"EXTRACTOR-dtls_srtp", profile.material)
    half = profile.key
    swapped = material[half : 2 * half] + material[:half]
    salts = material[2 * half :]
    swapped += salts[profile.salt :] + salts[: profile.salt]
    theirs = Srtp(profile, swapped)
    packet = b"\x80\x60\0\1" + bytes(8) + b"hello"
    assert server.srtp.rtp(theirs.protect(packet)) == packet
    report = b"\x80\xc9\0\1\0\0\0\7"
    assert theirs.rtcp(server.srtp.protect_rtcp(report)) == report


def test_a_peer_without_gcm_gets_the_old_profile() -> None:
    client = Client("SRTP_AES128_CM_SHA1_80")
    server = expecting(("sha-256", client.fingerprint.lower()))
    shake_hands(server, client)
    assert client.profile() == "SRTP_AES128_CM_SHA1_80"


@pytest.mark.parametrize(
    "announced",
    [
        (("sha-256", SERVER.fingerprint),),
        (("sha-256", CLIENT.fingerprint), ("sha-512", "00")),
        (("md5", CLIENT.fingerprint),),
        (),
    ],
)
def test_another_certificate_than_announced_gets_no_keys(
    announced: tuple[tuple[str, str], ...],
) -> None:
    server = expecting(*announced)
    shake_hands(server, Client())
    assert server.state is DtlsState.FAILED
    assert server.srtp is None
    assert server.receive(b"\x16\xfe\xfd", 1.0) == []


def test_a_hello_that_is_repeated_is_no_answer_to_ours() -> None:
    """Browsers repeat it after 50 ms, which is long before a satellite has brought ours."""
    client = Client()
    server = expecting(("sha-256", client.fingerprint))
    hello = client.step([])
    (flight,) = [[out for data in hello for out in server.receive(data, 0.0)]]
    for later in (0.05, 0.15, 0.35):
        for data in hello:
            assert server.receive(data, later) == []
    assert server.rtt is None
    for data in client.step(flight):
        server.receive(data, 0.6)
    assert server.rtt == pytest.approx(0.6)


def test_a_lost_flight_is_sent_again() -> None:
    server, client = expecting(("sha-256", CLIENT.fingerprint)), Client()
    for data in client.step([]):
        server.receive(data, 0.0)
    assert server.tick(0.1) == []
    deadline = time.monotonic() + 3
    again: list[bytes] = []
    while not again and time.monotonic() < deadline:
        again = server.tick(1.1)
    assert again
    answer = [out for data in client.step(again) for out in server.receive(data, 1.2)]
    client.step(answer)
    assert server.state is DtlsState.OPEN
    assert server.tick(9.0) == []


def test_noise_does_not_break_a_handshake_and_a_goodbye_is_heard() -> None:
    server, client = expecting(("sha-256", CLIENT.fingerprint)), Client()
    for _ in range(20):
        server.receive(b"\x16\xfe\xfd" + os.urandom(40), 0.0)
    shake_hands(server, client)
    assert server.state is DtlsState.OPEN
    server.receive(b"\x15\xfe\xfd" + os.urandom(30), 1.0)
    assert server.state is DtlsState.OPEN
    client.ssl.shutdown()
    for data in client.out():
        server.receive(data, 2.0)
    assert server.srtp is not None
    assert str(server.state) == "closed"
    assert server.close() == []


def test_we_say_goodbye_too() -> None:
    server, client = expecting(("sha-256", CLIENT.fingerprint)), Client()
    assert expecting().close() == []
    shake_hands(server, client)
    [goodbye] = server.close()
    client.ssl.bio_write(goodbye)
    with pytest.raises(SSL.ZeroReturnError):
        client.ssl.recv(100)


def test_what_is_not_authentic_is_refused() -> None:
    srtp = Srtp(PROFILES[0], bytes(PROFILES[0].material))
    for data in (b"\x80\x60" + bytes(30), bytes(3), bytes(1600)):
        with pytest.raises(BadSrtp):
            srtp.rtp(data)
        with pytest.raises(BadSrtp):
            srtp.rtcp(data)
    with pytest.raises(BadSrtp):
        srtp.protect_rtcp(bytes(1500))
    assert set(BY_NAME) == {profile.name for profile in PROFILES}
