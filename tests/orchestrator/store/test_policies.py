"""Policies and closures: the file beneath, what the centre changed above."""

from datetime import UTC, date, datetime, time
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, create_engine, update

from calendars.policy import Policy
from orchestrator.booking.rules import public_holidays, room_rules
from orchestrator.settings import DEMO, SettingsError, load_settings
from orchestrator.store import closures, policies
from orchestrator.store.closures import ClosureRow
from orchestrator.store.tables import metadata, room_policies
from rooms.errors import Invalid, Stale
from rooms.ids import CentreId, RoomId

NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)
ROOM, CENTRE = RoomId("villefort-visio"), CentreId("villefort")
NETWORK = load_settings(DEMO).network
CONFIG = Path("config/margeride.yaml")


@pytest.fixture
def conn() -> Connection:
    engine: Engine = create_engine("sqlite://")
    metadata.create_all(engine)
    return engine.connect()


def test_a_room_nobody_changed_is_booked_as_the_file_says(conn: Connection) -> None:
    assert policies.effective(conn, NETWORK, ROOM) == Policy()


def test_what_the_animateur_changed_lies_over_the_file(conn: Connection) -> None:
    version, policy = policies.save(conn, NOW, NETWORK, ROOM, {"horizon_days": 30}, "anne")
    assert (version, policy.horizon_days) == (1, 30)
    assert policies.effective(conn, NETWORK, ROOM) == policy
    version, policy = policies.save(conn, NOW, NETWORK, ROOM, {}, "anne", version=1)
    assert (version, policy) == (2, Policy())
    with pytest.raises(Stale):
        policies.save(conn, NOW, NETWORK, ROOM, {}, "bea", version=1)
    with pytest.raises(Invalid):
        policies.save(conn, NOW, NETWORK, ROOM, {"horizon_days": -1}, "anne")
    assert policies.changes(conn, ROOM) == (2, {})


def test_a_key_this_program_does_not_know_is_left_alone(conn: Connection) -> None:
    policies.save(conn, NOW, NETWORK, ROOM, {"horizon_days": 30}, "anne")
    conn.execute(update(room_policies).values(document={"mood": 1, "horizon_days": 40}))
    assert policies.effective(conn, NETWORK, ROOM).horizon_days == 40


def test_exceptional_closings_and_openings_are_part_of_the_centre(conn: Connection) -> None:
    day, fair = date(2026, 12, 1), date(2026, 12, 6)
    shut = ClosureRow(
        id="c1", centre=CENTRE, kind="closed", first=day, last=day, reason="Chauffage"
    )
    fete = ClosureRow(
        id="c2", centre=CENTRE, kind="open", first=fair, last=fair, opens=time(10), closes=time(12)
    )
    for row in (shut, fete):
        closures.add(conn, NOW, row)
    assert closures.of_centre(conn, CENTRE) == [shut, fete]
    centre = closures.effective(conn, NETWORK.centre(CENTRE))
    found = centre.closure_on(day)
    assert found is not None
    assert found.reason == "Chauffage"
    assert centre.openings[0].opens == time(10)
    closures.remove(conn, "c1")
    closures.remove(conn, "c2")
    assert closures.effective(conn, NETWORK.centre(CENTRE)) == NETWORK.centre(CENTRE)


def test_public_holidays_close_the_rooms_that_keep_them(conn: Connection) -> None:
    policies.save(conn, NOW, NETWORK, ROOM, {"closed_on_holidays": True}, "anne")
    meyrueis = RoomId("meyrueis-visio")
    rules = room_rules(conn, NETWORK, [ROOM, meyrueis, RoomId("none")], [2027])
    closed = rules[ROOM].centre.closure_on(date(2027, 7, 14))
    assert closed is not None
    assert closed.reason == "Fête nationale"
    assert rules[meyrueis].centre.closure_on(date(2027, 7, 14)) is None
    assert len(public_holidays((2026, 2027))) == 22


def with_policy(folder: Path, old: str, new: str) -> Path:
    text = CONFIG.read_text(encoding="utf-8")
    assert old in text
    path = folder / "network.yaml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return path


def test_the_file_says_how_a_room_is_booked() -> None:
    policy = load_settings(CONFIG).network.policy_of(RoomId("exemple-visio"))
    assert policy == Policy(asked_of=("booker",), priority=("ceremony",))


@pytest.mark.parametrize(
    ("old", "new", "key", "path"),
    [
        ("horizon_days: 180", "horizon_days: 500", "settings-out-of-bounds", "horizon_days"),
        ("series: all_or", "series: some_or", "settings-not-accepted", "series"),
        ("[ceremony]", "[party]", "settings-not-accepted", "priority[0]"),
        ("closed_on_holidays: false", "closed_on_holidays: 3", "settings-not-a-flag",
         "closed_on_holidays"),
        ("shortest_minutes: 0", "mood: 0", "settings-unknown-key", "mood"),
    ],
)  # fmt: skip
def test_a_wrong_rule_is_told_once(tmp_path: Path, old: str, new: str, key: str, path: str) -> None:
    with pytest.raises(SettingsError) as refused:
        load_settings(with_policy(tmp_path, old, new))
    told = [(found.key, found.path) for found in refused.value.problems]
    assert told == [(key, f"rooms[0].policy.{path}")]


def test_a_longest_duration_below_the_shortest_is_told(tmp_path: Path) -> None:
    path = with_policy(tmp_path, "longest_minutes: 0", "longest_minutes: 30")
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("shortest_minutes: 0", "shortest_minutes: 60", 1))
    with pytest.raises(SettingsError) as refused:
        load_settings(path)
    assert refused.value.key == "settings-shorter-than-shortest"
