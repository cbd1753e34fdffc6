"""A camera that speaks VISCA: it turns, zooms, remembers places, and never turns on by itself.

A move lasts as long as it is said again. The stop that ends it does not depend on who asked for the
move: it is sent even when the network to the asker is gone.
"""

import asyncio
import logging
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
from rooms.drivers.device import Device
from rooms.drivers.port import (
    Accepted,
    Capabilities,
    DeviceKind,
    DriverError,
    Patch,
    Unsupported,
    Value,
)
from rooms.drivers.visca_line import TCP_PORT, Line, TcpLine, UdpLine
from rooms.drivers.wire import visca, visca_ip
from rooms.drivers.wire.scale import Span
from rooms.ids import DeviceId

log = logging.getLogger("rooms.drivers")
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
STOP_TRIES = 5
LOOK_AGAIN = 0.05
STOP_WITHIN = 2.0
LAST_STOP_WITHIN = 1.0
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


class Camera(Device):
    """The drivers `visca` and `visca-tcp`."""

    def __init__(self, settings: CameraSettings) -> None:
        super().__init__(settings.id)
        self._settings = settings
        self._line = self._line_of(settings)
        self._dead_man: asyncio.TimerHandle | None = None
        self._stopping: asyncio.Task[None] | None = None
        self._zooming = 0

    def _line_of(self, settings: CameraSettings) -> Line:
        heard = self.presence.heard
        if settings.over == "tcp":
            return TcpLine(settings.host, settings.port or TCP_PORT, heard)
        return UdpLine(settings.host, settings.port or visca_ip.PORT, heard)

    def capabilities(self) -> Capabilities:
        """VISCA has no question for it: what the language has."""
        return Capabilities(
            kind=DeviceKind.CAMERA, commands=COMMANDS, presets=visca.HIGHEST_PRESET + 1
        )

    async def execute(self, command: Command, deadline: float, accepted: Accepted) -> Patch:
        """A move counts from when it is asked for, also while another is on its way."""
        self.check(command)
        if isinstance(command, CameraMove):
            self._arm(command.ttl_ms / 1000)
        return await super().execute(command, deadline, accepted)

    async def carry_out(self, command: Command, deadline: float, accepted: Accepted) -> Patch:
        """What ends in a place ends any move before it."""
        line = self._line
        match command:
            case CameraMove():
                return await self._move(command, accepted)
            case CameraStop():
                return await self._stop(accepted)
            case CameraGoto():
                return await self._goto(command, accepted)
            case CameraHome():
                await self._travel(visca.HOME, accepted)
                return {"moving": False, "preset": None}
            case PresetRecall(preset=preset):
                await self._travel(visca.recall(preset), accepted)
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

    async def close(self) -> None:
        """Leave no camera turning."""
        moving = self._disarm()
        if self._stopping is not None:
            self._stopping.cancel()
            await asyncio.gather(self._stopping, return_exceptions=True)
        if moving or self._stopping is not None:
            await self._stop_within(LAST_STOP_WITHIN)
        await super().close()

    async def _move(self, move: CameraMove, accepted: Accepted) -> Patch:
        if self._dead_man is None:  # the stop of an earlier move came between
            self._arm(move.ttl_ms / 1000)
        await self._line.command(visca.drive(move.pan, move.tilt), accepted)
        if move.zoom != self._zooming:
            await self._line.command(visca.zoom_drive(move.zoom))
            self._zooming = move.zoom
        return {"moving": any((move.pan, move.tilt, move.zoom)), "preset": None}

    async def _stop(self, accepted: Accepted) -> Patch:
        await self._line.command(visca.STOP, accepted)
        await self._line.command(visca.STOP_ZOOM)
        self._zooming = 0
        self._disarm()
        return {"moving": False}

    async def _goto(self, goto: CameraGoto, accepted: Accepted) -> Patch:
        spans = self._settings
        pan, tilt = spans.pan.steps(goto.pan), spans.tilt.steps(goto.tilt)
        await self._travel(visca.goto(pan, tilt), accepted)
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

    async def _travel(self, body: bytes, accepted: Accepted) -> None:
        """To a place; should that fail, a move that went on before it is stopped at once."""
        was_moving = self._disarm()
        try:
            await self._line.command(body, accepted)
        except BaseException:
            if was_moving:
                self._arm(0)
            raise

    def _place(self, pan: int, tilt: int) -> dict[str, Value]:
        return {"pan": self._settings.pan.share(pan), "tilt": self._settings.tilt.share(tilt)}

    def _arm(self, seconds: float) -> None:
        self._disarm()
        loop = asyncio.get_running_loop()
        self._dead_man = loop.call_later(seconds, self._run_out)

    def _disarm(self) -> bool:
        timer, self._dead_man = self._dead_man, None
        if timer is not None:
            timer.cancel()
        return timer is not None

    def _run_out(self) -> None:
        self._dead_man = None
        if self._stopping is not None:
            self._arm(LOOK_AGAIN)
        else:
            self._stopping = asyncio.create_task(self._stop_by_itself(), name="camera stops")

    async def _stop_by_itself(self) -> None:
        for _ in range(STOP_TRIES):
            if await self._stop_within(STOP_WITHIN):
                self.tell({"moving": False})
                break
        else:
            log.warning("%s may still be turning", self.device)
        self._stopping = None

    async def _stop_within(self, seconds: float) -> bool:
        deadline = asyncio.get_running_loop().time() + seconds
        try:
            await super().execute(CameraStop(), deadline, lambda: None)
        except DriverError:
            return False
        return True
