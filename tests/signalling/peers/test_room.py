"""The program, as the demo starts it."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from signalling.peers.room import arguments
from tests.fakes.stage import Stage


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with Stage() as made:
        yield made


async def start(
    stage: Stage, token: str, tmp_path: Path, out: int = asyncio.subprocess.PIPE
) -> asyncio.subprocess.Process:
    place = tmp_path / "token"
    await asyncio.to_thread(place.write_text, token + "\n")
    words = ["--url", stage.url, "--token-file", str(place), "--name", "Villefort", "--loopback"]
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "signalling.peers.room", *words, stdout=out
    )


async def test_a_room_as_a_program_prints_figures_and_ends_when_told(
    stage: Stage, tmp_path: Path
) -> None:
    program = await start(stage, "room:villefort-visio", tmp_path)
    assert program.stdout is not None
    figures: dict[str, object] = {}
    while not figures.get("connected"):
        figures = json.loads(await program.stdout.readline())
    assert figures["room"] == "villefort-visio"
    assert figures["state"] == "idle"
    assert figures["remotes"] == []
    program.send_signal(signal.SIGTERM)
    assert await program.wait() == 0


async def test_a_program_that_nobody_reads_any_more_ends(stage: Stage, tmp_path: Path) -> None:
    reading, writing = os.pipe()
    program = await start(stage, "room:villefort-visio", tmp_path, writing)
    os.close(writing)
    os.close(reading)
    async with asyncio.timeout(15):
        assert await program.wait() == 0


async def test_a_program_with_a_wrong_token_says_so_and_ends(stage: Stage, tmp_path: Path) -> None:
    program = await start(stage, "guess", tmp_path)
    said, _ = await program.communicate()
    assert json.loads(said.splitlines()[-1]) == {"state": "refused", "error": "4001 bad-token"}
    assert program.returncode == 1


def test_the_name_and_the_token_must_be_given() -> None:
    with pytest.raises(SystemExit):
        arguments(["--url", "ws://127.0.0.1/ws/v1"])
