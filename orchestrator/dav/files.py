"""The drawer of one person in one transaction, as the CalDAV door asks for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection

from calendars.server.files import File
from orchestrator.store import files

ROOT = File(
    path="", folder=True, etag="drawer", content_type="", modified=datetime(2026, 1, 1, tzinfo=UTC)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """Implements `calendars.server.files.FilesPort`."""

    conn: Connection
    now: datetime
    owner: str

    def file(self, path: str) -> File | None:
        """What is there."""
        return files.find(self.conn, self.owner, path) if path else ROOT

    def within(self, path: str) -> Sequence[File]:
        """Everything below a folder."""
        return files.within(self.conn, self.owner, path)

    def keep(
        self,
        path: str,
        *,
        folder: bool = False,
        body: bytes = b"",
        content_type: str = "",
        properties: dict[str, str] | None = None,
    ) -> File:
        """Write a file or make a folder."""
        return files.keep(
            self.conn, self.now, self.owner, path, folder=folder, body=body,
            content_type=content_type, properties=properties,
        )  # fmt: skip

    def forget(self, path: str) -> None:
        """Delete it with all that is below."""
        files.forget(self.conn, self.owner, path)

    def weight(self) -> tuple[int, int]:
        """How many there are, and their bytes."""
        return files.weight(self.conn, self.owner)
