"""The legs of the `python` engine: one PeerConnection each, from first check to last packet."""

import contextlib
import random
from collections.abc import Callable
from dataclasses import dataclass

from rooms.ids import LegId, ParticipantId, SessionId
from signalling import engine
from signalling.engine import LegState, Path, Placed, Role
from signalling.transport.dtls import Certificate, DtlsServer, DtlsState
from signalling.transport.ice_lite import Credentials, new_credentials
from signalling.transport.srtp import BadSrtp, Srtp
from signalling.transport.stun import Address

SILENCE = 30.0
EARLY = 8
MOST_ADDRESSES = 16
FIGURES_EVERY = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Whose leg it is."""

    session: SessionId
    participant: ParticipantId
    leg: LegId


class BaseLeg:
    """What both roles share: addresses, DTLS, SRTP, silence and figures.

    `send` puts a datagram on the wire; `changed` is told each new state.
    """

    role: Role
    # How the port names a path to people; set when the leg is added to it.
    path_of: Callable[[Address], Path] | None = None

    def __init__(
        self,
        owner: Owner,
        certificate: Certificate,
        send: Callable[[bytes, Address], None],
        changed: Callable[["BaseLeg"], None],
        now: float,
    ) -> None:
        self.owner = owner
        self.state = LegState.NEW
        self.credentials = new_credentials()
        self.former: list[Credentials] = []
        self.addresses: list[Address] = []
        self.address: Address | None = None
        self.srtp: Srtp | None = None
        self.ssrc = random.getrandbits(31) + 1
        self.rtt: float | None = None
        self.octets = 0
        self.refused = 0
        self.kbps = 0.0
        self._certificate = certificate
        self._dtls: DtlsServer | None = None
        self._early: list[bytes] = []
        self._send = send
        self._changed = changed
        self._heard = now
        self._measured = (now, 0)

    @property
    def alive(self) -> bool:
        """Whether media may still come or go."""
        return self.state in (LegState.NEW, LegState.CONNECTED)

    # -- the path

    def checked(self, address: Address, nominated: bool, now: float) -> Address | None:
        """A valid check came from here; an older address that is given up for it, if any."""
        self._heard = now
        given_up = None
        if address not in self.addresses:
            self.addresses.append(address)
            if len(self.addresses) > MOST_ADDRESSES:
                given_up = next(a for a in self.addresses if a != self.address)
                self.addresses.remove(given_up)
        if nominated or self.address is None:
            self.address = address
        return given_up

    def lost(self, address: Address) -> None:
        """Nothing comes or goes there any more; a further check says where else."""
        if address in self.addresses:
            self.addresses.remove(address)
        if self.address == address:
            self.address = None

    @property
    def path(self) -> Path | None:
        """How he reaches us now."""
        if self.address is None or self.path_of is None:
            return None
        return self.path_of(self.address)

    def expect(self, fingerprints: tuple[tuple[str, str], ...], now: float) -> None:
        """The certificates the peer has announced; what he sent before is taken now."""
        if self._dtls is None:
            self._dtls = DtlsServer(self._certificate, fingerprints)
            early, self._early = self._early, []
            for data in early:
                self.handshake(data, self.address, now)

    # -- DTLS

    def handshake(self, data: bytes, address: Address | None, now: float) -> None:
        """A DTLS datagram from an address that passed a check."""
        if self._dtls is None:
            if len(self._early) < EARLY:
                self._early.append(data)
            return
        self._put(self._dtls.receive(data, now), address)
        self._follow(address)

    def _follow(self, address: Address | None) -> None:
        dtls = self._dtls
        if dtls is None:
            return
        if dtls.state is DtlsState.OPEN and self.state is LegState.NEW:
            self.srtp, self.rtt = dtls.srtp, dtls.rtt
            self.address = self.address or address
            self._become(LegState.CONNECTED)
        elif dtls.state is DtlsState.FAILED:
            self._become(LegState.FAILED)
        elif dtls.state is DtlsState.CLOSED:
            self._become(LegState.CLOSED)

    def _put(self, datagrams: list[bytes], address: Address | None) -> None:
        if address is not None:
            for datagram in datagrams:
                self._send(datagram, address)

    def _become(self, state: LegState) -> None:
        if self.alive and state is not self.state:
            self.state = state
            self._changed(self)

    def close(self) -> None:
        """End it from our side, without an event; its keys and buffers are freed at once."""
        if self._dtls is not None and self.alive:
            self._put(self._dtls.close(), self.address)
        if self.alive:
            self.state = LegState.CLOSED
        self._dtls = self.srtp = None
        self._early.clear()

    # -- media

    def media(self, data: bytes, address: Address, now: float) -> None:
        """A protected packet from an address that passed a check."""
        srtp = self.srtp
        if srtp is None or len(data) < 12:
            return
        try:
            if 192 <= data[1] <= 223:
                self.rtcp(srtp.rtcp(data), now)
            else:
                self.rtp(srtp.rtp(data), now)
        except ValueError:
            # Not authentic, repeated, or not RTP: counted, never told.
            self.refused += 1
            return
        self.address = address

    def rtp(self, data: bytes, now: float) -> None:
        """A decrypted packet."""

    def rtcp(self, data: bytes, now: float) -> None:
        """Decrypted reports."""

    def send_rtcp(self, data: bytes) -> None:
        """Protect reports and send them."""
        if self.srtp is not None and self.address is not None and self.alive:
            with contextlib.suppress(BadSrtp):
                self._send(self.srtp.protect_rtcp(data), self.address)

    # -- time

    def tick(self, now: float) -> None:
        """Often: timers of the handshake, silence."""
        if self._dtls is not None and self.state is LegState.NEW:
            self._put(self._dtls.tick(now), self.address)
            self._follow(self.address)
        if now - self._heard > SILENCE:
            self._become(LegState.FAILED)

    def report(self, now: float) -> None:
        """Each second: reports and figures."""
        since, before = self._measured
        if now - since >= FIGURES_EVERY:
            self.kbps = (self.octets - before) * 8 / 1000 / (now - since)
            self._measured = (now, self.octets)

    @property
    def loss(self) -> float:
        """The worst stream's loss of late, 0..1."""
        return 0.0

    @property
    def placed(self) -> tuple[Placed, ...]:
        """Tracks and the m-lines that carry them."""
        return ()

    serial = 0

    def figures(self) -> engine.Leg:
        """The leg as the port shows it."""
        return engine.Leg(
            id=self.owner.leg,
            role=self.role,
            state=self.state,
            serial=self.serial,
            tracks=self.placed,
            kbps=round(self.kbps, 1),
            loss=round(self.loss, 4),
            rtt_ms=round(self.rtt * 1000, 1) if self.rtt is not None else None,
            profile=self.srtp.profile.name if self.srtp is not None else "",
            path=self.path,
        )
