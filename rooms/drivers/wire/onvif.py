"""ONVIF, as far as a camera that turns needs it: SOAP 1.2 out, answers and faults in. Pure.

Sources: ONVIF Core 2.1 to 23.06 (5.12 security, 8.1 date), Media 5, PTZ 5; WS-Security
UsernameToken Profile 1.1 for the digest. Names are compared without their namespace: devices
differ in prefixes, and some in versions.
"""

import base64
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element, ParseError
from xml.sax.saxutils import escape, quoteattr

from defusedxml.common import DefusedXmlException  # type: ignore[import-untyped]
from defusedxml.ElementTree import fromstring  # type: ignore[import-untyped]

from rooms.device_commands import (
    CameraGoto,
    CameraHome,
    CameraMove,
    CameraStop,
    PresetDelete,
    PresetRecall,
    PresetStore,
)
from rooms.drivers.port import AuthFailed, BadParameter, DeviceFailure, DriverError, Unsupported
from rooms.drivers.wire.scale import WHOLE

DEVICE = "/onvif/device_service"
LONGEST = 256 * 1024
CLOCKS = range(1970, 2100)
"""Years a clock is believed. Without a battery it begins in 1970 or 2000, and must be asked by it;
what is nearer to the ends of all dates than the camera has been on cannot be counted from."""
HIGHEST_PRESET = 127
COMMANDS = frozenset(
    kind.name
    for kind in (
        CameraMove,
        CameraStop,
        CameraGoto,
        CameraHome,
        PresetRecall,
        PresetStore,
        PresetDelete,
    )
)
_SECURITY = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss"
_DIGEST = f"{_SECURITY}-username-token-profile-1.0#PasswordDigest"
_BASE64 = f"{_SECURITY}-soap-message-security-1.0#Base64Binary"
_NAMESPACES = (
    'xmlns:s="http://www.w3.org/2003/05/soap-envelope"'
    ' xmlns:tds="http://www.onvif.org/ver10/device/wsdl"'
    ' xmlns:trt="http://www.onvif.org/ver10/media/wsdl"'
    ' xmlns:tptz="http://www.onvif.org/ver20/ptz/wsdl"'
    ' xmlns:tt="http://www.onvif.org/ver10/schema"'
)
CLOCK = "<tds:GetSystemDateAndTime/>"
CAPABILITIES = "<tds:GetCapabilities><tds:Category>All</tds:Category></tds:GetCapabilities>"
PROFILES = "<trt:GetProfiles/>"
STOPS_AFTER = "PT1S"
"""The device stops a move by itself then, even when the agent is no more: no move is longer."""
_FAULTS: dict[str, type[DriverError]] = {
    "NotAuthorized": AuthFailed,
    "FailedAuthentication": AuthFailed,
    "OperationProhibited": AuthFailed,
    "ActionNotSupported": Unsupported,
    "OptionalActionNotImplemented": Unsupported,
    "PTZNotSupported": Unsupported,
    "NoPTZProfile": Unsupported,
    "NoHomePosition": Unsupported,
    "NoToken": BadParameter,
    "InvalidPosition": BadParameter,
    "InvalidVelocity": BadParameter,
    "InvalidArgVal": BadParameter,
    "InvalidPresetName": BadParameter,
}


@dataclass(frozen=True, slots=True)
class Login:
    """Who asks."""

    user: str
    password: str


