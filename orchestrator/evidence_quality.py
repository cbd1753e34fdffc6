"""What arrived at a site, from the figures that are kept of it every quarter of a minute."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import fmean, median
from typing import Any

from orchestrator.evidence_facts import Reading

Leg = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class AtOnce:
    """Endpoints with a connected line at one instant."""

    count: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """Of one site, over all its figures (`samples`). Loss and concealment are shares (0 to 1):
    the mean, and the worst of one figure; `frozen` counts figures in which a picture stood still,
    `frozen_worst` is the longest in seconds; `lowered` those in which the line held pictures down.
    """

    samples: int
    loss: float | None
    loss_worst: float | None
    rtt_ms: int | None
    rtt_worst_ms: int | None
    fps: float | None
    frozen: int
    frozen_worst: float | None
    concealed: float | None
    concealed_worst: float | None
    received_kbps: int | None
    sent_kbps: int | None
    lowered: int


def most_at_once(readings: Iterable[Reading]) -> AtOnce | None:
    """The first instant at which there were most; None where nothing was measured."""
    counted = Counter(one.at for one in readings)
    if not counted:
        return None
    most = max(counted.values())
    return AtOnce(count=most, at=min(at for at, count in counted.items() if count == most))


def carried(readings: Sequence[Reading]) -> Carried | None:
    """The figures of one site; None where there are none."""
    if not readings:
        return None
    down = [one.legs["subscribe"] for one in readings if "subscribe" in one.legs]
    up = [one.legs["publish"] for one in readings if "publish" in one.legs]
    both = [*down, *up]
    loss, rtt = _told(both, "loss"), _told(both, "rtt_ms")
    frozen, concealed = _told(down, "frozen"), _told(down, "concealed")
    return Carried(
        samples=len(readings),
        loss=_share(loss),
        loss_worst=_worst(loss),
        rtt_ms=None if not rtt else round(median(rtt)),
        rtt_worst_ms=None if not rtt else round(max(rtt)),
        fps=_median(_told(down, "fps")),
        frozen=sum(1 for one in frozen if one > 0),
        frozen_worst=_worst(frozen),
        concealed=_share(concealed),
        concealed_worst=_worst(concealed),
        received_kbps=_mean(_told(down, "kbps")),
        sent_kbps=_mean(_told(up, "kbps")),
        lowered=sum(1 for one in down if one.get("why", {}).keys() & {"line", "centre"}),
    )


def _told(legs: Iterable[Leg], name: str) -> list[float]:
    return [float(one[name]) for one in legs if one.get(name) is not None]


def _share(values: Sequence[float]) -> float | None:
    return round(fmean(values), 4) if values else None


def _worst(values: Sequence[float]) -> float | None:
    return round(max(values), 4) if values else None


def _median(values: Sequence[float]) -> float | None:
    return round(median(values), 1) if values else None


def _mean(values: Sequence[float]) -> int | None:
    return round(fmean(values)) if values else None
