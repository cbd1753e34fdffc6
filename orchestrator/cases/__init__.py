"""The use cases, one subject per module; `orchestrator.conduct` is their table of contents."""
