"""How an office is doing: waiting times, no-shows, use by hour, the wait for a free place. Counts, no people."""
