"""Somebody who is here by HTTP: what is refused is told as it is, and nobody waits for ever."""

import asyncio

import pytest

from rooms.errors import Conflict, MargerideError, Unavailable
from rooms.ids import LegId, ParticipantId
from signalling.ports import Identity
from signalling.resident import Resident
from tests.fakes.wire import LEGS, SESSION, Board, settle, until

CAMERA = Identity(participant=ParticipantId("camera"), session=SESSION)
SOON = 5.0


def resident(board: Board) -> Resident:
    return Resident(board.wire, "fr")


async def sends(one: Resident, leg: int) -> str:
    async with asyncio.timeout(SOON):
        return await one.publish(CAMERA, LegId(LEGS[leg]), "video")


async def test_who_is_not_let_in_is_told_why_and_leaves_nothing_behind(board: Board) -> None:
    board.house.over.add(SESSION)
    camera = resident(board)
    with pytest.raises(Conflict, match="session-over"):
        await sends(camera, 0)
    await camera.leave()
    assert camera.over.is_set()
    assert board.wire.connected == 0


async def test_nobody_comes_in_while_the_service_is_leaving(board: Board) -> None:
    board.wire.drain()
    camera = resident(board)
    with pytest.raises(Unavailable):
        await sends(camera, 0)
    await camera.leave()
    assert board.wire.connected == 0


async def test_of_two_that_come_at_once_with_one_token_the_later_stays_and_neither_waits(
    board: Board,
) -> None:
    gate = asyncio.Event()
    enter = board.house.enter

    async def slowly(*asked: object) -> object:
        if not gate.is_set():
            board.house.enter = enter  # type: ignore[method-assign]
            await gate.wait()
        return await enter(*asked)  # type: ignore[arg-type]

    board.house.enter = slowly  # type: ignore[method-assign, assignment]
    first, second = resident(board), resident(board)
    one = asyncio.create_task(sends(first, 0))
    await settle()
    two = asyncio.create_task(sends(second, 1))
    await until(two.done)
    gate.set()
    refusal, answer = await asyncio.gather(one, two, return_exceptions=True)
    assert isinstance(refusal, MargerideError)
    assert isinstance(answer, str)
    assert first.over.is_set()
    assert not second.over.is_set()
    await second.leave()


async def test_a_fault_of_ours_is_told_to_who_waits_for_an_answer(board: Board) -> None:
    board.house.broken = True
    camera = resident(board)
    with pytest.raises(RuntimeError):
        await sends(camera, 0)
    await camera.leave()
    assert camera.over.is_set()
