"""The `mail:` of a network description: how notices leave, and how invitations come in."""

import re
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from calendars.addresses import mail_address
from orchestrator.settings import forms as forms
from orchestrator.settings.read import Table

MAIL = ("smtp", "from", "reminders", "door", "accept_from", "guests_per_event", "guests_per_day")
SMTP = ("host", "port", "tls", "login", "password_file")
DOOR = ("protocol", "host", "port")
TLS = ("starttls", "tls", "none")
PROTOCOLS = ("lmtp", "smtp")
REMINDERS = {
    "1h": timedelta(hours=1),
    "2h": timedelta(hours=2),
    "1d": timedelta(days=1),
    "2d": timedelta(days=2),
}
NO_REMINDER = "none"
STANDARD = ("1d", "1h")
_HOST = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?|[0-9a-f:]{2,39}")
PORTS = {"starttls": 587, "tls": 465, "none": 25}


@dataclass(frozen=True, slots=True, kw_only=True)
class Smtp:
    """The server that takes our mail. Without a login nothing proves who we are."""

    host: str
    port: int
    tls: str = "starttls"  # or tls, none
    login: str = ""
    password_file: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MailDoor:
    """Where the mail server in front brings what is sent to the rooms."""

    protocol: str = "lmtp"  # or smtp
    host: str = "127.0.0.1"
    port: int = 2424


@dataclass(frozen=True, slots=True, kw_only=True)
class Guests:
    """How many people outside the network are written to for one person: no account is a gun."""

    per_event: int = 50
    per_day: int = 300  # letters asked for in 24 hours


STANDARD_GUESTS = Guests()


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """Mail of a network. Without it nothing is sent and nothing comes in."""

    smtp: Smtp
    sender: str
    reminders: tuple[timedelta, ...] = ()
    door: MailDoor | None = None
    accept_from: tuple[str, ...] = ()  # domains and addresses, lower case
    guests: Guests = STANDARD_GUESTS


def read_mail(file: Table) -> Mail | None:
    """The table `mail` of the file, None when there is none."""
    if not file.has("mail"):
        return None
    table = file.table("mail", MAIL)
    return Mail(
        smtp=_smtp(table.table("smtp", SMTP)),
        sender=table.parsed("from", mail_address, "settings-bad-address", ""),
        reminders=_reminders(table),
        door=_door(table.table("door", DOOR)) if table.has("door") else None,
        accept_from=_accepted(table),
        guests=Guests(
            per_event=table.whole("guests_per_event", 0, 500, STANDARD_GUESTS.per_event),
            per_day=table.whole("guests_per_day", 0, 100_000, STANDARD_GUESTS.per_day),
        ),
    )


def _smtp(table: Table) -> Smtp:
    tls = table.choice("tls", TLS, "starttls")
    return Smtp(
        host=table.parsed("host", _host, "settings-bad-host", ""),
        port=table.whole("port", 1, 65535, PORTS.get(tls, 25)),
        tls=tls,
        login=table.text("login", ""),
        password_file=_password_file(table),
    )


def _password_file(table: Table) -> Path | None:
    written = table.text("password_file", "")
    if not written:
        if table.text("login", ""):
            table.wrong("settings-login-without-password", "login")
        return None
    if not Path(written).is_absolute():
        table.wrong("settings-not-absolute", "password_file", found=written)
    return Path(written)


def _reminders(table: Table) -> tuple[timedelta, ...]:
    words = table.choices("reminders", (*REMINDERS, NO_REMINDER), STANDARD)
    return tuple(sorted(REMINDERS[word] for word in words if word in REMINDERS))


def _door(table: Table) -> MailDoor:
    return MailDoor(
        protocol=table.choice("protocol", PROTOCOLS, "lmtp"),
        host=table.parsed("host", _host, "settings-bad-host", "127.0.0.1", required=False),
        port=table.whole("port", 1, 65535, 2424),
    )


def _accepted(table: Table) -> tuple[str, ...]:
    if not table.has("accept_from"):
        return ()
    return tuple(table.all_parsed("accept_from", _sender, "settings-bad-sender"))


def _sender(text: str) -> str:
    return mail_address(text) if "@" in text else forms.domain(text)


def _host(text: str) -> str:
    """The name or number of a machine."""
    if not _HOST.fullmatch(text.lower()):
        raise ValueError(text)
    return text.lower()
