from rooms.ids import LegId, ParticipantId, TrackId
from signalling.engine import Kind, Track
from signalling.tracks import Board, Subscription, sending_lines, with_sources

VILLEFORT, MEYRUEIS = ParticipantId("villefort"), ParticipantId("meyrueis")
LEG = LegId("lg-1")


def track(name: str, participant: ParticipantId, kind: Kind, muted: bool = False) -> Track:
    return Track(id=TrackId(name), participant=participant, kind=kind, source="camera", muted=muted)


def board() -> Board:
    made = Board()
    made.publish(
        VILLEFORT, [track("va", VILLEFORT, Kind.AUDIO), track("vv", VILLEFORT, Kind.VIDEO)]
    )
    made.publish(MEYRUEIS, [track("ma", MEYRUEIS, Kind.AUDIO)])
    return made


def test_everybody_wants_all_of_the_others_and_nothing_of_himself() -> None:
    assert board().wanted(VILLEFORT) == ("ma",)
    assert board().wanted(MEYRUEIS) == ("va", "vv")
    assert board().wanted(ParticipantId("claire")) == ("va", "vv", "ma")


def test_what_is_published_again_replaces_what_was() -> None:
    made = board()
    made.publish(VILLEFORT, [track("v2", VILLEFORT, Kind.AUDIO)])
    assert made.wanted(MEYRUEIS) == ("v2",)
    assert made.find(TrackId("va")) is None
    found = made.find(TrackId("v2"))
    assert found is not None
    assert found.participant == VILLEFORT


def test_a_mute_outlives_what_is_published() -> None:
    made = board()
    assert made.mute(VILLEFORT, Kind.AUDIO, True)
    assert not made.mute(VILLEFORT, Kind.AUDIO, True)
    assert [(t.id, t.muted) for t in made.of(VILLEFORT)] == [("va", True), ("vv", False)]
    assert made.withdraw(VILLEFORT)
    assert not made.withdraw(VILLEFORT)
    assert made.muted(VILLEFORT) == [Kind.AUDIO]
    made.publish(VILLEFORT, [track("v2", VILLEFORT, Kind.AUDIO)])
    assert made.of(VILLEFORT)[0].muted
    made.mute(VILLEFORT, Kind.AUDIO, False)
    assert not made.of(VILLEFORT)[0].muted


def test_a_mute_goes_with_who_leaves() -> None:
    made = board()
    made.mute(VILLEFORT, Kind.AUDIO, True)
    assert made.forget(VILLEFORT)
    assert made.muted(VILLEFORT) == []


def test_what_the_engine_still_carries_is_taken_over_with_its_mutes() -> None:
    made = Board()
    made.restore(VILLEFORT, [track("va", VILLEFORT, Kind.AUDIO, muted=True)])
    assert made.muted(VILLEFORT) == [Kind.AUDIO]
    assert made.of(VILLEFORT)[0].muted


def test_one_offer_is_open_at_a_time_and_what_changes_waits() -> None:
    subscription = Subscription(LEG)
    a, b = TrackId("a"), TrackId("b")
    assert not subscription.ask(())
    assert subscription.ask((a,))
    assert not subscription.ask((a, b))
    subscription.offered(1)
    assert not subscription.ask((a, b))
    assert not subscription.answers(2)
    assert subscription.answers(1)
    assert not subscription.answers(1)
    assert subscription.ask((a, b))
    subscription.offered(None)
    assert not subscription.waiting
    assert not subscription.ask((b, a))
    assert subscription.ask(())


def test_a_leg_that_outlived_us_goes_on_from_its_serial() -> None:
    subscription = Subscription(LEG, 7, [TrackId("a")])
    assert subscription.serial == 7
    assert not subscription.ask((TrackId("a"),))
    assert subscription.ask((TrackId("a"), TrackId("b")))


OFFER = "\r\n".join(
    [
        "v=0",
        "m=audio 9 UDP/TLS/RTP/SAVPF 111",
        "a=mid:0",
        "m=video 9 UDP/TLS/RTP/SAVPF 96",
        "a=mid:1",
        "a=sendonly",
        "m=video 9 UDP/TLS/RTP/SAVPF 96",
        "a=mid:2",
        "a=inactive",
        "m=audio 9 UDP/TLS/RTP/SAVPF 111",
        "a=recvonly",
        "m=video 9 UDP/TLS/RTP/SAVPF 96",
        "",
    ]
)


def test_lines_that_send_are_found_in_their_order() -> None:
    assert sending_lines(OFFER) == [("audio", "0"), ("video", "1"), ("video", "")]


def test_tracks_are_named_by_what_the_offer_says_of_their_lines() -> None:
    tracks = [
        track("a", VILLEFORT, Kind.AUDIO),
        track("v", VILLEFORT, Kind.VIDEO),
        track("w", VILLEFORT, Kind.VIDEO),
        track("x", VILLEFORT, Kind.VIDEO),
    ]
    named = with_sources(tracks, OFFER, {"0": "microphone", "1": "screen"})
    assert [(t.id, t.source) for t in named] == [
        ("a", "microphone"),
        ("v", "screen"),
        ("w", "camera"),
        ("x", "camera"),
    ]


def test_a_leg_of_the_lobby_is_asked_for_once_although_nothing_is_wanted() -> None:
    subscription = Subscription(LegId("lg-1"), early=True)
    assert subscription.ask(())
    subscription.offered(None)
    assert not subscription.ask(())
    assert subscription.ask((TrackId("a"),))
