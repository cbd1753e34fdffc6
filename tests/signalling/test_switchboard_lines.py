"""The worker knows the line of whoever sits in a room, and still knows it after its own death."""

from collections.abc import AsyncIterator

import pytest

from rooms.ids import ParticipantId, RoomId
from signalling.engine import Budget, EngineBack
from tests.fakes.wire import SESSION, Board, settle

LINE = Budget(line="villefort", up_kbps=800, down_kbps=8000, rtt_ms=45)
ROOM = "villefort-visio"


@pytest.fixture
async def board() -> AsyncIterator[Board]:
    async with Board() as board:
        board.house.lines[RoomId(ROOM)] = LINE
        yield board


async def test_a_room_is_behind_the_line_of_its_centre_and_a_person_anywhere(board: Board) -> None:
    await board.guest(f"pa:{ROOM}").arrive()
    await board.guest("pa:anne").arrive()
    assert board.engine.called("line") == [(SESSION, ParticipantId(ROOM), LINE)]


async def test_a_new_worker_is_told_again(board: Board) -> None:
    await board.guest(f"pa:{ROOM}").arrive()
    board.engine.forget()
    board.engine.emit(EngineBack(fresh=True))
    await settle()
    assert board.engine.called("line") == [(SESSION, ParticipantId(ROOM), LINE)] * 2


async def test_a_room_joins_although_no_worker_hears_of_its_line(board: Board) -> None:
    board.engine.absent = True
    guest = board.guest(f"pa:{ROOM}")
    await guest.arrive()
    assert guest.line.last("joined")["you"] == ROOM
