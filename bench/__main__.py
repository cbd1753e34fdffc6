"""One bench by its name; `--help` says which there are."""

import argparse
import importlib
import json
import sys
from collections.abc import Sequence
from typing import Any

from bench import machine

SHOWN = {
    "calendars": "CalDAV over HTTP beside Radicale and Xandikos, with N events stored",
    "cues": "one instant on six endpoints, three of them far away, also with a line that is cut",
    "forwarding": "CPU and delay of a forwarded media packet beside Janus and a bare sendto",
    "judge": "the judge of bookings, the parser and the expansion, at their largest",
    "lines": "both browsers behind bad lines, in the product's own pages",
    "public": "the public page: 1,000 viewers beside the stage, and how late they see it",
    "rooms": "a room command from the request to done, with N rooms and M screens connected",
    "soak": "ten guests who come and go: memory, tasks, and packets that SRTP refuses",
    "storm": "1,000 clients coming back at once, and telling them all, beside bare aiohttp",
}


def parser_of(name: str, bench: Any) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=f"bench {name}",
        description=SHOWN[name],
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument(
        "--json", action="store_true", help="the JSON line alone on standard output"
    )
    bench.add_arguments(parser)
    return parser


def help_text() -> str:
    rows = "\n".join(f"  {name:<12}{shows}" for name, shows in SHOWN.items())
    return (
        'make bench ARGS="NAME [--json] [options]"\n\n'
        f"NAME is one of:\n{rows}\n\n"
        'The options of one bench: make bench ARGS="NAME --help"\n'
        "Each prints a table and ends with one JSON line; with --json the table goes to stderr."
    )


def main(words: Sequence[str]) -> int:
    if not words or words[0] in ("-h", "--help", "help"):
        print(help_text())
        return 0 if words else 2
    name, *options = words
    if name not in SHOWN:
        print(f"There is no bench {name!r}.\n\n{help_text()}", file=sys.stderr)
        return 2
    bench = importlib.import_module(f"bench.{name}")
    wanted = parser_of(name, bench).parse_args(options)
    if wanted.json:
        machine.tell_on_stderr()
    machine.say(machine.line())
    print(json.dumps(bench.run(wanted)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
