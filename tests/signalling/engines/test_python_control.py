"""The control's own arithmetic: with many who watch, when legs change, and what it costs."""

from collections.abc import AsyncIterator, Iterator
from functools import partial

import pytest

from rooms.ids import LegId, ParticipantId, SessionId, TrackId
from signalling.engine import Budget, EngineEvent, Kind, LayersWanted, LegState, Mode, Wish
from signalling.engines.python import PythonEngine
from signalling.engines.python_watchers import REPEATED_KBPS, SOUND_KBPS, Watcher
from signalling.sfu.estimate import DEFAULT_KBPS, KNOWN_SHARE
from tests.fakes.pace import calls
from tests.fakes.packet_peer import PacketPeer
from tests.fakes.packets import Camera
from tests.fakes.viewers import HEIGHTS, KBPS, Browser

SESSION = SessionId("se-1")
RATE = 15


class Deaf:
    """Protects nothing and sends nowhere: only decisions are looked at here."""

    def protect(self, packet: bytes) -> bytes:
        return packet

    def protect_rtcp(self, packet: bytes) -> bytes:
        return packet


class Hall:
    """Publishers whose layers arrive by hand, and subscribers who are there without a wire."""

    def __init__(self, engine: PythonEngine) -> None:
        self.engine = engine
        self.now = 1000.0
        self.tracks: list[TrackId] = []
        self.cameras: list[list[Camera]] = []
        self.sending = {0, 1, 2}
        # Of these only two pictures a second come.
        self.starving: set[int] = set()

    @property
    def events(self) -> list[EngineEvent]:
        """What was told and not yet taken."""
        return list(self.engine._events._queue)  # type: ignore[attr-defined]

    @property
    def watchers(self) -> list[Watcher]:
        return list(self.engine._control._watchers.values())

    async def publish(self, name: str) -> TrackId:
        peer = Browser(self.engine, SESSION, name, picture=True)
        answer = await self.engine.publish(SESSION, peer.participant, peer.leg, peer.offer())
        leg = self.engine._sessions[SESSION].seats[peer.participant].publish
        assert leg is not None
        leg.state = LegState.CONNECTED
        track = next(t.id for t in answer.tracks if t.kind is Kind.VIDEO)
        self.tracks.append(track)
        base = 1000 * len(self.tracks)
        self.cameras.append([Camera(base + n, height=HEIGHTS[n], rate=RATE) for n in range(3)])
        return track

    async def subscribe(self, name: str, number: int = 1) -> Watcher:
        peer, leg = PacketPeer(), LegId(f"lg-{name}-{number}")
        who = ParticipantId(name)
        offer = await self.engine.subscribe(SESSION, who, leg, self.tracks)
        assert offer is not None
        await self.engine.answer(SESSION, who, leg, offer.serial, peer.answer(offer.sdp))
        made = self.engine._sessions[SESSION].seats[who].subscribe
        assert made is not None
        made.state, made.srtp, made.address = LegState.CONNECTED, Deaf(), None  # type: ignore[assignment]
        # What padding costs is the packets' affair.
        made.pad = lambda size, now: size  # type: ignore[method-assign]
        self.engine._sessions[SESSION].rewire()
        self.engine._control.run(self.now)
        watcher = self.engine._control.watcher(made)
        assert watcher is not None
        return watcher

    def second(self) -> Iterator[float]:
        """A second of pictures; yields the time before each fifth, when the control decides."""
        layers = [self.engine._sessions[SESSION].layers[track] for track in self.tracks]
        for frame in range(RATE):
            if frame % (RATE // 5) == 0:
                yield self.now
            self.now += 1 / RATE
            for track, cameras in zip(layers, self.cameras, strict=True):
                for layer in self.sending:
                    if layer in self.starving and frame % 7:
                        continue
                    octets = KBPS[layer] * 125 // RATE
                    count = -(-octets // 1000)
                    for packet in cameras[layer](count, key=frame == 0, size=octets // count):
                        track.sources[layer].receive(packet, self.now)

    def watch(self, seconds: int) -> None:
        for _ in range(seconds):
            for now in self.second():
                self.decide(now)

    def decide(self, now: float) -> None:
        """One tick, at a time of ours."""
        for watcher in self.watchers:
            watcher.listen(now)
            watcher.probe(now)
        self.engine._control.run(now)
        self.engine._control._speak(now)


@pytest.fixture
async def hall() -> AsyncIterator[Hall]:
    engine = PythonEngine("127.0.0.1")
    await engine.open(SESSION)
    engine._control.stop()  # we are the clock
    yield Hall(engine)
    engine.stop()


async def test_a_decision_for_64_subscribers_of_5_pictures_costs_few_calls(
    hall: Hall,
) -> None:
    for n in range(5):
        await hall.publish(f"pa-{n}")
    for n in range(64):
        watcher = await hall.subscribe(f"pv-{n}")
        watcher.estimate.proved(1000 + 50 * n, hall.now)
        if n % 2:
            wishes = [Wish(track=t, height=180 if m else 720) for m, t in enumerate(hall.tracks)]
            await hall.engine.view(SESSION, watcher.leg.owner.participant, wishes, Mode.FULL)
    hall.watch(4)
    made, ticks = 0, 0
    for second in range(4):
        for now in hall.second():
            # Estimates move, so that there is something to decide.
            for n, watcher in enumerate(hall.watchers):
                watcher.estimate.proved(1200 + 50 * n + 10 * ticks, now)
                if ticks % 5 == 0:
                    watcher.remb(900_000 + 10_000 * second, now)
                    watcher.reported(0.0, 0.05, now)
            made += calls(partial(hall.decide, now))
            ticks += 1
    assert all(watcher.choices for watcher in hall.watchers)
    assert made < 25 * ticks * 64 * 5


async def test_a_line_that_becomes_known_is_where_the_estimate_begins(hall: Hall) -> None:
    await hall.publish("pa-1")
    first = await hall.subscribe("pv-1")
    assert first.estimate.kbps == DEFAULT_KBPS
    await hall.engine.line(SESSION, ParticipantId("pv-1"), Budget(line="v", down_kbps=4000))
    assert first.estimate.kbps == 4000 * KNOWN_SHARE
    await hall.engine.line(SESSION, ParticipantId("pv-2"), Budget(line="v", down_kbps=3000))
    assert (await hall.subscribe("pv-2")).estimate.kbps == 3000 * KNOWN_SHARE


async def test_a_leg_that_takes_over_is_judged_afresh_and_the_former_one_is_forgotten(
    hall: Hall,
) -> None:
    await hall.publish("pa-1")
    first = await hall.subscribe("pv-1")
    first.estimate.proved(5000, hall.now)
    second = await hall.subscribe("pv-1", 2)
    assert second is not first
    assert second.estimate.kbps == DEFAULT_KBPS
    await hall.engine.remove(SESSION, ParticipantId("pv-1"))
    hall.engine._control.run(hall.now)
    assert hall.watchers == []


async def test_a_layer_that_stops_coming_is_chosen_no_more_and_comes_back(hall: Hall) -> None:
    await hall.publish("pa-1")
    watcher = await hall.subscribe("pv-1")
    watcher.estimate.proved(5000, hall.now)
    hall.watch(2)
    assert [(c.layer, c.why.value) for c in watcher.choices] == [(2, "full")]
    hall.sending = {0, 1}
    hall.watch(8)
    assert [(c.layer, c.why.value) for c in watcher.choices] == [(1, "source")]
    hall.sending = {0, 1, 2}
    hall.watch(1)
    assert [(c.layer, c.why.value) for c in watcher.choices] == [(2, "full")]


async def test_a_layer_that_starves_rests_a_while_and_is_not_asked_for_meanwhile(
    hall: Hall,
) -> None:
    await hall.publish("pa-1")
    watcher = await hall.subscribe("pv-1")
    watcher.estimate.proved(5000, hall.now)
    hall.watch(4)
    assert [(c.layer, c.why.value) for c in watcher.choices] == [(2, "full")]
    hall.starving = {2}
    hall.watch(2)
    assert [(c.layer, c.why.value) for c in watcher.choices] == [(1, "source")]
    # It goes on starving: after each rest it is left alone for longer.
    chosen = []
    for _ in range(24):
        hall.watch(1)
        chosen.append(watcher.choices[0].layer)
    assert chosen.count(2) <= 4
    asked = [event.rids for event in hall.events if isinstance(event, LayersWanted)]
    assert asked[-1] == ("q", "h")
    hall.starving = set()
    hall.watch(20)
    assert [(c.layer, c.why.value) for c in watcher.choices] == [(2, "full")]


async def test_a_layer_that_stops_is_left_within_three_quarters_of_a_second(hall: Hall) -> None:
    await hall.publish("pa-1")
    watcher = await hall.subscribe("pv-1")
    watcher.estimate.proved(5000, hall.now)
    hall.watch(4)
    assert watcher.choices[0].layer == 2
    hall.sending = {0, 1}
    stopped = hall.now
    while watcher.choices[0].layer == 2:
        for now in hall.second():
            hall.decide(now)
            if watcher.choices[0].layer != 2:
                break
    assert hall.now - stopped < 0.75


async def test_a_muted_picture_is_no_choice_and_is_there_at_once_when_it_is_not(
    hall: Hall,
) -> None:
    await hall.publish("pa-1")
    watcher = await hall.subscribe("pv-1")
    hall.watch(1)
    await hall.engine.mute(SESSION, ParticipantId("pa-1"), Kind.VIDEO, True)
    hall.watch(10)
    assert [(c.layer, c.why.value) for c in watcher.choices] == [(None, "source")]
    before = [event for event in hall.events if isinstance(event, LayersWanted)]
    await hall.engine.mute(SESSION, ParticipantId("pa-1"), Kind.VIDEO, False)
    hall.watch(1)
    assert watcher.choices[0].layer is not None
    # He was asked for nothing meanwhile: he knows himself that he is muted.
    assert [event for event in hall.events if isinstance(event, LayersWanted)] == before


async def test_a_picture_that_fits_no_line_yet_is_tried(hall: Hall) -> None:
    await hall.publish("pa-1")
    watcher = await hall.subscribe("pv-1")
    watcher.estimate.kbps = 100
    hall.watch(1)
    [choice] = watcher.choices
    assert choice.layer == 0


async def test_sound_that_is_said_more_than_once_is_set_aside_as_such_and_not_on_a_full_line(
    hall: Hall,
) -> None:
    await hall.publish("pa-1")
    seat = hall.engine._sessions[SESSION].seats[ParticipantId("pa-1")]
    assert seat.publish is not None
    hall.tracks += [one.track for one in seat.publish.placed if one.track not in hall.tracks]
    watcher = await hall.subscribe("pv-1")
    [line] = [place.line for place in watcher.leg.places if not place.line.video]
    for red_type, once, said in ((0, SOUND_KBPS, 3), (63, REPEATED_KBPS, 2)):
        line.red_type = red_type
        for loss, rtt, times in ((0.2, 0.05, said), (0.2, 0.4, None), (0.2, 0.4, 1)):
            watcher.reported(loss, rtt, hall.now)
            watcher.look({}, 12)
            assert times is None or watcher.sound == once * times
