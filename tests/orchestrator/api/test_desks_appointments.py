"""Appointments of a reception desk, over the API and in the calendar of who keeps them."""

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, text

from orchestrator import keys
from orchestrator.cases import desks_appointments
from orchestrator.cases.desks_appointments import Appointments
from orchestrator.settings import Settings
from tests.fakes.desks import DESK, OTHER, Reception, asked, key, open_always, paired, reception
from tests.fakes.mail import PostOffice, calendar_in, listening, mail_of

HELD = "/bookings?from=2026-11-23T00:00:00Z&to=2026-12-23T00:00:00Z"
AT = f"/desks/{DESK}"
REY = {"name": "Mme  Rey", "phone": "04 66 00 00 00"}


@pytest.fixture
async def hall(tmp_path: Path) -> AsyncIterator[Reception]:
    async with reception(tmp_path) as made:
        yield made


async def slots(hall: Reception) -> list[str]:
    status, said = await hall.kiosk("GET", f"{AT}/slots")
    assert status == 200, said
    return [one["start"] for one in said["slots"]]


async def book(hall: Reception, start: str, **more: str) -> tuple[int, Any]:
    status, said = await hall.kiosk("POST", f"{AT}/appointments", {**REY, "start": start, **more})
    return status, said


async def in_calendar(hall: Reception, login: str, name: str) -> tuple[int, str]:
    """What a calendar client finds there."""
    secret = b64encode(f"{login}:{await hall.service.app_password(login)}".encode()).decode()
    path = f"/dav/principals/{login}/calendars/calendar/{name}.ics"
    headers = {"Authorization": f"Basic {secret}"}
    async with hall.service.browser().request("GET", path, headers=headers) as said:
        return said.status, (await said.text()).replace("\r\n ", "")


async def test_an_appointment_is_an_event_of_the_animateurs_calendar(hall: Reception) -> None:
    anne = await hall.service.log_in("anne")
    first, second, *_ = await slots(hall)
    status, made = await book(hall, first)
    assert status == 201, made
    assert (made["start"], made["name"]) == (first, "Mme Rey")
    status, text = await in_calendar(hall, "anne", made["id"])
    assert status == 200
    assert "SUMMARY:Visio-accueil : Mme Rey" in text
    assert "04 66 00 00 00" in text
    assert first not in await slots(hall)
    status, said = await book(hall, first)
    assert (status, key(said)) == (409, "slot-taken")
    _, coming = await asked(anne, "GET", "/desk-appointments")
    assert coming == {"appointments": [made]}
    assert (await hall.kiosk("DELETE", f"{AT}/appointments/{made['id']}"))[0] == 204
    assert (await in_calendar(hall, "anne", made["id"]))[0] == 404
    assert (await hall.kiosk("DELETE", f"{AT}/appointments/{made['id']}"))[0] == 404
    assert (await slots(hall))[:2] == [first, second]


async def test_forty_at_the_same_second_and_one_has_it(hall: Reception) -> None:
    first = (await slots(hall))[0]
    said = await asyncio.gather(*(book(hall, first, name=f"Visiteur {n}") for n in range(40)))
    assert sorted(status for status, _ in said) == [201] + [409] * 39
    assert {key(document) for status, document in said if status == 409} == {"slot-taken"}
    anne = await hall.service.log_in("anne")
    _, coming = await asked(anne, "GET", "/desk-appointments")
    assert len(coming["appointments"]) == 1


async def test_who_is_busy_in_his_own_calendar_is_not_offered(hall: Reception) -> None:
    anne = await hall.service.log_in("anne")
    first = (await slots(hall))[0]
    end = f"{first[:11]}{int(first[11:13]) + 1:02d}{first[13:]}"
    wish = {"title": "Dentiste", "rooms": ["villefort-visio"], "from": first, "to": end}
    status, said = await asked(anne, "POST", "/bookings", wish)
    assert status == 201, said
    assert first not in await slots(hall)
    assert (await book(hall, first))[0] == 409


