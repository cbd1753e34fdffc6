"""Sound said again behind the sound that follows, for a line that loses and takes no RED.

The same packet, number and all: who got the first throws the second away unread (SRTP replay, RFC
3711 §3.3.2), who lost it hears it one or three packets later, well within his jitter buffer.
"""

from collections import deque

ONE_FROM, TWO_FROM = 0.02, 0.10
STAYS = 15.0
FIRST, SECOND = 1, 3


class Twins:
    """How often each sound is said, by the loss told of late; and what to say again now."""

    __slots__ = ("_said", "_seen", "copies")

    def __init__(self) -> None:
        self.copies = 0
        self._seen = 0.0
        self._said: deque[bytes] = deque(maxlen=SECOND)

    def reported(self, loss: float, now: float) -> None:
        """The worst stream's loss, 0..1; believed for a while, since what we mend hides it."""
        wanted = 2 if loss >= TWO_FROM else 1 if loss >= ONE_FROM else 0
        if wanted >= self.copies:
            self._seen = now
            self.copies = wanted
        elif now - self._seen > STAYS:
            self._seen = now
            self.copies -= 1

    def behind(self, packet: bytes) -> tuple[bytes, ...]:
        """The earlier packets to send again behind this one, the latest first."""
        said = self._said
        again = tuple(said[-back] for back in (FIRST, SECOND)[: self.copies] if len(said) >= back)
        said.append(packet)
        return again
