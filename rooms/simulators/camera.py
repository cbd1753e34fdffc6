"""What a simulated VISCA camera is and does, whatever way the messages come."""

import asyncio
import random
from collections.abc import Callable

from rooms.drivers.port import DriverError
from rooms.drivers.wire import visca

SYNTAX, BUFFER_FULL, CANCELLED, NO_SOCKET, NOT_EXECUTABLE = 0x02, 0x03, 0x04, 0x05, 0x41
Send = Callable[[bytes], None]
Change = Callable[[], None]
PAN = (-2448, 2448)
TILT = (-432, 1296)


class Refused(Exception):
    """An error answer; the argument is its code."""


class CameraModel:
    """Two sockets; every motion takes its time. `speed` in steps a second."""

    speed = 20_000
    drift_per_speed = 100
    lossy = 0.0

    def __init__(self, seed: int = 7) -> None:
        self.on = True
        self.pan = self.tilt = self.zoom = 0.0
        self.zooming = 0
        self.focus = 0
        self.focus_auto = True
        self.presets: dict[int, tuple[float, float, float]] = {}
        self.executed: list[bytes] = []
        self.busiest = 0
        self._random = random.Random(seed)
        self._running: dict[int, asyncio.Task[None]] = {}
        self._drift: tuple[float, float, float] = (0.0, 0.0, 0.0)

    @property
    def moving(self) -> bool:
        """Whether it turns because it was told to keep turning."""
        return any(self._drift[1:]) or bool(self.zooming)

    def lost(self) -> bool:
        """Whether the network loses this datagram."""
        return self._random.random() < self.lossy

    def receive(self, message: bytes, send: Send) -> None:
        """One message; `send` takes each answer."""
        if len(message) < 3 or message[:1] != b"\x81" or message[-1:] != visca.END:
            send(_refusal(SYNTAX))
        elif message[1] == 0x09:
            self._inquiry(message[2:-1], send)
        elif message[1] & 0xF0 == 0x20:
            self._cancel(message[1] & 0x0F, send)
        else:
            self._start(message[2:-1], send)

    async def stop(self) -> None:
        """Let nothing run."""
        tasks = list(self._running.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def where(self) -> tuple[int, int]:
        """Pan and tilt now, drift included."""
        since, pan, tilt = self._drift
        now = asyncio.get_running_loop().time()
        self.pan = _within(self.pan + pan * (now - since), PAN)
        self.tilt = _within(self.tilt + tilt * (now - since), TILT)
        self._drift = (now, pan, tilt)
        return round(self.pan), round(self.tilt)

    def _inquiry(self, body: bytes, send: Send) -> None:
        try:
            send(b"\x90\x50" + self._data(body) + visca.END)
        except Refused as refusal:
            send(_refusal(refusal.args[0]))

    def _data(self, body: bytes) -> bytes:
        if body == visca.ASK_POWER:
            return b"\x02" if self.on else b"\x03"
        if not self.on:
            raise Refused(NOT_EXECUTABLE)
        if body == visca.ASK_POSITION:
            pan, tilt = self.where()
            return visca.nibbles(pan) + visca.nibbles(tilt)
        if body == visca.ASK_ZOOM:
            return visca.nibbles(round(self.zoom))
        raise Refused(SYNTAX)

    def _cancel(self, socket: int, send: Send) -> None:
        task = self._running.get(socket)
        if task is None:
            send(_refusal(NO_SOCKET, socket))
        else:
            task.cancel()

    def _start(self, body: bytes, send: Send) -> None:
        try:
            seconds, change = self.plan(body)
        except Refused as refusal:
            send(_refusal(refusal.args[0]))
            return
        except (KeyError, ValueError, DriverError):
            send(_refusal(SYNTAX))
            return
        socket = next((number for number in (1, 2) if number not in self._running), 0)
        if not socket:
            send(_refusal(BUFFER_FULL))
            return
        self.executed.append(body)
        send(bytes([0x90, 0x40 | socket, 0xFF]))
        task = asyncio.create_task(self._run(seconds, change), name="simulated motion")
        self._running[socket] = task
        self.busiest = max(self.busiest, len(self._running))
        task.add_done_callback(lambda task: self._ended(socket, task.cancelled(), send))

    @staticmethod
    async def _run(seconds: float, change: Change) -> None:
        await asyncio.sleep(seconds)
        change()

    def _ended(self, socket: int, cancelled: bool, send: Send) -> None:
        del self._running[socket]
        send(_refusal(CANCELLED, socket) if cancelled else bytes([0x90, 0x50 | socket, 0xFF]))

    def plan(self, body: bytes) -> tuple[float, Change]:
        """How long the command takes, and what it changes at the end."""
        if body in (visca.POWER_ON, visca.STANDBY):
            return 0.02, lambda: self._switch(body == visca.POWER_ON)
        if not self.on:
            raise Refused(NOT_EXECUTABLE)
        plan = _PLANS.get(body[:2])
        if plan is None:
            raise Refused(SYNTAX)
        return plan(self, body[2:])

    def _switch(self, on: bool) -> None:
        self.on = on

    def _travel(self, pan: float, tilt: float, zoom: float) -> tuple[float, Change]:
        here = self.where()
        self._drift = (0.0, 0.0, 0.0)
        seconds = max(abs(pan - here[0]), abs(tilt - here[1])) / self.speed
        return seconds, lambda: self._arrive(pan, tilt, zoom)

    def _arrive(self, pan: float, tilt: float, zoom: float) -> None:
        self.pan, self.tilt, self.zoom = _within(pan, PAN), _within(tilt, TILT), zoom

    def _goto(self, body: bytes) -> tuple[float, Change]:
        pan, tilt = visca.position(body[2:])
        return self._travel(pan, tilt, self.zoom)

    def _home(self, _: bytes) -> tuple[float, Change]:
        return self._travel(0, 0, 0)

    def _preset(self, body: bytes) -> tuple[float, Change]:
        action, number = body
        if action == 0:
            return 0.0, lambda: self._forget(number)
        if action == 1:
            here = (*self.where(), self.zoom)
            return 0.0, lambda: self.presets.update({number: here})
        if number not in self.presets:
            raise Refused(NOT_EXECUTABLE)
        return self._travel(*self.presets[number])

    def _forget(self, number: int) -> None:
        self.presets.pop(number, None)

    def _drive(self, body: bytes) -> tuple[float, Change]:
        pan_speed, tilt_speed, pan_way, tilt_way = body
        pan = {1: -1, 2: 1, 3: 0}[pan_way] * pan_speed * self.drift_per_speed
        tilt = {1: 1, 2: -1, 3: 0}[tilt_way] * tilt_speed * self.drift_per_speed
        self.where()
        self._drift = (asyncio.get_running_loop().time(), float(pan), float(tilt))
        return 0.0, _nothing

    def _zoom(self, body: bytes) -> tuple[float, Change]:
        target = visca.number(body)
        return 0.0, lambda: self._arrive(self.pan, self.tilt, target)

    def _zoom_drive(self, body: bytes) -> tuple[float, Change]:
        self.zooming = body[0]
        return 0.0, _nothing

    def _focus_mode(self, body: bytes) -> tuple[float, Change]:
        self.focus_auto = body == b"\x02"
        return 0.0, _nothing

    def _focus_to(self, body: bytes) -> tuple[float, Change]:
        self.focus = visca.number(body)
        return 0.0, _nothing


_PLANS: dict[bytes, Callable[[CameraModel, bytes], tuple[float, Change]]] = {
    b"\x06\x02": CameraModel._goto,
    b"\x06\x04": CameraModel._home,
    b"\x06\x01": CameraModel._drive,
    b"\x04\x3f": CameraModel._preset,
    b"\x04\x47": CameraModel._zoom,
    b"\x04\x07": CameraModel._zoom_drive,
    b"\x04\x38": CameraModel._focus_mode,
    b"\x04\x48": CameraModel._focus_to,
}


def _nothing() -> None:
    """The change came at once."""


def _within(value: float, limits: tuple[int, int]) -> float:
    return max(limits[0], min(limits[1], value))


def _refusal(code: int, socket: int = 0) -> bytes:
    return bytes([0x90, 0x60 | socket, code, 0xFF])
