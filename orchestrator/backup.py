"""A data directory in one file, and back: the store as of one moment, and the secrets beside it.

The store is copied by SQLite's own backup, so the service may run. A restored store is another
one to the calendar clients: their sync tokens name it (`facts.renew_uuid`), and they start afresh
instead of missing what was lost in between.
"""

import os
import shutil
import sqlite3
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from orchestrator.store import facts
from orchestrator.wiring import STORE, open_store
from rooms.errors import MargerideError

LEFT_OUT = (".lock", ".sock", "-wal", "-shm", "-journal")  # of a service that runs
BROKEN = (tarfile.TarError, sqlite3.DatabaseError, EOFError, zlib.error, UnicodeError)


class NoBackup(MargerideError):
    """It cannot be written or read; the sentence says why and what to do."""


def write(data: Path, file: Path) -> int:
    """Back a data directory up; how many bytes the file has. Blocking.

    The file is there when it is whole, for its owner's eyes only.
    """
    if not (data / STORE).is_file():
        raise NoBackup("cli-no-store", data=str(data))
    try:
        with TemporaryDirectory(dir=file.parent, prefix=f".{file.name}-") as place:
            snapshot, packed = Path(place, STORE), Path(place, "packed")
            _copy_store(data / STORE, snapshot)
            _pack(data, snapshot, packed)
            packed.replace(file)
        _settle(file.parent)
        return file.stat().st_size
    except OSError as error:
        raise NoBackup("cli-backup-failed", file=str(file), reason=_why(error)) from None


def read(file: Path, data: Path) -> None:
    """Fill a data directory that is empty or not there yet. Blocking."""
    try:
        if data.exists() and any(data.iterdir()):
            raise NoBackup("cli-restore-not-empty", data=str(data))
        data.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=data.parent, prefix=f".{data.name}-") as place:
            fresh = Path(place, "data")
            fresh.mkdir(mode=0o700)
            _unpack(file, fresh)
            _begin_afresh(fresh)
            fresh.replace(data)
        _settle(data.parent)
    except BROKEN as error:
        raise NoBackup("cli-restore-broken", file=str(file), reason=_why(error)) from None
    except OSError as error:
        raise NoBackup("cli-restore-failed", file=str(file), reason=_why(error)) from None


def _copy_store(store: Path, copy: Path) -> None:
    with closing(sqlite3.connect(store)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)


def _pack(data: Path, snapshot: Path, packed: Path) -> None:
    handle = os.open(packed, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as out:
        with tarfile.open(fileobj=out, mode="w:gz") as archive:
            archive.add(snapshot, STORE, recursive=False)
            for path in _beside(data):
                archive.add(path, path.relative_to(data).as_posix(), recursive=False)
        out.flush()
        os.fsync(out.fileno())


def _beside(data: Path) -> Iterator[Path]:
    """What stands in the directory beside the store and outlives a service."""
    for path in sorted(data.rglob("*")):
        plain = path.is_file() and not path.is_symlink()
        if plain and path != data / STORE and not path.name.endswith(LEFT_OUT):
            yield path


def _unpack(file: Path, fresh: Path) -> None:
    with tarfile.open(file, "r:gz") as archive:
        for member in archive:
            name = PurePosixPath(member.name)
            inside = name.parts and not name.is_absolute() and ".." not in name.parts
            content = archive.extractfile(member) if member.isreg() and inside else None
            if content is None:
                raise tarfile.TarError(f"{member.name} does not belong in a backup")
            path = fresh.joinpath(*name.parts)
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with content, os.fdopen(handle, "wb") as out:
                shutil.copyfileobj(content, out)
                out.flush()
                os.fsync(out.fileno())


def _begin_afresh(fresh: Path) -> None:
    """See that the store is whole, bring it up to this program, and give it another name."""
    if not (fresh / STORE).is_file():
        raise tarfile.TarError(f"there is no {STORE} in it")
    with closing(sqlite3.connect(fresh / STORE)) as store:
        found = store.execute("PRAGMA quick_check").fetchone()[0]
    if found != "ok":
        raise sqlite3.DatabaseError(found)
    database = open_store(fresh)
    try:
        database.write_now(facts.renew_uuid)
    finally:
        database.close()


def _settle(folder: Path) -> None:
    """The name is on the disk too."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _why(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
