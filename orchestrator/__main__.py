"""The command line: `margeride serve|check|doctor|user|pair|backup|restore|agent|simulate…`."""

import argparse
import importlib
import importlib.util
import os
import sys
from collections.abc import Sequence

from orchestrator.cli.common import say
from rooms.errors import MargerideError

COMMANDS = (
    "serve", "check", "doctor", "user", "pair", "backup", "restore", "agent", "simulate",
    "broadcaster",
)  # fmt: skip
"""Each is a module of `orchestrator.cli` with `add(parser)` and `run(arguments) -> exit code`."""


def parser() -> argparse.ArgumentParser:
    """The parser of the whole command line. Nothing heavy is imported before it is needed."""
    whole = argparse.ArgumentParser(prog="margeride", description=say("cli-about"))
    commands = whole.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name in COMMANDS:
        module = importlib.import_module(f"orchestrator.cli.{name}")
        help_text = say(f"cli-help-{name}")
        sub = commands.add_parser(name, help=help_text, description=help_text)
        module.add(sub)
        sub.set_defaults(run=module.run)
    _add_demo(commands)
    return whole


def _add_demo(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    if importlib.util.find_spec("orchestrator.demo.command") is None:
        return
    demo = importlib.import_module("orchestrator.demo.command")
    sub = commands.add_parser("demo", help=say("cli-help-demo"))
    demo.add(sub)
    sub.set_defaults(run=demo.run)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; 0 done, 1 refused with a sentence, 2 mistyped."""
    arguments = parser().parse_args(argv)
    os.umask(0o077)  # whatever we write is ours alone to read
    try:
        return int(arguments.run(arguments))
    except MargerideError as error:
        print(say(error.key, **error.fields), file=sys.stderr)
        return 1
    except BrokenPipeError:  # `margeride … | head`
        sys.stderr.close()
        return 1


if __name__ == "__main__":
    sys.exit(main())
