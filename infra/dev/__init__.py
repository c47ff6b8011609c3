"""`make run`: everything the API needs, from wheels alone, on loopback."""
