"""What a subscriber's line carries: from what he says of what he gets.

His browser's estimate (REMB) never rises far above what it is sent, so one that merely lies low
says nothing. One that falls below what is sent, or stands still there, is a complaint; but a busy
computer complains as a full line does: it lowers ours only when longer round trips or loss bear it
out. Ours rises while the line is used and nothing is amiss, or by as much as a probe has shown
(`signalling.sfu.probe`).
Loss lowers it too, but only the loss that our sending causes: a radio link loses the same share
whatever is sent, and pausing pictures would not mend it. What it loses by itself is learned while
the queue is empty; while it stands, what arrives is what the line carries.
Rates are kbit/s, shares 0..1, times seconds.
"""

from collections import deque
from statistics import median
from typing import NamedTuple

DEFAULT_KBPS = 1000.0
LOWEST_KBPS, HIGHEST_KBPS = 30.0, 20_000.0
# At the start, of a line that is known: the rest is found out.
KNOWN_SHARE = 0.7
# After a fall nothing rises for so long.
HOLD = 10.0
# After so long and two round trips its queue is empty: who is sent no picture at all may be tried.
SETTLES = 5.0
# Growth for each step of a second and a round trip.
SLOW_START, STEADY = 1.25, 1.06
LITTLE_LOSS, MUCH_LOSS = 0.02, 0.10
# At the start, what is sent shows this much.
UNCONTESTED = 1.1
# Below this share of ours the leg sends too little to tell anything about the line.
USED = 0.7
# A REMB so far below what is sent is no accident, nor is another that falls a second time.
DEEP, TWICE_WITHIN = 0.7, 5.0
# One that was below what is sent for so long, and has not risen: the queue stands still, full.
STALLED, RISEN, BELOW = 4.0, 1.02, 0.9
STALE = 6.0
# A complaint waits so long for what bears it out: every round trip that is told over so long is
# longer by so much than the shortest. Where none are told for so long from the first REMB on, it
# must do alone. Whoever looks here seldom was late himself: those round trips tell nothing, nor
# does a REMB that stood still meanwhile.
WAITS, LATE, SPAN, UNTOLD, SELDOM = 3.0, 0.05, 1.5, 4.0, 0.7
# The median of the last so many reports is the loss the line has by itself.
REPORTS, FEWEST_REPORTS, MOST_OWN_LOSS = 20, 4, 0.3
# The first report after a fall is of the time before it; of it and the next the lesser is believed.
FRESH = 2
# Repeats that are asked for without a loss count for no more.
ASKED_ALONE = 0.05
# After a fall the queue empties; another within so long and two round trips is the same one.
SAME_QUEUE, MUCH_LOWER = 1.5, 0.75
# A REMB is of what was sent a round trip and so long before: it is made twice a second.
MADE_BEFORE = 0.4
# A round trip longer by so much than the shortest is a queue, which alone lowers ours; and by so
# much it is one that may drop packets.
QUEUE, STANDS = 0.4, 0.12


class Complaint(NamedTuple):
    """A REMB that is too low for what is sent; `sure` when no accident makes it so."""

    kbps: float
    at: float
    sure: bool


