from calendars.policy import RoomRules
from tests.fakes.places import a_centre, a_room


def test_a_room_is_for_the_roles_it_names() -> None:
    rules = RoomRules(a_room(bookable_by=("trainer",)), a_centre())
    assert rules.may_book("trainer")
    assert not rules.may_book("booker")


def test_an_administrator_may_book_any_room() -> None:
    assert RoomRules(a_room(bookable_by=("trainer",)), a_centre()).may_book("admin")
