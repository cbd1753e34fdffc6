"""Who made his leg in the lobby is sent the first participant without another round trip."""

import pytest

from rooms.ids import ParticipantId
from signalling.engine import Kind
from tests.fakes.by_hand import Hall, Receiver, Sender, pulse, quiet


async def send(anne: Sender, bruno: Receiver, what: str) -> None:
    """Sound and pictures, until he has some of both."""

    def both() -> None:
        anne.shoot(0)
        anne.speak()

    sound, picture = anne.track(Kind.AUDIO), anne.track(Kind.VIDEO)
    await pulse(
        both,
        lambda: len(bruno.heard_of(picture)) > 4 and len(bruno.heard_of(sound)) > 4,
        what,
    )


async def test_sound_and_picture_come_while_they_are_being_offered(home: Hall) -> None:
    anne = await home.sender()
    bruno = await home.receiver()
    assert bruno.offered is not None
    assert bruno.offered.tracks == ()
    lobby = bruno.offered.sdp
    await bruno.ask(anne.track(Kind.AUDIO), anne.track(Kind.VIDEO))
    await send(anne, bruno, "both, on an offer he has not answered")
    # He hears them on the streams he was told of in the lobby.
    for kind in Kind:
        assert all(f"a=ssrc:{ssrc} " in lobby for ssrc in bruno.ssrcs(anne.track(kind)))
    await bruno.accept()
    bruno.got.clear()
    await send(anne, bruno, "both, after he has answered")


async def test_nothing_is_sent_to_who_has_not_said_that_he_takes_it(
    home: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    anne = await home.sender()
    takes = Receiver.answer

    def takes_nothing(bruno: Receiver, offer: str) -> str:
        return takes(bruno, offer).replace("a=recvonly", "a=inactive")

    monkeypatch.setattr(Receiver, "answer", takes_nothing)
    bruno = await home.receiver()
    await bruno.ask(anne.track(Kind.AUDIO), anne.track(Kind.VIDEO))
    for _ in range(5):
        anne.shoot(0)
        anne.speak()
        await quiet()
    assert bruno.heard_of(anne.track(Kind.VIDEO)) == bruno.heard_of(anne.track(Kind.AUDIO)) == []


async def test_two_participants_are_never_played_in_step_with_one_another(home: Hall) -> None:
    anne, carole = await home.sender(), await home.sender(participant=ParticipantId("pa-carole"))
    bruno = await home.receiver()
    await bruno.want(anne.track(Kind.AUDIO), carole.track(Kind.VIDEO))
    assert bruno.offered is not None
    places = {placed.track: placed.mid for placed in bruno.offered.tracks}
    assert places == {anne.track(Kind.AUDIO): "0", carole.track(Kind.VIDEO): "2"}
    await bruno.want(anne.track(Kind.AUDIO), anne.track(Kind.VIDEO), carole.track(Kind.VIDEO))
    places = {placed.track: placed.mid for placed in bruno.offered.tracks}
    assert places[anne.track(Kind.VIDEO)] == "1"
    # Once it is empty it is for whoever comes next.
    await bruno.want()
    await bruno.want(carole.track(Kind.AUDIO), carole.track(Kind.VIDEO))
    assert sorted(placed.mid for placed in bruno.offered.tracks) == ["0", "1"]
