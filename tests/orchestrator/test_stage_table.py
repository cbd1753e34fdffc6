"""The tables of the stage: nothing forgotten, nothing unreachable, one way on air."""

import pytest

from orchestrator.stage_table import (
    LADDER,
    PLACES,
    SOURCE,
    Layout,
    Mishap,
    Move,
    Rung,
    Source,
    SourceState,
    Spot,
    Stage,
)
from rooms.errors import Conflict, NotFound


def test_the_tables_name_every_state_and_use_every_word() -> None:
    assert set(SOURCE) == set(SourceState)
    assert {move for moves in SOURCE.values() for move in moves} == set(Move)
    assert set(LADDER) == set(Rung)
    assert {mishap for moves in LADDER.values() for mishap in moves} == set(Mishap)
    assert set(PLACES) == set(Layout)


def test_on_air_leads_one_way_from_the_wings_and_one_from_being_held() -> None:
    ways = {
        (state, move)
        for state, moves in SOURCE.items()
        for move, to in moves.items()
        if to is SourceState.ON_AIR
    }
    assert ways == {
        (SourceState.READY, Move.TAKE),
        (SourceState.READY, Move.RULE),
        (SourceState.HELD, Move.TAKE),
    }


def test_who_comes_back_comes_to_the_wings() -> None:
    assert SOURCE[SourceState.ABSENT] == {Move.CAME: SourceState.CONNECTED}


def test_a_stage_tells_who_is_where() -> None:
    stage = Stage(
        sources=(
            Source(id="meyrueis", state=SourceState.ON_AIR),
            Source(id="florac", substitute="mende"),
            Source(id="mende", state=SourceState.HELD),
        ),
        layout=Layout.TWO,
        spots=(
            Spot(owner="mende", source="meyrueis"),
            Spot(owner="florac", source="florac", rung=Rung.PROPOSED),
        ),
    )
    assert stage.on_air == {"meyrueis"}
    assert stage.in_program == {"meyrueis", "florac"}
    assert stage.proposals == {"florac": "mende"}
    assert stage.spot("meyrueis") is stage.place("mende") is stage.spots[0]
    assert stage.spot("florac") is stage.place("florac") is stage.spots[1]


def test_who_is_not_there_is_not_found() -> None:
    with pytest.raises(NotFound):
        Stage().source("meyrueis")
    with pytest.raises(Conflict):
        Stage().spot("meyrueis")
    with pytest.raises(Conflict):
        Stage().place("meyrueis")
