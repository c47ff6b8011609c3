"""What passes between the worker and its channels."""

from typing import Literal

import msgspec

from backend.notices.model import Lane as Lane
from backend.notices.model import Outgoing as Outgoing

Result = Literal["sent", "transient", "permanent", "target_gone", "off", "expired", "breaker"]
"""``transient``: again later. ``permanent``: a dead letter. ``target_gone``: the device's target is to be forgotten.
``off``: there is no such channel here. ``expired``: nobody needs it any more. ``breaker``: nothing was tried, so the
claim does not count."""

Trouble = Literal["none", "unavailable", "refused", "misconfigured", "stumbled"]
"""What an outcome says against the lane as a whole. ``unavailable``: no answer, or none yet. ``refused``: this target
is another project's; one says little, several in a row say that we are wrong. ``misconfigured``: our key, project or
certificate is not accepted, whatever the target. ``stumbled``: our own channel did."""


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one attempt. ``code`` is a word from a known list: no text from outside."""

    result: Result
    code: str = ""
    retry_after_seconds: float | None = None
    """What the provider asked for; None: our own back-off."""
    trouble: Trouble = "none"
    status: int | None = None
    """Of the HTTP answer, where whoever was told wants to see it in a log; with it:"""
    milliseconds: int = 0
    answer: str = ""
    """How the answer began. It goes into that log and nowhere else."""


SENT = Outcome(result="sent")
