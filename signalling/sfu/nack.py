"""Asking a publisher again for what did not arrive: at once, then no sooner than a round trip.

Pictures wait for an answer, sound does not: a sound is asked for only where the answer comes while
it can still be heard, and given up soon.
"""

from typing import NamedTuple

MOST = 256
TRIES = 8
# Round trips to wait after each request. For pictures ever more of them: answers get lost too, and
# a browser passes over what comes too soon after the last; sounds have no time for that.
SLOWER, EVEN = (1, 1, 1, 2, 2, 4, 4, 4), (1,) * TRIES
FIRST_RTT = 0.1
SHORTEST = 0.02
AGE = 2.0
# The round trip is a mean: half of the answers take longer, and none should be asked for twice.
PATIENCE = 1.25
# Beyond the longest round trip, one gap in so long is asked for, so as to know when it is shorter.
ANOTHER = 5.0


class Worth(NamedTuple):
    """What is worth asking for: so many at once, for so long, over so long a round trip, with
    these pauses."""

    most: int
    age: float
    rtt: float
    pauses: tuple[int, ...]


PICTURES = Worth(MOST, AGE, float("inf"), SLOWER)
# A quarter of a second that is gone at once cannot be made up for in time.
SOUNDS = Worth(12, 0.3, 0.15, EVEN)


class Missing:
    """The gaps of one stream and when each was asked for.

    The round trip is learned from answers to a first request; `rtt` may be given from elsewhere.
    """

    __slots__ = (
        "_asked",
        "_highest",
        "_tried",
        "_worth",
        "given_up",
        "learned",
        "overflowed",
        "rtt",
    )

    def __init__(self, rtt: float = FIRST_RTT, worth: Worth = PICTURES) -> None:
        self.rtt = rtt
        self.learned = False
        self.overflowed = False
        # The last place that nobody asks for any more.
        self.given_up = -1
        self._worth = worth
        self._highest = -1
        self._tried = -ANOTHER
        # place -> [first seen missing, last asked (0: never), tries]
        self._asked: dict[int, list[float]] = {}

    def __bool__(self) -> bool:
        return bool(self._asked)

    def arrived(self, place: int, now: float) -> bool:
        """A packet came: a gap opens, closes, or nothing happens; whether it was asked for."""
        highest = self._highest
        if place == highest + 1:
            self._highest = place
        elif place > highest:
            self._highest = place
            if highest >= 0:
                self._open(highest + 1, place, now)
        elif self._asked and (entry := self._asked.pop(place, None)) and entry[2]:
            if entry[2] == 1:
                self.rtt += (max(now - entry[1], SHORTEST) - self.rtt) / 4
                self.learned = True
            return True
        return False

    def _open(self, first: int, end: int, now: float) -> None:
        if len(self._asked) + end - first > self._worth.most:
            # Too much is gone to be worth asking for: a new key picture is cheaper.
            self._asked.clear()
            self.overflowed = True
            return
        for place in range(first, end):
            self._asked[place] = [now, 0.0, 0]

    def due(self, now: float) -> list[int]:
        """The 16-bit numbers to ask for now; what is too old or was asked too often is given up."""
        wanted, wait = [], max(self.rtt * PATIENCE, SHORTEST)
        far = self.rtt > self._worth.rtt
        age = AGE if far else self._worth.age
        may = not far or now - self._tried >= ANOTHER
        for place, entry in list(self._asked.items()):
            opened, asked, tries = entry
            again = tries and now - asked >= wait * self._worth.pauses[int(tries) - 1]
            if now - opened > age or (again and tries == TRIES) or not (may or tries):
                del self._asked[place]
                self.given_up = max(self.given_up, place)
            elif not tries or (again and not far):
                entry[1] = self._tried = now
                entry[2] += 1
                wanted.append(place & 0xFFFF)
        return wanted
