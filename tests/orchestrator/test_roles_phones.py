"""What a phone paired on a room's screen may ask, of which room, until when."""

from datetime import UTC, datetime, timedelta

import pytest

from orchestrator.roles import OF_PHONES, may_ask_by_phone, may_command_by_phone
from rooms.control import COMMANDS
from rooms.ids import RoomId

TEN = datetime(2026, 11, 26, 10, 0, tzinfo=UTC)
HERE, AFAR = RoomId("villefort-visio"), RoomId("meyrueis-visio")


@pytest.mark.parametrize(
    ("room", "seconds", "may"), [(HERE, -1, True), (HERE, 0, False), (HERE, 1, False),
                                 (AFAR, -1, False)],
)  # fmt: skip
def test_a_phone_commands_its_room_until_its_time_is_over(
    room: RoomId, seconds: int, may: bool
) -> None:
    assert may_command_by_phone(HERE, TEN, room, TEN + timedelta(seconds=seconds)) is may


def test_a_phone_asks_for_nothing_that_stays_nor_for_the_machine() -> None:
    assert set(COMMANDS) >= OF_PHONES
    refused = {name for name in COMMANDS if not may_ask_by_phone(name)}
    assert refused == {
        *("camera.preset.store", "camera.preset.delete", "video.picture.keep"),
        *("room.message.show", "room.message.clear", "room.dnd.set"),
        *(
            "system.identify",
            "system.diagnostics.run",
            "system.line.test",
            "system.restart",
            "system.reboot",
        ),
        "system.logs.collect",
    }
