"""Orders in a ceremony that is directed: whose they are, and when they end."""

from dataclasses import replace

import pytest

from orchestrator import staging as ceremony
from orchestrator.floor import Mode, Seat
from orchestrator.stage_table import Layout
from orchestrator.staging import Act, Staging, Word
from orchestrator.talkback import Talk
from rooms.errors import Forbidden
from tests.fakes.rooms import NINE
from tests.orchestrator.test_talkback import ANNE, FLORAC, MEYRUEIS, TOM, VILLEFORT, staged


def directed() -> Staging:
    staging = replace(ceremony.begin(ANNE, ()), stage=staged())
    deputy = Act(word=Word.DEPUTIES, deputies=(TOM,))
    return ceremony.done(ceremony.done(staging, deputy, ANNE, NINE), Act(word=Word.HERE), TOM, NINE)


def test_a_source_that_comes_on_air_while_it_is_spoken_to_hears_no_more_of_it() -> None:
    act = Act(word=Word.TALK, sources=(VILLEFORT,))
    staging = ceremony.done(directed(), act, ANNE, NINE)
    assert staging.spoken_to == {VILLEFORT}
    for word in (Act(word=Word.PREPARE, layout=Layout.ONE, sources=(VILLEFORT,)),
                 Act(word=Word.TAKE)):  # fmt: skip
        staging = ceremony.done(staging, word, ANNE, NINE)
    assert staging.spoken_to == frozenset()
    staging = ceremony.done(staging, Act(word=Word.MODE, mode=Mode.DIRECTOR), ANNE, NINE)
    assert staging.spoken_to == {VILLEFORT}  # seen, and not heard
    assert ceremony.done(staging, Act(word=Word.TALK), ANNE, NINE).talk is None


def test_orders_are_of_who_has_the_desk_and_end_when_he_gives_it_up_or_is_lost() -> None:
    act = Act(word=Word.TALK, wings=True)
    with pytest.raises(Forbidden):
        ceremony.done(directed(), act, TOM, NINE)
    staging = ceremony.done(directed(), act, ANNE, NINE)
    assert staging.talk == Talk(by=ANNE, wings=True)
    over = ceremony.done(staging, Act(word=Word.HAND_OVER, person=TOM), ANNE, NINE)
    assert over.talk is None
    lost = ceremony.ticked(ceremony.desk_lost(staging, ANNE), NINE)
    assert (lost.direction.holder, lost.talk) == (TOM, None)


def test_the_slate_comes_at_once_and_what_was_on_air_can_be_taken_again() -> None:
    staging = directed()
    act = Act(word=Word.PREPARE, layout=Layout.ONE, sources=(VILLEFORT,))
    staging = ceremony.done(staging, act, ANNE, NINE)
    blank = ceremony.done(staging, Act(word=Word.SLATE), ANNE, NINE)
    assert (blank.stage.layout, blank.stage.spots, blank.heard) == (Layout.SLATE, (), frozenset())
    assert blank.stage.preview.sources == (MEYRUEIS,)
    assert ceremony.done(blank, Act(word=Word.SLATE), ANNE, NINE) == blank
    again = ceremony.done(blank, Act(word=Word.TAKE), ANNE, NINE)
    assert again.heard == {MEYRUEIS}


def test_a_hand_asks_for_the_floor_and_gives_it_back_and_changes_nothing_where_it_cannot() -> None:
    staging, seat = directed(), Seat(source=VILLEFORT)
    asks = ceremony.hand(staging, VILLEFORT, True, NINE)
    assert asks.floor.queue == (seat,)
    assert ceremony.hand(asks, VILLEFORT, True, NINE) == asks
    assert ceremony.hand(asks, VILLEFORT, False, NINE).floor.queue == ()
    given = ceremony.done(asks, Act(word=Word.GRANT, source=VILLEFORT), ANNE, NINE)
    assert ceremony.hand(given, VILLEFORT, False, NINE).floor.holders == ()
    for source in (FLORAC, "nowhere"):  # absent, and not known
        assert ceremony.hand(staging, source, True, NINE) == staging
