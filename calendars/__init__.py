"""The time: who holds which room when."""
