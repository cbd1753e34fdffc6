"""Conditions of a session that is about to start: one file each, with its remedy."""