@dataclass(frozen=True, slots=True)
class Services:
    """Where on the device its services are asked: paths."""

    media: str
    ptz: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where it looks, in thousandths; None: it does not tell. `moving` likewise."""

    pan: int | None
    tilt: int | None
    zoom: int | None
    moving: bool | None


def request(body: str, login: Login | None, nonce: bytes, created: datetime) -> bytes:
    """One message; `created` by the clock of the device, `nonce` never twice the same."""
    header = "" if login is None else _token(login, nonce, created)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><s:Envelope {_NAMESPACES}>'
        f"<s:Header>{header}</s:Header><s:Body>{body}</s:Body></s:Envelope>"
    ).encode()


def digest(nonce: bytes, created: str, password: str) -> str:
    """Base64 of SHA-1 over nonce, instant and password."""
    sha1 = hashlib.sha1(nonce + created.encode() + password.encode(), usedforsecurity=False)
    return base64.b64encode(sha1.digest()).decode()


def _token(login: Login, nonce: bytes, created: datetime) -> str:
    at = created.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    return (
        f'<w:Security s:mustUnderstand="1" xmlns:w="{_SECURITY}-wssecurity-secext-1.0.xsd"'
        f' xmlns:u="{_SECURITY}-wssecurity-utility-1.0.xsd"><w:UsernameToken>'
        f"<w:Username>{escape(login.user)}</w:Username>"
        f'<w:Password Type="{_DIGEST}">{digest(nonce, at, login.password)}</w:Password>'
        f'<w:Nonce EncodingType="{_BASE64}">{base64.b64encode(nonce).decode()}</w:Nonce>'
        f"<u:Created>{at}</u:Created></w:UsernameToken></w:Security>"
    )


# --- what is asked of the service PTZ; `profile` is its token ------------------


def status(profile: str) -> str:
    """Where does it look?"""
    return _ptz("GetStatus", profile)


def presets(profile: str) -> str:
    """Which places does it know?"""
    return _ptz("GetPresets", profile)


def recall(profile: str, token: str) -> str:
    """Look there."""
    return _ptz("GotoPreset", profile, _preset(token))


def store(profile: str, number: int, token: str | None) -> str:
    """Keep where it looks, in the place of `token` or in a new one."""
    name = f"<tptz:PresetName>{name_of(number)}</tptz:PresetName>"
    return _ptz("SetPreset", profile, name + (_preset(token) if token is not None else ""))


def remove(profile: str, token: str) -> str:
    """Forget it."""
    return _ptz("RemovePreset", profile, _preset(token))


def home(profile: str) -> str:
    """Look where it looks when nothing is said."""
    return _ptz("GotoHomePosition", profile)


def stop(profile: str) -> str:
    """Stand still."""
    return _ptz("Stop", profile, "<tptz:PanTilt>true</tptz:PanTilt><tptz:Zoom>true</tptz:Zoom>")


def goto(profile: str, command: CameraGoto) -> str:
    """Look there; thousandths are the generic spaces of ONVIF, −1 to 1 and 0 to 1."""
    place = _vector(command.pan, command.tilt, command.zoom, WHOLE)
    return _ptz("AbsoluteMove", profile, f"<tptz:Position>{place}</tptz:Position>")


def drive(profile: str, move: CameraMove) -> str:
    """Keep turning."""
    speed = _vector(move.pan, move.tilt, move.zoom, 100)
    timeout = f"<tptz:Timeout>{STOPS_AFTER}</tptz:Timeout>"
    return _ptz("ContinuousMove", profile, f"<tptz:Velocity>{speed}</tptz:Velocity>{timeout}")


def name_of(number: int) -> str:
    """What we call a preset on the device."""
    return f"margeride-{number}"


def _ptz(operation: str, profile: str, more: str = "") -> str:
    token = f"<tptz:ProfileToken>{escape(profile)}</tptz:ProfileToken>"
    return f"<tptz:{operation}>{token}{more}</tptz:{operation}>"


def _preset(token: str) -> str:
    return f"<tptz:PresetToken>{escape(token)}</tptz:PresetToken>"


def _vector(pan: int, tilt: int, zoom: int | None, whole: int) -> str:
    turn = f"<tt:PanTilt x={quoteattr(_share(pan, whole))} y={quoteattr(_share(tilt, whole))}/>"
    return turn if zoom is None else f"{turn}<tt:Zoom x={quoteattr(_share(zoom, whole))}/>"


def _share(value: int, whole: int) -> str:
    return f"{value / whole:.3f}"


# --- what it answers -----------------------------------------------------------


def parse(data: bytes) -> Element:
    """The answer, or the DriverError that a fault stands for."""
    try:
        envelope: Element = fromstring(data, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise DeviceFailure("answers what is no XML") from error
    body = _inner(envelope, "Body")
    answer = None if body is None else next(iter(body), None)
    if _name(envelope) != "Envelope" or answer is None:
        raise DeviceFailure("answers what is no SOAP")
    if _name(answer) == "Fault":
        raise _fault(answer)
    return answer


def _fault(fault: Element) -> DriverError:
    words = [_text(one).rpartition(":")[2] for one in _every(fault, "Value")]
    kind = next((_FAULTS[word] for word in reversed(words) if word in _FAULTS), DeviceFailure)
    return kind(f"{' '.join(words)[:80]}: {_text(next(_every(fault, 'Text'), None))[:120]}")


def skew(answer: Element, now: datetime) -> timedelta:
    """How much later it is on the device; none when it does not tell, or tells nonsense."""
    told = next(_every(answer, "UTCDateTime"), None)
    date, time = _inner(told, "Date"), _inner(told, "Time")
    try:
        parts = [int(_text(_inner(date, name))) for name in ("Year", "Month", "Day")]
        parts += [int(_text(_inner(time, name))) for name in ("Hour", "Minute", "Second")]
        there = datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]
    except (ValueError, OverflowError):
        return timedelta()
    return there - now if there.year in CLOCKS else timedelta()


def services(answer: Element) -> Services:
    """The paths of media and PTZ; the host it names is not ours to follow."""
    paths = {name: _path(_inner(found, "XAddr")) for name in ("Media", "PTZ")
             for found in _every(answer, name)}  # fmt: skip
    if not paths.get("PTZ") or not paths.get("Media"):
        raise Unsupported("has no service for turning")
    return Services(media=paths["Media"], ptz=paths["PTZ"])


def _path(address: Element | None) -> str:
    try:
        parts = urlsplit(_text(address))
    except ValueError:
        return ""
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    return path if path.startswith("/") and path.isascii() and path.isprintable() else ""


def profile(answer: Element) -> str:
    """The token of the first profile that can turn."""
    for found in _every(answer, "Profiles"):
        token = found.get("token")
        if token and _inner(found, "PTZConfiguration") is not None:
            return token
    raise Unsupported("has no profile for turning")


def preset_token(answer: Element, number: int) -> str | None:
    """Which of its presets is our number: the one we named so, else the one whose token it is."""
    found = [
        (one.get("token") or "", _text(_inner(one, "Name"))) for one in _every(answer, "Preset")
    ]
    ours = [token for token, name in found if token and name == name_of(number)]
    theirs = [token for token, _ in found if token == str(number)]
    return next(iter([*ours, *theirs]), None)


def place(answer: Element) -> Place:
    """Where it looks, from the answer to `status`."""
    where, moves = next(_every(answer, "Position"), None), next(_every(answer, "MoveStatus"), None)
    turn, zoom = _inner(where, "PanTilt"), _inner(where, "Zoom")
    said = [_text(_inner(moves, name)).upper() for name in ("PanTilt", "Zoom")]
    return Place(
        pan=_thousandths(turn, "x", -WHOLE),
        tilt=_thousandths(turn, "y", -WHOLE),
        zoom=_thousandths(zoom, "x", 0),
        moving=_moving(said),
    )


def _moving(said: Sequence[str]) -> bool | None:
    if "MOVING" in said:
        return True
    return False if "IDLE" in said else None


def _thousandths(found: Element | None, name: str, low: int) -> int | None:
    try:
        value = float("" if found is None else found.get(name) or "")
        return max(low, min(WHOLE, round(value * WHOLE)))
    except (ValueError, OverflowError):
        return None


def _name(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def _every(element: Element, name: str) -> Iterator[Element]:
    return (one for one in element.iter() if _name(one) == name)


def _inner(element: Element | None, name: str) -> Element | None:
    if element is None:
        return None
    return next((one for one in element if _name(one) == name), None)


def _text(element: Element | None) -> str:
    return "" if element is None else " ".join((element.text or "").split())
