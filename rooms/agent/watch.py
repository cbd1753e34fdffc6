"""Whether the page of the screen is alive, and what to do when it is not. Pure: `now` in seconds.

The page is asked a word every two seconds from outside, over the browser's own pipe: a page that
hangs does not answer, one whose renderer died is said to have crashed, a browser that died says
nothing at all. A page that does not answer is loaded again; if that does not help, the browser is
started afresh; if that fails again and again, ever more slowly, and the room is told to be stuck.
"""

from dataclasses import dataclass
from enum import StrEnum

from rooms.agent.report import Kiosk

ASK_EVERY = 2.0
ANSWER_WITHIN = 4.0
START_WITHIN = 45.0
SLOWEST = 60.0
MANY = 3
CALM = 300.0


class Deed(StrEnum):
    """What the keeper does now."""

    NOTHING = "nothing"
    ASK = "ask"
    START = "start"
    """End whatever is left of the browser and start it."""


@dataclass(slots=True)
class Watch:
    """Begins with no browser. The patience is that of a mini-PC that does nothing else."""

    answer_within: float = ANSWER_WITHIN
    start_within: float = START_WITHIN
    started_at: float | None = None
    answered_at: float | None = None
    silent_since: float | None = None
    asking: bool = False
    starts: int = 0
    not_before: float = 0.0

    def look(self, now: float) -> Deed:
        """What to do now."""
        if self.started_at is None:
            return Deed.START if now >= self.not_before else Deed.NOTHING
        if self.silent_since is not None:
            patience = self.start_within if self.answered_at is None else self.answer_within
            if now - self.silent_since >= patience:
                self.died(now)
                return self.look(now)
            return Deed.NOTHING if self.asking else Deed.ASK
        due = self.answered_at is None or now - self.answered_at >= ASK_EVERY
        return Deed.ASK if due else Deed.NOTHING

    def started(self, now: float) -> None:
        """The browser was started."""
        self.started_at, self.answered_at, self.silent_since = now, None, None
        self.asking = False
        self.starts += 1

    def asked(self, now: float) -> None:
        """The page is being asked a word."""
        self.asking = True
        if self.silent_since is None:
            self.silent_since = now

    def unanswered(self) -> None:
        """There was no page to ask yet: it is asked again, and the silence lasts."""
        self.asking = False

    def answered(self, now: float) -> None:
        """It answered; after a calm while what went wrong before is forgotten."""
        self.asking, self.silent_since, self.answered_at = False, None, now
        if self.started_at is not None and now - self.started_at >= CALM:
            self.starts = 1

    def died(self, now: float) -> None:
        """The browser ended, its page crashed, or nobody answers: the first time it is started at
        once, then after twice as long each time."""
        wait = 0.0 if self.starts <= 1 else min(SLOWEST, 2.0 ** (self.starts - 2))
        self.not_before = now + wait
        self.started_at = self.answered_at = self.silent_since = None
        self.asking = False

    @property
    def kiosk(self) -> Kiosk:
        """As the room is told."""
        if self.answered_at is not None:
            return "here"
        return "stuck" if self.starts > MANY else "starting"
