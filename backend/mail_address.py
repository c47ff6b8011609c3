"""What counts as a mail address, wherever one comes in: a plain one, as mail servers of cities take it.

Before the one @ letters and digits of ASCII, with dots between them, and what RFC 5322 calls atext: no quotes, no
comments, nothing that reads like an encoded word (RFC 2047), which programs unfold to another address or to none at
all, and nothing for which a relay would have to speak SMTPUTF8. Behind it a host's name with a dot in it, in any
script (IDNA 2008), and no address of a machine. RFC 5321 allows more; a letter to it is returned or goes astray.
"""

import re

import idna

MAX_LENGTH = 254
"""Of the whole, as a relay gets it (RFC 3696, erratum 1690)."""
_MAX_LOCAL = 64
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[^@\s\u0000-\u002c\u002e\u002f\u003a-\u0040\u005b-\u0060\u007b-\u009f\u2028-\u202e\u2066-\u2069]+"
PATTERN = rf"^{_ATOM}(\.{_ATOM})*@{_LABEL}(\.{_LABEL})+\Z"
"""For schemas: as much of it as a regular expression says."""
_ENCODED_WORD = re.compile(r"=\?.*\?=")
_USUAL_LABEL = "[A-Za-z0-9]{1,63}"
_USUAL_HOST = re.compile(rf"{_USUAL_LABEL}(?:\.{_USUAL_LABEL})+")
_WHOLE = re.compile(PATTERN)


def ascii_form(address: str) -> str | None:
    """The address as SMTP takes it, its domain in ASCII; None for what is none."""
    if len(address) > MAX_LENGTH or not _WHOLE.match(address):
        return None
    local, _, domain = address.rpartition("@")
    host = _host(domain)
    if host is None or _ENCODED_WORD.search(local):
        return None
    found = f"{local}@{host}"
    if len(local) > _MAX_LOCAL or len(found) > MAX_LENGTH or host.rpartition(".")[2].isdigit():
        return None
    return found


def _host(domain: str) -> str | None:
    if _USUAL_HOST.fullmatch(domain):
        return domain.lower()  # as IDNA would have it, at a tenth of the time that a booking would spend on it
    try:
        return idna.encode(domain, uts46=True, std3_rules=True).decode()
    except (idna.IDNAError, UnicodeError):
        return None
