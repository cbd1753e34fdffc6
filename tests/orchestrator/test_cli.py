"""The command line: what it says, what it refuses, and with which exit code."""

import io
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection

from orchestrator.__main__ import main
from orchestrator.auth import app_passwords, pairing
from orchestrator.auth.keyring import load_keyring
from orchestrator.cli.common import locale
from orchestrator.cli.store import opened
from orchestrator.store import mails, people, posts
from orchestrator.store.people import PersonRow


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MARGERIDE_LANG", "en")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


def add(data: Path, login: str, *more: str) -> int:
    command = ["user", "add", login, "--name", login.title(), "--data", str(data)]
    return main([*command, *(more or ("--role", "trainer"))])


def row(data: Path, login: str) -> PersonRow:
    with opened(data) as database:
        found = database.read_now(lambda conn: people.by_login(conn, login))
    assert found is not None
    return found


def test_a_person_is_added_with_role_and_centres(
    data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("un long mot de passe\n"))
    code = add(data, "anne", "--role", "animateur", "--centre", "villefort", "--password-stdin")
    assert code == 0
    assert main(["user", "list", "--data", str(data)]) == 0
    assert "anne\tanimateur\tvillefort\tAnne" in capsys.readouterr().out
    assert (row(data, "anne").password_hash or "").startswith("$argon2id$")


def test_the_data_directory_is_for_the_service_alone(data: Path) -> None:
    add(data, "anne")
    assert stat.S_IMODE(data.stat().st_mode) == 0o700
    assert stat.S_IMODE((data / "margeride.sqlite3").stat().st_mode) == 0o600


