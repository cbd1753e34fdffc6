"""Whether the page of the screen is alive, and what to do when it is not. Pure: `now` in seconds.

The page is asked a word every second from outside, over the browser's own pipe: a page that hangs
does not answer, one whose renderer died is said to have crashed, a browser that died says nothing
at all. A page that is silent or crashed is loaded again by the browser it is in; if that does not
help, or helps too often, the browser is started afresh; if that fails again and again, ever more
slowly, and the room is told to be stuck.

A page that is merely busy is left alone for three seconds: ours, in a session, was never silent for
more than 1.6, on two cores that had eight programs to run. One that hangs must be back in
its session within ten, with up to a second until it is asked, loading and joining. Seconds in
which nobody looked count for nothing: then it was the machine that stood still.

A page may also answer and have lost its line for good. The agent has a line of its own: while that
one carries, and the service says over it that the screen is not there, the page has fifteen seconds
to come back by itself, which takes a healthy one less than ten. Then it is loaded again; where
that does not help, after twice as long each time. Left alone is a page that wants no line: one
that asks for its code, or whose room another screen has taken.
"""

from dataclasses import dataclass
from enum import StrEnum

from rooms.agent.report import Kiosk

ASK_EVERY = 1.0
ANSWER_WITHIN = 3.0
LOAD_WITHIN = 10.0
START_WITHIN = 45.0
LOOKED_WITHIN = 1.0
SLOWEST = 60.0
RELOADS = 3
MANY = 3
CALM = 300.0
LINE_WITHIN = 15.0
HEARD_WITHIN = 8.0
"""Both ends of the agent's line say something every five seconds."""
RAREST, MOST_MISSES = 600.0, 6
WANTS_LINE = "line"
"""What a page says that should be on the line."""


class Deed(StrEnum):
    """What the keeper does now."""

    NOTHING = "nothing"
    ASK = "ask"
    RELOAD = "reload"
    """End the process of the page, and let the browser load it again."""
    REDIAL = "redial"
    """The same, because the page has lost its line and does not find it again."""
    START = "start"
    """End whatever is left of the browser and start it."""


@dataclass(slots=True)
class Watch:
    """Begins with no browser. The patience is that of a mini-PC that does nothing else."""

    answer_within: float = ANSWER_WITHIN
    load_within: float = LOAD_WITHIN
    start_within: float = START_WITHIN
    started_at: float | None = None
    reloaded_at: float | None = None
    answered_at: float | None = None
    silent_since: float | None = None
    looked_at: float | None = None
    asking: bool = False
    crashed: bool = False
    reloads: int = 0
    starts: int = 0
    not_before: float = 0.0
    wants_line: bool = False
    heard_at: float | None = None
    screen_here: bool | None = None
    missed_since: float | None = None
    misses: int = 0

    def look(self, now: float) -> Deed:
        """What to do now."""
        self._looked(now)
        if self.started_at is None:
            return Deed.START if now >= self.not_before else Deed.NOTHING
        if self.crashed or self._silent_too_long(now):
            return self._mend(now)
        if self._lost_its_line(now):
            self.misses = min(MOST_MISSES, self.misses + 1)
            deed = self._mend(now)
            return Deed.REDIAL if deed is Deed.RELOAD else deed
        if self.silent_since is not None:
            return Deed.NOTHING if self.asking else Deed.ASK
        due = self.answered_at is None or now - self.answered_at >= ASK_EVERY
        return Deed.ASK if due else Deed.NOTHING

    def _looked(self, now: float) -> None:
        if self.looked_at is not None:
            asleep = max(0.0, now - self.looked_at - LOOKED_WITHIN)
            if self.silent_since is not None:
                self.silent_since += asleep
            if self.missed_since is not None:
                self.missed_since += asleep
        self.looked_at = now

    def _silent_too_long(self, now: float) -> bool:
        if self.silent_since is None:
            return False
        patience = self.answer_within
        if self.answered_at is None:
            patience = self.start_within if self.reloaded_at is None else self.load_within
        return now - self.silent_since >= patience

    def _lost_its_line(self, now: float) -> bool:
        carries = self.heard_at is not None and now - self.heard_at <= HEARD_WITHIN
        if not (carries and self.wants_line and self.screen_here is False):
            self.missed_since = None
            return False
        if self.missed_since is None:
            self.missed_since = now
        return now - self.missed_since >= min(RAREST, LINE_WITHIN * 2.0**self.misses)

    def _mend(self, now: float) -> Deed:
        if self.answered_at is not None and self.reloads < RELOADS:
            return Deed.RELOAD
        self.died(now)
        return self.look(now)

    def started(self, now: float) -> None:
        """The browser was started."""
        self.started_at, self.silent_since = now, None
        self.starts += 1

    def reloaded(self, now: float) -> None:
        """The page is being loaded again; asked, it says when it is."""
        self.reloaded_at = self.silent_since = now
        self.answered_at, self.crashed, self.asking = None, False, True
        self.wants_line, self.missed_since = False, None
        self.reloads += 1

    def asked(self, now: float) -> None:
        """The page is being asked a word."""
        self.asking = True
        if self.silent_since is None:
            self.silent_since = now

    def unanswered(self) -> None:
        """There was no page to ask yet: it is asked again, and the silence lasts."""
        self.asking = False

    def answered(self, now: float, word: str = "") -> None:
        """It answered; after a calm while what went wrong before is forgotten."""
        self.wants_line = word == WANTS_LINE
        self.asking, self.silent_since, self.answered_at = False, None, now
        since = self.started_at if self.reloaded_at is None else self.reloaded_at
        if since is not None and now - since >= CALM:
            self.starts, self.reloads = 1, 0

    def died(self, now: float) -> None:
        """The browser ended, or its page cannot be mended: the first time it is started at once,
        then after twice as long each time."""
        wait = 0.0 if self.starts <= 1 else min(SLOWEST, 2.0 ** (self.starts - 2))
        self.not_before = now + wait
        self.started_at = self.reloaded_at = self.answered_at = self.silent_since = None
        self.asking = self.crashed = self.wants_line = False
        self.missed_since = None
        self.reloads = 0

    def heard(self, now: float) -> None:
        """The service said something over the agent's own line."""
        self.heard_at = now

    def screen(self, here: bool | None) -> None:
        """Whether the screen is on the line, as the service says; None: it cannot say any more."""
        self.screen_here = here
        if here:
            self.misses = 0

    @property
    def kiosk(self) -> Kiosk:
        """As the room is told."""
        if self.answered_at is not None:
            return "here"
        return "stuck" if self.starts > MANY else "starting"
