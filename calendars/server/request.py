"""A request that is already read, and the driver that runs Xandikos' coroutines without a loop.

Xandikos' methods are coroutines, but over a synchronous store not one of them ever waits: they
run to their end on a store thread by a single `send`. docs/decisions/0001-one-writer-thread.md.
"""

from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import unquote

PREFIX = "/dav"
Result = TypeVar("Result")


def run(coroutine: Coroutine[Any, Any, Result]) -> Result:
    """Drive a coroutine that must not wait for anything to its result."""
    try:
        coroutine.send(None)
    except StopIteration as stop:
        result: Result = stop.value
        return result
    coroutine.close()
    raise RuntimeError("a DAV handler wanted to wait for an event loop")


class Body:
    """The bytes of the request, read once, the way Xandikos reads a stream."""

    def __init__(self, body: bytes) -> None:
        self._rest = body

    async def read(self, size: int = -1) -> bytes:
        """The next bytes."""
        size = len(self._rest) if size < 0 else size
        chunk, self._rest = self._rest[:size], self._rest[size:]
        return chunk


@dataclass(slots=True, kw_only=True)
class DavRequest:
    """The little of a request that Xandikos looks at. Header names are case-insensitive."""

    method: str
    raw_path: str  # with the prefix, still percent-encoded, without the query
    headers: Mapping[str, str]
    body: bytes
    content: Body = field(init=False)

    def __post_init__(self) -> None:
        self.content = Body(self.body)

    @property
    def path(self) -> str:
        """The decoded path."""
        return unquote(self.raw_path)

    url = path

    @property
    def match_info(self) -> Mapping[str, str]:
        """The path below the prefix, under the name Xandikos asks for."""
        return {"path_info": self.path.removeprefix(PREFIX) or "/"}

    @property
    def content_type(self) -> str:
        """The declared type."""
        return self.headers.get("Content-Type", "application/octet-stream")

    @property
    def can_read_body(self) -> bool:
        """Whether anything was sent."""
        return bool(self.body)


@dataclass(frozen=True, slots=True, kw_only=True)
class DavAnswer:
    """What goes back, whole."""

    status: int
    reason: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
