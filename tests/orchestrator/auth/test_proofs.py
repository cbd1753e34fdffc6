"""Passwords, app passwords, keyring, limits: what proves who somebody is."""

import multiprocessing
import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from orchestrator.auth import accounts, app_passwords, limits, passwords, web_sessions
from orchestrator.auth.keyring import FILE, Keyring, load_keyring
from orchestrator.auth.limits import Limit
from orchestrator.auth.people import Person
from orchestrator.auth.tokens import new_token, token_hash
from orchestrator.store import attempts, people, versions
from orchestrator.store.database import Database
from rooms.errors import Invalid, TooMany

NOW = datetime(2013, 5, 31, 14, 0, tzinfo=UTC)
KEYS = Keyring(b"k" * 32)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "store.sqlite3")
    database.write_now(versions.bring_up)
    yield database
    database.close()


@pytest.fixture
def anne(database: Database) -> Person:
    def add(conn: object) -> Person:
        people.add(conn, NOW, login="anne", name="Anne", role="animateur", centres=["villefort"])  # type: ignore[arg-type]
        found = accounts.by_login(conn, "anne")  # type: ignore[arg-type]
        assert found is not None
        return found

    return database.write_now(add)


def test_a_password_is_verified_and_another_is_not() -> None:
    stored = passwords.hash_password("un long mot de passe")
    assert passwords.verify(stored, "un long mot de passe")
    assert not passwords.verify(stored, "un long mot de passé")


@pytest.mark.parametrize("stored", [None, "", "$argon2id$damaged", "plain text"])
def test_what_is_no_hash_verifies_nothing(stored: str | None) -> None:
    assert not passwords.verify(stored, "the password of nobody")


@pytest.mark.parametrize("password", ["", "ninechars", "x" * 501])
def test_a_password_has_a_length(password: str) -> None:
    with pytest.raises(Invalid):
        passwords.hash_password(password)


class NoticingHasher:
    def __init__(self) -> None:
        self.verified: list[str] = []

    def hash(self, _: str) -> str:
        return "the hash of nobody"

    def verify(self, stored: str, _: str) -> bool:
        self.verified.append(stored)
        return True


def test_an_unknown_login_is_hashed_like_a_known_one(monkeypatch: pytest.MonkeyPatch) -> None:
    hasher = NoticingHasher()
    monkeypatch.setattr(passwords, "_HASHER", hasher)
    passwords._nobody.cache_clear()
    assert not passwords.verify(None, "anything")
    passwords._nobody.cache_clear()
    assert hasher.verified == ["the hash of nobody"]


def test_tokens_differ_and_are_kept_as_hashes() -> None:
    first, second = new_token(), new_token()
    assert first != second
    assert len(first) >= 32
    assert first not in token_hash(first)


def test_an_app_password_proves_its_person(database: Database, anne: Person) -> None:
    secret = database.write_now(lambda conn: app_passwords.create(conn, KEYS, anne, "téléphone"))
    for typed in (secret, secret.upper(), secret.replace("-", ""), secret.replace("-", " ")):
        found = database.read_now(
            lambda conn, typed=typed: app_passwords.person_for(conn, KEYS, "anne", typed)  # type: ignore[misc]
        )
        assert found == anne


@pytest.mark.parametrize(
    ("login", "password"),
    [("anne", ""), ("anne", "x" * 100_000), ("anne", "aaaaa-aaaaa-aaaaa-aaaaa-aaaaa"), ("", "é")],
)
def test_another_app_password_proves_nobody(
    database: Database, anne: Person, login: str, password: str
) -> None:
    database.write_now(lambda conn: app_passwords.create(conn, KEYS, anne, ""))
    assert (
        database.read_now(lambda conn: app_passwords.person_for(conn, KEYS, login, password))
        is None
    )


def test_an_app_password_is_for_its_own_login(database: Database, anne: Person) -> None:
    secret = database.write_now(lambda conn: app_passwords.create(conn, KEYS, anne, ""))
    assert (
        database.read_now(lambda conn: app_passwords.person_for(conn, KEYS, "marc", secret)) is None
    )


def test_another_server_key_opens_nothing(database: Database, anne: Person) -> None:
    secret = database.write_now(lambda conn: app_passwords.create(conn, KEYS, anne, ""))
    stolen = Keyring(b"x" * 32)
    assert (
        database.read_now(lambda conn: app_passwords.person_for(conn, stolen, "anne", secret))
        is None
    )


def test_a_revoked_app_password_opens_nothing(database: Database, anne: Person) -> None:
    mac = KEYS.mac(app_passwords.USE, "secret")
    kept = database.write_now(lambda conn: people.add_app_password(conn, NOW, anne.id, "", mac))
    found = database.read_now(lambda conn: people.of_app_password(conn, mac))
    assert found is not None
    assert found.id == anne.id
    database.write_now(lambda conn: people.revoke_app_password(conn, NOW, kept))
    assert database.read_now(lambda conn: people.of_app_password(conn, mac)) is None