@pytest.mark.parametrize("login", ["Anne", "a b", "", "é", "x" * 64, "../etc"])
def test_a_login_that_cannot_be_one_is_refused(
    data: Path, login: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert add(data, login) == 1
    assert "cannot be a login" in capsys.readouterr().err
    assert not data.exists()


def test_a_login_is_given_once(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    add(data, "anne")
    assert add(data, "anne") == 1
    assert "taken" in capsys.readouterr().err


def test_an_unknown_centre_is_refused_with_those_there_are(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert add(data, "anne", "--role", "booker", "--centre", "paris") == 1
    assert "meyrueis" in capsys.readouterr().err


def test_a_short_password_is_refused(
    data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("short\n"))
    assert add(data, "anne", "--role", "booker", "--password-stdin") == 1
    assert "10 to 500" in capsys.readouterr().err


def test_a_calendar_client_gets_a_password_alone_on_its_line(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    add(data, "anne")
    capsys.readouterr()
    assert main(["user", "app-password", "anne", "--data", str(data)]) == 0
    password = capsys.readouterr().out.strip()
    keyring = load_keyring(data)
    with opened(data) as database:
        found = database.read_now(
            lambda conn: app_passwords.person_for(conn, keyring, "anne", password)
        )
    assert found is not None
    assert found.login == "anne"


def app_passwords_listed(data: Path, capsys: pytest.CaptureFixture[str]) -> list[list[str]]:
    capsys.readouterr()
    assert main(["user", "app-passwords", "anne", "--data", str(data)]) == 0
    return [line.split("\t") for line in capsys.readouterr().out.splitlines()]


def test_app_passwords_are_listed_with_their_last_use_and_revoked_by_label(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    add(data, "anne")
    for label in ("phone", "laptop"):
        main(["user", "app-password", "anne", "--label", label, "--data", str(data)])
    secret = capsys.readouterr().out.split()[-1]
    today = datetime.now(UTC)
    note = app_passwords.Uses(load_keyring(data)).note(secret, today)
    assert note is not None
    with opened(data) as database:
        database.write_now(note)
    listed = {label: (made, used) for label, made, used, _ in app_passwords_listed(data, capsys)}
    assert listed["laptop"] == (f"{today:%Y-%m-%d}", f"{today:%Y-%m-%d}")
    assert listed["phone"][1] == "never used"
    assert main(["user", "revoke", "anne", "laptop", "--data", str(data)]) == 0
    assert "laptop" in capsys.readouterr().out
    assert [line[0] for line in app_passwords_listed(data, capsys)] == ["phone"]
    keyring = load_keyring(data)
    with opened(data) as database:
        found = database.read_now(
            lambda conn: app_passwords.person_for(conn, keyring, "anne", secret)
        )
    assert found is None


def test_of_two_app_passwords_of_one_name_the_id_says_which(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    add(data, "anne")
    for _ in range(2):
        main(["user", "app-password", "anne", "--data", str(data)])
    first, second = (line[-1] for line in app_passwords_listed(data, capsys))
    assert main(["user", "revoke", "anne", "-", "--data", str(data)]) == 1
    assert first in capsys.readouterr().err
    assert main(["user", "revoke", "anne", first, "--data", str(data)]) == 0
    assert [line[-1] for line in app_passwords_listed(data, capsys)] == [second]
    assert main(["user", "revoke", "anne", first, "--data", str(data)]) == 1
    assert "No app password" in capsys.readouterr().err


def test_who_is_disabled_is_marked_and_can_come_back(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    add(data, "anne")
    main(["user", "disable", "anne", "--data", str(data)])
    main(["user", "list", "--data", str(data)])
    assert "(disabled)" in capsys.readouterr().out
    main(["user", "enable", "anne", "--data", str(data)])
    assert row(data, "anne").active


def test_a_new_password_is_printed_unless_it_was_given(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    add(data, "anne")
    capsys.readouterr()
    assert main(["user", "password", "anne", "--data", str(data)]) == 0
    said = capsys.readouterr().out.split()
    assert len(said[-1]) == 16


@pytest.mark.parametrize(
    "action", ["password", "app-password", "app-passwords", "disable", "enable"]
)
def test_nobody_of_that_login(data: Path, action: str, capsys: pytest.CaptureFixture[str]) -> None:
    add(data, "anne")
    assert main(["user", action, "marc", "--data", str(data)]) == 1
    assert "Nobody" in capsys.readouterr().err


def test_a_screen_gets_a_code(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    add(data, "anne")
    capsys.readouterr()
    assert main(["pair", "villefort-visio", "--data", str(data)]) == 0
    code = capsys.readouterr().out.strip()
    assert len(code) == 8
    assert code.isdecimal()
    assert pairing.LASTS.total_seconds() == 600


def test_a_room_nobody_knows_gets_none(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    add(data, "anne")
    assert main(["pair", "nowhere", "--data", str(data)]) == 1
    assert "No such room" in capsys.readouterr().err


@pytest.mark.parametrize("command", [["user", "list"], ["pair", "villefort-visio"]])
def test_without_data_nothing_is_made(
    data: Path, command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*command, "--data", str(data)]) == 1
    assert "no data" in capsys.readouterr().err
    assert not data.exists()


def test_check_says_what_is_wrong_and_where(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text("network:\n  nmae: x\n")
    assert main(["check", str(wrong)]) == 1
    assert f"{wrong}, line 2" in capsys.readouterr().out


@pytest.mark.parametrize("command", [["serve"], ["pair", "villefort-visio"]])
def test_a_wrong_network_starts_nothing(
    tmp_path: Path, data: Path, command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text("network: [")
    assert main([*command, "--config", str(wrong), "--data", str(data)]) == 1
    assert "wrong.yaml" in capsys.readouterr().err
    assert not data.exists()


@pytest.mark.parametrize("port", ["-1", "65536", "http", "80.5", "²"])
def test_a_port_is_a_number_up_to_65535(port: str) -> None:
    with pytest.raises(SystemExit) as mistyped:
        main(["serve", "--port", port])
    assert mistyped.value.code == 2


def test_the_doctor_finds_nothing_wrong_here(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["doctor", "--data", str(data)]) == 0
    assert capsys.readouterr().out.count("fine") == 6


def test_the_doctor_sees_data_others_can_read(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data.mkdir(mode=0o755)
    data.chmod(0o755)
    assert main(["doctor", "--data", str(data)]) == 1
    assert "chmod 700" in capsys.readouterr().out


def test_the_doctor_sees_letters_that_will_not_leave(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    now = datetime.now(UTC)
    add(data, "tom")  # makes the store

    def lose(conn: Connection) -> None:
        mails.add(
            conn, now, dedupe="a", recipient="a@x.fr", kind="accepted", booking=None, message=b""
        )
        conn.exec_driver_sql("UPDATE mails SET state='unsure'")

    with opened(data) as database:
        database.write_now(lose)
    assert main(["doctor", "--data", str(data)]) == 1
    assert "1 of which nobody knows" in capsys.readouterr().out
    lacking = tmp_path / "network.yaml"
    lacking.write_bytes(Path("config/margeride.yaml").read_bytes())
    assert main(["doctor", "--data", str(tmp_path / "new"), "--config", str(lacking)]) == 1
    assert "/etc/margeride/smtp-password" in capsys.readouterr().out


def test_the_doctor_sees_alerts_that_nobody_takes(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    add(data, "tom")  # makes the store
    now = datetime.now(UTC)
    with opened(data) as database:
        database.write_now(lambda conn: posts.add(conn, now, "new", {"id": "po-1"}))
        long_ago = now - timedelta(hours=2)
        database.write_now(lambda conn: posts.add(conn, long_ago, "deaf", {"id": "po-2"}))
    assert main(["doctor", "--data", str(data)]) == 1
    assert "1 alert has waited for more than an hour to be taken by deaf" in capsys.readouterr().out
    with opened(data) as database:
        database.write_now(lambda conn: posts.add(conn, long_ago, "gone", {"id": "po-3"}))
    assert main(["doctor", "--data", str(data)]) == 1
    assert "2 alerts have waited for more than an hour to be taken by deaf, gone" in (
        capsys.readouterr().out
    )


@pytest.mark.parametrize(
    ("environment", "spoken"),
    [({"LANG": "en_GB.UTF-8"}, "en"), ({"LC_ALL": "fr_FR", "LANG": "en"}, "fr"), ({}, "fr")],
)
def test_the_terminal_decides_the_language(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], spoken: str
) -> None:
    for name in ("MARGERIDE_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert locale() == spoken
