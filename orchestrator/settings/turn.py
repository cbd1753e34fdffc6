"""The `turn:` of a network description: relays for those whom a firewall lets out nowhere else."""

import re
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path

from orchestrator.settings.read import Table

TURN = ("urls", "secret_file", "minutes", "relays")
MOST_URLS = 8
LONGEST = 60
# RFC 7065.
_URL = re.compile(r"turns?:(?:[A-Za-z0-9.-]{1,253}|\[[0-9a-fA-F:]{2,45}\])(?::[0-9]{1,5})?"
                  r"(?:\?transport=(?:udp|tcp))?")  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """TURN servers that take the credentials we sign. `relays` are the addresses they send from."""

    urls: tuple[str, ...]
    secret_file: Path
    lifetime: timedelta = timedelta(minutes=LONGEST)
    relays: tuple[str, ...] = ()


def read_turn(file: Table) -> Turn | None:
    """The table `turn` of the file, None when there is none."""
    if not file.has("turn"):
        return None
    table = file.table("turn", TURN)
    urls = table.all_parsed("urls", _url, "settings-bad-turn-url")
    if len(urls) > MOST_URLS:
        table.wrong("settings-too-many", "urls", found=len(urls), most=MOST_URLS)
    secret = table.text("secret_file")
    if secret and not Path(secret).is_absolute():
        table.wrong("settings-not-absolute", "secret_file", found=secret)
    return Turn(
        urls=tuple(urls),
        secret_file=Path(secret),
        lifetime=timedelta(minutes=table.whole("minutes", 5, LONGEST, LONGEST)),
        relays=_relays(table),
    )


def _relays(table: Table) -> tuple[str, ...]:
    if not table.has("relays"):
        return ()
    return tuple(table.all_parsed("relays", _address, "settings-bad-relay"))


def _url(text: str) -> str:
    if not _URL.fullmatch(text):
        raise ValueError(text)
    return text


def _address(text: str) -> str:
    return str(ip_address(text))