class Estimate:
    """Of one subscriber leg: `kbps`. `limited` while the leg sends too little to tell."""

    __slots__ = (
        "_below_since",
        "_changed",
        "_clear",
        "_complaint",
        "_doubt",
        "_fell",
        "_first",
        "_fresh",
        "_late",
        "_level",
        "_losses",
        "_nearest",
        "_remb",
        "_remb_at",
        "_rose_at",
        "_sending",
        "_sent",
        "_shortest",
        "_stands",
        "_start",
        "_tells",
        "_ticked",
        "_told",
        "kbps",
        "limited",
    )

    def __init__(self, now: float, known_kbps: float | None = None) -> None:
        self.kbps = DEFAULT_KBPS
        self.limited = True
        self._fell = now - HOLD
        self._sent = 0.0
        # (when, kbit/s), back to what the next REMB will be of.
        self._sending: deque[tuple[float, float]] = deque()
        self._start = True
        self._changed = now
        self._doubt = now - TWICE_WITHIN
        self._complaint: Complaint | None = None
        self._remb: float | None = None
        self._remb_at = self._rose_at = self._below_since = self._first = now
        # What it has to rise from.
        self._level = 0.0
        # The shortest round trip he told of; since when all were long, and when the last one was.
        self._nearest: float | None = None
        self._tells = False
        self._late: tuple[float, float] | None = None
        # The last one, and when it was told.
        self._told: tuple[float, float] | None = None
        self._ticked = now
        self._losses: deque[float] = deque(maxlen=REPORTS)
        # Those of them that came while no queue stood.
        self._clear: deque[float] = deque(maxlen=REPORTS)
        self._stands = False
        self._fresh = FRESH
        self._shortest: float | None = None
        if known_kbps:
            self.known(known_kbps)

    @property
    def amiss(self) -> float | None:
        """The loss that our sending causes, of late; None before enough is reported to know it.

        Without a REMB nobody tells a full queue from a radio: all loss is then ours.
        """
        losses = self._losses
        if self._fresh < 1 or not losses:
            return None
        if self._remb is not None and len(losses) < FEWEST_REPORTS and not self._stands:
            return None
        last, before = losses[-1], losses[-2] if len(losses) > 1 else losses[-1]
        if self._fresh < FRESH:
            lately = min(last, before)
        else:
            # Where a queue has come to stand, what was lost before it did says nothing.
            lately = last if self._stands and self._start else (last + before) / 2
        return max(0.0, lately - self._own_loss())

    def _own_loss(self) -> float:
        """What the line loses whatever is sent."""
        if self._remb is None:
            return 0.0
        known = self._clear if self._clear or self._stands else self._losses
        return min(median(known or [0.0]), MOST_OWN_LOSS)

    @property
    def complains(self) -> bool:
        """Whether a REMB is so low, of late, that no accident makes it so, and answers are late
        too: a busy computer says the one or the other."""
        return self._complaint is not None and self._complaint.sure and self._late is not None

    @property
    def full(self) -> bool:
        """Whether a queue stands on the line, which may drop packets."""
        return self._stands

    def held(self, now: float) -> bool:
        """Whether it was lowered so lately that nothing may rise."""
        return now - self._fell < HOLD

    def settled(self, now: float, rtt: float | None) -> bool:
        """Whether the last fall is over: its queue is empty, and what is told is of later."""
        return now - self._fell >= min(HOLD, SETTLES + 2 * (rtt or 0.0))

    def known(self, kbps: float) -> None:
        """The line became known before anything was learned of it."""
        if self._start and not self._losses:
            self.kbps = max(LOWEST_KBPS, kbps * KNOWN_SHARE)

    def remb(self, kbps: float, now: float) -> None:
        """His browser's estimate came. A picture that has just begun is not in it yet."""
        before, self._remb, self._remb_at = self._remb, kbps, now
        sent = min((rate for _, rate in self._sending), default=self._sent)
        if kbps >= BELOW * self._sent:
            self._below_since = now
        if before is None or kbps > self._level * RISEN:
            self._level, self._rose_at = kbps, now
        self._level = min(self._level, kbps)
        if before is None:
            # The first may be low because nothing was known when it was made.
            self._doubt = self._first = self._below_since = now
            if kbps < DEEP * sent:
                self._complaint = Complaint(kbps, now, sure=False)
            return
        if kbps < 0.97 * before and kbps < sent:
            sure = now - self._doubt < TWICE_WITHIN or kbps < DEEP * sent
            self._doubt = now
            self._complaint = Complaint(kbps, now, sure)
        elif now - self._ticked > SELDOM:
            self._rose_at = now
        elif now - max(self._rose_at, self._below_since) > STALLED:
            self._rose_at = now
            self._complaint = Complaint(kbps, now, sure=True)

    def answered(self, rtt: float, now: float) -> None:
        """One round trip, as a report of his tells it."""
        self._tells = True
        self._told = (rtt, now)
        self._nearest = rtt if self._nearest is None else min(self._nearest, rtt)
        self._stands = rtt - self._nearest > STANDS
        if rtt - self._nearest <= LATE:
            self._late = None
        else:
            self._late = (self._late[0] if self._late is not None else now, now)

    def _is_borne_out(self, complaint: Complaint, now: float) -> bool:
        amiss, losses = self.amiss, self._losses
        if amiss is not None and amiss > LITTLE_LOSS:
            return True
        if not complaint.sure:
            return False
        if amiss is None and self._fresh >= FRESH and losses and losses[-1] > LITTLE_LOSS:
            # What the line loses by itself is not known yet.
            return True
        if not self._tells:
            return now - self._first > UNTOLD
        return self._late is not None and self._late[1] - self._late[0] >= SPAN

    def reported(self, loss: float, nacked: float) -> None:
        """A receiver report: the share lost, and the share asked for again since the last one.

        A packet may be asked for more than once, and before it is late; therefore the latter
        counts half, and only so far as some loss is told of besides.
        """
        share = min(max(loss, min(nacked / 2, 2 * loss + ASKED_ALONE)), 1.0)
        self._losses.append(share)
        if self._tells and not self._stands:
            self._clear.append(share)
        self._fresh += 1

    def tick(
        self, sent: float, rtt: float | None, now: float, carried: float | None = None
    ) -> None:
        """Some time has passed, in which so much was sent; `carried` without what was repeated."""
        carried = sent if carried is None else carried
        if self._nearest is None:
            # The handshake's, before a picture could fill a queue.
            self._nearest = rtt
        if now - self._ticked > SELDOM:
            self._late = None
            self._rose_at = now
        self._sent, self._ticked = sent, now
        self._remember(sent, now - MADE_BEFORE - (rtt or 0.0), now)
        self.limited = sent < USED * self.kbps
        if self._remb is not None and now - self._remb_at > STALE:
            self._remb = None
        complaint = self._complaint
        if complaint is not None and now - complaint.at > WAITS:
            complaint = self._complaint = None
        if complaint is not None and self._is_borne_out(complaint, now):
            self._complaint = None
            again = now - self._fell < SAME_QUEUE + 2 * (rtt or 0.0)
            if complaint.kbps < self.kbps * (MUCH_LOWER if again else 1.0):
                self._fall(complaint.kbps, now)
            return
        queues = self._queues(rtt)
        if self._start and not queues and (self.amiss or 0.0) <= LITTLE_LOSS:
            # What is sent and draws no complaint is carried.
            self.kbps = min(max(self.kbps, carried * UNCONTESTED), HIGHEST_KBPS)
        if now - self._changed < 1.0 + (rtt or 0.0):
            return
        amiss = self.amiss
        if amiss is not None and amiss > MUCH_LOSS:
            self._fall(self._less(amiss, sent, carried), now)
        elif queues and not self.limited and self._is_later(rtt or 0.0):
            self._fall(min(self.kbps, sent) * 0.85, now)
        elif amiss is not None and amiss <= LITTLE_LOSS and self._is_used(carried):
            self._rise(now)

    def _remember(self, sent: float, since: float, now: float) -> None:
        self._sending.append((now, sent))
        while len(self._sending) > 1 and self._sending[1][0] <= since:
            self._sending.popleft()

    def _is_used(self, carried: float) -> bool:
        """Whether the line carries enough to be trusted with more. Padding is no proof where the
        line has been full before."""
        return not self.limited if self._start else carried >= USED * self.kbps

    def _less(self, amiss: float, sent: float, carried: float) -> float:
        """What to send where so much is lost that need not be."""
        if self._stands:
            return min(self.kbps, sent * (1 - amiss))
        # Without a REMB only what is sent is known to be too much.
        most = carried * 1.2 if self._remb is None else self.kbps
        return min(self.kbps, most) * (1 - amiss / 2)

    def _queues(self, rtt: float | None) -> bool:
        if rtt is None:
            return False
        self._shortest = rtt if self._shortest is None else min(self._shortest, rtt)
        # The mean remembers a queue that is gone.
        last = rtt if self._told is None else self._told[0]
        return min(rtt, last) - self._shortest > QUEUE

    def _is_later(self, rtt: float) -> bool:
        """Whether what is told of the queue was seen after the last fall: who is sent only sound
        tells of it seldom, and one long round trip is no reason to fall twice."""
        return self._told is None or self._told[1] > self._fell + rtt

    def _rise(self, now: float) -> None:
        if not self.held(now):
            grown = self.kbps * (SLOW_START if self._start else STEADY)
            self.kbps = min(grown, HIGHEST_KBPS)
            self._changed = now

    def _fall(self, kbps: float, now: float) -> None:
        self.kbps = max(kbps, LOWEST_KBPS)
        self._fell = self._changed = now
        self._start = False
        self._fresh = -1

    def proved(self, kbps: float, now: float) -> None:
        """A probe of this rate went through."""
        if kbps > self.kbps:
            self.kbps = min(kbps, HIGHEST_KBPS)
            self._changed = now

    def failed(self, now: float) -> None:
        """A probe did not: nothing rises by itself for a while either, and what it lost, or who
        complained of it, says nothing of what is sent without it."""
        self._fell = now
        self._start = False
        self._complaint = None
        self._fresh = -1
