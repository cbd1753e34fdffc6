"""A camera that turns, by ONVIF: SOAP over HTTP, one question after the other.

Our own few messages, not a library: docs/decisions/0007-our-own-onvif.md says why.
"""

import asyncio
import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from xml.etree.ElementTree import Element

import aiohttp

from rooms.control import Command
from rooms.device_commands import (
    CameraGoto,
    CameraHome,
    CameraMove,
    CameraStop,
    PresetDelete,
    PresetRecall,
    PresetStore,
)
from rooms.drivers.link import ANSWER_WITHIN, persistently
from rooms.drivers.moving import MovingDevice
from rooms.drivers.port import (
    Accepted,
    AuthFailed,
    BadParameter,
    Capabilities,
    DeviceFailure,
    DeviceKind,
    DeviceUnreachable,
    DriverError,
    Patch,
    Unsupported,
    Value,
)
from rooms.drivers.wire import onvif as wire
from rooms.ids import DeviceId

LOOK_EVERY = 0.1
CONTENT = "application/soap+xml; charset=utf-8"


@dataclass(frozen=True, slots=True, kw_only=True)
class PtzSettings:
    """How the camera is reached."""

    id: DeviceId
    host: str
    user: str
    password: str
    port: int = 80
    answer_within: float = ANSWER_WITHIN


@dataclass(frozen=True, slots=True)
class _Known:
    """What the camera said of itself on this connection. `skew`: its clock is so much ahead."""

    ptz: str
    profile: str
    skew: timedelta


class PtzCamera(MovingDevice):
    """The driver `onvif`."""

    def __init__(self, settings: PtzSettings) -> None:
        super().__init__(settings.id)
        self._settings = settings
        self._login = wire.Login(settings.user, settings.password)
        self._session: aiohttp.ClientSession | None = None
        self._known: _Known | None = None

    def capabilities(self) -> Capabilities:
        """What the PTZ service has words for."""
        return Capabilities(
            kind=DeviceKind.CAMERA, commands=wire.COMMANDS, presets=wire.HIGHEST_PRESET + 1
        )

    async def perform(self, command: Command, accepted: Accepted) -> Patch:
        """One or two questions a command; what travels is done when it says that it stands."""
        profile = (await self._introduced()).profile
        match command:
            case CameraMove():
                await self._ask(wire.drive(profile, command), accepted)
                return {"moving": any((command.pan, command.tilt, command.zoom)), "preset": None}
            case CameraStop():
                await self._ask(wire.stop(profile), accepted)
                return {"moving": False}
            case CameraGoto():
                await self._ask(wire.goto(profile, command), accepted)
                return {**await self._arrived(), "preset": None}
            case CameraHome():
                await self._ask(wire.home(profile), accepted)
                return {**await self._arrived(), "preset": None}
            case PresetRecall(preset=number):
                token = await self._token(number)
                if token is None:
                    raise BadParameter(f"nothing is stored under {number}")
                await self._ask(wire.recall(profile, token), accepted)
                return {**await self._arrived(), "preset": number}
            case PresetStore(preset=number):
                await self._ask(wire.store(profile, number, await self._token(number)), accepted)
                return {"preset": number}
            case PresetDelete(preset=number):
                token = await self._token(number)
                if token is not None:
                    await self._ask(wire.remove(profile, token), accepted)
                return {"preset": None}
            case _:
                raise Unsupported(command.name)

    async def read(self) -> Patch:
        """Where it looks, as far as it tells; a camera that answers is on."""
        return {"power": "on", **await self._look()}

    async def hang_up(self) -> None:
        """Close the connection; the next one begins by asking who is there."""
        session, self._session, self._known = self._session, None, None
        if session is not None:
            await session.close()

    async def _arrived(self) -> Patch:
        """Where it looks when it stands; one that does not tell whether it moves is believed."""
        while True:
            await asyncio.sleep(LOOK_EVERY)
            patch = await self._look()
            if not patch.get("moving"):
                return {**patch, "moving": False}

    async def _look(self) -> Patch:
        profile = (await self._introduced()).profile
        seen = wire.place(await self._ask(wire.status(profile)))
        found: dict[str, Value] = {
            "pan": seen.pan, "tilt": seen.tilt, "zoom": seen.zoom, "moving": seen.moving
        }  # fmt: skip
        return {name: value for name, value in found.items() if value is not None}

    async def _token(self, number: int) -> str | None:
        profile = (await self._introduced()).profile
        return wire.preset_token(await self._ask(wire.presets(profile)), number)

    async def _introduced(self) -> _Known:
        """Its clock (asked without a password), its services, and what of it turns."""
        if self._known is None:
            skew = await self._skew()
            services = wire.services(await self._post(wire.DEVICE, wire.CAPABILITIES, skew))
            profile = wire.profile(await self._post(services.media, wire.PROFILES, skew))
            self._known = _Known(services.ptz, profile, skew)
        return self._known

    async def _skew(self) -> timedelta:
        """How far its clock is ahead; of one that does not tell, ours is believed."""
        try:
            clock = await self._post(wire.DEVICE, wire.CLOCK, skew=None)
        except (AuthFailed, Unsupported):
            return timedelta()
        return wire.skew(clock, datetime.now(UTC))

    async def _ask(self, body: str, accepted: Accepted | None = None) -> Element:
        known = await self._introduced()
        answer = await self._post(known.ptz, body, known.skew)
        if accepted is not None:
            accepted()
        return answer

    async def _post(self, path: str, body: str, skew: timedelta | None) -> Element:
        """One question; without `skew` without a password."""

        async def once() -> Element:
            login = None if skew is None else self._login
            at = datetime.now(UTC) + (skew or timedelta())
            message = wire.request(body, login, os.urandom(16), at)  # a nonce of its own each time
            try:
                return await self._exchange(path, message)
            except OSError:
                await self._drop()
                raise

        return await persistently(once)

    async def _drop(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def _exchange(self, path: str, message: bytes) -> Element:
        settings = self._settings
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=1),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
            )
        self.presence.sent()
        headers = {"Content-Type": CONTENT, "Accept-Encoding": "identity"}
        url = f"http://{settings.host}:{settings.port}{path}"
        try:
            async with (
                asyncio.timeout(settings.answer_within),
                self._session.post(
                    url, data=message, headers=headers, allow_redirects=False
                ) as answer,
            ):
                return self._read(answer.status, await _whole(answer))
        except TimeoutError:
            raise DeviceUnreachable("silent") from None
        except aiohttp.ClientResponseError as error:
            raise DeviceFailure("answers what is no HTTP") from error
        except aiohttp.ClientError as error:
            raise ConnectionError(type(error).__name__) from error

    def _read(self, status: int, data: bytes) -> Element:
        """Faults come with 400, 401 or 500, and some with 200."""
        self.presence.heard()
        try:
            answer = wire.parse(data)
        except DeviceFailure as error:
            raise _refusal(status, error) from error
        if status >= 300:
            raise _refusal(status, DeviceFailure("no fault"))
        return answer


def _refusal(status: int, error: DriverError) -> DriverError:
    """What an answer without a fault of its own means."""
    if status == 401:
        return AuthFailed("refuses user and password")
    return error if status in (200, 400, 500) else DeviceFailure(f"HTTP {status}")


async def _whole(answer: aiohttp.ClientResponse) -> bytes:
    data = b""
    while chunk := await answer.content.read(wire.LONGEST):
        data += chunk
        if len(data) > wire.LONGEST:
            raise DeviceFailure("an endless answer")
    return data
