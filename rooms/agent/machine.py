"""How the mini-PC is: disk, temperature, how long it is up. Blocking: off the loop."""

import shutil
from pathlib import Path

from rooms.agent.report import Machine

ZONES = Path("/sys/class/thermal")
UPTIME = Path("/proc/uptime")


def look(
    version: str, state: Path, offset_ms: int | None, zones: Path = ZONES, uptime: Path = UPTIME
) -> Machine:
    """What can be told now; None for what cannot."""
    free, used = _disk(state)
    return Machine(
        agent=version,
        uptime_s=_uptime(uptime),
        disk_free_mb=free,
        disk_used_percent=used,
        temperature_c=_temperature(zones),
        clock_offset_ms=offset_ms,
    )


def _disk(state: Path) -> tuple[int | None, int | None]:
    try:
        disk = shutil.disk_usage(state)
    except OSError:
        return None, None
    return disk.free // 1_000_000, round(100 * disk.used / disk.total)


def _temperature(zones: Path) -> int | None:
    """The hottest zone."""
    found = []
    for zone in zones.glob("thermal_zone*/temp"):
        try:
            found.append(int(zone.read_text()) // 1000)
        except (OSError, ValueError):
            continue
    return max(found, default=None)


def _uptime(uptime: Path) -> int:
    try:
        return int(float(uptime.read_text().split()[0]))
    except (OSError, ValueError, IndexError):
        return 0
