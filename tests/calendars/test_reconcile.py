"""Every way in which two calendars can have come apart, and what is then done."""

from typing import Any

import pytest

from calendars.reconcile import Action, Do, Link, Ours, Theirs, There, reconcile, unwritten


def mine(**changed: Any) -> Ours:
    facts: dict[str, Any] = {
        "name": "bk-1.ics", "etag": "here-1", "href": "bk-1.ics", "uid": "bk-1@x", "digest": "d1",
        "held": True, "at_home": False,
    }  # fmt: skip
    return Ours(**facts | changed)


def its(**changed: Any) -> Theirs:
    facts: dict[str, Any] = {
        "href": "bk-1.ics", "etag": "there-1", "uid": "bk-1@x", "digest": "d1", "holds": True,
    }  # fmt: skip
    return Theirs(**facts | changed)


def link(**changed: Any) -> Link:
    facts: dict[str, Any] = {
        "href": "bk-1.ics", "name": "bk-1.ics", "uid": "bk-1@x", "etag": "there-1", "seen": "d1",
        "sent": "here-1", "ours": True,
    }  # fmt: skip
    return Link(**facts | changed)


def plan(
    here: Ours | None, there: Theirs | None, known: Link | None, *, forgot: bool = False
) -> list[tuple[Do, str | None]]:
    objects = {there.href: there} if there else {}
    found = reconcile(
        [here] if here else [], There(objects=objects, forgot=forgot), [known] if known else []
    )
    return [(action.do, action.etag) for action in found]


EDITED = its(etag="there-2", digest="d2")


@pytest.mark.parametrize(
    ("here", "there", "known", "wanted"),
    [
        # never seen together
        (mine(), None, None, [(Do.WRITE, None)]),
        (mine(held=False), None, None, []),
        (mine(to_come=False), None, None, []),
        (None, its(), None, [(Do.BOOK, "there-1")]),
        (None, its(holds=False), None, [(Do.LEAVE, "there-1")]),
        (None, its(to_come=False), None, [(Do.LEAVE, "there-1")]),
        # the answer to a write never came
        (mine(), its(), None, [(Do.ADOPT, "there-1")]),
        (mine(), its(digest="older"), None, [(Do.UPDATE, "there-1")]),
        (mine(), its(href="renamed.ics"), None, [(Do.ADOPT, "there-1")]),
        (mine(), its(), link(etag=None, seen=None, sent=None), [(Do.ADOPT, "there-1")]),
        (mine(), EDITED, link(etag=None, seen=None, sent=None), [(Do.UPDATE, "there-2")]),
        (mine(), None, link(etag=None, seen=None, sent=None), [(Do.WRITE, None)]),
        (mine(held=False), None, link(etag=None), [(Do.FORGET, None)]),
        (None, its(), link(etag=None, seen=None, sent=None), [(Do.DELETE, "there-1")]),
        # in agreement
        (mine(), its(), link(), []),
        (mine(), its(etag="there-2"), link(), [(Do.ADOPT, "there-2")]),
        (None, its(holds=False), link(name="", ours=False), []),
        # changed here
        (mine(etag="here-2"), its(), link(), [(Do.UPDATE, "there-1")]),
        (mine(held=False), its(), link(), [(Do.DELETE, "there-1")]),
        (None, its(), link(), [(Do.DELETE, "there-1")]),
        (None, its(), link(ours=False), [(Do.DELETE, "there-1")]),
        # changed there
        (mine(at_home=True), EDITED, link(ours=False), [(Do.BOOK, "there-2")]),
        (mine(), EDITED, link(), [(Do.UPDATE, "there-2")]),
        (mine(), its(etag="2", digest="d2", holds=False), link(), [(Do.FREE, "2")]),
        (mine(), None, link(), [(Do.FREE, None)]),
        (mine(held=False, at_home=True), None, link(ours=False), [(Do.FREE, None)]),
        (None, EDITED, link(name="", ours=False), [(Do.BOOK, "there-2")]),
        # on both sides
        (mine(etag="here-2"), EDITED, link(), [(Do.UPDATE, "there-2")]),
        (mine(etag="here-2"), None, link(), [(Do.WRITE, None)]),
        (mine(etag="here-2", held=False), None, link(), [(Do.FORGET, None)]),
        (None, EDITED, link(ours=False), [(Do.BOOK, "there-2")]),
        (None, EDITED, link(), [(Do.DELETE, "there-2")]),
        (None, None, link(), [(Do.FORGET, None)]),
        # a mark of ours is written there too
        (mine(held=False, at_home=True, etag="2"), its(), link(ours=False),
         [(Do.UPDATE, "there-1")]),
        # what cannot be read any more: ours is written over our own, theirs is tried and noted
        (mine(), its(etag="2", digest="", holds=False), link(), [(Do.UPDATE, "2")]),
        (mine(at_home=True), its(etag="2", digest="", holds=False), link(), [(Do.BOOK, "2")]),
    ],
)  # fmt: skip
def test_one_object(
    here: Ours | None, there: Theirs | None, known: Link | None, wanted: list[tuple[Do, str | None]]
) -> None:
    assert plan(here, there, known) == wanted


def test_what_a_calendar_with_a_broken_history_lacks_is_written_again() -> None:
    assert plan(mine(), None, link(), forgot=True) == [(Do.WRITE, None)]
    gone = mine(held=False, at_home=True)
    assert plan(gone, None, link(), forgot=True) == [(Do.FORGET, None)]


def test_a_calendar_that_is_suddenly_empty_has_lost_what_it_held() -> None:
    two = [mine(), mine(name="bk-2.ics", href="bk-2.ics", uid="bk-2@x")]
    links = [link(), link(name="bk-2.ics", href="bk-2.ics")]
    assert {action.do for action in reconcile(two, There(objects={}), links)} == {Do.WRITE}
    one_left = There(objects={"bk-1.ics": its()})
    assert reconcile(two, one_left, links) == [Action(do=Do.FREE, href="bk-2.ics", name="bk-2.ics")]


def test_what_frees_a_slot_comes_before_what_takes_one_and_writes_come_last() -> None:
    ours = [mine(), mine(name="bk-2.ics", href="bk-2.ics", uid="bk-2@x")]
    objects = {"new.ics": its(href="new.ics", uid="new")}
    links = [link()]
    found = reconcile(ours, There(objects=objects), links)
    assert [action.do for action in found] == [Do.FREE, Do.BOOK, Do.WRITE]


def test_an_object_there_is_never_taken_for_two_of_ours() -> None:
    ours = [mine(), mine(name="copy.ics", href="copy.ics")]
    objects = {"bk-1.ics": its()}
    found = reconcile(ours, There(objects=objects), [link()])
    assert [(action.do, action.href) for action in found] == [(Do.WRITE, "copy.ics")]


@pytest.mark.parametrize(
    ("here", "known", "number"),
    [
        (mine(), link(), 0),
        (mine(), None, 1),  # never written
        (mine(), link(etag=None, seen=None, sent=None), 1),  # the answer never came
        (mine(etag="here-2"), link(), 1),  # changed here since
        (mine(held=False), link(), 1),  # cancelled here: to be deleted there
        (None, link(), 1),
        (None, link(name="", ours=False), 0),  # theirs, left alone
        (mine(to_come=False), None, 0),  # over
    ],
)
def test_what_is_still_to_be_written_is_known_without_looking(
    here: Ours | None, known: Link | None, number: int
) -> None:
    assert unwritten([here] if here else [], [known] if known else []) == number
