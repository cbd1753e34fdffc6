"""What an engine tells, until somebody listens."""

import asyncio
from typing import TypeVar

MOST = 4096
Event = TypeVar("Event")


class Events(asyncio.Queue[Event]):
    """So many at most. The oldest is worth least: the state of the engine tells the rest."""

    def __init__(self) -> None:
        super().__init__(MOST)

    def say(self, event: Event) -> None:
        """Tell it, whether anybody listens or not."""
        if self.full():
            self.get_nowait()
        self.put_nowait(event)
