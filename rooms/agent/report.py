"""What an agent reports of its room: one document, all of it each time (docs/agent.md)."""

from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, cast, get_args

from rooms.fields import LONGEST_WORD, Fields

Power = Literal["standby", "waking", "ready"]
Kiosk = Literal["off", "starting", "here", "stuck"]
Value = str | int | float | bool | None | list[str]
POWERS: tuple[str, ...] = get_args(Power)
KIOSKS: tuple[str, ...] = get_args(Kiosk)
KINDS = ("display", "camera", "audio", "codec", "switch", "sensor")
HEALTH = (
    "device_lost",
    "device_faulty",
    "scene_failed",
    "disk_full",
    "clock_off",
    "too_hot",
    "kiosk_stuck",
    "token_not_kept",
)
MOST_DEVICES, MOST_COMMANDS, MOST_HEALTH, MOST_FACTS = 32, 64, 32, 24
LONGEST_FACT = 200
LARGEST = 2**40


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceReport:
    """One device, as its driver tells it."""

    id: str
    kind: str
    driver: str
    here: bool = True
    commands: tuple[str, ...] = ()
    facts: tuple[tuple[str, Value], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """The mini-PC; None where it cannot be told."""

    agent: str = ""
    uptime_s: int = 0
    disk_free_mb: int | None = None
    disk_used_percent: int | None = None
    temperature_c: int | None = None
    clock_offset_ms: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ailment:
    """Something wants looking at; the service has the sentence for people."""

    key: str
    device: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The whole document."""

    power: Power = "standby"
    devices: tuple[DeviceReport, ...] = ()
    commands: tuple[str, ...] = ()
    scene: str | None = None
    kiosk: Kiosk = "off"
    machine: Machine = Machine()
    rtt_ms: int | None = None
    health: tuple[Ailment, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """As it goes on the wire."""
        return {
            "power": self.power,
            "devices": [_device_json(one) for one in self.devices],
            "commands": list(self.commands),
            "scene": self.scene,
            "kiosk": self.kiosk,
            "machine": asdict(self.machine),
            "link": {"rtt_ms": self.rtt_ms},
            "health": [asdict(one) for one in self.health],
        }

    @property
    def steady(self) -> "Report":
        """Without what changes all the time: whether something is worth telling."""
        machine = replace(self.machine, uptime_s=0, clock_offset_ms=None, disk_free_mb=None)
        return replace(self, machine=machine, rtt_ms=None)


def _device_json(one: DeviceReport) -> dict[str, Any]:
    return {**asdict(one), "commands": list(one.commands), "facts": dict(one.facts)}


def parse_report(document: object) -> Report:
    """The document an agent sent, or Invalid("bad-report") naming the member."""
    fields = Fields(document, key="bad-report")
    link = fields.inner("link")
    rtt = link.whole("rtt_ms", 0, 600_000) if link.has("rtt_ms") else None
    link.end()
    report = Report(
        power=cast(Power, fields.choice("power", POWERS)),
        devices=tuple(_device(one) for one in fields.items("devices", MOST_DEVICES)),
        commands=fields.words("commands", MOST_COMMANDS),
        scene=fields.slug("scene") if fields.has("scene") else None,
        kiosk=cast(Kiosk, fields.choice("kiosk", KIOSKS)),
        machine=_machine(fields.inner("machine")),
        rtt_ms=rtt,
        health=tuple(_ailment(one) for one in fields.items("health", MOST_HEALTH)),
    )
    fields.end()
    return report


def _device(fields: Fields) -> DeviceReport:
    device = DeviceReport(
        id=fields.slug("id"),
        kind=fields.choice("kind", KINDS),
        driver=fields.text("driver", LONGEST_WORD),
        here=fields.flag("here"),
        commands=fields.words("commands", MOST_COMMANDS),
        facts=tuple(fields.values("facts", MOST_FACTS, LONGEST_FACT)),
    )
    fields.end()
    return device


def _machine(fields: Fields) -> Machine:
    def maybe(name: str, low: int, high: int) -> int | None:
        return fields.whole(name, low, high) if fields.has(name) else None

    machine = Machine(
        agent=fields.text("agent", LONGEST_WORD),
        uptime_s=fields.whole("uptime_s", 0, LARGEST),
        disk_free_mb=maybe("disk_free_mb", 0, LARGEST),
        disk_used_percent=maybe("disk_used_percent", 0, 100),
        temperature_c=maybe("temperature_c", -100, 300),
        clock_offset_ms=maybe("clock_offset_ms", -LARGEST, LARGEST),
    )
    fields.end()
    return machine


def _ailment(fields: Fields) -> Ailment:
    ailment = Ailment(
        key=fields.choice("key", HEALTH),
        device=fields.slug("device") if fields.has("device") else None,
    )
    fields.end()
    return ailment
