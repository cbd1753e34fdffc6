"""The calendars served over CalDAV: who asks, and what our store answers."""

from orchestrator.dav.door import DavDoor, routes, setup

__all__ = ["DavDoor", "routes", "setup"]
