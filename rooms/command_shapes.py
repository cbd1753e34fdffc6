"""How commands of every kind are read that say nothing beside their name, or only on or off."""

from dataclasses import dataclass
from typing import Self

from rooms.fields import Fields


class Bare:
    """A command without arguments."""

    __slots__ = ()

    @classmethod
    def read(cls, fields: Fields) -> Self:
        """From the arguments of the wire: there are none."""
        return cls()


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    """A command that says on or off."""

    on: bool

    @classmethod
    def read(cls, fields: Fields) -> Self:
        """From the arguments of the wire."""
        return cls(on=fields.flag("on"))
