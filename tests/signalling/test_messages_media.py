"""What docs/protocol.md says of layers, views and speakers."""

import json

import pytest

from rooms.errors import Invalid
from rooms.ids import LegId, ParticipantId, TrackId
from signalling.engine import Mode, Why
from signalling.messages import body, hear, understand
from signalling.messages_media import (
    ChosenTrack,
    PublishLayers,
    ShownTrack,
    Speakers,
    View,
    ViewChosen,
)

TRACK, LEG = TrackId("tr-1"), LegId("lg-1")


def test_a_view_says_what_is_shown_and_how_much_is_wanted() -> None:
    said = '{"type": "view", "tracks": [{"track": "tr-1", "height": 360, "stage": true}]}'
    shown = ShownTrack(track=TRACK, height=360, stage=True)
    assert hear(said) == View(tracks=(shown,), mode=Mode.FULL)


@pytest.mark.parametrize(
    "wrong",
    [
        {"tracks": [{"track": "tr-1", "height": -1}]},
        {"tracks": [{"track": "tr-1", "height": 10_001}]},
        {"tracks": [{"track": "tr-1", "height": 1.5}]},
        {"tracks": [{"track": "tr-1", "height": 1}] * 257},
        {"tracks": [], "mode": "all"},
        {"tracks": None},
    ],
)
def test_a_view_beyond_its_limits_is_refused(wrong: object) -> None:
    assert isinstance(wrong, dict)
    with pytest.raises(Invalid, match="bad-message"):
        hear(json.dumps({"type": "view", **wrong}))


@pytest.mark.parametrize(
    "message",
    [
        ViewChosen(
            leg=LEG,
            available_kbps=None,
            tracks=(ChosenTrack(track=TRACK, layer=None, kbps=0, why=Why.LINE),),
        ),
        PublishLayers(leg=LEG, track=TRACK, rids=("q",), kbps=None),
        Speakers(participants=(ParticipantId("pa-1"),)),
    ],
)
def test_what_the_service_says_of_media_is_understood_as_it_was_meant(
    message: ViewChosen | PublishLayers | Speakers,
) -> None:
    assert understand(body(message)) == (None, message)
