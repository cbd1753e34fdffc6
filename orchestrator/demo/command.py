"""`margeride demo [--once] [--json]`: the main job on the embedded defaults, in one command."""

import argparse
import asyncio
import contextlib
import json
import sys
import tempfile
from pathlib import Path

from orchestrator.cli.common import locale, say


def add(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    parser.add_argument("--once", action="store_true", help=say("demo-help-once"))
    parser.add_argument("--json", action="store_true", help=say("demo-help-json"))
    parser.add_argument("--port", type=int, default=8080)
    parser.add_argument("--media-port", type=int, default=8189)


def run(arguments: argparse.Namespace) -> int:
    """0 only if every site decoded picture and sound of the others and the mute was observed."""
    with tempfile.TemporaryDirectory(prefix="margeride-demo-") as folder:
        try:
            return asyncio.run(_run(arguments, Path(folder) / "data"))
        except KeyboardInterrupt:
            return 0


async def _run(arguments: argparse.Namespace, data: Path) -> int:
    from orchestrator.demo.rooms import Rooms  # noqa: PLC0415  the media library is slow to import
    from orchestrator.demo.show import Show
    from orchestrator.demo.stage import set_up

    # Firefox does not use loopback for sound and picture: whoever stays may open one.
    host = "127.0.0.1" if arguments.once else "0.0.0.0"
    print(say("demo-begins"), flush=True)
    async with (
        set_up(
            data, port=arguments.port, media_port=arguments.media_port, media_host=host
        ) as stage,
        Rooms(stage) as rooms,
    ):
        show = Show(stage, rooms, locale())
        show.say("demo-ready", url=stage.service.url)
        for player in stage.cast.players:
            show.say("demo-login", login=player.login, password=player.password, name=player.name)
        success = await show.play()
        if not arguments.once and success:
            show.say("demo-stays", link=show.link)
            with contextlib.suppress(asyncio.CancelledError):
                await show.stay()
        if arguments.json:
            print(json.dumps(show.verdict.summary(), ensure_ascii=False), flush=True)
        elif not success:
            print(stage.service.log.read_text()[-2000:], file=sys.stderr)
        return 0 if success else 1
