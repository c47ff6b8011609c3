"""A city in which nothing is real: magic values, quick clerks, and a clock that can be moved (Testumgebung)."""
