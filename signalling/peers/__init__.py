"""Endpoints that are programs: test client, test card, room without a browser."""
