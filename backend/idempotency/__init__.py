"""A request that is repeated with the same key happens once."""
