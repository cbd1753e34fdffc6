"""A person's private files: what a DAV client keeps beside the calendars."""

import hashlib
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, Connection, delete, func, insert, or_, select, update

from calendars.server.files import File
from orchestrator.store.tables_files import files


def find(conn: Connection, owner: str, path: str) -> File | None:
    """One file or folder."""
    found = _files(conn, files.c.owner_id == owner, files.c.path == path)
    return found[0] if found else None


def within(conn: Connection, owner: str, path: str) -> list[File]:
    """Everything below a folder; everything there is below the root."""
    below = files.c.path.startswith(path + "/", autoescape=True) if path else files.c.path != ""
    return _files(conn, files.c.owner_id == owner, below)


def weight(conn: Connection, owner: str) -> tuple[int, int]:
    """How many, and their bytes."""
    query = select(func.count(), func.coalesce(func.sum(func.length(files.c.body)), 0))
    count, size = conn.execute(query.where(files.c.owner_id == owner)).one()
    return int(count), int(size)


def keep(
    conn: Connection,
    now: datetime,
    owner: str,
    path: str,
    *,
    folder: bool,
    body: bytes,
    content_type: str,
    properties: dict[str, str] | None,
) -> File:
    """Write over what is there, or make it."""
    etag = hashlib.sha256(f"{folder} {path}".encode() + body).hexdigest()[:32]
    values = {
        "folder": folder,
        "body": body,
        "content_type": content_type,
        "etag": etag,
        "modified_at": int(now.timestamp()),
    }
    if properties is not None:
        values["properties"] = properties
    here = (files.c.owner_id == owner, files.c.path == path)
    done = conn.execute(update(files).where(*here).values(**values))
    if done.rowcount == 0:
        conn.execute(
            insert(files).values({"owner_id": owner, "path": path, "properties": {}, **values})
        )
    return _files(conn, *here)[0]


def forget(conn: Connection, owner: str, path: str) -> None:
    """Delete it with all that is below."""
    below = files.c.path.startswith(path + "/", autoescape=True)
    conn.execute(delete(files).where(files.c.owner_id == owner, or_(files.c.path == path, below)))


def _files(conn: Connection, *where: ColumnElement[bool]) -> list[File]:
    rows = conn.execute(select(files).where(*where).order_by(files.c.path))
    return [
        File(
            path=row.path,
            folder=row.folder,
            etag=row.etag,
            content_type=row.content_type,
            modified=datetime.fromtimestamp(row.modified_at, UTC),
            body=row.body,
            properties=row.properties,
        )
        for row in rows
    ]
