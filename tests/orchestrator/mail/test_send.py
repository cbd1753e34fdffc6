"""Letters leave, are tried again, and are never sent twice; the servers are real SMTP."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from orchestrator.mail import send
from orchestrator.mail.compose import Draft, written
from orchestrator.mail.send import Sender
from orchestrator.settings.mail import Smtp
from orchestrator.store import mails, tables
from orchestrator.store.database import Database
from tests.fakes.dav import rows_of
from tests.fakes.mail import (
    SENDER,
    ForgetfulServer,
    FussyServer,
    GreylistingServer,
    PostOffice,
    deaf_server,
    listening,
    mail_of,
)

NOW = datetime.now(UTC) - timedelta(hours=1)
KILLS = 20


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = await asyncio.to_thread(Database, tmp_path / "mail.sqlite3")
    await database.write(tables.metadata.create_all)
    yield database
    await asyncio.to_thread(database.close)


async def let_wait(database: Database, *recipients: str) -> None:
    for recipient in recipients:
        draft = Draft(
            sender=SENDER, sender_name="Réseau", recipient=recipient, subject="s", text="t"
        )
        message = written(draft, f"{recipient}-id", NOW)
        await database.write(
            lambda conn, to=recipient, message=message: mails.add(  # type: ignore[misc]
                conn, NOW, dedupe=to, recipient=to, kind="accepted", booking=None, message=message
            )
        )


async def states(database: Database) -> dict[str, str]:
    rows = await database.read(lambda conn: rows_of(conn, "mails"))
    return {row["recipient"]: row["state"] for row in rows}


def sender_to(database: Database, port: int, clock: list[datetime]) -> Sender:
    return Sender(
        database=database, mail=mail_of(port), hostname="visio.test", clock=lambda: clock[0]
    )


async def test_the_server_is_told_the_password_as_it_was_typed(
    database: Database, tmp_path: Path
) -> None:
    word = tmp_path / "word"
    await asyncio.to_thread(word.write_bytes, b" deux  espaces \n")
    smtp = Smtp(host="127.0.0.1", port=25, tls="none", login="salles", password_file=word)
    sender = Sender(database=database, mail=mail_of(25, smtp=smtp), hostname="visio.test")
    assert await asyncio.to_thread(sender._password) == " deux  espaces "


async def test_letters_leave_over_one_connection(database: Database) -> None:
    await let_wait(database, "a@x.example", "b@x.example")
    async with listening(PostOffice()) as office:
        sender = sender_to(database, office.port, [NOW])
        assert await sender.send() == 2
        assert await sender.send() == 0
    assert [letter["Message-ID"] for letter in office.letters] == [
        "<a@x.example-id>", "<b@x.example-id>",
    ]  # fmt: skip
    assert set((await states(database)).values()) == {"sent"}


async def test_a_greylisting_server_is_asked_again_later(database: Database) -> None:
    await let_wait(database, "a@x.example")
    clock = [NOW]
    async with listening(GreylistingServer()) as office:
        sender = sender_to(database, office.port, clock)
        await sender.send()
        assert await states(database) == {"a@x.example": "waiting"}
        assert await sender.send() == 0  # not at once
        clock[0] += timedelta(minutes=2)
        await sender.send()
    assert len(office.letters) == 1
    assert await states(database) == {"a@x.example": "sent"}


async def test_a_recipient_nobody_knows_holds_up_nobody_else(database: Database) -> None:
    await let_wait(database, "no@x.example", "yes@x.example")
    async with listening(FussyServer(unwanted="no@x.example")) as office:
        await sender_to(database, office.port, [NOW]).send()
    assert await states(database) == {"no@x.example": "failed", "yes@x.example": "sent"}
    (row,) = await database.read(lambda conn: rows_of(conn, "mails", state="failed"))
    assert row["error"] == "550 5.1.1 no such person"


async def test_a_server_that_dies_after_the_data_gets_the_letter_once(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    await let_wait(database, "a@x.example", "b@x.example")
    clock = [NOW]
    async with listening(ForgetfulServer()) as office:
        sender = sender_to(database, office.port, clock)
        for _ in range(4):
            await sender.send()
            clock[0] += timedelta(hours=3)
    assert [letter["To"] for letter in office.letters] == ["a@x.example", "b@x.example"]
    assert await states(database) == {"a@x.example": "unsure", "b@x.example": "sent"}
    assert caplog.text.count("may or may not have left") == 1


async def test_a_deaf_server_costs_a_deadline_and_nothing_else(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(send, "SPEAK", 0.1)
    await let_wait(database, "a@x.example")
    async with deaf_server() as port:
        await sender_to(database, port, [NOW]).send()
    assert await states(database) == {"a@x.example": "waiting"}


async def test_a_server_that_is_away_is_told_once_and_given_up_after_two_days(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    await let_wait(database, "a@x.example")
    clock = [NOW]
    sender = sender_to(database, 1, clock)
    for _ in range(40):
        await sender.send()
        clock[0] += timedelta(hours=3)
    assert await states(database) == {"a@x.example": "failed"}
    assert caplog.text.count("is away") == 1


async def test_tls_that_nobody_speaks_sends_nothing_in_the_clear(database: Database) -> None:
    await let_wait(database, "a@x.example")
    async with listening(PostOffice()) as office:
        sender = sender_to(database, office.port, [NOW])
        smtp = Smtp(host="127.0.0.1", port=office.port, tls="starttls")
        sender.mail = mail_of(office.port, smtp=smtp)
        await sender.send()
    assert office.letters == []
    assert await states(database) == {"a@x.example": "waiting"}


async def test_letters_are_forgotten_after_a_while_but_not_before_they_left(
    database: Database,
) -> None:
    await let_wait(database, "a@x.example", "b@x.example")
    async with listening(FussyServer(unwanted="a@x.example")) as office:
        await sender_to(database, office.port, [NOW]).send()
    await let_wait(database, "c@x.example")
    later = NOW + timedelta(days=200)
    assert await database.write(lambda conn: mails.forget(conn, later)) == 2
    assert await states(database) == {"c@x.example": "waiting"}


async def test_the_task_sends_what_comes_after_a_kick(database: Database) -> None:
    async with listening(PostOffice()) as office:
        sender = sender_to(database, office.port, [NOW])
        running = asyncio.create_task(sender.run())
        await let_wait(database, "a@x.example")
        sender.kick()
        await office.until(1)
        while not running.done():  # a cancel that comes with an answer is swallowed: Python 3.11
            running.cancel()
            await asyncio.wait([running], timeout=1)


@pytest.mark.timeout(90)
async def test_twenty_kills_send_no_letter_twice(database: Database, tmp_path: Path) -> None:
    """A process that sends is killed at any moment, again and again, till all is settled."""
    async with listening(PostOffice()) as office:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.fakes.mail_sender",
            str(tmp_path / "mail.sqlite3"), str(office.port),
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            cwd=Path(__file__).parents[3],
        )  # fmt: skip
        assert process.stdin is not None
        assert process.stdout is not None
        for life in range(KILLS):
            await let_wait(database, *(f"p{life}.{number}@x.example" for number in range(3)))
            arrived = len(office.letters)
            process.stdin.write(b"\n")
            child = int(await process.stdout.readline())
            await office.until(arrived + 1 + life % 3, seconds=30)
            for _ in range(life % 7):  # a little later each time
                await asyncio.sleep(0)
            os.kill(child, signal.SIGKILL)
            await process.stdout.readline()
        process.stdin.close()
        await process.wait()
        sender = sender_to(database, office.port, [datetime.now(UTC) + timedelta(days=1)])
        await sender.recover()
        while await sender.send():
            pass
    got = [str(letter["To"]) for letter in office.letters]
    assert len(got) == len(set(got))
    final = await states(database)
    assert set(final.values()) <= {"sent", "unsure"}
    assert {to for to, state in final.items() if state == "sent"} <= set(got)
    assert len(final) == 3 * KILLS