async def test_an_animateur_of_the_centre_books_for_a_visitor_and_nobody_else(
    hall: Reception,
) -> None:
    anne, marc = [await hall.service.log_in(login) for login in ("anne", "marc")]
    first, second, *_ = await slots(hall)
    sent = {**REY, "start": first}
    status, made = await asked(anne, "POST", f"{AT}/appointments", sent)
    assert status == 201, made
    gone = f"{AT}/appointments/{made['id']}"
    other = await paired(hall.service, OTHER)
    again = {**REY, "start": second}
    assert (await asked(marc, "POST", f"{AT}/appointments", again))[0] == 403
    assert (await asked(marc, "DELETE", gone))[0] == 403
    assert (await asked(marc, "GET", f"{AT}/slots"))[0] == 403
    assert (await asked(marc, "GET", "/desk-appointments"))[1] == {"appointments": []}
    for method, path, body in (
        ("POST", f"{AT}/appointments", again),
        ("DELETE", gone, None),
        ("GET", f"{AT}/slots", None),
    ):
        assert (await hall.kiosk(method, path, body, token=other))[0] == 403
        assert (await hall.kiosk(method, path, body, token="x" * 43))[0] == 401
    # a desk cancels its own appointments alone
    assert (await hall.kiosk("DELETE", gone.replace(DESK, OTHER), token=other))[0] == 404
    for login in ("tom", "bea"):
        person = await hall.service.log_in(login)
        assert (await asked(person, "GET", "/desk-appointments"))[0] == 403
        assert (await asked(person, "POST", f"{AT}/appointments", again))[0] == 403
    assert (await asked(anne, "DELETE", gone))[0] == 204


@pytest.mark.parametrize(
    "wrong",
    [
        {"phone": "bonjour"},
        {"name": ""},
        {"name": "a" * 61},
        {"name": "deux\nlignes"},
        {"mail": "rey"},
        {"mail": "rey@ecole.example\r\nATTENDEE:x"},
        {"start": "demain"},
        {"start": "2026-11-24T10:00:00"},
    ],
)
async def test_what_is_no_name_no_number_and_no_instant_is_refused(
    hall: Reception, wrong: dict[str, str]
) -> None:
    first = (await slots(hall))[0]
    assert (await book(hall, **{"start": first, **wrong}))[0] == 422


@pytest.mark.parametrize("start", ["2026-11-24T10:07:00Z", "2026-11-20T10:00:00Z"])
async def test_an_instant_that_was_not_offered_cannot_be_had(hall: Reception, start: str) -> None:
    status, said = await book(hall, start)
    assert (status, key(said)) == (409, "slot-taken")


async def test_a_name_is_no_way_into_the_calendar(hall: Reception) -> None:
    first = (await slots(hall))[0]
    name = "Rey; DROP, \\n ATTENDEE:mailto:x@y.example"
    status, made = await book(hall, first, name=name)
    assert (status, made["name"]) == (201, " ".join(name.split()))
    anne = await hall.service.log_in("anne")
    _, coming = await asked(anne, "GET", "/desk-appointments")
    assert coming["appointments"][0]["name"] == made["name"]
    _, text = await in_calendar(hall, "anne", made["id"])
    assert not [line for line in text.splitlines() if line.startswith("ATTENDEE")]


@pytest.mark.parametrize(
    "mail",
    ["salle.villefort-visio@{ours}", "Salle.Meyrueis-Visio@{OURS}", "anne@{ours}", "bea@{ours}"],
)
async def test_a_visitor_with_an_address_of_ours_books_no_room_and_no_colleague(
    hall: Reception, mail: str
) -> None:
    anne, first = await hall.service.log_in("anne"), (await slots(hall))[0]
    domain = hall.service.app[keys.HOUSE].means.network.mail_domain
    address = mail.format(ours=domain, OURS=domain.upper())
    for asks in (hall.kiosk, partial(asked, anne)):
        sent = {**REY, "start": first, "mail": address}
        status, said = await asks("POST", f"{AT}/appointments", sent)
        assert (status, key(said)) == (422, "visitor-mail-ours")
        assert "leave the field empty" in said["title"]
    assert (await asked(anne, "GET", "/desk-appointments"))[1] == {"appointments": []}
    assert (await asked(anne, "GET", HELD))[1]["bookings"] == []
    assert first in await slots(hall)
    assert (await book(hall, first, mail=f"rey@not-{domain}"))[0] == 201


