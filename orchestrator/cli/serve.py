"""`margeride serve`: run the service for real use."""

import argparse
import gc

from orchestrator.cli.common import add_config, add_data, program, say
from signalling.engines.placing import MOST_WORKERS


def add(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    add_config(parser)
    add_data(parser)
    parser.add_argument("--host", default="127.0.0.1", metavar="H", help=say("cli-opt-host"))
    parser.add_argument("--port", type=port, default=8080, help=say("cli-opt-port"))
    media_host = say("cli-opt-media-host")
    parser.add_argument("--media-host", default="::", metavar="H", help=media_host)
    parser.add_argument("--media-port", type=port, default=8189, help=say("cli-opt-media-port"))
    parser.add_argument("--live-port", type=port, default=8190, help=say("cli-opt-live-port"))
    workers = say("cli-opt-media-workers", most=MOST_WORKERS)
    parser.add_argument("--media-workers", type=number_of_workers, default=1, help=workers)
    announce = say("cli-opt-announce")
    parser.add_argument("--announce", action="append", default=[], metavar="IP", help=announce)


def port(text: str) -> int:
    """A port number; 0 lets the system choose."""
    number = int(text) if text.isdecimal() else -1
    if not 0 <= number <= 65535:
        raise argparse.ArgumentTypeError(say("cli-bad-port", port=text))
    return number


def number_of_workers(text: str) -> int:
    """How many media workers, one at least."""
    number = int(text) if text.isdecimal() else 0
    if not 1 <= number <= MOST_WORKERS:
        raise argparse.ArgumentTypeError(say("cli-bad-workers", found=text, most=MOST_WORKERS))
    return number


def run(arguments: argparse.Namespace) -> int:
    """Serve until told to stop."""
    import logging

    from orchestrator.cli import network

    settings = network.read(arguments.config)
    if settings is None:
        return 1
    gc.disable()  # until the service has started
    from orchestrator import serve  # heavy, and of no use with a wrong file

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("alembic").setLevel(logging.WARNING)
    wanted = serve.Wanted(
        settings=settings,
        data=arguments.data.resolve(),
        host=arguments.host,
        port=arguments.port,
        media_host=arguments.media_host,
        media_port=arguments.media_port,
        announce=tuple(arguments.announce),
        workers=arguments.media_workers,
        live_port=arguments.live_port,
    )
    serve.run(wanted, lambda key, **facts: print(say(key, program=program(), **facts), flush=True))
    return 0
