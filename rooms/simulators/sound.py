"""The sound of a computer without sound: a PulseAudio with a null sink and a null source.

Needs the program `pulseaudio`; touches neither the user's own nor any hardware.
"""

import asyncio
import shutil
import signal
import tempfile
from pathlib import Path
from typing import Self

from rooms.errors import Unavailable
from rooms.simulators.base import HOST, Simulator

START_WITHIN = 20.0
LOOK_EVERY = 0.02
SPEAKER, MICROPHONE = "room_speaker", "room_microphone"


class NullSound(Simulator):
    """A loudspeaker nobody hears and a microphone that hears nothing."""

    modules: tuple[str, ...] = (
        f"module-null-sink sink_name={SPEAKER}",
        f"module-null-source source_name={MICROPHONE}",
    )

    def __init__(self) -> None:
        super().__init__()
        self._folder: Path | None = None
        self._process: asyncio.subprocess.Process | None = None

    @property
    def busiest(self) -> int:
        """As `Simulator` says."""
        return 1

    @property
    def server(self) -> str:
        """As PulseAudio names it."""
        return f"unix:{self._folder}/native"

    def settings(self) -> dict[str, object]:
        """As `Simulator` says."""
        return {"server": self.server}

    async def start(self, host: str = HOST, port: int = 0) -> Self:
        """As `Simulator` says; it has a socket in a folder of its own, no port."""
        program = await asyncio.to_thread(shutil.which, "pulseaudio")
        if program is None:
            raise Unavailable("no-pulseaudio")
        folder = self._folder = await asyncio.to_thread(_new_folder)
        native = f"module-native-protocol-unix auth-anonymous=1 socket={folder}/native"
        loads = [f"--load={module}" for module in (*self.modules, native)]
        quiet = asyncio.subprocess.DEVNULL
        own = {name: str(folder) for name in ("HOME", "XDG_RUNTIME_DIR", "PULSE_RUNTIME_PATH")}
        options = ("-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no")
        self._process = await asyncio.create_subprocess_exec(
            program, *options, *loads, env=own, stdout=quiet, stderr=quiet
        )
        async with asyncio.timeout(START_WITHIN):
            while not await asyncio.to_thread((folder / "native").exists):  # noqa: ASYNC110
                await asyncio.sleep(LOOK_EVERY)
        return self

    async def stop(self) -> None:
        """As `Simulator` says."""
        process, self._process = self._process, None
        if process is not None and process.returncode is None:
            process.send_signal(signal.SIGCONT)
            process.kill()
            await process.wait()
        if self._folder is not None:  # the socket's place is free again
            await asyncio.to_thread(shutil.rmtree, self._folder, ignore_errors=True)

    def freeze(self) -> None:
        """From now on it hears and does not answer."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)


class DeafSound(NullSound):
    """Hangs, as a sound server does when its hardware was pulled out."""

    async def start(self, host: str = HOST, port: int = 0) -> Self:
        """As `Simulator` says."""
        await super().start(host, port)
        self.freeze()
        return self


class NoMicrophone(NullSound):
    """The microphone is not plugged in."""

    modules = NullSound.modules[:1]


def _new_folder() -> Path:
    return Path(tempfile.mkdtemp(prefix="margeride-sound-"))
