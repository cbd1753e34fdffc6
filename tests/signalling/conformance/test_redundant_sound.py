"""Sound with redundancy (RFC 2198): whole to who takes it, plain to who does not (media, J)."""

from signalling.engine import Kind
from tests.fakes.by_hand import OPUS, RED, Hall, pulse
from tests.fakes.packets import red


async def test_redundancy_goes_to_who_takes_it_and_plain_sound_to_who_does_not(home: Hall) -> None:
    anne = await home.sender(red=True)
    assert anne.published is not None
    assert f"m=audio 9 UDP/TLS/RTP/SAVPF {RED} {OPUS}\r\n" in anne.published.sdp
    sound = anne.track(Kind.AUDIO)
    chromium = await home.receiver(sound, participant="pa-chromium")
    firefox = await home.receiver(sound, participant="pa-firefox", without=("red/48000", "fmtp:63"))
    whole = red([(960, b"\xf8before")], b"\xf8now")
    await pulse(
        lambda: anne.speak(whole, RED),
        lambda: len(chromium.heard_of(sound)) > 3 and len(firefox.heard_of(sound)) > 3,
        "sound for both",
    )
    taken, plain = chromium.heard_of(sound)[-1], firefox.heard_of(sound)[-1]
    assert (taken.payload_type, taken.payload) == (RED, whole)
    assert (plain.payload_type, plain.payload) == (OPUS, b"\xf8now")


async def test_who_offers_none_is_answered_none_and_reaches_everybody_all_the_same(
    home: Hall,
) -> None:
    anne = await home.sender()
    assert anne.published is not None
    assert "red/48000" not in anne.published.sdp
    sound = anne.track(Kind.AUDIO)
    bruno = await home.receiver(sound)
    await pulse(anne.speak, lambda: len(bruno.heard_of(sound)) > 3, "sound")
    assert {packet.payload_type for packet in bruno.heard_of(sound)} == {OPUS}


async def test_a_sound_lost_on_the_way_up_reaches_who_takes_no_redundancy(home: Hall) -> None:
    anne = await home.sender(red=True)
    sound = anne.track(Kind.AUDIO)
    firefox = await home.receiver(sound, without=("red/48000", "fmtp:63"))
    await pulse(
        lambda: anne.speak(red([], b"\xf8first"), RED),
        lambda: len(firefox.heard_of(sound)) > 3,
        "sound",
    )
    before = len(firefox.heard_of(sound))
    anne.speak(red([(1920, b"\xf8old"), (960, b"\xf8lost")], b"\xf8now"), RED, skipped=1)
    heard = (await firefox.hears(sound, before + 2))[before:]
    assert [packet.payload for packet in heard] == [b"\xf8lost", b"\xf8now"]
    assert (heard[1].sequence - heard[0].sequence) & 0xFFFF == 1
    assert (heard[1].timestamp - heard[0].timestamp) & 0xFFFFFFFF == 960
