"""`margeride doctor`: is what the service needs there?"""

import argparse
from collections.abc import Callable
from pathlib import Path

from orchestrator.cli.common import add_config, add_data, say

LATE = 3600  # seconds an alert may wait to be taken


def add(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    add_config(parser)
    add_data(parser)


def run(arguments: argparse.Namespace) -> int:
    """One line for each thing looked at; 1 when something is in the way."""
    well = True
    for name, look in CHECKS.items():
        fault = look(arguments)
        well = well and fault is None
        state = say("cli-doctor-ok") if fault is None else fault
        print(f"{say(f'cli-doctor-{name}')}: {state}")
    return 0 if well else 1


def python(_: argparse.Namespace) -> str | None:
    """Every library can be loaded."""
    import importlib.util

    needed = ("aiohttp", "aiortc", "alembic", "argon2", "icalendar", "OpenSSL", "xandikos")
    missing = [name for name in needed if importlib.util.find_spec(name) is None]
    return say("cli-doctor-missing", names=missing) if missing else None


def config(arguments: argparse.Namespace) -> str | None:
    """The network description is good."""
    from orchestrator.settings import DEFAULT, SettingsError, load_settings

    path = arguments.config or DEFAULT
    try:
        load_settings(path)
    except SettingsError:
        return say("cli-doctor-config-bad", file=str(path))
    return None


def data(arguments: argparse.Namespace) -> str | None:
    """The data directory can be written and is nobody else's to read."""
    import os

    directory: Path = arguments.data
    if not directory.exists():
        return None  # the first start makes it
    if not os.access(directory, os.W_OK | os.X_OK):
        return say("cli-no-data", data=str(directory), reason="not writable")
    if directory.stat().st_mode & 0o077:
        return say("cli-doctor-open", data=str(directory))
    return None


def mail(arguments: argparse.Namespace) -> str | None:
    """Nothing stands in the way of letters; none is an answer too."""
    from orchestrator.check import mail_line
    from orchestrator.cli.common import locale
    from orchestrator.settings import DEFAULT, SettingsError, load_settings

    try:
        settings = load_settings(arguments.config or DEFAULT)
    except SettingsError:
        return None  # said above
    print(mail_line(settings, locale()))
    password = settings.mail.smtp.password_file if settings.mail else None
    try:
        if password is not None:
            password.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return say("cli-doctor-mail-password", file=str(password))
    return _letters(arguments.data)


def _letters(directory: Path) -> str | None:
    """Letters that will not leave by themselves."""
    import sqlite3

    store = directory / "margeride.sqlite3"
    if not store.exists():
        return None
    query = "SELECT state, count(*) FROM mails GROUP BY state"
    try:
        with sqlite3.connect(f"{store.resolve().as_uri()}?mode=ro", uri=True) as conn:
            counts = dict(conn.execute(query).fetchall())
    except sqlite3.Error:
        return None  # a store of before there was mail
    lost = counts.get("failed", 0), counts.get("unsure", 0)
    return say("cli-doctor-letters", failed=lost[0], unsure=lost[1]) if any(lost) else None


def posts(arguments: argparse.Namespace) -> str | None:
    """Alerts leave for where they are posted to."""
    import sqlite3
    import time

    store = arguments.data / "margeride.sqlite3"
    if not store.exists():
        return None
    query = (
        "SELECT target, count(*) FROM posts WHERE state = 'waiting' AND created_at < ?"
        " GROUP BY target ORDER BY target"
    )
    try:
        with sqlite3.connect(f"{store.resolve().as_uri()}?mode=ro", uri=True) as conn:
            late = dict(conn.execute(query, (int(time.time()) - LATE,)).fetchall())
    except sqlite3.Error:
        return None  # a store of before there were posts
    if not late:
        return None
    waiting = sum(late.values())
    key = "cli-doctor-posts-waiting-one" if waiting == 1 else "cli-doctor-posts-waiting"
    return say(key, waiting=waiting, targets=[*late])


def space(arguments: argparse.Namespace) -> str | None:
    """At least 500 MB are free where the data is."""
    import shutil

    directory = arguments.data.resolve()
    while not directory.exists():
        directory = directory.parent
    free = shutil.disk_usage(directory).free // 1_000_000
    return None if free >= 500 else say("cli-doctor-little-space", megabytes=free)


CHECKS: dict[str, Callable[[argparse.Namespace], str | None]] = {
    "python": python,
    "config": config,
    "data": data,
    "mail": mail,
    "posts": posts,
    "space": space,
}
