"""What the agent knows of its room between two looks, and the report that is made of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from rooms.agent.report import (
    MOST_FACTS,
    Ailment,
    DeviceReport,
    Kiosk,
    Machine,
    Power,
    Report,
    Value,
)

OWN = ("room.preset.apply", "system.diagnostics.run", "system.logs.collect")
"""What an agent can without any device."""
FULL, HOT, CLOCK_MS = 95, 85, 5000
SHOWN = 200
BROKEN = "-error"


@dataclass(slots=True)
class RoomState:
    """Grows by what drivers, kiosk and machine tell."""

    devices: dict[str, DeviceReport] = field(default_factory=dict)
    own: tuple[str, ...] = OWN
    machine: Machine = Machine()
    kiosk: Kiosk = "off"
    scene: str | None = None
    rtt_ms: int | None = None
    token_kept: bool = True
    waking: int = 0
    by_plan: bool = False
    """Whether a scene of the plan is being carried out: what fails now nobody asked for by hand."""
    failed: set[str] = field(default_factory=set)
    """The devices that did not do their part of the plan's last scene, and nothing since."""

    def told(self, device: str, patch: Mapping[str, Value]) -> None:
        """A device told something of itself; `answering` says whether it is there."""
        known = self.devices[device]
        facts = {**dict(known.facts), **{name: _short(value) for name, value in patch.items()}}
        here = bool(facts.pop("answering", True))
        kept = tuple(sorted(facts.items())[:MOST_FACTS])
        self.devices[device] = replace(known, facts=kept, here=here)

    def lost(self, device: str) -> None:
        """It does not answer."""
        self.devices[device] = replace(self.devices[device], here=False)

    def tried(self, device: str, *, done: bool) -> None:
        """A command to it was done, or not; who asked for it by hand is told so himself."""
        if done:
            self.failed.discard(device)
        elif self.by_plan:
            self.failed.add(device)

    @property
    def commands(self) -> tuple[str, ...]:
        """What the room can be told through its agent."""
        found = {name for one in self.devices.values() for name in one.commands}
        if any(one.kind == "display" for one in self.devices.values()):
            found |= {"room.wake", "room.standby"}
        return tuple(sorted(found | set(self.own)))

    @property
    def power(self) -> Power:
        """`ready` when a display is on, or when there is none to switch and a scene has begun."""
        powers = {dict(one.facts).get("power") for one in self._kind("display")}
        if self.waking or "warming" in powers:
            return "waking"
        if powers:
            return "ready" if "on" in powers else "standby"
        return "ready" if self.scene and self.scene != "veille" else "standby"

    def report(self) -> Report:
        """All of it."""
        return Report(
            power=self.power,
            devices=tuple(self.devices.values()),
            commands=self.commands,
            scene=self.scene,
            kiosk=self.kiosk,
            machine=self.machine,
            rtt_ms=self.rtt_ms,
            health=tuple(self._health()),
        )

    def _kind(self, kind: str) -> list[DeviceReport]:
        return [one for one in self.devices.values() if one.kind == kind]

    def _health(self) -> Iterable[Ailment]:
        for one in self.devices.values():
            if not one.here:
                yield Ailment(key="device_lost", device=one.id)
            elif faults_of(one):
                yield Ailment(key="device_faulty", device=one.id)
            elif one.id in self.failed:
                yield Ailment(key="scene_failed", device=one.id)
        machine = self.machine
        ills = {
            "disk_full": (machine.disk_used_percent or 0) >= FULL,
            "clock_off": abs(machine.clock_offset_ms or 0) >= CLOCK_MS,
            "too_hot": (machine.temperature_c or 0) >= HOT,
            "kiosk_stuck": self.kiosk == "stuck",
            "token_not_kept": not self.token_kept,
        }
        for key, ill in ills.items():
            if ill:
                yield Ailment(key=key)


def faults_of(device: DeviceReport) -> list[str]:
    """What it says is broken in itself: `lamp`, `fan`…; what it merely warns of is no fault."""
    errors = dict(device.facts).get("errors")
    words = errors if isinstance(errors, list) else []
    return [word.removesuffix(BROKEN) for word in words if word.endswith(BROKEN)]


def _short(value: Value) -> Value:
    if isinstance(value, str):
        return value[:SHOWN]
    return [one[:SHOWN] for one in value[:SHOWN]] if isinstance(value, list) else value
