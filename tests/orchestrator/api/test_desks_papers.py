"""What an animateur and a visitor do with a paper during a call, over the API."""

import asyncio
from collections.abc import AsyncIterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from orchestrator import keys
from orchestrator.api.desks_papers import LARGEST_STILL
from orchestrator.desk import CallId
from orchestrator.desk_table import BARE
from tests.fakes import papers
from tests.fakes.desks import (
    DESK,
    OTHER,
    Reception,
    answered,
    asked,
    duty,
    key,
    on_duty,
    paired,
    reception,
    send,
)
from tests.fakes.pictures import painted
from tests.fakes.service import Browser

PDF = "application/pdf"
JPEG = b"\xff\xd8\xff\xe0" + bytes(64)
LINE = [[[100, 300], [300, 50], [400, 300]]]


@pytest.fixture
async def hall(tmp_path: Path) -> AsyncIterator[Reception]:
    async with reception(tmp_path) as made:
        yield made


@pytest.fixture
async def anne(hall: Reception) -> Browser:
    return (await on_duty(hall, "anne"))[0]


@pytest.fixture
async def call(hall: Reception, anne: Browser) -> str:
    return f"/desk-calls/{await answered(hall, anne)}"


async def laid(anne: Browser, call: str, pages: int = 3) -> None:
    status, said = await send(anne, call.rpartition("/")[2], papers.letter(pages), PDF)
    assert status == 201, said


async def wished(anne: Browser, call: str, wish: str, **more: str) -> int:
    status, said = await asked(anne, "PUT", f"{call}/request", {"wish": wish, **more})
    assert status == 200, said
    number: int = said["request"]
    return number


async def told(hall: Reception, anne: Browser) -> Any:
    """What lies on the table: the same to both."""
    seen, mine = (await hall.view())["call"], (await duty(anne))["call"]
    facts = ("document", "pages", "page", "signed", "request", "still")
    assert [seen[fact] for fact in facts] == [mine[fact] for fact in facts]
    return seen


async def still(hall: Reception, call: str, body: bytes, kind: str = "image/jpeg") -> int:
    headers = {"Authorization": f"Bearer {hall.token}", "Content-Type": kind}
    path = f"/api/v1{call}/still"
    async with hall.service.browser().request(
        "PUT", path, data=BytesIO(body), headers=headers
    ) as said:
        return said.status


def written(folder: Path) -> list[bytes]:
    """Every file of the service. Blocking."""
    return [path.read_bytes() for path in folder.rglob("*") if path.is_file()]


async def test_a_pdf_is_shown_page_by_page_and_either_turns_it(
    hall: Reception, anne: Browser, call: str
) -> None:
    await laid(anne, call)
    seen = await told(hall, anne)
    assert (seen["pages"], seen["page"], seen["signed"]) == (3, 1, 0)
    pages = [await hall.kiosk("GET", f"{call}/document/pages/{at}") for at in (1, 2, 3)]
    assert [status for status, _ in pages] == [200] * 3
    assert len({body for _, body in pages}) == 3
    assert (await asked(anne, "GET", f"{call}/document/pages/2"))[1] == pages[1][1]
    assert (await asked(anne, "PUT", f"{call}/document/page", {"page": 3}))[0] == 204
    assert (await told(hall, anne))["page"] == 3
    assert (await hall.kiosk("PUT", f"{call}/document/page", {"page": 2}))[0] == 204
    assert (await told(hall, anne))["page"] == 2
    assert (await hall.kiosk("PUT", f"{call}/document/page", {"page": 4}))[0] == 404
    for page in ("0", "4", "x", "99999"):
        assert (await hall.kiosk("GET", f"{call}/document/pages/{page}"))[0] == 404
    assert await hall.kiosk("GET", f"{call}/document") == (200, papers.letter(3))


async def test_a_picture_is_a_paper_of_one_page(hall: Reception, anne: Browser, call: str) -> None:
    assert (await send(anne, call.rpartition("/")[2], painted()))[0] == 201
    assert (await told(hall, anne))["pages"] == 1
    assert await hall.kiosk("GET", f"{call}/document/pages/1") == (200, painted())


@pytest.mark.parametrize(
    ("file", "why"),
    [
        (papers.many_pages(10_000), "paper-too-long"),
        (papers.locked(), "paper-locked"),
        (papers.letter()[:400], "paper-broken"),
    ],
    ids=["long", "locked", "cut"],
)
async def test_a_pdf_that_cannot_be_shown_is_refused_and_the_call_goes_on(
    hall: Reception, anne: Browser, call: str, file: bytes, why: str
) -> None:
    status, said = await send(anne, call.rpartition("/")[2], file, PDF)
    assert (status, key(said)) == (422, why)
    assert "PDF" in said["title"]
    assert (await told(hall, anne))["document"] is None
    await laid(anne, call, 1)


