"""What is told to people: the inbox, and where a notice may be sent (Mitteilungen)."""
