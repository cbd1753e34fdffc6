"""SRTP profiles and the two contexts of a leg, by libsrtp."""

from collections.abc import Callable
from dataclasses import dataclass

from pylibsrtp import Error, Policy, Session

WINDOW = 1024
REFUSED = (Error, TypeError, ValueError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One protection profile under its names."""

    name: str
    number: int
    key: int
    salt: int

    @property
    def material(self) -> int:
        """How many bytes DTLS has to export."""
        return 2 * (self.key + self.salt)


# In our order: the DTLS server's order decides.
PROFILES = (
    Profile(
        name="SRTP_AEAD_AES_128_GCM",
        number=Policy.SRTP_PROFILE_AEAD_AES_128_GCM,
        key=16,
        salt=12,
    ),
    Profile(
        name="SRTP_AEAD_AES_256_GCM",
        number=Policy.SRTP_PROFILE_AEAD_AES_256_GCM,
        key=32,
        salt=12,
    ),
    Profile(
        name="SRTP_AES128_CM_SHA1_80",
        number=Policy.SRTP_PROFILE_AES128_CM_SHA1_80,
        key=16,
        salt=14,
    ),
)
BY_NAME = {profile.name: profile for profile in PROFILES}


class BadSrtp(ValueError):
    """Not authentic, replayed, or too large: to be dropped."""


def _keys(profile: Profile, material: bytes, side: int) -> bytes:
    key, salt = side * profile.key, 2 * profile.key + side * profile.salt
    return material[key : key + profile.key] + material[salt : salt + profile.salt]


def _session(profile: Profile, key: bytes, direction: int) -> Session:
    policy = Policy(key=key, ssrc_type=direction, srtp_profile=profile.number)
    policy.allow_repeat_tx = True
    policy.window_size = WINDOW
    return Session(policy)


class Srtp:
    """Both directions of a leg whose peer was the DTLS client."""

    def __init__(self, profile: Profile, material: bytes) -> None:
        self.profile = profile
        inbound = _session(profile, _keys(profile, material, 0), Policy.SSRC_ANY_INBOUND)
        outbound = _session(profile, _keys(profile, material, 1), Policy.SSRC_ANY_OUTBOUND)
        self._unprotect = (inbound.unprotect, inbound.unprotect_rtcp)
        # Called for every forwarded packet: no wrapper in between. May raise `REFUSED`.
        self.protect: Callable[[bytes], bytes] = outbound.protect
        self._protect_rtcp: Callable[[bytes], bytes] = outbound.protect_rtcp

    def rtp(self, data: bytes) -> bytes:
        """The packet behind a protected one."""
        return self._open(data, 0)

    def rtcp(self, data: bytes) -> bytes:
        """The reports behind protected ones."""
        return self._open(data, 1)

    def protect_rtcp(self, data: bytes) -> bytes:
        """Reports made ready to leave."""
        try:
            return self._protect_rtcp(data)
        except REFUSED as refused:
            raise BadSrtp(str(refused)) from None

    def _open(self, data: bytes, kind: int) -> bytes:
        try:
            packet: bytes = self._unprotect[kind](data)
        except REFUSED as refused:
            raise BadSrtp(str(refused)) from None
        return packet
