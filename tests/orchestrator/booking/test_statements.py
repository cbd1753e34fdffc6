"""What a booking asks of the database: counted, for a count is the same on every machine."""

from pathlib import Path
from typing import Any

from sqlalchemy import event as sql

from tests.fakes.dav import event, open_house, soon

ROOM = "villefort-visio"
MOST = 22  # in the transaction of a first PUT that books one room


async def test_a_room_is_booked_by_few_statements(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        tom = house.client("tom")
        asked: list[str] = []

        def note(_conn: Any, _cursor: Any, statement: str, *_: Any) -> None:
            asked.append(statement)

        def body(number: int) -> bytes:
            organiser = f"ORGANIZER:mailto:tom@{house.network.mail_domain}"
            return event(f"q{number}", start=soon(2 + number), rooms=[ROOM], more=[organiser])

        assert (await tom.put("calendar/q0.ics", body(0))).status == 201
        sql.listen(house.database._writing, "before_cursor_execute", note)
        assert (await tom.put("calendar/q1.ics", body(1))).status == 201
        assert await house.held(ROOM) == 2
        assert len(asked) <= MOST, "\n".join(asked)
