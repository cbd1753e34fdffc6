from array import array

import pytest

from signalling.peers import font
from signalling.peers.listener import rms, tone_share
from signalling.peers.test_card import SIZE, Studio, TestCard, signature, tone

ROOMS = ("meyrueis-visio", "st-chely-d-apcher-visio", "villefort-visio", "marvejols-visio")


def test_the_four_rooms_sound_and_look_different() -> None:
    assert len({signature(room).tone for room in ROOMS}) == 4
    assert len({signature(room).colour for room in ROOMS}) == 4


def test_a_tone_is_itself_and_no_other() -> None:
    samples: array[int] = array("h", tone(440 + 10))
    assert tone_share(samples, 450) > 0.99
    assert tone_share(samples, 900) < 0.01
    assert rms(samples) == pytest.approx(0.14, abs=0.002)


def test_silence_is_silent() -> None:
    silence: array[int] = array("h", bytes(1920))
    assert rms(silence) == 0.0
    assert rms(array("h")) == 0.0
    assert tone_share(silence, 450) == 0.0


def test_names_are_written_without_their_accents() -> None:
    assert font.plain("Saint-Chély-d’Apcher – №") == "SAINT-CHELY-D'APCHER - NO"
    assert font.plain("日") == "?"
    rows = font.rows("ÉT", 2, 235, 16)
    assert len(rows) == 14
    assert {len(row) for row in rows} == {font.width_of("ET", 2)}


@pytest.mark.parametrize("name", ["", "A", "Un nom bien trop long pour tenir sur une mire " * 3])
async def test_a_card_can_be_drawn_for_any_name(name: str) -> None:
    sound, picture = Studio("key", name).tracks()
    frame = await picture.recv()
    assert (frame.width, frame.height) == SIZE
    assert 235 in bytes(frame.planes[0])
    heard = await sound.recv()
    assert rms(array("h", bytes(heard.planes[0])[:1920])) > 0.1


async def at(picture: TestCard) -> int:
    pts = (await picture.recv()).pts
    assert pts is not None
    return pts


async def test_pictures_are_ten_a_second_and_stop_with_the_camera() -> None:
    studio = Studio("key", "Villefort")
    _, picture = studio.tracks()
    first, second = await at(picture), await at(picture)
    assert second - first == 9000
    studio.camera(False)
    assert not studio.camera_on
    studio.camera(True)
    assert await at(picture) > second


async def test_a_microphone_that_is_off_sends_silence() -> None:
    studio = Studio("key", "Villefort")
    sound, _ = studio.tracks()
    studio.mic_on = False
    assert not any(bytes((await sound.recv()).planes[0]))
