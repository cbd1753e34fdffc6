"""What a person keeps beside his calendars, as the DAV door asks for it: plain files in folders."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

MAX_FILES = 500
MAX_TOTAL = 10 * 1024 * 1024
MAX_PROPERTIES = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file, or a folder. `path` is relative and without slashes at its ends."""

    path: str
    folder: bool
    etag: str
    content_type: str
    modified: datetime
    body: bytes = b""
    properties: dict[str, str] = field(default_factory=dict)  # {namespace}name -> its XML


class FilesPort(Protocol):
    """The files of one visitor in one transaction."""

    def file(self, path: str) -> File | None:
        """What is there; the root, "", is always a folder."""

    def within(self, path: str) -> Sequence[File]:
        """Everything below a folder, at any depth, by path."""

    def keep(
        self,
        path: str,
        *,
        folder: bool = False,
        body: bytes = b"",
        content_type: str = "",
        properties: dict[str, str] | None = None,
    ) -> File:
        """Write a file or make a folder; properties that are None stay what they were."""

    def forget(self, path: str) -> None:
        """Delete it with all that is below."""

    def weight(self) -> tuple[int, int]:
        """How many there are, and their bytes."""
