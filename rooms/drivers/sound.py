"""The sound of the room's own computer: PulseAudio, or PipeWire in its place.

Needs `pulsectl-asyncio` (extra `sound`) and the system's libpulse; imported only where a
configuration names this driver.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from pulsectl import PulseError
from pulsectl_asyncio import PulseAsync

from rooms.control import Command, MicSet, SpeakerSet
from rooms.device_commands import VolumeSet
from rooms.drivers.device import Device
from rooms.drivers.link import ANSWER_WITHIN, persistently
from rooms.drivers.port import (
    Accepted,
    Capabilities,
    DeviceKind,
    NoDevice,
    Patch,
    Unsupported,
    Value,
)
from rooms.ids import DeviceId

T = TypeVar("T")
FULL = 100
MONITOR = ".monitor"


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundSettings:
    """`server` as PulseAudio names it, the user's own when empty; `sink` and `source` are names,
    the default ones when empty."""

    id: DeviceId
    server: str = ""
    sink: str = ""
    source: str = ""


class Sound(Device):
    """The driver `sound`."""

    def __init__(self, settings: SoundSettings) -> None:
        super().__init__(settings.id)
        self._settings = settings
        self._pulse: PulseAsync | None = None
        self._listening: asyncio.Task[None] | None = None

    def capabilities(self) -> Capabilities:
        """Loudspeaker and microphone."""
        commands = frozenset({VolumeSet.name, SpeakerSet.name, MicSet.name})
        return Capabilities(kind=DeviceKind.AUDIO, commands=commands)

    async def carry_out(self, command: Command, deadline: float, accepted: Accepted) -> Patch:
        """Done as soon as the sound server says so."""
        match command:
            case VolumeSet(volume=volume):
                await self._with_pulse(lambda pulse: self._volume(pulse, volume))
                return {"volume": volume}
            case SpeakerSet(on=on, volume=also):
                return await self._with_pulse(lambda pulse: self._speaker(pulse, on, also))
            case MicSet(on=on):
                await self._with_pulse(lambda pulse: self._mic(pulse, on))
                return {"mic_muted": not on}
            case _:
                raise Unsupported(command.name)

    async def read(self) -> Patch:
        """Volume, mutes, and whether there is a microphone at all."""
        return await self._with_pulse(self._state)

    async def hang_up(self) -> None:
        """Disconnect."""
        listening, self._listening = self._listening, None
        pulse, self._pulse = self._pulse, None
        if listening is not None:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
        if pulse is not None:
            pulse.close()

    async def _volume(self, pulse: PulseAsync, volume: int) -> None:
        await pulse.volume_set_all_chans(await self._sink(pulse), volume / FULL)

    async def _speaker(self, pulse: PulseAsync, on: bool, volume: int | None) -> Patch:
        if volume is not None:
            await self._volume(pulse, volume)
        await pulse.mute(await self._sink(pulse), not on)
        return {"speaker_on": on} | ({} if volume is None else {"volume": volume})

    async def _mic(self, pulse: PulseAsync, on: bool) -> None:
        source = await self._source(pulse)
        if source is None:
            raise NoDevice("no microphone")
        await pulse.mute(source, not on)

    async def _state(self, pulse: PulseAsync) -> Patch:
        sink, source = await self._sink(pulse), await self._source(pulse)
        patch: dict[str, Value] = {
            "volume": min(FULL, round(sink.volume.value_flat * FULL)),
            "speaker_on": not sink.mute,
            "mic_present": source is not None,
        }
        return patch if source is None else {**patch, "mic_muted": bool(source.mute)}

    async def _sink(self, pulse: PulseAsync) -> Any:
        name = self._settings.sink or (await pulse.server_info()).default_sink_name
        found = [sink for sink in await pulse.sink_list() if sink.name == name]
        if not found:
            raise NoDevice("no loudspeaker")
        return found[0]

    async def _source(self, pulse: PulseAsync) -> Any:
        """The microphone; what merely listens to a loudspeaker is none."""
        name = self._settings.source or (await pulse.server_info()).default_source_name
        real = [one for one in await pulse.source_list() if not one.name.endswith(MONITOR)]
        chosen = [one for one in real if one.name == name]
        return next(iter(chosen or ([] if self._settings.source else real)), None)

    async def _with_pulse(self, work: Callable[[PulseAsync], Awaitable[T]]) -> T:
        async def once() -> T:
            try:
                async with asyncio.timeout(ANSWER_WITHIN):
                    pulse = self._pulse or await self._connect()
                    self.presence.sent()
                    result = await work(pulse)
            except (PulseError, OSError) as error:
                await self.hang_up()
                raise ConnectionError(str(error)) from error
            self.presence.heard()
            return result

        return await persistently(once)

    async def _connect(self) -> PulseAsync:
        pulse = self._pulse = PulseAsync("margeride", server=self._settings.server or None)
        await pulse.connect()
        self._listening = asyncio.create_task(self._listen(pulse), name=f"{self.device} listens")
        return pulse

    async def _listen(self, pulse: PulseAsync) -> None:
        """Somebody turned a knob, or pulled a plug."""
        try:
            async for _ in pulse.subscribe_events("sink", "source", "server"):
                self.tell(await self._state(pulse))
        except (PulseError, NoDevice):
            return  # the next command connects again, or says what is missing