def test_who_is_put_out_has_no_app_password(database: Database, anne: Person) -> None:
    secret = database.write_now(lambda conn: app_passwords.create(conn, KEYS, anne, ""))
    database.write_now(lambda conn: people.set_active(conn, anne.id, active=False))
    assert (
        database.read_now(lambda conn: app_passwords.person_for(conn, KEYS, "anne", secret)) is None
    )


def test_a_web_session_ends_by_itself(database: Database, anne: Person) -> None:
    cookie, csrf = database.write_now(lambda conn: web_sessions.begin(conn, anne, NOW))
    last = NOW + web_sessions.LASTS - timedelta(seconds=1)
    found = database.read_now(lambda conn: web_sessions.find(conn, cookie, last))
    assert found is not None
    assert (found.person, found.csrf) == (anne, csrf)
    late = NOW + web_sessions.LASTS
    assert database.read_now(lambda conn: web_sessions.find(conn, cookie, late)) is None


def test_a_new_password_ends_the_web_sessions(database: Database, anne: Person) -> None:
    cookie, _ = database.write_now(lambda conn: web_sessions.begin(conn, anne, NOW))
    database.write_now(lambda conn: people.set_password(conn, anne.id, "hash"))
    assert database.read_now(lambda conn: web_sessions.find(conn, cookie, NOW)) is None


def test_the_keyring_is_made_once_and_for_us_alone(tmp_path: Path) -> None:
    first = load_keyring(tmp_path)
    assert load_keyring(tmp_path) == first
    assert len(first.root) == 32
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / FILE).parent.stat().st_mode) == 0o700
    assert [path.name for path in (tmp_path / FILE).parent.iterdir()] == ["keyring"]


def test_two_starts_at_once_make_one_keyring(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    with context.Pool(2) as pool:
        made = pool.map(load_keyring, [tmp_path] * 4)
    assert len({ring.root for ring in made}) == 1


def test_a_damaged_keyring_is_not_used(tmp_path: Path) -> None:
    load_keyring(tmp_path)
    (tmp_path / FILE).write_bytes(b"short")
    with pytest.raises(ValueError, match="damaged"):
        load_keyring(tmp_path)


def test_each_use_has_its_own_key() -> None:
    assert KEYS.mac("a", "text") != KEYS.mac("b", "text")


def test_a_limit_opens_again_when_its_time_is_over(database: Database) -> None:
    rule = (Limit("x", 2, timedelta(minutes=1)),)
    for second in (0, 10):
        at = NOW + timedelta(seconds=second)
        database.write_now(lambda conn, at=at: limits.count(conn, at, rule))  # type: ignore[misc]
    with pytest.raises(TooMany) as refused:
        database.write_now(lambda conn: limits.count(conn, NOW + timedelta(seconds=30), rule))
    assert refused.value.fields == {"retry_after": 30}
    database.write_now(lambda conn: limits.count(conn, NOW + timedelta(seconds=60), rule))


def test_a_login_is_guessed_a_hundred_times_at_most_whatever_the_addresses(
    database: Database,
) -> None:
    def tries(login: str, address: str) -> int:
        rules = limits.login_limits(login, address)
        for number in range(11):
            try:
                database.write_now(lambda conn: limits.count(conn, NOW, rules))
            except TooMany:
                return number
        raise AssertionError("nothing stops him")

    tried = [tries("anne", f"203.0.113.{number}") for number in range(22)]
    assert tried == [5] * 20 + [0, 0]
    # A login that looks like another's limits touches them not.
    assert tries("anne@192.0.2.1 bob", "203.0.113.99") == 5
    assert tries("bob", "192.0.2.1") == 5


def test_what_is_refused_by_one_limit_counts_against_none(database: Database) -> None:
    full, free = Limit("full", 1, limits.MINUTE), Limit("free", 5, limits.MINUTE)
    database.write_now(lambda conn: limits.count(conn, NOW, (full,)))
    with pytest.raises(TooMany):
        database.write_now(lambda conn: limits.count(conn, NOW, (free, full)))
    since = NOW - limits.MINUTE
    assert database.read_now(lambda conn: attempts.times(conn, "free", since)) == (0, None)


def test_what_was_forgiven_does_not_count(database: Database) -> None:
    rule = (Limit("x", 1, limits.MINUTE),)

    def tried() -> int:
        since = NOW - limits.MINUTE
        return database.read_now(lambda conn: attempts.times(conn, "x", since))[0]

    counted = database.write_now(lambda conn: limits.count(conn, NOW, rule))
    assert tried() == 1
    with pytest.raises(TooMany):  # until it is forgiven it counts
        database.write_now(lambda conn: limits.count(conn, NOW, rule))
    database.write_now(lambda conn: limits.forgive(conn, counted))
    assert tried() == 0
    database.write_now(lambda conn: limits.count(conn, NOW, rule))
    assert tried() == 1


def test_attempts_of_the_day_before_are_forgotten(database: Database) -> None:
    database.write_now(lambda conn: attempts.add(conn, "old", NOW))
    later = NOW + timedelta(days=1, seconds=1)
    database.write_now(lambda conn: attempts.add(conn, "new", later))
    assert database.read_now(lambda conn: attempts.times(conn, "old", NOW - limits.MINUTE))[0] == 0
