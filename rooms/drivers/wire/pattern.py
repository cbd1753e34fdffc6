"""Lines of text as a person writes them down: `volume {volume}`, `In{input} *`.

`{name}` stands for a value without spaces, `*` for anything.
"""

import re
from collections.abc import Mapping

from rooms.drivers.port import BadParameter

LONGEST = 200
MOST_WILD = 4
_PART = re.compile(r"\{([a-z_]+)\}|\*|[^{*]+|\{")


class Pattern:
    """One line: to fill in, or to recognise."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.names = tuple(re.findall(r"\{([a-z_]+)\}", text))

    @property
    def well(self) -> bool:
        """Whether it is short, and simple enough to be looked for quickly."""
        wild = self.text.count("*") + len(self.names)
        twice = len(set(self.names)) < len(self.names)
        return 0 < len(self.text) <= LONGEST and wild <= MOST_WILD and not twice

    def fill(self, values: Mapping[str, object]) -> str:
        """The line with its values; one that could end the line early is refused."""
        line = re.sub(r"\{([a-z_]+)\}", lambda match: str(values[match[1]]), self.text)
        if not line.isprintable():
            raise BadParameter("a value that is no plain text")
        return line

    def match(self, line: str, values: Mapping[str, object]) -> dict[str, str] | None:
        """What stands for the names not given in `values`; None when it is another line."""
        found = re.fullmatch("".join(self._regex(values)), line, re.IGNORECASE)
        return None if found is None else found.groupdict()

    def _regex(self, values: Mapping[str, object]) -> list[str]:
        parts = []
        for part in _PART.finditer(self.text):
            name = part[1]
            if name is None:
                parts.append(".*?" if part[0] == "*" else re.escape(part[0]))
            elif name in values:
                parts.append(re.escape(str(values[name])))
            else:
                parts.append(rf"(?P<{name}>\S+?)")
        return parts
