"""What other calendar servers do differently, as data.

Measured or read: docs/outside.md says which. A server that is not named here gets the careful
set: it is asked for every ETag, and its conditional requests are checked by looking first.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True, kw_only=True)
class Quirks:
    """How far a server can be trusted."""

    name: str
    sync: bool = True  # sync-collection; else every ETag is listed when the ctag has changed
    ctag: bool = True  # getctag changes with every change
    keeps_if_none_match: bool = True  # PUT with If-None-Match: * refuses to overwrite
    keeps_if_match: bool = True  # PUT with a stale If-Match is refused
    keeps_delete_match: bool = True  # DELETE with a stale If-Match is refused
    bad_token: tuple[int, ...] = (403, 409, 410, 412, 400)  # answers to a token it does not know
    keeps_connection: bool = True  # may be asked twice over one connection
    list_every: int = 20  # every so many looks the whole list is read, whatever the token says


GENERIC = "generic"
_ALL = (
    Quirks(name=GENERIC, sync=False, ctag=False, keeps_if_none_match=False,
           keeps_if_match=False, keeps_delete_match=False, list_every=1),
    # Its tokens are times in seconds: two changes within one second look like one. It ignores
    # If-None-Match: * and executes a DELETE with a stale If-Match. Its workers reset connections
    # that are kept open.
    Quirks(name="sogo", sync=False, ctag=False, keeps_if_none_match=False,
           keeps_if_match=False, keeps_delete_match=False, keeps_connection=False, list_every=1),
    # A token that it does not know is answered 207 with everything, not refused.
    Quirks(name="davical", sync=False),
    Quirks(name="nextcloud"),
    Quirks(name="radicale"),
    Quirks(name="xandikos", bad_token=(403, 409, 410, 412, 400, 500)),
)  # fmt: skip
SERVERS: Mapping[str, Quirks] = MappingProxyType({quirks.name: quirks for quirks in _ALL})
NAMES = tuple(SERVERS)
