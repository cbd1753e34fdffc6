"""A camera that speaks VISCA: it turns, zooms, finds its focus and remembers places."""

from dataclasses import dataclass
from typing import Literal

from rooms.control import Command
from rooms.device_commands import (
    CameraFocus,
    CameraGoto,
    CameraHome,
    CameraMove,
    CameraStop,
    PresetDelete,
    PresetRecall,
    PresetStore,
    RoomStandby,
    RoomWake,
)
from rooms.drivers.moving import MovingDevice
from rooms.drivers.port import (
    Accepted,
    Capabilities,
    DeviceKind,
    Patch,
    Unsupported,
    Value,
)
from rooms.drivers.visca_line import TCP_PORT, Line, TcpLine, UdpLine
from rooms.drivers.wire import visca, visca_ip
from rooms.drivers.wire.scale import Span
from rooms.ids import DeviceId

COMMANDS = frozenset(
    kind.name
    for kind in (
        CameraMove,
        CameraStop,
        CameraGoto,
        CameraHome,
        CameraFocus,
        PresetRecall,
        PresetStore,
        PresetDelete,
        RoomWake,
        RoomStandby,
    )
)
Over = Literal["udp", "tcp"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraSettings:
    """`over` udp is Sony's VISCA over IP, tcp the bare messages. Spans are the camera's own steps,
    from the left (down, wide, near) over the middle (wide, near) to the right (up, near, far)."""

    id: DeviceId
    host: str
    port: int = 0
    over: Over = "udp"
    pan: Span = Span(-2448, 0, 2448)
    tilt: Span = Span(-432, 0, 1296)
    zoom: Span = Span(0, 0, 0x4000)
    focus: Span = Span(0, 0, 0xF000)


class Camera(MovingDevice):
    """The drivers `visca` and `visca-tcp`."""

    def __init__(self, settings: CameraSettings) -> None:
        super().__init__(settings.id)
        self._settings = settings
        self._line = self._line_of(settings)
        self._zooming = 0

    def _line_of(self, settings: CameraSettings) -> Line:
        presence = self.presence
        if settings.over == "tcp":
            return TcpLine(settings.host, settings.port or TCP_PORT, presence)
        return UdpLine(settings.host, settings.port or visca_ip.PORT, presence)

    def capabilities(self) -> Capabilities:
        """VISCA has no question for it: what the language has."""
        return Capabilities(
            kind=DeviceKind.CAMERA, commands=COMMANDS, presets=visca.HIGHEST_PRESET + 1
        )

    async def perform(self, command: Command, accepted: Accepted) -> Patch:
        """One or two messages a command."""
        line = self._line
        if self._zooming and not isinstance(command, CameraMove | CameraStop):
            await self._hold_zoom()  # going to a place does not end it
        match command:
            case CameraMove():
                return await self._move(command, accepted)
            case CameraStop():
                return await self._stop(accepted)
            case CameraGoto():
                return await self._goto(command, accepted)
            case CameraHome():
                await line.command(visca.HOME, accepted)
                return {"moving": False, "preset": None}
            case PresetRecall(preset=preset):
                await line.command(visca.recall(preset), accepted)
                return {"moving": False, "preset": preset}
            case PresetStore(preset=preset):
                await line.command(visca.store(preset), accepted)
                return {"preset": preset}
            case PresetDelete(preset=preset):
                await line.command(visca.forget(preset), accepted)
                return {"preset": None}
            case CameraFocus():
                return await self._focus(command, accepted)
            case RoomWake():
                await line.command(visca.POWER_ON, accepted)
                return {"power": "on"}
            case RoomStandby():
                await line.command(visca.STANDBY, accepted)
                return {"power": "off"}
            case _:
                raise Unsupported(command.name)

    async def read(self) -> Patch:
        """Power and, when it is on, where it looks."""
        if not visca.powered(await self._line.ask(visca.ASK_POWER)):
            return {"power": "off"}
        pan, tilt = visca.position(await self._line.ask(visca.ASK_POSITION))
        zoom = visca.number(await self._line.ask(visca.ASK_ZOOM))
        return {"power": "on", **self._place(pan, tilt), "zoom": self._settings.zoom.share(zoom)}

    async def hang_up(self) -> None:
        """Close the line."""
        await self._line.hang_up()

    async def _move(self, move: CameraMove, accepted: Accepted) -> Patch:
        await self._line.command(visca.drive(move.pan, move.tilt), accepted)
        if move.zoom != self._zooming:
            await self._line.command(visca.zoom_drive(move.zoom))
            self._zooming = move.zoom
        return {"moving": any((move.pan, move.tilt, move.zoom)), "preset": None}

    async def _stop(self, accepted: Accepted) -> Patch:
        await self._line.command(visca.STOP, accepted)
        await self._hold_zoom()
        return {"moving": False}

    async def _hold_zoom(self) -> None:
        await self._line.command(visca.STOP_ZOOM)
        self._zooming = 0

    async def _goto(self, goto: CameraGoto, accepted: Accepted) -> Patch:
        spans = self._settings
        pan, tilt = spans.pan.steps(goto.pan), spans.tilt.steps(goto.tilt)
        await self._line.command(visca.goto(pan, tilt), accepted)
        patch: dict[str, Value] = {"moving": False, "preset": None, **self._place(pan, tilt)}
        if goto.zoom is not None:
            await self._line.command(visca.zoom(spans.zoom.steps(goto.zoom)))
            patch["zoom"] = goto.zoom
        return patch

    async def _focus(self, focus: CameraFocus, accepted: Accepted) -> Patch:
        mode = visca.FOCUS_AUTO if focus.auto else visca.FOCUS_MANUAL
        await self._line.command(mode, accepted)
        if focus.position is not None:
            await self._line.command(visca.focus(self._settings.focus.steps(focus.position)))
        return {"focus_auto": focus.auto}

    def _place(self, pan: int, tilt: int) -> dict[str, Value]:
        return {"pan": self._settings.pan.share(pan), "tilt": self._settings.tilt.share(tilt)}
