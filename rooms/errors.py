"""One root for every refusal: a stable key, the facts, and the HTTP status they suggest.

    MargerideError
    ├── NotFound          404  what you may not see does not exist either
    ├── Forbidden         403  seen, but not yours to do
    ├── Unauthenticated   401  say who you are
    ├── Conflict          409  somebody was there first
    ├── Invalid           422  understood and refused, with the reason
    ├── TooMany           429  slow down
    ├── Stale             412  the document changed meanwhile
    └── Unavailable       503  not now

The sentence for people is made at one door, from `key` and `fields`, in their language.
"""

from typing import ClassVar

Fact = str | int | float | bool | None | list[str]


class MargerideError(Exception):
    """Root: `key` names the case for programs (`room-taken`), `fields` carry its facts."""

    status: ClassVar[int] = 500

    def __init__(self, key: str, **fields: Fact) -> None:
        super().__init__(key, fields)
        self.key = key
        self.fields = fields

    def __str__(self) -> str:
        facts = ", ".join(f"{name}={value!r}" for name, value in self.fields.items())
        return f"{self.key}({facts})"


class NotFound(MargerideError):
    """No such thing, or nothing you may know of."""

    status = 404


class Forbidden(MargerideError):
    """Known, and not allowed to this person now."""

    status = 403


class Unauthenticated(MargerideError):
    """No proof of identity, or a wrong one."""

    status = 401


class Conflict(MargerideError):
    """Somebody else holds what was asked for."""

    status = 409


class Invalid(MargerideError):
    """Understood, and refused for the reason given."""

    status = 422


class TooMany(MargerideError):
    """Asked too often; `retry_after` is in seconds."""

    status = 429


class Stale(MargerideError):
    """The document changed since it was read."""

    status = 412


class Unavailable(MargerideError):
    """A part that is needed does not answer now."""

    status = 503
