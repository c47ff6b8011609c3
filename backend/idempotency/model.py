"""Keys of clients, and the answers that are kept under them."""

import msgspec


class IdempotencyClaim(msgspec.Struct, frozen=True):
    """A client's key for one request: ``owner`` keeps people apart, ``request_hash`` tells another body."""

    owner: str
    key: str
    request_hash: bytes


class Answer(msgspec.Struct, frozen=True):
    """A ready-made response, stored beside the change so that a repeat returns the same bytes."""

    status: int
    headers: dict[str, str]
    body: bytes


class Done(msgspec.Struct, frozen=True):
    """The answer of a call; ``replayed`` when an earlier request of the same key had already got it."""

    answer: Answer
    replayed: bool


class Claim(msgspec.Struct, frozen=True):
    """What ``claim_key`` found. outcome: fresh, replayed (the rest is the stored answer), reused or in_flight."""

    outcome: str
    status: int | None
    headers: dict[str, str] | None
    body: bytes | None

    @property
    def is_erased(self) -> bool:
        """Whether the answer was about somebody who was forgotten; see ``erase_in_idempotency``."""
        return self.status == 410 and not self.body


class Used(msgspec.Struct, frozen=True):
    """Whether a key is another request's."""

    used: bool
