"""A backup holds everything, is whole or not there, and a restored store is another to clients."""

import io
import sqlite3
import stat
import tarfile
from pathlib import Path

import pytest

from orchestrator import backup
from orchestrator.__main__ import main
from orchestrator.auth.keyring import load_keyring
from orchestrator.backup import NoBackup
from orchestrator.cli.store import opened
from orchestrator.store import facts, people


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data directory with a person, a secret, and what only a running service needs."""
    monkeypatch.setenv("MARGERIDE_LANG", "en")
    data = tmp_path / "data"
    assert add(data, "anne") == 0
    load_keyring(data)
    (data / "uploads").mkdir()
    (data / "uploads" / "plan.pdf").write_bytes(b"plan")
    (data / "service.lock").touch()
    return data


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "saved.tar.gz"


def add(data: Path, login: str) -> int:
    role = ["--role", "trainer", "--data", str(data)]
    return main(["user", "add", login, "--name", login.title(), *role])


def logins(data: Path) -> set[str]:
    with opened(data) as database:
        return {row.login for row in database.read_now(people.everyone)}


def identity(data: Path) -> str | None:
    with opened(data) as database:
        return database.read_now(lambda conn: facts.get(conn, facts.STORE_UUID))


def made_of(file: Path, **members: bytes) -> None:
    with tarfile.open(file, "w:gz") as archive:
        for name, body in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(body)
            archive.addfile(member, io.BytesIO(body))


def test_people_secrets_and_files_come_back(data: Path, file: Path, tmp_path: Path) -> None:
    again = tmp_path / "again"
    assert main(["backup", str(file), "--data", str(data)]) == 0
    assert main(["restore", str(file), "--data", str(again)]) == 0
    assert logins(again) == {"anne"}
    assert (again / "uploads" / "plan.pdf").read_bytes() == b"plan"
    names = {path.name for path in data.iterdir()} - {"service.lock"}
    assert {path.name for path in again.iterdir()} >= {
        name for name in names if not name.endswith(("-wal", "-shm"))
    }
    assert not (again / "service.lock").exists()


def test_what_is_written_while_it_is_copied_is_in_it_whole_or_not_at_all(
    data: Path, file: Path, tmp_path: Path
) -> None:
    with opened(data):  # a service has the store open, its last writes are in the log
        assert add(data, "tom") == 0
        backup.write(data, file)
        assert add(data, "zoe") == 0
    backup.read(file, tmp_path / "again")
    assert logins(tmp_path / "again") == {"anne", "tom"}


def test_a_restored_store_has_another_name_so_that_clients_start_afresh(
    data: Path, file: Path, tmp_path: Path
) -> None:
    before = identity(data)
    backup.write(data, file)
    assert identity(data) == before
    backup.read(file, tmp_path / "again")
    assert identity(tmp_path / "again") not in (None, before)


def test_a_backup_and_what_comes_of_it_are_for_their_owner_alone(
    data: Path, file: Path, tmp_path: Path
) -> None:
    backup.write(data, file)
    backup.read(file, tmp_path / "again")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "again").stat().st_mode) == 0o700
    for path in (tmp_path / "again").rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


def test_a_directory_that_holds_something_is_not_touched(
    data: Path, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    backup.write(data, file)
    assert add(data, "tom") == 0
    assert main(["restore", str(file), "--data", str(data)]) == 1
    assert "not empty" in capsys.readouterr().err
    assert logins(data) == {"anne", "tom"}


@pytest.mark.parametrize("cut", [0, 100, 3000])
def test_a_file_that_was_cut_short_restores_nothing(
    data: Path, file: Path, tmp_path: Path, cut: int
) -> None:
    backup.write(data, file)
    file.write_bytes(file.read_bytes()[:cut])
    with pytest.raises(NoBackup) as refused:
        backup.read(file, tmp_path / "again")
    assert refused.value.key == "cli-restore-broken"
    assert not (tmp_path / "again").exists()
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


@pytest.mark.parametrize("name", ["../evil", "/tmp/evil", "a/../../evil"])
def test_nothing_is_written_outside_the_directory(file: Path, tmp_path: Path, name: str) -> None:
    made_of(file, **{name: b"evil"})
    with pytest.raises(NoBackup):
        backup.read(file, tmp_path / "deep" / "again")
    assert list(tmp_path.rglob("evil")) == []


def test_what_holds_no_store_is_no_backup(file: Path, tmp_path: Path) -> None:
    made_of(file, readme=b"hello")
    with pytest.raises(NoBackup) as refused:
        backup.read(file, tmp_path / "again")
    assert refused.value.key == "cli-restore-broken"


def test_a_damaged_store_is_not_restored(data: Path, file: Path, tmp_path: Path) -> None:
    made_of(file, **{"margeride.sqlite3": b"SQLite format 3\0" + b"\xff" * 5000})
    with pytest.raises(NoBackup):
        backup.read(file, tmp_path / "again")
    assert not (tmp_path / "again").exists()


def test_a_place_that_cannot_be_written_is_said(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "nowhere" / "saved.tar.gz"
    assert main(["backup", str(target), "--data", str(data)]) == 1
    assert "could not be written" in capsys.readouterr().err


def test_an_older_file_stays_until_the_new_one_is_whole(
    data: Path, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backup.write(data, file)
    before = file.read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(backup, "_pack", full)
    with pytest.raises(NoBackup):
        backup.write(data, file)
    assert file.read_bytes() == before


def test_a_backup_is_a_plain_archive_that_others_read_too(data: Path, file: Path) -> None:
    backup.write(data, file)
    with tarfile.open(file) as archive:
        content = archive.extractfile("margeride.sqlite3")
        assert content is not None
        copy = file.with_suffix(".sqlite3")
        copy.write_bytes(content.read())
    with sqlite3.connect(copy) as store:
        assert store.execute("select login from people").fetchall() == [("anne",)]
    store.close()