async def test_the_visitor_signs_and_the_animateur_takes_the_signed_file(
    hall: Reception, anne: Browser, call: str
) -> None:
    await laid(anne, call)
    await asked(anne, "PUT", f"{call}/document/page", {"page": 2})
    _, before = await hall.kiosk("GET", f"{call}/document/pages/2")
    number = await wished(anne, call, "sign", place="top-left")
    request = (await told(hall, anne))["request"]
    assert (request["number"], request["step"]) == (number, "asked")
    status, said = await asked(anne, "PUT", f"{call}/document/page", {"page": 1})
    assert (status, key(said)) == (409, "being-signed")
    sent = {"request": number, "agreed": True, "strokes": LINE}
    status, said = await hall.kiosk("POST", f"{call}/signature", sent)
    assert status == 201, said
    seen = await told(hall, anne)
    assert (seen["signed"], seen["page"], seen["request"]["step"]) == (1, 2, "done")
    assert seen["document"] == said["document"]
    assert (await hall.kiosk("GET", f"{call}/document/pages/2"))[1] != before
    status, file = await asked(anne, "GET", f"{call}/document")
    assert (status, file[:5]) == (200, b"%PDF-")
    assert file != papers.letter(3)
    status, said = await hall.kiosk("POST", f"{call}/signature", sent)
    assert (status, key(said)) == (409, "not-asked")  # one signature for one request


async def test_a_name_may_be_typed_and_nothing_is_signed_without_a_yes(
    hall: Reception, anne: Browser, call: str
) -> None:
    await laid(anne, call, 1)
    number = await wished(anne, call, "sign")
    sign, typed = f"{call}/signature", {"request": number, "name": "Hélène Rey"}
    for sent in (
        typed,
        {**typed, "agreed": False},
        {**typed, "agreed": True, "name": "a" * 61},
        {**typed, "agreed": True, "name": "  "},
        {**typed, "agreed": True, "strokes": [[[0, 401]]]},
        {**typed, "agreed": True, "strokes": [[[0, 0]] * 501]},
        {**typed, "agreed": True, "strokes": [[[0, 0]]] * 61},
    ):
        assert (await hall.kiosk("POST", sign, sent))[0] == 422
    assert (await told(hall, anne))["signed"] == 0
    for name in ("Ирина", "Łukasz"):
        status, said = await hall.kiosk("POST", sign, {**typed, "agreed": True, "name": name})
        assert (status, key(said)) == (422, "unwritable-name")
        assert "finger" in said["title"]
    seen = await told(hall, anne)
    assert (seen["signed"], seen["request"]["step"]) == (0, "asked")
    assert (await hall.kiosk("POST", sign, {**typed, "agreed": True}))[0] == 201


async def test_the_visitor_refuses_to_sign(hall: Reception, anne: Browser, call: str) -> None:
    await laid(anne, call, 1)
    number = await wished(anne, call, "sign")
    refused = {"request": number, "step": "refused"}
    assert (await hall.kiosk("POST", f"{call}/request/answer", refused))[0] == 204
    assert (await told(hall, anne))["request"]["step"] == "refused"
    assert (await hall.kiosk("POST", f"{call}/request/answer", refused))[0] == 409


async def test_the_desk_prints_or_says_that_it_could_not(
    hall: Reception, anne: Browser, call: str
) -> None:
    status, said = await asked(anne, "PUT", f"{call}/request", {"wish": "print"})
    assert (status, key(said)) == (404, "no-document")
    await laid(anne, call, 1)
    for step in ("done", "failed"):
        number = await wished(anne, call, "print")
        sent = {"request": number, "step": step}
        assert (await hall.kiosk("POST", f"{call}/request/answer", sent))[0] == 204
        assert (await told(hall, anne))["request"]["step"] == step


async def test_a_desk_without_a_printer_is_not_asked_to_print(hall: Reception) -> None:
    (marc,) = await on_duty(hall, "marc")
    hall.token = await paired(hall.service, OTHER)
    status, said = await hall.kiosk("POST", f"/desks/{OTHER}/calls")
    await duty(marc)
    call = said["call"]
    assert (await asked(marc, "POST", f"/desk-calls/{call}/answer"))[0] == 204
    assert (await send(marc, call, painted()))[0] == 201
    status, said = await asked(marc, "PUT", f"/desk-calls/{call}/request", {"wish": "print"})
    assert (status, key(said)) == (409, "no-printer")


