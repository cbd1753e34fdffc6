"""What each room has seen and heard of the others, and whether that is an inauguration."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

SILENT = 0.003  # RMS of full scale; a tone of the test card is about 0.1
PICTURES = 10  # frames decoded before a picture counts as seen


@dataclass(slots=True)
class Heard:
    """What one room has of another: pictures and sounds decoded, level (RMS, 0..1)."""

    frames: int = 0
    sounds: int = 0
    level: float = 0.0
    loudest: float = 0.0
    kbps: float = 0.0
    loss: float = 0.0
    _counted: dict[tuple[str, str], int] = field(default_factory=dict)

    def news(self, participant: str, what: str, count: int) -> int:
        """What was added since the last report, which an endpoint that joins again counts anew."""
        before = self._counted.get((participant, what), 0)
        self._counted[participant, what] = count
        return count - before if count >= before else count

    @property
    def seen(self) -> bool:
        """The picture was decoded for long enough to be called one."""
        return self.frames >= PICTURES

    @property
    def heard(self) -> bool:
        """The sound was above silence at some time."""
        return self.loudest > SILENT


@dataclass(slots=True)
class Site:
    """One room of the demo, by its own account."""

    room: str
    name: str
    state: str = "expected"
    rtt_ms: float | None = None
    first_frame_ms: float | None = None
    others: dict[str, Heard] = field(default_factory=dict)

    def report(self, figures: Mapping[str, Any]) -> None:
        """Take one line of figures from the room's endpoint (signalling.peers.room)."""
        self.state = figures.get("state", self.state)
        self.rtt_ms = figures.get("rtt_ms", self.rtt_ms)
        if self.first_frame_ms is None:
            self.first_frame_ms = figures.get("first_frame_ms")
        for remote in figures.get("remotes", []):
            if not remote.get("room"):
                continue
            heard = self.others.setdefault(remote["room"], Heard())
            who = remote.get("participant", "")
            heard.frames += heard.news(who, "frames", int(remote.get("frames", 0)))
            heard.sounds += heard.news(who, "sounds", int(remote.get("sounds", 0)))
            heard.level = float(remote.get("level", 0.0))
            heard.loudest = max(heard.loudest, heard.level)
            heard.kbps = float(remote.get("kbps", 0.0))
            heard.loss = float(remote.get("loss", 0.0))

    @property
    def kbps(self) -> float:
        """Everything received, in kbit/s."""
        return sum(heard.kbps for heard in self.others.values())

    @property
    def loss(self) -> float:
        """The worst loss among the others, 0..1."""
        return max((heard.loss for heard in self.others.values()), default=0.0)

    def complete(self, rooms: Iterable[str]) -> bool:
        """Whether picture and sound of every other room were decoded here."""
        return all(
            room in self.others and self.others[room].seen and self.others[room].heard
            for room in rooms
            if room != self.room
        )


@dataclass(slots=True)
class Verdict:
    """The whole demo so far."""

    sites: dict[str, Site]
    muted: str
    mute_observed: bool = False
    unmute_observed: bool = False

    def everybody_hears(self, room: str) -> bool:
        """Whether every other site receives sound from this room now."""
        return all(self._level(site, room) > SILENT for site in self._others(room))

    def nobody_hears(self, room: str) -> bool:
        """Whether no other site receives sound from this room now."""
        return all(self._level(site, room) <= SILENT for site in self._others(room))

    def complete(self) -> bool:
        """Whether every site decoded picture and sound of all the others."""
        return all(site.complete(self.sites) for site in self.sites.values())

    def success(self) -> bool:
        """The demo's exit status."""
        return self.complete() and self.mute_observed and self.unmute_observed

    def summary(self) -> dict[str, Any]:
        """The last line of `--json`."""
        return {
            "sites": [
                {"room": site.room, "name": site.name, "state": site.state}
                for site in self.sites.values()
            ],
            "decoded": {
                site.room: {
                    room: {"frames": heard.frames, "sound": heard.heard}
                    for room, heard in sorted(site.others.items())
                    if room in self.sites
                }
                for site in self.sites.values()
            },
            "mute_observed": self.mute_observed,
            "unmute_observed": self.unmute_observed,
            "first_frame_ms": {site.room: site.first_frame_ms for site in self.sites.values()},
        }

    def _others(self, room: str) -> list[Site]:
        return [site for site in self.sites.values() if site.room != room]

    @staticmethod
    def _level(site: Site, room: str) -> float:
        return site.others[room].level if room in site.others else 0.0
