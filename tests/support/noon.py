"""A place on earth where the day is long: tests that need all of one day run at any hour."""

from backend.clock import system_now


def zone_at_noon() -> str:
    """A zone whose clocks show twelve o'clock and some minutes."""
    hours = 12 - system_now().hour
    return f"Etc/GMT{-hours:+d}" if hours else "Etc/GMT"
