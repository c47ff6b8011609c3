"""Which type the bytes are of. The name and what the phone says do not matter."""

from pathlib import Path
from typing import Any

import filetype

_HEAD_BYTES = 8_192
_ALSO = {"image/heic-sequence": "image/heic", "image/heif-sequence": "image/heif"}


def media_type_of(path: str) -> str | None:
    """The media type by the first bytes; None for what is nothing known."""
    library: Any = filetype  # it brings no types
    with Path(path).open("rb") as file:
        head = file.read(_HEAD_BYTES)
    # A PDF begins at its first byte here: what stands before it is for other programs to find.
    if head.startswith(b"%PDF-"):
        return "application/pdf"
    found = library.guess_mime(head)
    return None if found is None else _ALSO.get(found, str(found))
