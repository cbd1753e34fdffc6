"""Rooms held for a time: whatever door a booking comes through, it goes through here."""

from orchestrator.booking.desk import Booking, Bookings, ensure_rooms, own_calendar

__all__ = ["Booking", "Bookings", "ensure_rooms", "own_calendar"]
