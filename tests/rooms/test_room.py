import pytest

from rooms.ids import CentreId, RoomId
from rooms.room import Desk, DeskId, Room, calendar_address, room_at

DOMAIN = "visio.lozere.example"


def test_a_room_marks_what_loses_unless_it_says_otherwise() -> None:
    room = Room(
        id=RoomId("villefort-visio"),
        centre=CentreId("villefort"),
        name="Salle visio",
        capacity=8,
        equipment=("screen",),
        bookable_by=("booker",),
    )
    assert room.direct_put == "mark"


def test_a_desk_belongs_to_a_centre() -> None:
    desk = Desk(id=DeskId("murat-accueil"), centre=CentreId("murat"), name="Visio-accueil")
    assert desk.centre == "murat"


def test_the_calendar_address_leads_back_to_the_room() -> None:
    address = calendar_address(RoomId("villefort-visio"), DOMAIN)
    assert address == "mailto:salle.villefort-visio@visio.lozere.example"
    assert room_at(address, DOMAIN) == "villefort-visio"


@pytest.mark.parametrize(
    "address",
    [
        "MAILTO:Salle.Villefort-Visio@VISIO.lozere.example",
        " mailto:salle.villefort-visio@visio.lozere.example ",
        "salle.villefort-visio@visio.lozere.example",
    ],
)
def test_clients_may_change_case_and_drop_the_scheme(address: str) -> None:
    assert room_at(address, DOMAIN) == "villefort-visio"


@pytest.mark.parametrize(
    "address",
    [
        "",
        "mailto:claire@visio.lozere.example",
        "mailto:salle.villefort-visio@autre.example",
        "mailto:salle.@visio.lozere.example",
        "mailto:salle.a@b@visio.lozere.example",
        "https://visio.lozere.example/salle.villefort-visio",
    ],
)
def test_other_addresses_name_no_room(address: str) -> None:
    assert room_at(address, DOMAIN) is None
