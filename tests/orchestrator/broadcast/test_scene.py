"""What the frame shows, from what every screen is told."""

from typing import Any

from orchestrator.broadcast.scene import Scene, scene_of

NAMES = {"pa-1": "Mme Rey", "pa-2": "Salle de Meyrueis"}
SITES = [{"room": "meyrueis-visio", "name": "Meyrueis"}]


def session(*spots: dict[str, Any], layout: str = "two", state: str = "on_air") -> dict[str, Any]:
    stage = {"layout": layout, "spots": list(spots), "heard": ["pa-1"]}
    return {"title": "Inauguration", "state": state, "sites": SITES, "stage": stage}


def spot(participant: str | None, room: str | None = None, slate: bool = False) -> dict[str, Any]:
    return {"participant": participant, "room": room, "slate": slate}


def test_nothing_is_known_yet() -> None:
    assert scene_of({}, {}, 640, 360) == Scene()


def test_before_the_air_nobody_is_shown_or_heard() -> None:
    found = scene_of(session(spot("pa-1"), state="doors"), NAMES, 640, 360)
    assert found == Scene(title="Inauguration")


def test_a_session_without_a_stage_has_the_slate() -> None:
    assert scene_of({"state": "on_air", "title": "x"}, {}, 640, 360) == Scene(title="x")


def test_pictures_stand_where_the_layout_says_under_the_names_of_their_places() -> None:
    found = scene_of(session(spot("pa-1"), spot("pa-2", "meyrueis-visio")), NAMES, 640, 360)
    assert [(one.name, one.rect.left) for one in found.places] == [
        ("Mme Rey", 0),
        ("Meyrueis", 320),
    ]
    assert found.shown == {"pa-1", "pa-2"}
    assert found.heard == {"pa-1"}


def test_one_that_is_lost_keeps_its_place_and_name_and_is_not_shown() -> None:
    found = scene_of(session(spot(None, "meyrueis-visio", slate=True)), {}, 640, 360)
    assert (found.places[0].name, found.places[0].slate, found.shown) == (
        "Meyrueis",
        True,
        frozenset(),
    )


def test_slides_are_wanted_beside_who_speaks() -> None:
    told = session(spot("pa-1"), spot("pa-2"), layout="slides_and_speaker")
    assert [one.slides for one in scene_of(told, NAMES, 640, 360).places] == [False, True]


def test_more_spots_than_the_layout_holds_are_left_out() -> None:
    found = scene_of(session(spot("pa-1"), spot("pa-2"), layout="one"), NAMES, 640, 360)
    assert len(found.places) == 1
