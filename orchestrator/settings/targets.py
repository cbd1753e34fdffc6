"""A place alerts are posted to."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from rooms.ids import CentreId

Kind = Literal["webhook", "ntfy"]
When = Literal["needed", "always"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One place alerts are posted to. No `centres`: those of all. `when` needed: only of rooms
    that a session needs. `person`: the login of whose telephone it is, told only while he is on
    duty, or nobody is who has one. `secret` is the file of the webhook's secret, or of the ntfy
    token."""

    id: str
    kind: Kind
    url: str
    topic: str = ""
    secret: Path | None = None
    centres: tuple[CentreId, ...] = ()
    when: When = "needed"
    locale: str = "fr"
    person: str = ""

    def hears_of(self, centre: CentreId) -> bool:
        """Whether alerts of this centre are for it."""
        return not self.centres or centre in self.centres
