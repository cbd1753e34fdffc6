"""Reception desks over the API: every path a call takes, under a clock moved by hand."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from orchestrator import keys
from orchestrator.api.desks_papers import LARGEST_DOCUMENT
from orchestrator.cases.desks import Desks
from orchestrator.cases.desks_rights import Caller
from orchestrator.desk import State
from orchestrator.store import audit, sessions
from orchestrator.store import desks as store
from rooms.ids import SessionId
from tests.fakes.desks import (
    DESK,
    OTHER,
    Reception,
    answered,
    asked,
    duty,
    key,
    on_duty,
    open_never,
    paired,
    reception,
    send,
)

PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)


@pytest.fixture
async def hall(tmp_path: Path) -> AsyncIterator[Reception]:
    async with reception(tmp_path) as made:
        yield made


async def state_of_session(hall: Reception, call: str) -> str:
    def read(conn: Any) -> str:
        _, meeting = store.get(conn, call)
        assert meeting is not None
        return sessions.get(conn, SessionId(meeting.session)).session.state.value

    return await hall.service.app[keys.DATABASE].read(read)


async def test_a_call_is_answered_talked_and_ended(hall: Reception) -> None:
    (anne,) = await on_duty(hall, "anne")
    assert (await hall.view())["call"] is None
    call = await hall.press()
    assert await hall.press() == call  # impatience makes no second call
    shown = (await hall.view())["call"]
    assert (shown["state"], shown["position"], shown["tier"]) == ("ringing", 1, 1)
    assert [one["id"] for one in (await duty(anne))["rings"]] == [call]
    assert (await asked(anne, "POST", f"/desk-calls/{call}/answer"))[0] == 204
    assert (await hall.view())["call"]["state"] == "answered"
    mine = await duty(anne)
    assert (mine["state"], mine["call"]["id"], mine["rings"]) == ("busy", call, [])
    tokens = {
        (await hall.kiosk("POST", f"/desk-calls/{call}/join"))[1]["token"],
        (await asked(anne, "POST", f"/desk-calls/{call}/join"))[1]["token"],
    }
    assert len(tokens) == 2
    assert await state_of_session(hall, call) == "on_air"
    assert (await hall.kiosk("POST", f"/desk-calls/{call}/hangup"))[0] == 204
    assert (await hall.view())["call"]["state"] == "ended"
    assert await state_of_session(hall, call) == "ended"
    assert (await asked(anne, "POST", f"/desk-calls/{call}/hangup"))[0] == 204  # both at once
    assert (await duty(anne))["state"] == "busy"
    await hall.wait(11, anne)
    assert (await duty(anne))["state"] == "available"
    await hall.wait(60, anne)
    assert (await hall.view())["call"] is None


async def test_three_answers_at_once_are_one_answer(hall: Reception) -> None:
    people = await on_duty(hall, "anne", "marc", "admin")
    call = await hall.press()
    await hall.wait(35, *people)
    assert [len((await duty(one))["rings"]) for one in people] == [1, 1, 1]
    said = await asyncio.gather(
        *(asked(one, "POST", f"/desk-calls/{call}/answer") for one in people)
    )
    assert sorted(status for status, _ in said) == [204, 409, 409]
    assert {key(document) for status, document in said if status == 409} == {"already-answered"}
    winner = next(one for one, (status, _) in zip(people, said, strict=True) if status == 204)
    assert (await duty(winner))["call"]["id"] == call


async def test_the_centre_first_then_all_centres(hall: Reception) -> None:
    anne, marc = await on_duty(hall, "anne", "marc")
    await hall.press()
    await hall.wait(18, anne, marc)
    assert (len((await duty(anne))["rings"]), (await duty(marc))["rings"]) == (1, [])
    await hall.wait(3, anne, marc)
    assert len((await duty(marc))["rings"]) == 1


async def test_nobody_answers_and_the_visitor_leaves_a_number(hall: Reception) -> None:
    anne, marc = await on_duty(hall, "anne", "marc")
    call = await hall.press()
    await hall.wait(61, anne, marc)
    shown = (await hall.view())["call"]
    assert (shown["id"], shown["state"], shown["position"]) == (call, "overflow", 0)
    assert (await duty(anne))["misses"] == 1
    sent = {"name": "Mme  Rey", "phone": "04 66 00 00 00"}
    status, _ = await hall.kiosk("POST", f"/desks/{DESK}/callbacks", sent)
    assert status == 201
    bad = {"name": "Mme Rey", "phone": "bonjour"}
    assert (await hall.kiosk("POST", f"/desks/{DESK}/callbacks", bad))[0] == 422
    _, found = await asked(anne, "GET", "/desk-callbacks")
    (wish,) = found["callbacks"]
    assert (wish["name"], wish["phone"]) == ("Mme Rey", "04 66 00 00 00")
    assert (await asked(marc, "GET", "/desk-callbacks"))[1] == {"callbacks": []}
    assert (await asked(marc, "POST", f"/desk-callbacks/{wish['id']}/done"))[0] == 404
    assert (await asked(anne, "POST", f"/desk-callbacks/{wish['id']}/done"))[0] == 204
    assert (await asked(anne, "GET", "/desk-callbacks"))[1] == {"callbacks": []}


async def test_three_misses_put_away_and_he_comes_back_himself(hall: Reception) -> None:
    (anne,) = await on_duty(hall, "anne")
    for _ in range(3):
        await hall.press()
        await hall.wait(62, anne)
    assert (await duty(anne))["state"] == "away"
    await hall.press()
    assert (await duty(anne))["rings"] == []
    status, mine = await asked(anne, "PUT", "/desk-agents/me", {"away": False})
    assert (status, mine["misses"], len(mine["rings"])) == (200, 0, 1)
    status, mine = await asked(anne, "PUT", "/desk-agents/me", {"away": True})
    assert (mine["state"], mine["rings"]) == ("away", [])
    assert (await hall.view())["call"]["state"] == "queued"


async def test_a_declined_call_rings_elsewhere(hall: Reception) -> None:
    anne, marc = await on_duty(hall, "anne", "marc")
    call = await hall.press()
    assert (await asked(anne, "POST", f"/desk-calls/{call}/decline"))[0] == 204
    assert ((await duty(anne))["rings"], len((await duty(marc))["rings"])) == ([], 1)
    status, said = await asked(anne, "POST", f"/desk-calls/{call}/answer")
    assert (status, key(said)) == (409, "not-ringing")


async def test_a_visitor_who_hangs_up_or_goes_abandons_the_call(hall: Reception) -> None:
    (anne,) = await on_duty(hall, "anne")
    call = await hall.press()
    assert (await hall.kiosk("POST", f"/desk-calls/{call}/hangup"))[0] == 204
    assert (await hall.view())["call"]["state"] == "abandoned"
    status, said = await asked(anne, "POST", f"/desk-calls/{call}/answer")
    assert (status, key(said)) == (409, "not-ringing")
    await hall.press()
    for _ in range(16):  # the desk is unplugged: it asks nothing any more
        hall.clock.now += timedelta(seconds=1)
        await duty(anne)
    await hall.desks.tick()
    assert (await duty(anne))["rings"] == []
    assert (await hall.view())["call"]["state"] == "abandoned"


async def test_a_call_ends_when_the_animateur_closes_his_page(hall: Reception) -> None:
    (anne,) = await on_duty(hall, "anne")
    call = await answered(hall, anne)
    await hall.wait(16)
    assert (await hall.view())["call"]["state"] == "ended"
    assert await state_of_session(hall, call) == "ended"


async def test_a_call_ends_with_its_session(hall: Reception) -> None:
    (anne,) = await on_duty(hall, "anne")
    call = await answered(hall, anne)
    _, meeting = await hall.service.app[keys.DATABASE].read(lambda conn: store.get(conn, call))
    assert meeting is not None
    status, _ = await asked(anne, "POST", f"/sessions/{meeting.session}/end")
    assert status == 200
    await hall.desks.tick()
    assert (await hall.view())["call"]["state"] == "ended"


async def test_a_closed_desk_says_when_it_opens(tmp_path: Path) -> None:
    async with reception(tmp_path, open_never) as hall:
        (anne,) = await on_duty(hall, "anne")
        await hall.press()
        shown = await hall.view()
        assert (shown["open"], shown["opens_at"]) == (False, None)
        assert shown["call"]["state"] == "closed"
        assert (await duty(anne))["rings"] == []


async def test_an_exceptional_closing_closes_the_desk_too(hall: Reception) -> None:
    admin = await hall.service.log_in("admin")
    day = hall.clock.now.date().isoformat()
    sent = {"kind": "closed", "first": day, "last": day, "reason": "Travaux"}
    status, said = await asked(admin, "POST", "/centres/villefort/closures", sent)
    assert status == 201, said
    shown = await hall.view()
    assert shown["open"] is False
    assert shown["opens_at"] == "2026-11-24T23:00:00Z"  # midnight in Paris


async def test_a_public_holiday_closes_the_desk(hall: Reception) -> None:
    hall.clock.now = hall.clock.now.replace(month=12, day=25)
    assert (await hall.view())["open"] is False


async def test_a_document_is_shown_during_the_call_and_gone_with_it(hall: Reception) -> None:
    (anne,) = await on_duty(hall, "anne")
    call = await answered(hall, anne)
    path = f"/desk-calls/{call}/document"
    assert (await hall.kiosk("GET", path))[0] == 404
    status, said = await send(anne, call, PNG)
    assert (status, said["document"]) == (201, (await hall.view())["call"]["document"])
    assert await hall.kiosk("GET", path) == (200, PNG)
    assert (await send(anne, call, b"\xff\xd8\xff\xe0", "image/jpeg"))[0] == 201
    assert (await asked(anne, "DELETE", path))[0] == 204
    assert (await hall.view())["call"]["document"] is None
    await send(anne, call, PNG)
    await hall.kiosk("POST", f"/desk-calls/{call}/hangup")
    assert (await hall.kiosk("GET", path))[0] == 404
    status, said = await send(anne, call, PNG)
    assert (status, key(said)) == (409, "not-answered")


async def test_only_papers_are_shown_and_only_as_they_say(hall: Reception) -> None:
    (anne,) = await on_duty(hall, "anne")
    call = await answered(hall, anne)
    assert (await send(anne, call, b"<script>", "text/html"))[0] == 415
    assert (await send(anne, call, b"<svg/>", "image/svg+xml"))[0] == 415
    assert (await send(anne, call, b"%PDF-1.7", "application/pdf"))[0] == 422
    assert (await send(anne, call, b"<script>", "image/png"))[0] == 422
    assert (await send(anne, call, PNG + bytes(LARGEST_DOCUMENT)))[0] == 413
    assert (await hall.view())["call"]["document"] is None


async def test_nobody_reaches_into_a_call_that_is_not_his(hall: Reception) -> None:
    anne, marc = await on_duty(hall, "anne", "marc")
    call = await answered(hall, anne)
    other = await paired(hall.service, OTHER)
    for path in ("join", "hangup"):
        assert (await asked(marc, "POST", f"/desk-calls/{call}/{path}"))[0] == 404
        assert (await hall.kiosk("POST", f"/desk-calls/{call}/{path}", token=other))[0] == 404
        stranger = hall.service.browser()
        assert (await asked(stranger, "POST", f"/desk-calls/{call}/{path}"))[0] == 401
    assert (await send(marc, call, PNG))[0] == 404
    assert (await hall.kiosk("GET", f"/desk-calls/{call}/document", token=other))[0] == 404
    assert (await hall.kiosk("POST", f"/desks/{DESK}/calls", token=other))[0] == 403
    assert (await hall.kiosk("GET", f"/desks/{DESK}", token=other))[0] == 403
    assert (await hall.view())["call"]["state"] == "answered"


async def test_trainers_bookers_and_strangers_are_not_on_duty(hall: Reception) -> None:
    for login in ("tom", "bea"):
        person = await hall.service.log_in(login)
        for method, path in (
            ("GET", "/desk-agents/me"),
            ("GET", "/desks"),
            ("GET", f"/desks/{DESK}"),
            ("GET", "/desk-callbacks"),
        ):
            status, said = await asked(person, method, path)
            assert (status, key(said)) == (403, "not-on-duty"), path
        assert (await asked(person, "POST", f"/desks/{DESK}/calls"))[0] == 403
    stranger = hall.service.browser()
    for path in ("/desk-agents/me", "/desks", f"/desks/{DESK}"):
        assert (await asked(stranger, "GET", path))[0] == 401


async def test_an_animateur_sees_every_desk(hall: Reception) -> None:
    (anne,) = await on_duty(hall, "anne")
    await hall.press()
    status, found = await asked(anne, "GET", "/desks")
    assert status == 200
    assert {one["id"]: (one["call"] or {}).get("state") for one in found["desks"]} == {
        DESK: "ringing",
        OTHER: None,
    }
    assert (await asked(anne, "GET", "/desks/nowhere"))[0] == 404


async def test_a_new_screen_puts_the_former_one_out(hall: Reception) -> None:
    former = hall.token
    hall.token = await paired(hall.service)
    assert (await hall.kiosk("GET", f"/desks/{DESK}", token=former))[0] == 401
    assert (await hall.view())["id"] == DESK


async def test_the_code_of_a_desk_pairs_that_desk_and_nothing_else(hall: Reception) -> None:
    anne, stranger = await hall.service.log_in("anne"), hall.service.browser()
    assert (await asked(anne, "POST", f"/desks/{OTHER}/pairings"))[0] == 403
    status, made = await asked(anne, "POST", f"/desks/{DESK}/pairings")
    assert status == 201
    sent = {"code": made["code"]}
    assert (await asked(stranger, "POST", f"/desks/{OTHER}/pairings/claim", sent))[0] == 403
    room = {"room": "villefort-visio", **sent}
    assert (await asked(stranger, "POST", "/pairings/claim", room))[0] == 403
    assert (await asked(stranger, "POST", f"/desks/{DESK}/pairings/claim", sent))[0] == 201
    assert (await asked(stranger, "POST", f"/desks/{DESK}/pairings/claim", sent))[0] == 403


async def test_the_token_of_a_desk_opens_nothing_of_a_room(hall: Reception) -> None:
    for path in ("/rooms/villefort-visio/state", "/agents", "/sessions", "/desk-agents/me"):
        status, _ = await hall.kiosk("GET", path)
        assert status in (400, 401, 403, 404), path


async def test_a_restart_keeps_who_talks_if_both_are_heard_again(hall: Reception) -> None:
    (anne,) = await on_duty(hall, "anne")
    await answered(hall, anne)
    fresh, desk = Desks(hall.service.app[keys.HOUSE].conductor), Caller(desk=DESK)
    hall.clock.now += timedelta(seconds=10)
    await fresh.tick()
    shown = await fresh.look(desk, DESK)
    assert shown.call is not None
    assert shown.call.state is State.ANSWERED
    hall.clock.now += timedelta(seconds=6)  # the desk is back, the animateur is not
    await fresh.tick()
    shown = await fresh.look(desk, DESK)
    assert shown.call is not None
    assert shown.call.state is State.ENDED


async def test_what_happens_is_told_as_ids_and_kept_as_evidence(hall: Reception) -> None:
    (anne,) = await on_duty(hall, "anne")
    bus = hall.service.app[keys.BUS]
    before = bus.seq
    call = await answered(hall, anne)
    told = [one for one in bus.since(before)[0] if one.kind == "desk.call.changed"]
    assert [one.facts["state"] for one in told] == ["ringing", "answered"]
    assert {(one.facts["call"], one.facts["desk"]) for one in told} == {(call, DESK)}
    rows = await hall.service.app[keys.DATABASE].read(audit.latest)
    assert "desk.answered" in {row["action"] for row in rows}
