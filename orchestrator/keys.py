"""Where the parts of the house hang on the aiohttp application, each under a typed key."""

from typing import TYPE_CHECKING

from aiohttp import web

from orchestrator.auth.keyring import Keyring
from orchestrator.events import Bus
from orchestrator.store.database import Database
from orchestrator.words import Words

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.booking import Bookings
    from orchestrator.house import House
    from orchestrator.outbox import Outbox
    from orchestrator.public_pages import PublicPages
    from orchestrator.recording.keeper import Keeper
    from orchestrator.settings import Settings
    from signalling.engine import MediaEngine
    from signalling.ports import Relays, Wire

DATA: "web.AppKey[Path]" = web.AppKey("data")
PUBLIC_URL = web.AppKey("public_url", str)
SETTINGS: "web.AppKey[Settings]" = web.AppKey("settings")
WORDS: "web.AppKey[Words]" = web.AppKey("words")
# From here on set at start, in this order, and taken down in reverse.
DATABASE = web.AppKey("database", Database)
KEYRING = web.AppKey("keyring", Keyring)
BUS = web.AppKey("bus", Bus)
ENGINE: "web.AppKey[MediaEngine]" = web.AppKey("engine")
BOOKINGS: "web.AppKey[Bookings]" = web.AppKey("bookings")
HOUSE: "web.AppKey[House]" = web.AppKey("house")
SWITCHBOARD: "web.AppKey[Wire]" = web.AppKey("switchboard")
OUTBOX: "web.AppKey[Outbox]" = web.AppKey("outbox")
KEEPER: "web.AppKey[Keeper]" = web.AppKey("keeper")
RELAYS: "web.AppKey[Relays | None]" = web.AppKey("relays")
PUBLIC_PAGES: "web.AppKey[PublicPages]" = web.AppKey("public_pages")
