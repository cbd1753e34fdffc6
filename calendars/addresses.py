"""Mail addresses as calendars and letters write them: checked, lower case, nothing to inject."""

import re

_LOCAL = r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_ADDRESS = re.compile(rf"(?P<local>{_LOCAL})@(?P<domain>{_LABEL}(?:\.{_LABEL})+)")
LONGEST_LOCAL = 64
LONGEST = 254


def mail_address(text: str) -> str:
    """The address in lower case; ValueError for anything that no letter could be sent to."""
    lowered = text.strip().lower()
    match = _ADDRESS.fullmatch(lowered) if len(lowered) <= LONGEST else None
    if match is None or len(match["local"]) > LONGEST_LOCAL:
        raise ValueError(text)
    return lowered


def address_in(calendar_address: str) -> str | None:
    """The mail address in `mailto:…`, None for anything else."""
    scheme, _, rest = calendar_address.strip().partition(":")
    if scheme.lower() != "mailto":
        return None
    try:
        return mail_address(rest.partition("?")[0])
    except ValueError:
        return None


def one_line(text: str, longest: int = 200) -> str:
    """A text fit for a header: printable, on one line, not too long."""
    kept = "".join(c if c.isprintable() else " " for c in text)
    return " ".join(kept.split())[:longest].strip()
