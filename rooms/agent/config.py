"""The one YAML file of an agent: which service, which room, which devices, which browser."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from rooms.drivers.build import drivers_of
from rooms.errors import Invalid
from rooms.fields import Fields
from rooms.ids import RoomId

BAD = "bad-agent-file"
LARGEST = 256 * 1024
LONGEST_PATH, LONGEST_URL, MOST_WORDS = 200, 200, 16
CHROMIUM = "/usr/bin/chromium"
POLICIES = "/etc/chromium/policies/managed"


@dataclass(frozen=True, slots=True, kw_only=True)
class KioskConfig:
    """The browser of the room's screen. `flags` come after our own; `line_tests`: whether the line
    is tested at the start and at night, which a line paid by the megabyte had better not be."""

    browser: str = CHROMIUM
    policies: Path = Path(POLICIES)
    profile: Path
    flags: tuple[str, ...] = ()
    line_tests: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentConfig:
    """As read; `devices` is the document their drivers are made from."""

    service: str
    room: RoomId
    state: Path
    devices: tuple[dict[str, Any], ...] = ()
    kiosk: KioskConfig | None = None
    reboot: tuple[str, ...] = ()

    @property
    def socket(self) -> str:
        """Where the agent dials."""
        there = urlsplit(self.service)
        scheme = "wss" if there.scheme == "https" else "ws"
        return f"{scheme}://{there.netloc}{there.path}/ws/agent/v1?room={self.room}"

    @property
    def screen(self) -> str:
        """The page of the room's screen."""
        return f"{self.service}/rooms/{self.room}/screen"


def load(path: Path) -> AgentConfig:
    """Read the file; Invalid("bad-agent-file") names the member, OSError when there is none."""
    text = path.read_text(encoding="utf-8")
    if len(text) > LARGEST:
        raise Invalid(BAD, argument="", expected=f"≤ {LARGEST} B")
    try:
        document = yaml.safe_load(text)
    except yaml.YAMLError as error:
        where = getattr(error, "problem_mark", None)
        line = "?" if where is None else str(where.line + 1)
        raise Invalid(BAD, argument=f"line {line}", expected="YAML") from None
    return parse(document)


def parse(document: object) -> AgentConfig:
    """The configuration of a document."""
    fields = Fields(document, key=BAD)
    devices = fields.objects("devices", 32) if fields.has("devices") else []
    state = Path(fields.text("state", LONGEST_PATH))
    config = AgentConfig(
        service=_url(fields),
        room=RoomId(fields.slug("room")),
        state=state,
        devices=tuple(devices),
        kiosk=_kiosk(fields.inner("kiosk"), state) if fields.has("kiosk") else None,
        reboot=fields.words("reboot", MOST_WORDS) if fields.has("reboot") else (),
    )
    fields.end()
    drivers_of(list(devices))  # a wrong one is refused now
    return config


def _url(fields: Fields) -> str:
    url = fields.text("service", LONGEST_URL).rstrip("/")
    try:
        there = urlsplit(url)
    except ValueError:  # a broken IPv6 address
        there = urlsplit("")
    if there.scheme not in ("http", "https") or not there.hostname or there.query or there.username:
        raise fields.refuse("service", "https://…")
    return url


def _kiosk(fields: Fields, state: Path) -> KioskConfig:
    def path(name: str, usual: str) -> str:
        return fields.text(name, LONGEST_PATH) if fields.has(name) else usual

    kiosk = KioskConfig(
        browser=path("browser", CHROMIUM),
        policies=Path(path("policies", POLICIES)),
        profile=Path(path("profile", str(state / "chromium"))),
        flags=fields.words("flags", MOST_WORDS, LONGEST_PATH) if fields.has("flags") else (),
        line_tests=fields.flag("line_tests") if fields.has("line_tests") else True,
    )
    fields.end()
    return kiosk
