"""What peers are told of the relays, and what those are told who have not said who they are."""

from datetime import datetime, timedelta

import pytest

from rooms.ids import ParticipantId, SessionId
from signalling.messages import IceServer
from signalling.peer import Closing
from signalling.ports import Identity
from signalling.switchboard import Switchboard
from tests.fakes.wire import Board, settle


class Hourly:
    """Relays whose credentials name the peer and the hour."""

    renew_after = timedelta(minutes=30)

    def servers(self, name: str, now: datetime) -> tuple[IceServer, ...]:
        return (IceServer(urls=("turn:relay",), username=f"{now:%H%M}:{name}", credential="x"),)


class RelayedBoard(Board):
    def __init__(self) -> None:
        super().__init__()
        self.wire = Switchboard(self.house, self.engine, self.clock, Hourly())


async def test_without_relays_the_list_is_empty(board: Board) -> None:
    anne = board.guest("pa:anne")
    await anne.hello()
    assert anne.line.last("welcome")["ice"] == []
    await board.wire.sweep(board.clock.advance(7200))
    assert anne.line.of("ice") == []


async def test_a_peer_is_told_the_relays_and_told_anew_before_they_expire() -> None:
    async with RelayedBoard() as board:
        anne = board.guest("pa:anne")
        await anne.hello()
        [told] = anne.line.last("welcome")["ice"]
        assert told == {"urls": ["turn:relay"], "username": "1200:anne", "credential": "x"}
        await board.wire.sweep(board.clock.advance(29 * 60))
        assert anne.line.of("ice") == []
        await board.wire.sweep(board.clock.advance(60))
        assert anne.line.last("ice")["ice"][0]["username"] == "1230:anne"
        await board.wire.sweep(board.clock.advance(60))
        assert len(anne.line.of("ice")) == 1


async def test_who_comes_back_is_told_anew_and_who_is_gone_is_forgotten() -> None:
    async with RelayedBoard() as board:
        anne = board.guest("pa:anne")
        await anne.hello()
        welcome = anne.line.last("welcome")
        anne.caller.gone()
        board.clock.advance(50)
        again = board.guest("pa:anne")
        await again.hello(resume=welcome["resume"], last_seq=0)
        assert again.line.last("welcome")["resumed"]
        assert again.line.last("welcome")["ice"][0]["username"] == "1200:anne"
        again.caller.gone()
        await settle()
        await board.wire.sweep(board.clock.advance(3600))
        await board.wire.sweep(board.clock.advance(1))
        assert board.wire._relays._due == {}


async def test_a_restart_is_told_to_those_too_who_have_not_said_hello(board: Board) -> None:
    silent, gone = board.guest("pa:anne"), board.guest("pa:bruno")
    gone.caller.gone()
    board.wire.drain()
    assert silent.line.code is Closing.RESTART
    assert gone.line.code is None
    late = board.guest("pa:late")
    assert late.line.code is Closing.RESTART


async def test_who_is_being_looked_up_when_the_restart_comes_is_not_welcomed(
    board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    anne = board.guest("pa:anne")

    async def identify(token: str) -> Identity:
        board.wire.drain()
        return Identity(participant=ParticipantId("anne"), session=SessionId("se-1"))

    monkeypatch.setattr(board.house, "identify", identify)
    await anne.hello()
    assert anne.line.code is Closing.RESTART
    assert anne.line.of("welcome") == []
    assert board.wire.connected == 0


async def test_who_is_known_is_no_stranger_any_more(board: Board) -> None:
    anne = board.guest("pa:anne")
    assert len(board.wire._strangers) == 1
    await anne.hello()
    resume = anne.line.last("welcome")["resume"]
    anne.caller.gone()
    again = board.guest("pa:anne")
    await again.hello(resume=resume, last_seq=0)
    nobody = board.guest("nobody")
    await nobody.hello()
    nobody.caller.gone()
    assert board.wire._strangers == set()
