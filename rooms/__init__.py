"""The places: centres, rooms, what stands in them, how to command it."""
