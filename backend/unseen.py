"""Characters of a text that nobody sees and that act on what stands beside them: in a list, a letter, a terminal.

Texts that hold one are refused where they come in, by this one rule, so that whoever shows a text need not think of it.
File names are the exception (``documents.rules.shown_name``): what a phone calls its files is not worth a refusal.
"""

import re

UNSEEN = r"\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
"""Inside of a class of a pattern, for Python as for ECMA: control characters but for tabulators and ends of lines, and
what turns the direction of reading around or marks it."""
_UNSEEN = re.compile(f"[{UNSEEN}]")
FAULT = ("invalid-character", "This holds a character that is not allowed, perhaps one that is not seen")
"""Code and text of what is wrong with such a text."""


def holds_unseen(text: str) -> bool:
    """Whether one of them is in it."""
    return _UNSEEN.search(text) is not None
