"""A camera that speaks ONVIF PTZ: SOAP over HTTP with digests, as cameras do, and its troubles."""

import asyncio
import base64
import binascii
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Self
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape

from defusedxml.ElementTree import fromstring  # type: ignore[import-untyped]

from rooms.drivers.wire.onvif import digest
from rooms.simulators.base import TcpSimulator

LONGEST = 64 * 1024
FRESH = timedelta(minutes=5)
HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<SOAP-ENV:Envelope xmlns:SOAP-ENV="http://www.w3.org/2003/05/soap-envelope"'
    ' xmlns:tt="http://www.onvif.org/ver10/schema"'
    ' xmlns:tds="http://www.onvif.org/ver10/device/wsdl"'
    ' xmlns:trt="http://www.onvif.org/ver10/media/wsdl"'
    ' xmlns:tptz="http://www.onvif.org/ver20/ptz/wsdl"'
    ' xmlns:ter="http://www.onvif.org/ver10/error"><SOAP-ENV:Body>'
)
TAIL = "</SOAP-ENV:Body></SOAP-ENV:Envelope>"
Triple = tuple[float, float, float]


class SoapFault(Exception):
    """A refusal; the arguments are its subcodes."""


class PtzDome(TcpSimulator):
    """One profile that turns. Positions from −1 to 1, zoom from 0 to 1; `speed` of it a second."""

    speed = 20.0
    ahead = timedelta()
    user = "admin"

    def __init__(self, password: str = "") -> None:
        super().__init__()
        self.password = password
        self.place: Triple = (0.0, 0.0, 0.0)
        self.velocity: Triple = (0.0, 0.0, 0.0)
        self.presets: dict[str, tuple[str, Triple]] = {}
        self._nonces: set[str] = set()
        self._since = self._until = 0.0
        self._target: Triple | None = None
        self._ends = 0.0

    @classmethod
    def locked(cls, password: str) -> Self:
        """As `Simulator` says."""
        return cls(password)

    def settings(self) -> dict[str, object]:
        """As `Simulator` says."""
        return {**super().settings(), "user": self.user, "password": self.password or "any"}

    @property
    def moving(self) -> bool:
        """Whether it turns because it was told to keep turning."""
        self._now()
        return any(self.velocity)

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """HTTP/1.1, one request after the other."""
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            fields = {
                name.strip().lower(): value.strip()
                for name, _, value in (line.partition(":") for line in head.split("\r\n")[1:])
            }
            length = min(int(fields.get("content-length") or 0), LONGEST)
            await self.reply(head.split(" ")[1], await reader.readexactly(length), writer)
            await writer.drain()

    async def reply(self, path: str, body: bytes, writer: asyncio.StreamWriter) -> None:
        """One answer."""
        try:
            status, text = 200, await self.answer(path, fromstring(body))
        except SoapFault as fault:
            status, text = (401 if "NotAuthorized" in fault.args else 400), _fault(fault)
        self.write(writer, status, HEAD + text + TAIL)

    def write(self, writer: asyncio.StreamWriter, status: int, text: str) -> None:
        """As HTTP has it."""
        data = text.encode()
        head = (
            f"HTTP/1.1 {status} So\r\nContent-Type: application/soap+xml; charset=utf-8\r\n"
            f"Content-Length: {len(data)}\r\n\r\n"
        )
        self.told(f"{status} {text.removeprefix(HEAD)[:80]}")
        writer.write(head.encode() + data)

    async def answer(self, path: str, envelope: Element) -> str:
        """The content of the body, or a SoapFault."""
        body = next(one for one in envelope if _name(one) == "Body")
        asked = next(iter(body))
        name = _name(asked)
        self.note(name)
        if name == "GetSystemDateAndTime":
            return self._clock()
        self._check(envelope)
        known: dict[str, Callable[[Element], str]] = {
            "GetCapabilities": self._capabilities,
            "GetProfiles": _profiles,
        }
        if path == "/onvif/ptz_service":
            known = {
                "GetStatus": self._status,
                "GetPresets": self._presets,
                "GotoPreset": self._goto_preset,
                "SetPreset": self._set_preset,
                "RemovePreset": self._remove_preset,
                "GotoHomePosition": lambda _: self._travel((0.0, 0.0, 0.0), "GotoHomePosition"),
                "AbsoluteMove": self._absolute,
                "ContinuousMove": self._continuous,
                "Stop": self._stop,
            }
        if name not in known:
            raise SoapFault("Receiver", "ActionNotSupported")
        return known[name](asked)

    def _check(self, envelope: Element) -> None:
        """User, digest, an instant that is near, and a nonce that is new."""
        user, told, nonce, created = (
            _word(envelope, name) for name in ("Username", "Password", "Nonce", "Created")
        )
        try:
            at = datetime.fromisoformat(created)
            wanted = digest(base64.b64decode(nonce, validate=True), created, self.password)
        except (ValueError, binascii.Error):
            raise SoapFault("Sender", "NotAuthorized") from None
        near = abs(at - self._clock_now()) <= FRESH
        known = not self.password or told == wanted
        if user != self.user or not known or not near or nonce in self._nonces:
            self.say("refused: user, password, clock or a nonce said twice")
            raise SoapFault("Sender", "NotAuthorized")
        self._nonces.add(nonce)

    def _clock_now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def _clock(self) -> str:
        now = self._clock_now()
        return (
            "<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime>"
            "<tt:DateTimeType>Manual</tt:DateTimeType><tt:UTCDateTime><tt:Time>"
            f"<tt:Hour>{now.hour}</tt:Hour><tt:Minute>{now.minute}</tt:Minute>"
            f"<tt:Second>{now.second}</tt:Second></tt:Time><tt:Date><tt:Year>{now.year}</tt:Year>"
            f"<tt:Month>{now.month}</tt:Month><tt:Day>{now.day}</tt:Day></tt:Date>"
            "</tt:UTCDateTime></tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>"
        )

    def _capabilities(self, _: Element) -> str:
        """Its addresses name a host of another network, as those behind a router do."""
        here = f"http://192.168.1.64:{self.port}/onvif"
        return (
            "<tds:GetCapabilitiesResponse><tds:Capabilities>"
            f"<tt:Media><tt:XAddr>{here}/media_service</tt:XAddr></tt:Media>"
            f"<tt:PTZ><tt:XAddr>{here}/ptz_service</tt:XAddr></tt:PTZ>"
            "</tds:Capabilities></tds:GetCapabilitiesResponse>"
        )

    def _now(self) -> Triple:
        """Where it looks now: on its way, drifting, or at rest."""
        now = asyncio.get_running_loop().time()
        if self._target is not None:
            if now >= self._ends:
                self.place, self._target = self._target, None
        elif any(self.velocity):
            seconds = max(0.0, min(now, self._until) - self._since)
            self._since = now
            pan, tilt, zoom = (
                a + b * seconds for a, b in zip(self.place, self.velocity, strict=True)
            )
            self.place = _within(pan, -1), _within(tilt, -1), _within(zoom, 0)
            if now >= self._until:
                self.velocity = (0.0, 0.0, 0.0)
        return self.place

    def _status(self, _: Element) -> str:
        pan, tilt, zoom = self._now()
        state = "MOVING" if self._target is not None or any(self.velocity) else "IDLE"
        return (
            "<tptz:GetStatusResponse><tptz:PTZStatus>"
            f'<tt:Position><tt:PanTilt x="{pan:.4f}" y="{tilt:.4f}"/><tt:Zoom x="{zoom:.4f}"/>'
            f"</tt:Position><tt:MoveStatus><tt:PanTilt>{state}</tt:PanTilt>"
            f"<tt:Zoom>{state}</tt:Zoom></tt:MoveStatus></tptz:PTZStatus></tptz:GetStatusResponse>"
        )

    def _presets(self, _: Element) -> str:
        found = "".join(
            f'<tptz:Preset token="{escape(token)}"><tt:Name>{escape(name)}</tt:Name></tptz:Preset>'
            for token, (name, _) in self.presets.items()
        )
        return f"<tptz:GetPresetsResponse>{found}</tptz:GetPresetsResponse>"

    def _set_preset(self, asked: Element) -> str:
        token = _word(asked, "PresetToken") or f"Preset{len(self.presets) + 1}"
        self.presets[token] = (_word(asked, "PresetName"), self._now())
        return (
            f"<tptz:SetPresetResponse><tptz:PresetToken>{escape(token)}</tptz:PresetToken>"
            "</tptz:SetPresetResponse>"
        )

    def _known(self, asked: Element) -> str:
        token = _word(asked, "PresetToken")
        if token not in self.presets:
            raise SoapFault("Sender", "InvalidArgVal", "NoToken")
        return token

    def _goto_preset(self, asked: Element) -> str:
        return self._travel(self.presets[self._known(asked)][1], "GotoPreset")

    def _remove_preset(self, asked: Element) -> str:
        del self.presets[self._known(asked)]
        return "<tptz:RemovePresetResponse/>"

    def _absolute(self, asked: Element) -> str:
        here = self._now()
        pan, tilt, zoom = _vector(asked)
        return self._travel((pan, tilt, here[2] if zoom is None else zoom), "AbsoluteMove")

    def _travel(self, to: Triple, name: str) -> str:
        far = max(abs(a - b) for a, b in zip(self._now(), to, strict=True))
        self.velocity, self._target = (0.0, 0.0, 0.0), to
        self._ends = asyncio.get_running_loop().time() + far / self.speed
        return f"<tptz:{name}Response/>"

    def _continuous(self, asked: Element) -> str:
        self._now()
        pan, tilt, zoom = _vector(asked)
        self._target, self.velocity = None, (pan, tilt, zoom or 0.0)
        seconds = float(_word(asked, "Timeout").removeprefix("PT").removesuffix("S") or 60)
        self._since = asyncio.get_running_loop().time()
        self._until = self._since + seconds
        return "<tptz:ContinuousMoveResponse/>"

    def _stop(self, _: Element) -> str:
        self._now()
        self._target, self.velocity = None, (0.0, 0.0, 0.0)
        return "<tptz:StopResponse/>"


