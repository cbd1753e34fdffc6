"""`margeride user`: people and what proves who they are."""

import argparse
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from orchestrator.auth.people import ROLES
from orchestrator.cli import app_passwords
from orchestrator.cli.app_passwords import person_of
from orchestrator.cli.common import add_config, add_data, say

if TYPE_CHECKING:
    from sqlalchemy import Connection


def add(parser: argparse.ArgumentParser) -> None:
    """Its own subcommands."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    for name in ACTIONS:
        sub = actions.add_parser(name, help=say(f"cli-help-user-{name}"))
        add_data(sub)
        if name != "list":
            sub.add_argument("login", metavar="LOGIN")
        if name in ("add", "password"):
            sub.add_argument("--password-stdin", action="store_true", help=say("cli-opt-stdin"))
        if name == "add":
            add_config(sub)
            sub.add_argument("--name", required=True)
            sub.add_argument("--role", required=True, choices=ROLES)
            sub.add_argument("--centre", action="append", default=[], metavar="CENTRE")
        if name == "app-password":
            sub.add_argument("--label", default="")
        if name == "share":
            sub.add_argument("delegate", metavar="COLLEAGUE")
            sub.add_argument("rights", choices=("read", "write", "none"))
        if name == "revoke":
            sub.add_argument("label", metavar="LABEL")
        sub.set_defaults(act=ACTIONS[name])


def run(arguments: argparse.Namespace) -> int:
    """Do what the subcommand says."""
    return int(arguments.act(arguments))


def add_person(arguments: argparse.Namespace) -> int:
    """`user add LOGIN --name N --role R [--centre C]… [--password-stdin]`."""
    from sqlalchemy.exc import IntegrityError

    from orchestrator.auth.passwords import hash_password
    from orchestrator.cli import network
    from orchestrator.cli.store import opened
    from orchestrator.store import people
    from rooms.errors import Conflict, Invalid
    from rooms.ids import is_slug

    settings = network.read(arguments.config)
    if settings is None:
        return 1
    if not is_slug(arguments.login):
        raise Invalid("cli-bad-login", login=arguments.login)
    for centre in arguments.centre:
        if centre not in {known.id for known in settings.network.centres}:
            known = ", ".join(known.id for known in settings.network.centres)
            raise Invalid("cli-bad-centre", centre=centre, accepted=known)
    hashed = hash_password(_password()) if arguments.password_stdin else None

    def write(conn: "Connection") -> None:
        people.add(
            conn,
            datetime.now(UTC),
            login=arguments.login,
            name=arguments.name.strip()[:200],
            role=arguments.role,
            centres=arguments.centre,
            password_hash=hashed,
        )

    with opened(arguments.data, make=True) as database:
        try:
            database.write_now(write)
        except IntegrityError:
            raise Conflict("cli-login-taken", login=arguments.login) from None
    print(say("cli-user-added", login=arguments.login))
    return 0


def _password() -> str:
    return sys.stdin.readline(2000).rstrip("\r\n")


def list_people(arguments: argparse.Namespace) -> int:
    """`user list`: login, role, centres, name."""
    from orchestrator.cli.store import opened
    from orchestrator.store import people

    with opened(arguments.data) as database:
        for row in database.read_now(people.everyone):
            centres = ",".join(sorted(row.centres)) or "-"
            state = "" if row.active else f" ({say('cli-disabled')})"
            print(f"{row.login}\t{row.role}\t{centres}\t{row.name}{state}")
    return 0


def set_password(arguments: argparse.Namespace) -> int:
    """`user password LOGIN --password-stdin`, or a random one that is printed."""
    import secrets

    from orchestrator.auth.passwords import hash_password
    from orchestrator.cli.store import opened
    from orchestrator.store import people

    password = _password() if arguments.password_stdin else secrets.token_urlsafe(12)
    hashed = hash_password(password)
    with opened(arguments.data) as database:
        database.write_now(
            lambda conn: people.set_password(conn, person_of(conn, arguments.login).id, hashed)
        )
    shown = "" if arguments.password_stdin else password
    print(say("cli-password-set", login=arguments.login) + (f" {shown}" if shown else ""))
    return 0


def share(arguments: argparse.Namespace) -> int:
    """`user share LOGIN COLLEAGUE read|write|none`: who may see, or write, LOGIN's calendars."""
    from datetime import UTC, datetime

    from orchestrator.cli.store import opened
    from orchestrator.store import own_calendars

    def write(conn: "Connection") -> None:
        owner, other = person_of(conn, arguments.login), person_of(conn, arguments.delegate)
        rights = None if arguments.rights == "none" else arguments.rights
        own_calendars.delegate(conn, datetime.now(UTC), owner.id, other.id, rights)

    with opened(arguments.data) as database:
        database.write_now(write)
    return 0


def _activate(arguments: argparse.Namespace, active: bool) -> int:
    from orchestrator.cli.store import opened
    from orchestrator.store import people
    from rooms.errors import NotFound

    def write(conn: "Connection") -> None:
        row = people.by_login(conn, arguments.login)
        if row is None:
            raise NotFound("cli-no-user", login=arguments.login)
        people.set_active(conn, row.id, active)

    with opened(arguments.data) as database:
        database.write_now(write)
    return 0


def disable(arguments: argparse.Namespace) -> int:
    """`user disable LOGIN`: out at once, everywhere."""
    return _activate(arguments, active=False)


def enable(arguments: argparse.Namespace) -> int:
    """`user enable LOGIN`: in again."""
    return _activate(arguments, active=True)


ACTIONS = {
    "add": add_person,
    "list": list_people,
    "password": set_password,
    "app-password": app_passwords.make,
    "app-passwords": app_passwords.every,
    "revoke": app_passwords.revoke,
    "disable": disable,
    "enable": enable,
    "share": share,
}