async def test_a_colleagues_private_address_is_no_visitors(hall: Reception) -> None:
    def private(conn: Connection) -> None:
        conn.execute(text("UPDATE people SET email = 'bea@maison.example' WHERE login = 'bea'"))

    await hall.service.app[keys.HOUSE].means.database.write(private)
    first = (await slots(hall))[0]
    status, said = await book(hall, first, mail="Bea@Maison.example")
    assert (status, key(said)) == (422, "visitor-mail-ours")


async def test_an_event_that_names_a_room_after_all_is_never_put(
    hall: Reception, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Appointments, "_is_ours", lambda *_: False)
    first = (await slots(hall))[0]
    domain = hall.service.app[keys.HOUSE].means.network.mail_domain
    status, said = await book(hall, first, mail=f"salle.villefort-visio@{domain}")
    assert (status, key(said)) == (422, "visitor-mail-ours")
    assert first in await slots(hall)


async def taken_and_given_back(hall: Reception) -> tuple[int, Any]:
    status, made = await book(hall, (await slots(hall))[0])
    if status == 201:
        assert (await hall.kiosk("DELETE", f"{AT}/appointments/{made['id']}"))[0] == 204
    return status, made


async def test_a_screen_takes_six_in_a_quarter_of_an_hour_those_given_back_among_them(
    hall: Reception,
) -> None:
    anne, other = await hall.service.log_in("anne"), await paired(hall.service, OTHER)
    for _ in range(6):
        assert (await taken_and_given_back(hall))[0] == 201
    status, said = await taken_and_given_back(hall)
    assert (status, key(said)) == (429, "desk-appointments-full")
    assert "Leave your number" in said["title"]
    assert 0 < said["retry_after"] <= 900
    # another desk takes its own, and so does who is called at this one
    _, found = await hall.kiosk("GET", f"/desks/{OTHER}/slots", token=other)
    sent = {**REY, "start": found["slots"][0]["start"]}
    path = f"/desks/{OTHER}/appointments"
    assert (await hall.kiosk("POST", path, sent, token=other))[0] == 201
    sent = {**REY, "start": (await slots(hall))[0]}
    assert (await asked(anne, "POST", f"{AT}/appointments", sent))[0] == 201
    hall.clock.now += timedelta(minutes=15)
    assert (await taken_and_given_back(hall))[0] == 201


async def test_addresses_of_ours_are_not_found_out_one_by_one(hall: Reception) -> None:
    first = (await slots(hall))[0]
    domain = hall.service.app[keys.HOUSE].means.network.mail_domain
    said = [await book(hall, first, mail=f"try{n}@{domain}") for n in range(7)]
    assert [status for status, _ in said] == [422] * 6 + [429]
    assert (await book(hall, first))[0] == 429


async def test_what_is_to_come_is_capped_for_those_who_ask_at_the_same_second_too(
    hall: Reception, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desks_appointments, "MOST_COMING", 2)
    open_ones = await slots(hall)
    assert len(open_ones) >= 4
    said = await asyncio.gather(*(book(hall, start) for start in open_ones))
    made = [document for status, document in said if status == 201]
    full = [document for status, document in said if status == 429]
    assert (len(made), len(full)) == (2, len(open_ones) - 2)
    assert {key(document) for document in full} == {"desk-appointments-full"}
    status, document = await book(hall, (await slots(hall))[0])
    assert (status, key(document)) == (429, "desk-appointments-full")
    await hall.kiosk("DELETE", f"{AT}/appointments/{made[0]['id']}")
    assert (await book(hall, (await slots(hall))[0]))[0] == 201


async def test_a_visitor_with_an_address_is_written_to_and_told_of_the_end(
    tmp_path: Path,
) -> None:
    async with listening(PostOffice()) as office:

        def with_mail() -> Settings:
            return replace(open_always(), mail=mail_of(office.port))

        async with reception(tmp_path, with_mail) as hall:
            first = (await slots(hall))[0]
            status, made = await book(hall, first, mail="Rey@Ecole.example")
            assert status == 201, made
            await office.until(1)
            await hall.kiosk("DELETE", f"{AT}/appointments/{made['id']}")
            await office.until(2)
        letters = [calendar_in(each) for each in office.to("rey@ecole.example")]
        assert ["METHOD:REQUEST" in letters[0], "METHOD:CANCEL" in letters[1]] == [True, True]
        assert all("Mme Rey" in each for each in letters)