async def test_a_paper_is_shown_to_the_camera_and_its_still_is_taken_once(
    hall: Reception, anne: Browser, call: str
) -> None:
    number = await wished(anne, call, "show")
    assert (await asked(anne, "POST", f"{call}/still"))[0] == 409
    sent = {"request": number, "step": "showing"}
    assert (await hall.kiosk("POST", f"{call}/request/answer", sent))[0] == 204
    assert await still(hall, call, JPEG) == 409  # nobody wants one
    assert (await asked(anne, "POST", f"{call}/still"))[0] == 204
    assert (await told(hall, anne))["still"] == "wanted"
    assert await still(hall, call, painted(), "image/png") == 415
    assert await still(hall, call, b"<html>") == 422
    assert await still(hall, call, JPEG + bytes(LARGEST_STILL)) == 413
    assert await still(hall, call, JPEG) == 204
    assert (await told(hall, anne))["still"] == "there"
    assert await asked(anne, "GET", f"{call}/still") == (200, JPEG)
    assert (await asked(anne, "GET", f"{call}/still"))[0] == 404
    assert (await asked(anne, "DELETE", f"{call}/request"))[0] == 204
    assert (await told(hall, anne))["request"] is None


async def test_nothing_is_left_when_the_call_is_over(
    hall: Reception, anne: Browser, call: str
) -> None:
    await laid(anne, call, 1)
    number = await wished(anne, call, "show")
    sent = {"request": number, "step": "showing"}
    await hall.kiosk("POST", f"{call}/request/answer", sent)
    await asked(anne, "POST", f"{call}/still")
    assert await still(hall, call, JPEG) == 204
    await hall.kiosk("POST", f"{call}/hangup")
    assert hall.desks.papers.table(CallId(call.rpartition("/")[2])) is BARE
    for path in ("document", "document/pages/1", "still"):
        assert (await asked(anne, "GET", f"{call}/{path}"))[0] in (404, 409)
    assert (await asked(anne, "PUT", f"{call}/request", {"wish": "show"}))[0] == 409
    kept = await asyncio.to_thread(written, hall.service.app[keys.DATA])
    assert kept
    assert not any(b"%PDF-" in body for body in kept)


async def test_what_is_laid_down_in_the_moment_a_call_ends_is_not_kept(
    hall: Reception, anne: Browser, call: str
) -> None:
    name = CallId(call.rpartition("/")[2])
    await laid(anne, call, 1)
    table = hall.desks.papers.table(name)
    await hall.desks.tick()
    assert hall.desks.papers.table(name) is table
    await hall.kiosk("POST", f"{call}/hangup")
    hall.desks.papers._tables[name] = table
    await hall.desks.tick()
    assert hall.desks.papers.held() == frozenset()


async def test_nobody_else_touches_what_lies_there(
    hall: Reception, anne: Browser, call: str
) -> None:
    await laid(anne, call, 1)
    number = await wished(anne, call, "sign")
    (marc,) = await on_duty(hall, "marc")
    other = await paired(hall.service, OTHER)
    for method, path, sent in (
        ("GET", "document/pages/1", None),
        ("PUT", "document/page", {"page": 1}),
        ("POST", "request/answer", {"request": number, "step": "refused"}),
        ("POST", "signature", {"request": number, "agreed": True, "name": "Intrus"}),
    ):
        assert (await hall.kiosk(method, f"{call}/{path}", sent, token=other))[0] == 404
        assert (await hall.kiosk(method, f"{call}/{path}", sent, token="x" * 43))[0] == 401
        assert (await asked(marc, method, f"{call}/{path}", sent))[0] in (403, 404)
    for method, path, wish in (
        ("PUT", "request", {"wish": "show"}),
        ("DELETE", "request", None),
        ("POST", "still", None),
        ("GET", "still", None),
    ):
        assert (await asked(marc, method, f"{call}/{path}", wish))[0] == 404
        assert (await hall.kiosk(method, f"{call}/{path}", wish))[0] == 401
    # and the animateur does not sign in the visitor's place
    mine = {"request": number, "agreed": True, "name": "Anne"}
    assert (await asked(anne, "POST", f"{call}/signature", mine))[0] == 403
    assert (await told(hall, anne))["signed"] == 0
    assert (await hall.view())["id"] == DESK
