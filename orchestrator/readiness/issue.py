"""What a check finds."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from orchestrator.means import Means
from orchestrator.store.sessions import Stored
from orchestrator.words import Words
from rooms.ids import RoomId


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """Something to see to before the session starts."""

    key: str
    room: RoomId | None = None
    facts: Mapping[str, object] = field(default_factory=dict)

    def as_json(self, words: Words, locale: str) -> dict[str, Any]:
        """For people: what is wrong, and what to try."""
        return {
            "key": self.key,
            "room": self.room,
            "text": words(self.key, locale, self.facts),
            "suggestion": words(f"{self.key}-suggestion", locale, self.facts),
        }


Check = Callable[[Means, Stored], Awaitable[list[Issue]]]
