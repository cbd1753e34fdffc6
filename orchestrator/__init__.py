"""The conductor: sessions, people, use cases, HTTP, store, web client, wiring."""