def _profiles(_: Element) -> str:
    """The first one only looks."""
    return (
        '<trt:GetProfilesResponse><trt:Profiles token="still"><tt:Name>still</tt:Name>'
        '</trt:Profiles><trt:Profiles token="main"><tt:Name>main</tt:Name>'
        '<tt:PTZConfiguration token="ptz"><tt:NodeToken>0</tt:NodeToken></tt:PTZConfiguration>'
        "</trt:Profiles></trt:GetProfilesResponse>"
    )


def _fault(fault: SoapFault) -> str:
    code, *rest = fault.args
    inner = ""
    for word in reversed(rest):
        inner = (
            f"<SOAP-ENV:Subcode><SOAP-ENV:Value>ter:{word}</SOAP-ENV:Value>{inner}"
            "</SOAP-ENV:Subcode>"
        )
    return (
        f"<SOAP-ENV:Fault><SOAP-ENV:Code><SOAP-ENV:Value>SOAP-ENV:{code}</SOAP-ENV:Value>{inner}"
        '</SOAP-ENV:Code><SOAP-ENV:Reason><SOAP-ENV:Text xml:lang="en">no'
        "</SOAP-ENV:Text></SOAP-ENV:Reason></SOAP-ENV:Fault>"
    )


def _name(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def _word(element: Element, name: str) -> str:
    return next(((one.text or "") for one in element.iter() if _name(one) == name), "")


def _vector(asked: Element) -> tuple[float, float, float | None]:
    found = {_name(one): one for one in asked.iter()}
    turn, zoom = found["PanTilt"], found.get("Zoom")
    return (
        float(turn.get("x", "0")),
        float(turn.get("y", "0")),
        None if zoom is None else float(zoom.get("x", "0")),
    )


def _within(value: float, low: float) -> float:
    return max(low, min(1.0, value))


class DeafPtz(PtzDome):
    """Takes the connection and never answers."""

    async def reply(self, path: str, body: bytes, writer: asyncio.StreamWriter) -> None:
        """Not at all."""


class SlowPtz(PtzDome):
    """Takes minutes to travel; the rest it answers at once."""

    speed = 0.01


class GarbagePtz(PtzDome):
    """Answers with the page on which people log in."""

    async def reply(self, path: str, body: bytes, writer: asyncio.StreamWriter) -> None:
        """A page."""
        self.write(writer, 200, "<!DOCTYPE html><html><body>Login<br></body></html>")


class BrokenPtz(PtzDome):
    """Says that its motor is broken, whatever it is told to do."""

    def _travel(self, to: Triple, name: str) -> str:
        raise SoapFault("Receiver", "Action", "MotorFailure")

    def _continuous(self, asked: Element) -> str:
        raise SoapFault("Receiver", "Action", "MotorFailure")


class SkewedPtz(PtzDome):
    """Its clock is three hours ahead, and it wants to be asked by it."""

    ahead = timedelta(hours=3)


class SecretivePtz(PtzDome):
    """Tells nobody the time who has not said his password, whatever the standard says."""

    def _clock(self) -> str:
        raise SoapFault("Sender", "NotAuthorized")


class DroppingPtz(PtzDome):
    """Hangs up in the middle of every second answer."""

    drops = False

    async def reply(self, path: str, body: bytes, writer: asyncio.StreamWriter) -> None:
        """Half of it."""
        self.drops = not self.drops
        if self.drops:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 400\r\n\r\n<SOAP")
            await writer.drain()
            raise ConnectionAbortedError
        await super().reply(path, body, writer)
