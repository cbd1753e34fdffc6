"""The pure packet plane: bytes in, bytes out, no clock, no socket."""
