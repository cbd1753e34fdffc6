from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rooms.ids import ParticipantId, TrackId
from signalling.sfu.speaker import EVERY, KEPT, MOST_NAMED, NAMED, Speakers

SPEECH, LOUD, WHISPER, NOISE = 30, 10, 45, 75
FRAME = 0.02


class Room:
    """People who speak by the clock; everyone else is silent as DTX is: no packets at all."""

    def __init__(self, people: int, **limits: int) -> None:
        self.gated: list[tuple[str, bool]] = []
        self.speakers = Speakers(lambda track, on: self.gated.append((track, on)), **limits)
        for n in range(people):
            self.speakers.add(TrackId(f"tr-{n}"), ParticipantId(f"pa-{n}"))
        self.now = 100.0
        self.told: list[tuple[float, tuple[str, ...]]] = []

    def hear(self, seconds: float, **levels: int) -> None:
        """`_3=30`: the third person at that level for so long."""
        end, tick = self.now + seconds, 0
        while self.now < end:
            for name, level in levels.items():
                self.speakers.voices[TrackId(f"tr{name.replace('_', '-')}")].arrived(
                    level, self.now
                )
            if tick % 10 == 0:
                named = self.speakers.tick(self.now)
                self.speakers.gate(self.now)
                if named is not None:
                    self.told.append((self.now, named))
            self.now += FRAME
            tick += 1

    @property
    def first(self) -> str | None:
        return self.speakers.named[0] if self.speakers.named else None

    @property
    def heard(self) -> set[str]:
        return {str(track) for track, voice in self.speakers.voices.items() if voice.open}


# -- who is named


def test_who_speaks_is_named_within_a_second_and_no_longer_once_he_is_silent() -> None:
    room = Room(3)
    room.hear(1.0, _1=SPEECH)
    assert room.speakers.named == ("pa-1",)
    assert room.told[0][0] < 100.8
    room.hear(NAMED + 1, _1=NOISE, _2=SPEECH)
    assert room.speakers.named == ("pa-2",)


def test_noise_and_a_cough_are_nobodys_turn() -> None:
    room = Room(2)
    room.hear(5, _0=NOISE, _1=61)
    assert not room.speakers.named
    room.hear(1, _0=SPEECH)
    room.hear(0.2, _0=SPEECH, _1=LOUD)
    room.hear(2, _0=SPEECH)
    assert {named[0] for _, named in room.told} == {"pa-0"}


def test_a_dominant_speaker_stays_so_through_his_pauses() -> None:
    room = Room(2)
    for _ in range(6):
        room.hear(1.0, _0=SPEECH)
        room.hear(0.4)
    assert [named for _, named in room.told] == [("pa-0",)]


def test_another_takes_over_when_the_first_is_silent_or_after_being_louder_for_a_while() -> None:
    room = Room(2)
    room.hear(2, _0=SPEECH)
    room.hear(1.5, _1=SPEECH)
    assert room.first == "pa-1"
    room.hear(1.0, _1=SPEECH, _0=LOUD)
    assert room.first == "pa-1"
    room.hear(1.5, _1=SPEECH, _0=LOUD)
    assert room.first == "pa-0"


def test_two_of_the_same_loudness_do_not_change_places() -> None:
    room = Room(2)
    room.hear(2, _0=SPEECH)
    room.hear(10, _0=SPEECH, _1=SPEECH)
    assert {named[0] for _, named in room.told} == {"pa-0"}


def test_a_silent_dominant_speaker_is_named_until_another_speaks() -> None:
    room = Room(2)
    room.hear(2, _0=SPEECH)
    room.hear(10)
    assert room.first == "pa-0"


def test_the_gap_of_dtx_is_silence() -> None:
    room = Room(1)
    room.hear(1, _0=SPEECH)
    voice = room.speakers.voices[TrackId("tr-0")]
    assert voice.loudness(room.now) > 20
    assert voice.loudness(room.now + 2) < 1
    room.now += 5
    voice.arrived(SPEECH, room.now)
    assert voice.loudness(room.now) < 12
    assert voice.lasts(room.now) == 0


def test_at_most_five_are_named_and_at_most_four_times_a_second() -> None:
    room = Room(9)
    for n in range(30):
        room.hear(0.3, **{f"_{who}": SPEECH for who in range(9) if who % 3 == n % 3})
    room.hear(1, **{f"_{who}": SPEECH for who in range(9)})
    assert len(room.speakers.named) == MOST_NAMED
    times = [when for when, _ in room.told]
    assert all(later - sooner >= EVERY for sooner, later in zip(times, times[1:], strict=False))
    assert room.speakers.rank(room.speakers.named[2]) == 2
    assert room.speakers.rank(ParticipantId("pa-else")) is None


def test_who_has_left_is_named_no_more() -> None:
    room = Room(2)
    room.hear(2, _0=SPEECH)
    room.speakers.keep({TrackId("tr-1")})
    room.hear(1, _1=SPEECH)
    assert room.speakers.named == ("pa-1",)
    room.speakers.keep(set())
    room.hear(1)
    assert not room.speakers.named


