"""What the house says is on air is what the worker lets through."""

from rooms.ids import ParticipantId
from signalling.engine import Air, EngineBack
from tests.fakes.wire import SESSION, Board, settle

NOBODY = Air()
TALK = (ParticipantId("desk-1"), ParticipantId("anne"))
ANNE = Air(heard=frozenset({ParticipantId("anne")}), seen=frozenset({ParticipantId("anne")}))
ORDERS = Air(desks=frozenset({TALK[0]}), talks=frozenset({TALK}))


def put(board: Board) -> list[object]:
    """What the worker was told to let through, in order."""
    return [air for _, air in board.engine.called("air")]


async def test_the_worker_knows_what_is_on_air_before_anybody_sends(board: Board) -> None:
    board.house.airs[SESSION] = NOBODY
    await board.person("anne", 0)
    names = [name for name, _ in board.engine.calls]
    assert names.index("open") < names.index("air") < names.index("publish")
    assert put(board) == [NOBODY]


async def test_a_session_without_a_stage_is_left_as_it_is(board: Board) -> None:
    await board.person("anne", 0)
    await board.wire.session_changed(SESSION)
    assert put(board) == []


async def test_every_change_is_put_on_air_once_and_before_it_is_told(board: Board) -> None:
    anne = await board.person("anne", 0)
    for air in (NOBODY, ANNE, ANNE, None, None):
        board.house.airs.pop(SESSION, None)
        if air is not None:
            board.house.airs[SESSION] = air
        await board.wire.session_changed(SESSION)
    assert put(board) == [NOBODY, ANNE, None]
    assert len(anne.line.of("session.changed")) == 5


async def test_a_session_nobody_is_in_is_put_on_air_when_somebody_comes(board: Board) -> None:
    board.house.airs[SESSION] = ANNE
    await board.wire.session_changed(SESSION)
    assert put(board) == []
    await board.person("anne", 0)
    assert put(board) == [ANNE]


async def test_a_worker_that_comes_back_is_told_again(board: Board) -> None:
    board.house.airs[SESSION] = ANNE
    await board.person("anne", 0)
    board.engine.forget()
    board.engine.emit(EngineBack(fresh=True))
    await settle()
    assert put(board) == [ANNE, ANNE]


async def test_what_could_not_be_told_is_told_when_the_worker_is_there(board: Board) -> None:
    await board.person("anne", 0)
    board.engine.absent = True
    board.house.airs[SESSION] = ANNE
    await board.wire.session_changed(SESSION)
    board.engine.absent = False
    await board.wire.session_changed(SESSION)
    assert put(board) == [ANNE, ANNE]


async def test_nobody_is_told_of_a_desk_whose_sound_is_offered_like_any_other(board: Board) -> None:
    board.house.airs[SESSION] = ORDERS
    desk = await board.person("desk-1", 0)
    anne = await board.person("anne", 2)
    assert [one["id"] for one in anne.line.last("joined")["participants"]] == ["anne"]
    offered = [track for offer in anne.line.of("subscribe.offer") for track in offer["tracks"]]
    assert "desk-1" in {track["participant"] for track in offered}
    assert desk.line.of("error") == []
    board.engine.forget()
    board.engine.emit(EngineBack(fresh=True))
    await settle()
    assert put(board) == [ORDERS, ORDERS]
    assert anne.line.of("participant.joined") + anne.line.of("participant.changed") == []
