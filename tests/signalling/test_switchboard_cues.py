"""Cues on the wire: told to everybody and to who joins, acknowledged to the house."""

from signalling.messages_cues import CueFire, CueKind, CueLoad, CueReady, CueRecall
from tests.fakes.wire import SESSION, Board

LOAD = CueLoad(cue="cu-1", version=2, kind=CueKind.MESSAGE, title="Ruban", text="Coupez")
FIRE = CueFire(cue="cu-1", version=2, at="2013-06-14T12:00:05.000000Z")
READY = {"cue": "cu-1", "version": 2, "sha256": [], "rtt_ms": 600, "error_ms": 4}


async def test_a_cue_is_told_to_everybody_who_is_in(board: Board) -> None:
    anne, marc = await board.person("anne", 0), board.guest("pa:marc")
    await marc.hello()
    await board.wire.cue(SESSION, LOAD)
    assert anne.line.last("cue.load")["text"] == "Coupez"
    assert marc.line.of("cue.load") == []


async def test_nobody_is_told_of_a_session_that_is_empty(board: Board) -> None:
    await board.wire.cue(SESSION, LOAD)
    anne = await board.person("anne", 0)
    assert anne.line.of("cue.load") == []  # what she is told comes from the house


async def test_who_joins_is_told_what_is_loaded_and_fired(board: Board) -> None:
    board.house.loaded = [LOAD, FIRE]
    anne = await board.person("anne", 0)
    kinds = [said["type"] for said in anne.line.said]
    assert kinds.index("joined") < kinds.index("cue.load") < kinds.index("cue.fire")


async def test_whose_line_broke_is_told_what_he_missed(board: Board) -> None:
    anne = await board.person("anne", 0)
    resume, seq = anne.line.last("welcome")["resume"], anne.line.said[-1]["seq"]
    anne.caller.gone()
    await board.wire.cue(SESSION, CueRecall(cue="cu-1", version=2))
    back = board.guest("pa:anne")
    await back.hello(resume=resume, last_seq=seq)
    assert [said["type"] for said in back.line.said] == ["welcome", "cue.recall"]


async def test_what_an_endpoint_says_of_a_cue_is_told_to_the_house(board: Board) -> None:
    anne = await board.person("anne", 0)
    await anne.say("cue.ready", **READY)
    await anne.say("cue.refused", cue="cu-1", version=2, why="fetch")
    await anne.say("cue.fired", cue="cu-1", version=2, at="2013-06-14T12:00:05.010Z")
    assert board.house.heard("cue.ready") == [
        ("anne", CueReady(cue="cu-1", version=2, sha256=(), rtt_ms=600, error_ms=4))
    ]
    assert len(board.house.heard("cue.refused")) == len(board.house.heard("cue.fired")) == 1


async def test_who_is_not_in_says_nothing_of_cues(board: Board) -> None:
    marc = board.guest("pa:marc")
    await marc.hello()
    await marc.say("cue.ready", **READY)
    assert marc.line.last("error")["code"] == "not-joined"


async def test_the_clock_that_is_told_is_the_one_cues_are_fired_by(board: Board) -> None:
    anne = await board.person("anne", 0)
    await anne.say("clock", sent=1.5)
    told = anne.line.last("clock.told")
    assert told == {"type": "clock.told", "sent": 1.5, "at": f"{board.wire.now():%FT%T.%f}Z"}
