"""Voice and image: getting peers to hear and see each other."""
