"""The broadcaster as a process: it goes on while the service is killed, and ends when told to."""

import asyncio
import io
from pathlib import Path

import aiohttp
import av
import pytest

from orchestrator.broadcast import order
from tests.fakes.broadcasting import Show, show

pytestmark = pytest.mark.timeout(180)


async def ready(made: Show) -> order.Ready:
    path = order.path_of(made.stage.service.data, made.session)
    found = await asyncio.to_thread(order.read_ready, path)
    assert found is not None
    return found


async def segment(url: str, after: int) -> tuple[int, bytes]:
    """The first whole segment with a higher number, and what it takes to play it."""
    async with aiohttp.ClientSession() as http, asyncio.timeout(60):
        while True:
            async with http.get(f"{url}live.m3u8") as answer:
                names = [line for line in (await answer.text()).split() if line.endswith(".m4s")]
                life = (await answer.text()).partition('URI="')[2].partition('"')[0]
            whole = [name for name in names if int(name.partition(".")[0]) > after]
            if whole:
                parts = []
                for name in (life, whole[0]):
                    async with http.get(url + name) as answer:
                        parts.append(await answer.read())
                return int(whole[0].partition(".")[0]), b"".join(parts)
            await asyncio.sleep(0.2)


async def test_it_shows_the_air_also_while_the_service_is_killed_and_started_again(
    tmp_path: Path,
) -> None:
    async with show(tmp_path, "Meyrueis") as made:
        await made.on_stage("one", "Meyrueis")
        told = await made.open_page()
        url, before = told["media"][0], await ready(made)
        number, _ = await segment(url, 0)
        await made.stage.service.kill()
        number, _ = await segment(url, number + 1)
        await made.stage.service.start()
        await made.told("live")
        _, whole = await segment(url, number + 1)
        assert await ready(made) == before, "the same process, found again"
        with av.open(io.BytesIO(whole), "r") as container:
            pictures = list(container.decode(video=0))
            assert pictures[0].key_frame
            assert len(pictures) > 2
        await made.ask("POST", "public", {"act": "stop"})
        async with aiohttp.ClientSession() as http, asyncio.timeout(30):
            while True:
                async with http.get(f"{url}live.m3u8") as answer:
                    if "#EXT-X-ENDLIST" in await answer.text():
                        break
                await asyncio.sleep(0.2)
