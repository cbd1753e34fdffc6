"""What lies between a visitor and an animateur: papers, requests, a still."""

from dataclasses import replace

import pytest

from orchestrator import desk_table as tables
from orchestrator.desk_table import BARE, Paper, Picture, Place, Request, Step, Still, Table, Wish
from rooms.errors import Conflict, NotFound

ONE, TWO, FILE = (
    Picture(content_type=kind, body=body)
    for kind, body in (("image/png", b"1"), ("image/png", b"2"), ("application/pdf", b"%PDF-"))
)
PAPER = Paper(number=7, file=FILE, pages=(ONE, TWO))
LAID = tables.lay(BARE, PAPER)


def asked(wish: Wish, table: Table = LAID) -> Table:
    return tables.ask(table, Request(number=9, wish=wish, place=Place.TOP_LEFT))


def test_a_page_is_turned_within_the_paper_and_not_beyond() -> None:
    assert tables.paper_of(tables.turn(LAID, 2)).page == 2
    assert tables.page_of(LAID, 1) == ONE
    for page in (0, 3):
        with pytest.raises(NotFound, match="no-page"):
            tables.turn(LAID, page)
    with pytest.raises(NotFound, match="no-document"):
        tables.turn(BARE, 1)


def test_nobody_turns_the_page_under_the_hand_of_who_signs() -> None:
    with pytest.raises(Conflict, match="being-signed"):
        tables.turn(asked(Wish.SIGN), 2)
    refused = tables.settle(asked(Wish.SIGN), 9, Step.REFUSED)
    assert tables.paper_of(tables.turn(refused, 2)).page == 2
    assert tables.paper_of(tables.turn(asked(Wish.PRINT), 2)).page == 2


def test_there_must_be_a_paper_to_sign_or_to_print_and_none_to_show_one() -> None:
    for wish in (Wish.SIGN, Wish.PRINT):
        with pytest.raises(NotFound, match="no-document"):
            asked(wish, BARE)
    assert asked(Wish.SHOW, BARE).request == Request(number=9, wish=Wish.SHOW, place=Place.TOP_LEFT)


def test_another_paper_ends_what_was_asked_about_the_former() -> None:
    assert tables.lay(asked(Wish.SIGN), replace(PAPER, number=8)).request is None
    assert tables.take_away(asked(Wish.PRINT)) == BARE
    assert tables.take_away(asked(Wish.SHOW)).request is not None
    assert tables.take_away(LAID) == BARE


def test_the_desk_answers_what_was_asked_and_nothing_else() -> None:
    done = tables.settle(asked(Wish.PRINT), 9, Step.DONE)
    assert done.request is not None
    assert done.request.step is Step.DONE
    for table, number, step in (
        (done, 9, Step.DONE),
        (asked(Wish.PRINT), 8, Step.DONE),
        (asked(Wish.PRINT), 9, Step.SHOWING),
        (asked(Wish.SIGN), 9, Step.DONE),
        (tables.withdraw(asked(Wish.PRINT)), 9, Step.DONE),
    ):
        with pytest.raises(Conflict, match="not-asked"):
            tables.settle(table, number, step)


def test_a_signature_takes_the_place_of_the_page_that_was_shown() -> None:
    table = asked(Wish.SIGN, tables.turn(LAID, 2))
    assert tables.to_sign(table, 9) == (tables.paper_of(table), Place.TOP_LEFT)
    signed = replace(FILE, body=b"%PDF-signed")
    after = tables.sign(table, 10, 7, signed, ONE)
    assert after.paper == Paper(number=10, file=signed, pages=(ONE, ONE), page=2, signed=1)
    assert after.request is not None
    assert after.request.step is Step.DONE
    for other in (asked(Wish.PRINT), after):
        with pytest.raises(Conflict, match="not-asked"):
            tables.to_sign(other, 9)


def test_a_signature_for_a_paper_that_is_gone_signs_nothing() -> None:
    for table, former in ((asked(Wish.SIGN), 6), (LAID, 7)):
        with pytest.raises(Conflict, match="not-asked"):
            tables.sign(table, 10, former, FILE, ONE)


def test_a_still_is_taken_once_and_only_of_a_paper_that_is_shown() -> None:
    for table in (LAID, asked(Wish.SHOW), asked(Wish.SIGN)):
        with pytest.raises(Conflict, match="not-shown"):
            tables.want_still(table)
    shown = tables.settle(asked(Wish.SHOW), 9, Step.SHOWING)
    with pytest.raises(Conflict, match="not-asked"):
        tables.bring_still(shown, ONE)
    wanted = tables.want_still(shown)
    there = tables.bring_still(wanted, ONE)
    assert (wanted.still, there.still) == (Still.WANTED, Still.THERE)
    after, taken = tables.take_still(there)
    assert (after, taken) == (shown, ONE)
    with pytest.raises(NotFound, match="no-still"):
        tables.take_still(after)


def test_a_paper_put_away_takes_its_still_along() -> None:
    wanted = tables.want_still(tables.settle(asked(Wish.SHOW), 9, Step.SHOWING))
    assert tables.settle(wanted, 9, Step.SHOWING).still is Still.WANTED
    assert tables.settle(wanted, 9, Step.REFUSED).still is Still.NONE
    assert tables.withdraw(tables.bring_still(wanted, ONE)) == LAID
