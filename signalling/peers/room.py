"""A room (or a person) as a program: `python -m signalling.peers.room --url … --token-file …`.

Each second one JSON line on standard output: what is received of each of the others.
"""

import argparse
import asyncio
import contextlib
import json
import os
import signal
import sys
from pathlib import Path

from signalling.peers.endpoint import Endpoint
from signalling.peers.line import Refused
from signalling.transport.seam import gather_on_loopback


def arguments(words: list[str] | None = None) -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(prog="python -m signalling.peers.room", description=__doc__)
    parser.add_argument("--url", required=True, help="ws://127.0.0.1:8080/ws/v1")
    parser.add_argument("--token-file", required=True, type=Path, help="a device or place token")
    parser.add_argument("--name", required=True, help="what the test card says")
    parser.add_argument("--key", default="", help="what colour and tone follow from; else the name")
    parser.add_argument("--every", type=float, default=1.0, help="seconds between two lines")
    parser.add_argument("--loopback", action="store_true", help="gather 127.0.0.1 and no other")
    return parser.parse_args(words)


async def run(url: str, token: str, name: str, key: str, every: float) -> int:
    """Be the room until SIGTERM or SIGINT; 1 when the service refuses us for good."""
    endpoint = Endpoint(url, token, name=name, key=key)
    being = asyncio.create_task(endpoint.run(), name=name)
    telling = asyncio.create_task(tell(endpoint, every), name="figures out")
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, being.cancel)
    telling.add_done_callback(lambda _: being.cancel())
    try:
        with contextlib.suppress(asyncio.CancelledError):
            await being
    except Refused as refusal:
        print(json.dumps({"state": "refused", "error": str(refusal)}), flush=True)
        return 1
    finally:
        telling.cancel()
        await asyncio.gather(telling, return_exceptions=True)
    return 0


async def tell(endpoint: Endpoint, every: float) -> None:
    """Print the figures, again and again, until nobody reads them any more."""
    with contextlib.suppress(BrokenPipeError):
        while True:
            print(json.dumps(await endpoint.figures(), ensure_ascii=False), flush=True)
            await asyncio.sleep(every)
    # What is still in the buffer has no reader: the interpreter must not try it again at its end.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def main() -> int:
    """The command."""
    asked = arguments()
    if asked.loopback:
        gather_on_loopback()
    token = asked.token_file.read_text().strip()
    return asyncio.run(run(asked.url, token, asked.name, asked.key, asked.every))


if __name__ == "__main__":
    sys.exit(main())
