"""Ways to a person. A channel sends; when, how often and what then is the worker's."""

from typing import Protocol

from notifications.model import Outcome, Outgoing


class Channel(Protocol):
    """One per process and event loop. Holds no database connection."""

    async def ready(self) -> bool:
        """Whether it makes sense to claim deliveries now; what it lacks (a token) it fetches meanwhile."""
        ...

    async def send(self, outgoing: Outgoing) -> Outcome:
        """One attempt. Called many times at once; bounded in time; never raises for what the other side does."""
        ...

    async def close(self) -> None:
        """Ends connections."""
        ...


class Off:
    """In place of a channel that is not configured: what was to go its way is dropped, and a letter goes instead where
    there is an address."""

    async def ready(self) -> bool:
        return True

    async def send(self, outgoing: Outgoing) -> Outcome:
        return Outcome(result="off", code=f"{outgoing.channel}-off")

    async def close(self) -> None:
        return None