def test_a_participant_with_two_microphones_is_named_once() -> None:
    room = Room(1)
    more = room.speakers.add(TrackId("tr-more"), ParticipantId("pa-0"))
    assert room.speakers.add(TrackId("tr-more"), ParticipantId("pa-0")) is more
    room.hear(1, _0=SPEECH, _more=SPEECH)
    assert room.speakers.named == ("pa-0",)


# -- who is forwarded


def test_everybody_is_forwarded_up_to_twelve() -> None:
    room = Room(12)
    room.hear(10, **{f"_{n}": NOISE for n in range(12)})
    assert len(room.heard) == 12
    assert room.gated == []


def test_above_twelve_the_loudest_six_are() -> None:
    room = Room(14)
    levels = {f"_{n}": SPEECH if n in (3, 7) else NOISE for n in range(14)}
    room.hear(10, **levels)
    assert len(room.heard) == 6
    assert {"tr-3", "tr-7"} <= room.heard


def test_a_voice_that_was_shut_is_forwarded_from_its_first_words_on() -> None:
    room = Room(14)
    room.hear(10, **{f"_{n}": NOISE for n in range(14)})
    shut = next(n for n in range(14) if f"tr-{n}" not in room.heard)
    voice, began = room.speakers.voices[TrackId(f"tr-{shut}")], room.now
    while not voice.open:
        voice.arrived(SPEECH, room.now)
        room.now += FRAME
    assert room.now - began < 0.25
    assert len(room.heard) == 6


def test_nobody_is_cut_off_in_the_middle_of_a_sentence() -> None:
    room = Room(14)
    room.hear(10, **{f"_{n}": NOISE for n in range(14)})
    talking = sorted(room.heard)
    six = {name.replace("tr-", "_"): SPEECH for name in talking}
    room.hear(1, **six)
    shut = next(f"_{n}" for n in range(14) if f"tr-{n}" not in room.heard)
    for _ in range(5):
        room.hear(1.0, **six, **{shut: LOUD})
        room.hear(0.5, **{shut: LOUD})
    assert sorted(room.heard) == talking
    # One of them ends: his place is free for who has been waiting.
    gone = next(iter(six))
    del six[gone]
    room.hear(2.5, **six, **{shut: LOUD})
    assert shut.replace("_", "tr-") in room.heard
    assert gone.replace("_", "tr-") not in room.heard


def test_more_than_six_may_end_their_sentences_when_the_thirteenth_comes() -> None:
    room = Room(12)
    all_of_them = {f"_{n}": SPEECH for n in range(12)}
    room.hear(3, **all_of_them)
    room.speakers.add(TrackId("tr-12"), ParticipantId("pa-12"))
    room.hear(1, **all_of_them)
    assert len(room.heard) == 13
    room.hear(KEPT + 1, **{name: SPEECH for name in list(all_of_them)[:2]})
    # The newcomer has said nothing of his levels: he counts for nobody and stays.
    assert len(room.heard) == 7
    assert {"tr-0", "tr-1", "tr-12"} <= room.heard


def test_a_free_place_is_taken_at_once() -> None:
    room = Room(4, all_up_to=2, loudest=2)
    room.hear(10, **{f"_{n}": NOISE for n in range(4)})
    kept = sorted(room.heard)
    room.speakers.keep({TrackId(t) for t in room.speakers.voices} - {TrackId(kept[0])})
    shut = next(f"_{n}" for n in range(4) if f"tr-{n}" not in kept)
    room.hear(1, **{shut: SPEECH})
    assert shut.replace("_", "tr-") in room.heard


def test_without_levels_everybody_is_forwarded() -> None:
    room = Room(20)
    room.hear(10)
    assert len(room.heard) == 20


def test_all_are_forwarded_again_when_enough_have_left() -> None:
    room = Room(14)
    room.hear(10, **{f"_{n}": NOISE for n in range(14)})
    room.speakers.keep({TrackId(f"tr-{n}") for n in range(5)})
    room.hear(0.1)
    assert len(room.heard) == 5
    opened: Callable[[str], bool] = lambda name: (name, True) in room.gated  # noqa: E731
    assert any(opened(f"tr-{n}") for n in range(5))


@given(st.lists(st.tuples(st.integers(0, 15), st.integers(0, 127), st.floats(0, 2)), max_size=120))
def test_however_they_speak_the_open_ones_are_few_or_speaking(
    said: list[tuple[int, int, float]],
) -> None:
    room = Room(16)
    for who, level, wait in said:
        room.now += wait
        room.speakers.voices[TrackId(f"tr-{who}")].arrived(level, room.now)
        named = room.speakers.tick(room.now)
        room.speakers.gate(room.now)
        assert named is None or len(set(named)) == len(named) <= MOST_NAMED
        open_ones = [v for v in room.speakers.voices.values() if v.open and v.knows]
        assert len(open_ones) <= 6 or any(room.now - v.spoke <= KEPT for v in open_ones)
        assert all(v.loudness(room.now) <= 60 for v in open_ones)


@pytest.mark.parametrize("level", [0, 127])
def test_levels_at_the_ends_are_levels(level: int) -> None:
    room = Room(1)
    room.hear(1, _0=level)
    assert (room.first == "pa-0") is (level == 0)
