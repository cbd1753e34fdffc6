"""Implementations of the media engine port."""
