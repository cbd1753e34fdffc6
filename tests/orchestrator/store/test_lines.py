"""Tests of lines and the quality of sessions are kept for their time, and no longer."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert

from orchestrator.settings import DEMO, load_settings
from orchestrator.store import line_tests, quality, versions
from orchestrator.store.database import Database
from orchestrator.store.line_tests import Kept
from orchestrator.store.quality import Sample
from orchestrator.store.tables import sessions
from rooms.ids import CentreId, ParticipantId, SessionId
from rooms.line import LineTest

NOW = datetime(2013, 9, 19, 9, tzinfo=UTC)
ONE = LineTest(
    path="udp", down_kbps=6200, up_kbps=700, rtt_ms=45, jitter_ms=4, loss=0.01, taken_at=NOW
)
VILLEFORT = CentreId("villefort")
SESSION = SessionId("se-1")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "margeride.sqlite3")
    database.write_now(versions.bring_up)
    yield database
    database.close()


def kept(name: str, test: LineTest = ONE, centre: CentreId = VILLEFORT) -> Kept:
    return Kept(id=name, centre=centre, by="anne", test=test)


def keep(database: Database, one: Kept) -> None:
    database.write_now(lambda conn: line_tests.add(conn, one))


def test_a_centre_has_its_own_history_the_newest_first(database: Database) -> None:
    older = kept("lt-1", replace(ONE, taken_at=NOW - timedelta(days=2), up_at_least=True))
    for one in (older, kept("lt-2"), kept("lt-3", centre=CentreId("meyrueis"))):
        keep(database, one)
    found = database.read_now(lambda conn: line_tests.history(conn, VILLEFORT, 10))
    assert found == [kept("lt-2"), older]
    assert len(database.read_now(lambda conn: line_tests.history(conn, VILLEFORT, 1))) == 1


def test_profiles_of_several_centres_are_read_at_once(database: Database) -> None:
    network = load_settings(DEMO).network
    database.write_now(lambda conn: line_tests.add(conn, kept("lt-1")))
    found = database.read_now(lambda conn: line_tests.profiles(conn, network.centres, NOW))
    assert found[VILLEFORT].up_kbps == 700
    other = next(centre for centre in network.centres if centre.id != VILLEFORT)
    assert found[other.id].up_kbps == other.line.up_kbps


def test_a_line_test_is_forgotten_after_400_days(database: Database) -> None:
    for name, age in (("lt-1", 401), ("lt-2", 399)):
        test = kept(name, replace(ONE, taken_at=NOW - timedelta(days=age)))
        keep(database, test)
    assert database.write_now(lambda conn: line_tests.drop(conn, NOW)) == 1
    [left] = database.read_now(lambda conn: line_tests.history(conn, VILLEFORT, 10))
    assert left.id == "lt-2"


def sample(seconds: int, participant: str = "pt-1", session: SessionId = SESSION) -> Sample:
    return Sample(
        session=session,
        participant=ParticipantId(participant),
        at=NOW + timedelta(seconds=seconds),
        legs={"subscribe": {"kbps": 480.0, "loss": 0.02, "why": {"line": 1}}},
    )


def give_session(database: Database) -> None:
    at = int(NOW.timestamp())
    values = {
        "id": "se-1",
        "kind": "meeting",
        "title": "Conseil",
        "state": "live",
        "starts_at": at,
        "ends_at": at + 3600,
        "join_code": "code",
        "organiser_id": "anne",
    }
    database.write_now(lambda conn: conn.execute(insert(sessions).values(**values)).rowcount)


def test_quality_is_told_in_order_and_only_of_sessions_that_are(database: Database) -> None:
    give_session(database)
    samples = [sample(15), sample(0), sample(0, session=SessionId("se-none"))]
    database.write_now(lambda conn: quality.keep(conn, samples))
    database.write_now(lambda conn: quality.keep(conn, samples))  # a second time changes nothing
    database.write_now(lambda conn: quality.keep(conn, []))
    found = database.read_now(lambda conn: quality.timeline(conn, SESSION, 100))
    assert found == [sample(0), sample(15)]
    assert database.read_now(lambda conn: quality.timeline(conn, SESSION, 1)) == [sample(15)]


def test_quality_is_forgotten_after_30_days(database: Database) -> None:
    give_session(database)
    database.write_now(lambda conn: quality.keep(conn, [sample(0)]))
    later = NOW + timedelta(days=29)
    assert database.write_now(lambda conn: quality.drop(conn, later)) == 0
    assert database.write_now(lambda conn: quality.drop(conn, later + timedelta(days=2))) == 1
