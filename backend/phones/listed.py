"""The kinds of notices that an inbox can list, as statements take them."""

from backend.notices.kinds import ALWAYS_IN_INBOX, KINDS

_LISTED = [kind for kind in KINDS.values() if kind.inbox]
NAMES = [kind.name for kind in _LISTED]
GROUPS = ["" if kind.group in ALWAYS_IN_INBOX else kind.group for kind in _LISTED]
"""By which each can be silenced; '': never."""
