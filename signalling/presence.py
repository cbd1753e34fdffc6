"""Who is here, who was lost, who is back, and whose place is given up.

Somebody lost keeps his place for the grace time. The lost are kept in the order they were lost in,
so that asking who is gone costs nothing while nobody is.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Generic, TypeVar

GRACE = timedelta(seconds=60)

Who = TypeVar("Who")


class Standing(StrEnum):
    """How somebody stands."""

    HERE = "here"
    LOST = "lost"


class Presence(Generic[Who]):
    """The standing of everybody who has a place."""

    def __init__(self, grace: timedelta = GRACE) -> None:
        self.grace = grace
        self._here: set[Who] = set()
        self._lost: dict[Who, datetime] = {}

    def standing(self, who: Who) -> Standing | None:
        """Here, lost, or without a place."""
        if who in self._here:
            return Standing.HERE
        return Standing.LOST if who in self._lost else None

    def here(self, who: Who) -> bool:
        """He came; True when he was lost and is back."""
        self._here.add(who)
        return self._lost.pop(who, None) is not None

    def lost(self, who: Who, now: datetime) -> bool:
        """He fell silent; True when that is news."""
        if who in self._lost:
            return False
        self._here.discard(who)
        self._lost[who] = now
        return True

    def left(self, who: Who) -> None:
        """He gave his place up."""
        self._here.discard(who)
        self._lost.pop(who, None)

    def gone(self, now: datetime) -> list[Who]:
        """Those whose grace is over; their places are given up."""
        over = []
        for who, since in self._lost.items():
            if now - since < self.grace:
                break
            over.append(who)
        for who in over:
            del self._lost[who]
        return over
