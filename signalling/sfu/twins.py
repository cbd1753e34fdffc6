"""Sound said again behind the sound that follows, for a line that loses.

The same packet, number and all: who got the first throws the second away unread (SRTP replay, RFC
3711 §3.3.2), who lost it hears it one or three packets later, well within his jitter buffer.
A packet with redundancy (RED) repeats the sound before it already: that does for some loss; for
much it is said again once, behind what a burst would take of both.
"""

from collections import deque

ONE_FROM, TWO_FROM = 0.02, 0.10
STAYS = 15.0
# How far behind, by the number of copies.
BEHIND = ((), (1,), (1, 3))
BEHIND_RED = ((), (), (3,))
MOST_BEHIND = 3


class Twins:
    """How often each sound is said, by the loss told of late; and what to say again now."""

    __slots__ = ("_said", "_seen", "copies")

    def __init__(self) -> None:
        self.copies = 0
        self._seen = 0.0
        self._said: deque[bytes] = deque(maxlen=MOST_BEHIND)

    def reported(self, loss: float, now: float, *, full: bool = False) -> None:
        """The worst stream's loss, 0..1; believed for a while, since what we mend hides it.

        Where the line is `full`, saying more would lose more.
        """
        if full:
            self.copies = max(0, self.copies - 1)
            return
        wanted = 2 if loss >= TWO_FROM else 1 if loss >= ONE_FROM else 0
        if wanted >= self.copies:
            self._seen = now
            self.copies = wanted
        elif now - self._seen > STAYS:
            self._seen = now
            self.copies -= 1

    def times(self, *, redundant: bool) -> int:
        """How often each sound is said in all."""
        return 1 + len((BEHIND_RED if redundant else BEHIND)[self.copies])

    def behind(self, packet: bytes, *, redundant: bool = False) -> tuple[bytes, ...]:
        """The earlier packets to send again behind this one, the latest first."""
        said = self._said
        backs = (BEHIND_RED if redundant else BEHIND)[self.copies]
        again = tuple(said[-back] for back in backs if len(said) >= back)
        said.append(packet)
        return again
