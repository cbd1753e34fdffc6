"""The recorder as a process: what it has written is there whatever kills it."""

import asyncio
import contextlib
import json
import signal
import stat
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import av
import pytest

from orchestrator.recorded import Found
from orchestrator.recording import shelf
from orchestrator.recording.names import WANTED
from orchestrator.recording.recorder import LOCKED
from rooms.ids import ParticipantId
from tests.fakes.stage import Stage
from tests.fakes.wire import SESSION, until

SOURCES = {"microphone", "camera"}
ALLOWED = 2000  # ms that may be lost


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with Stage() as made:
        await made.person("alice")
        yield made


async def recorder(stage: Stage, folder: Path) -> asyncio.subprocess.Process:
    wanted = json.dumps({"url": stage.url, "token": "pa:svc-recorder"})
    await asyncio.to_thread((folder / WANTED).write_text, wanted)
    words = (sys.executable, "-m", "orchestrator.recording.recorder", str(folder))
    return await asyncio.create_subprocess_exec(*words, stderr=asyncio.subprocess.DEVNULL)


async def written(folder: Path, seconds: float, parts: int = 2, since: int = 0) -> list[Found]:
    """So long of each part after the first so many."""

    async def enough() -> list[Found] | None:
        found = (await asyncio.to_thread(shelf.look, folder))[since:]
        long = [one for one in found if one.ended - one.began >= seconds * 1000]
        return found if len(long) == len(found) == parts else None

    async with asyncio.timeout(40):
        while (found := await enough()) is None:  # noqa: ASYNC110 another process writes
            await asyncio.sleep(0.1)
    return found


def decoded(path: Path) -> tuple[int, float]:
    """How many frames, and the time of the last."""
    with av.open(path, "r") as file:
        times = [getattr(frame, "time", 0.0) for frame in file.decode(file.streams[0])]
    return len(times), times[-1]


def all_closed(folder: Path) -> bool:
    return all(json.loads(path.read_text())["ended"] for path in folder.glob("0*.json"))


async def killed(process: asyncio.subprocess.Process) -> float:
    process.send_signal(signal.SIGKILL)
    now = time.time()
    await process.wait()
    return now


async def test_after_a_kill_everything_but_the_last_moment_decodes(
    stage: Stage, tmp_path: Path
) -> None:
    process = await recorder(stage, tmp_path)
    await written(tmp_path, 2.5)
    assert await asyncio.to_thread(shelf.is_written, tmp_path)
    at = await killed(process) * 1000
    assert not await asyncio.to_thread(shelf.is_written, tmp_path)
    parts = await asyncio.to_thread(shelf.mend, tmp_path)
    assert {one.of for one in parts} == SOURCES
    assert all(at - one.ended < ALLOWED for one in parts)
    for one in parts:
        path = tmp_path / one.file
        frames, last = await asyncio.to_thread(decoded, path)
        assert one.frames - 2 <= frames <= one.frames + 1
        assert at - (one.began + last * 1000) < ALLOWED
        assert stat.S_IMODE((await asyncio.to_thread(path.stat)).st_mode) == 0o600
        assert (one.participant, one.lost) == ("alice", 0)

    process = await recorder(stage, tmp_path)
    await written(tmp_path, 0.5, since=2)
    process.send_signal(signal.SIGTERM)
    assert await process.wait() == 0
    parts = await asyncio.to_thread(shelf.look, tmp_path)
    assert [one.number for one in parts] == [1, 2, 3, 4]
    assert await asyncio.to_thread(all_closed, tmp_path)


async def test_it_ends_with_its_place_and_there_is_one_at_a_time(
    stage: Stage, tmp_path: Path
) -> None:
    process = await recorder(stage, tmp_path)
    await written(tmp_path, 0.2)
    second = await recorder(stage, tmp_path)
    assert await second.wait() == LOCKED
    await stage.switchboard.remove(SESSION, ParticipantId("svc-recorder"))
    assert await process.wait() == 0
    parts = await asyncio.to_thread(shelf.look, tmp_path)
    assert len(parts) == 2


async def test_it_goes_on_while_the_service_is_away_and_after_the_loss_of_a_worker(
    stage: Stage, tmp_path: Path
) -> None:
    process = await recorder(stage, tmp_path)
    (first, *_) = await written(tmp_path, 0.5)
    await stage.kill()
    await written(tmp_path, (first.ended - first.began) / 1000 + 1.5)
    await stage.serve()
    await until(lambda: stage.house.heard("joined").count(("svc-recorder",)) >= 1, 20)
    await stage.engine.close(SESSION)
    await stage.engine.open(SESSION)

    at = time.time() * 1000

    def goes_on(found: list[Found]) -> bool:
        last = {of: max(one.ended for one in found if one.of == of) for of in SOURCES}
        return min(last.values()) > at + 1500

    async with asyncio.timeout(40):
        while not goes_on(await asyncio.to_thread(shelf.look, tmp_path)):  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    assert await process.wait() == 0
