"""The control of the `python` engine: five times a second, who is sent what, and what is asked for.

Packets are forwarded elsewhere; here are the decisions. Estimates and measured layers become
choices, choices become what publishers are asked to send, and what has changed is told.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from rooms.ids import ParticipantId, SessionId, TrackId
from signalling.engine import (
    Arrival,
    EngineEvent,
    Kind,
    LayersWanted,
    LegChose,
    LegState,
    Spoke,
    Track,
)
from signalling.engines.python_publisher import PublisherLeg
from signalling.engines.python_seats import Seat, Session
from signalling.engines.python_subscriber import SubscriberLeg
from signalling.engines.python_tracks import Published, Told
from signalling.engines.python_watchers import REPEATED_KBPS, Watcher
from signalling.sfu.allocate import UNRANKED, shares
from signalling.sfu.demand import SMALL_PICTURE, uplink
from signalling.sfu.simulcast import Layers

EVERY = 0.2
# A probe is sent in small portions.
PADDING_EVERY = 0.02
# Of a line downward, for our packets.
USABLE = 0.95


@dataclass(slots=True)
class _Publishing:
    """One published picture, whose it is, and the leg that sends it."""

    session: SessionId
    participant: ParticipantId
    seat: Seat
    leg: PublisherLeg
    published: Published


class Control:
    """`emit` is told what has changed. `pictures` is how many at most a subscriber is sent."""

    def __init__(
        self,
        sessions: Mapping[SessionId, Session],
        emit: Callable[[EngineEvent], None],
        *,
        pictures: int,
    ) -> None:
        self._sessions = sessions
        self._emit = emit
        self._pictures = pictures
        self._loop = asyncio.get_running_loop()
        self._watchers: dict[SubscriberLeg, Watcher] = {}
        self._published: dict[TrackId, Published] = {}
        self._timer = self._loop.call_later(EVERY, self._tick)
        self._padder: asyncio.TimerHandle | None = None
        self._soon: asyncio.Handle | None = None

    def stop(self) -> None:
        """Decide nothing more."""
        for handle in (self._timer, self._padder, self._soon):
            if handle is not None:
                handle.cancel()

    def touch(self) -> None:
        """Something was said or has changed: decide again before the next packets."""
        if self._soon is None:
            self._soon = self._loop.call_soon(self._afresh)

    def watcher(self, leg: SubscriberLeg) -> Watcher | None:
        """What is known of a subscriber's leg."""
        return self._watchers.get(leg)

    def arrivals(self, leg: PublisherLeg, seat: Seat) -> tuple[Arrival, ...]:
        """What comes on a publisher's leg now."""
        now = self._loop.time()
        streams = (s for s in leg.streams.values() if s.track in seat.tracks)
        return tuple(self._arrival(seat.tracks[s.track], s.layers, now) for s in streams)

    def _arrival(self, track: Track, layers: Layers, now: float) -> Arrival:
        come = [n for n, source in enumerate(layers.sources) if source.alive(now)]
        published = self._published.get(track.id)
        asked = (0,) if published is None else published.watched.on(now)
        return Arrival(
            track=track.id,
            kind=track.kind,
            source=track.source,
            layers=1 + max(come, default=-1),
            asked=1 + max(asked, default=-1),
        )

    # -- time

    def _afresh(self) -> None:
        self._soon = None
        for watcher in self._watchers.values():
            watcher.stale = True
        self.run(self._loop.time())

    def _tick(self) -> None:
        self._timer = self._loop.call_later(EVERY, self._tick)
        now = self._loop.time()
        for watcher in self._watchers.values():
            watcher.listen(now)
            watcher.probe(now)
        self.run(now)
        self._speak(now)
        if self._padder is None and any(w.prober.goal for w in self._watchers.values()):
            self._padder = self._loop.call_later(PADDING_EVERY, self._pad)

    def _pad(self) -> None:
        self._padder = None
        now = self._loop.time()
        probing = [w for w in self._watchers.values() if w.prober.goal is not None]
        for watcher in probing:
            watcher.probe(now)
        if probing:
            self._padder = self._loop.call_later(PADDING_EVERY, self._pad)

    def run(self, now: float) -> None:
        """Decide."""
        publishing = list(self._publishing(now))
        self._share_uplinks(publishing, now)
        if self._measure(publishing, now):
            for watcher in self._watchers.values():
                watcher.stale = True
        self._watch(now)
        changed: set[Watcher] = set()
        # What they would have together is known after the first pass.
        for _ in range(2 if self._share_downlinks() else 1):
            self._share_downlinks()
            for watcher in self._watchers.values():
                watcher.look(self._published, self._pictures)
                if watcher.allocate() or watcher.unsaid:
                    changed.add(watcher)
        for watcher in changed:
            self._tell_subscriber(watcher)
        self._ask(publishing, now)

    # -- who is there

    def _publishing(self, now: float) -> Iterator[_Publishing]:
        """Every published picture, from the leg that sends it now."""
        before, self._published = self._published, {}
        for session, held in self._sessions.items():
            for participant, seat in held.seats.items():
                for leg in (seat.publish, *seat.former):
                    if not isinstance(leg, PublisherLeg):
                        continue
                    for stream in leg.streams.values():
                        track = seat.tracks.get(stream.track)
                        if track is None or held.layers.get(track.id) is not stream.layers:
                            continue
                        if track.kind is Kind.VIDEO:
                            known = before.get(track.id)
                            if known is None or known.layers is not stream.layers:
                                known = Published(track, stream.layers, now)
                            self._published[track.id] = known
                            yield _Publishing(session, participant, seat, leg, known)

    def _watch(self, now: float) -> None:
        """Keep a watcher for each leg that takes, and for no other."""
        before, self._watchers = self._watchers, {}
        for held in self._sessions.values():
            for seat in held.seats.values():
                for leg in (seat.subscribe, *seat.former):
                    if isinstance(leg, SubscriberLeg) and leg.alive:
                        self._watchers[leg] = before.get(leg) or Watcher(leg, seat, now)

    def _measure(self, publishing: list[_Publishing], now: float) -> bool:
        changed = False
        for one in publishing:
            rank = self._sessions[one.session].speakers.rank(one.participant)
            place = UNRANKED if rank is None else rank
            changed |= one.published.measure(place, now)
        return changed

    # -- lines that several share

    def _share_downlinks(self) -> bool:
        """Each behind a shared line gets all he wants of it while all do, else a like part."""
        behind: dict[str, list[Watcher]] = defaultdict(list)
        totals: dict[str, float] = {}
        for watcher in self._watchers.values():
            budget = watcher.seat.budget
            watcher.share = None
            if budget is not None and budget.down_kbps is not None:
                behind[budget.line].append(watcher)
                least = totals.get(budget.line, float("inf"))
                totals[budget.line] = min(budget.down_kbps * USABLE, least)
        for line, watchers in behind.items():
            left = totals[line] - sum(watcher.sound for watcher in watchers)
            wants = [watcher.wants for watcher in watchers]
            for watcher, part, want in zip(watchers, shares(left, wants), wants, strict=True):
                if part < want:
                    watcher.share = watcher.sound + part
        return bool(behind)

    def _share_uplinks(self, publishing: list[_Publishing], now: float) -> None:
        behind: dict[str, list[_Publishing]] = defaultdict(list)
        totals: dict[str, float] = {}
        for one in publishing:
            one.published.part = SMALL_PICTURE if one.leg.rough else None
            budget = one.seat.budget
            watched = one.published.watched.on(now)
            if watched and budget is not None and budget.up_kbps is not None:
                behind[budget.line].append(one)
                totals[budget.line] = min(budget.up_kbps, totals.get(budget.line, float("inf")))
        for line, sharing in behind.items():
            pictures = [one.published.picture for one in sharing]
            parts = uplink(totals[line], self._sounds_behind(line), pictures)
            for one, part in zip(sharing, parts, strict=True):
                one.published.part = min(part, one.published.part or part)

    def _sounds_behind(self, line: str) -> float:
        seats = (seat for held in self._sessions.values() for seat in held.seats.values())
        there = (seat for seat in seats if seat.budget is not None and seat.budget.line == line)
        return REPEATED_KBPS * sum(
            track.kind is Kind.AUDIO for seat in there for track in seat.tracks.values()
        )

    # -- what is told

    def _tell_subscriber(self, watcher: Watcher) -> None:
        leg = watcher.leg
        watcher.unsaid = leg.state is not LegState.CONNECTED
        if not watcher.unsaid:
            self._emit(
                LegChose(
                    session=leg.owner.session,
                    participant=leg.owner.participant,
                    leg=leg.owner.leg,
                    available_kbps=round(watcher.estimate.kbps, 1),
                    choices=watcher.choices,
                )
            )

    def _ask(self, publishing: list[_Publishing], now: float) -> None:
        """Tell publishers which layers somebody is sent, or would be."""
        needed: dict[TrackId, set[int]] = defaultdict(set)
        for watcher in self._watchers.values():
            for choice in watcher.choices:
                if choice.layer is not None:
                    needed[choice.track].add(choice.layer)
        for one in publishing:
            published, watched = one.published, one.published.watched
            layers = needed[published.track.id]
            # Who is muted for a moment is not asked to stop besides.
            watched.need(
                watched.on(now) if published.layers.muted else layers, published.alive, now
            )
            if one.leg.state is LegState.CONNECTED:
                self._tell_publisher(one, published.wanted(now))

    def _tell_publisher(self, one: _Publishing, wanted: Told) -> None:
        leg, published = one.leg.owner.leg, one.published
        # A leg that was told nothing sends everything.
        if wanted == published.told.get(leg, (published.layers.rids, None)):
            return
        published.told = {leg: wanted}
        self._emit(
            LayersWanted(
                session=one.session,
                participant=one.participant,
                leg=leg,
                track=published.track.id,
                rids=wanted[0],
                kbps=wanted[1],
            )
        )

    def _speak(self, now: float) -> None:
        for session, held in self._sessions.items():
            held.speakers.gate(now)
            named = held.speakers.tick(now)
            if named is not None:
                self._emit(Spoke(session=session, participants=named))
