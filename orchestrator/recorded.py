"""On what terms a session is recorded, which everybody is told, and what is recorded of it."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any


class Basis(StrEnum):
    """Why it is lawful (GDPR, article 6 (1) a, b, c, e, f)."""

    CONSENT = "consent"
    CONTRACT = "contract"
    LEGAL_OBLIGATION = "legal_obligation"
    PUBLIC_TASK = "public_task"
    LEGITIMATE_INTEREST = "legitimate_interest"


LONGEST_DAYS = 3650


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """`keeper` is who records (a body, not a person), `days` for how long it is kept."""

    keeper: str
    purpose: str
    basis: Basis
    days: int

    def until(self, started: datetime) -> datetime:
        """When what began then is deleted."""
        return started + timedelta(days=self.days)

    def to_json(self) -> dict[str, Any]:
        """As stored."""
        return asdict(self)

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> "Terms":
        """As it was stored."""
        return cls(**{**document, "basis": Basis(document["basis"])})


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A part as it lies there. Times are UTC, in milliseconds since 1970; `lost` packets."""

    number: int
    file: str
    participant: str
    room: str | None
    name: str
    of: str
    kind: str
    began: int
    ended: int
    size: int
    frames: int
    lost: int
