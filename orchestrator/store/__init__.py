"""The tables, and one writer for them."""
