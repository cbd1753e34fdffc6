"""Calendars kept elsewhere: rooms on another CalDAV server, read-only feeds of shared premises."""

from orchestrator.outside.jobs import setup

__all__ = ["setup"]
