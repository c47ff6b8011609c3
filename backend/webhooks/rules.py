"""Where may be told, and when again. Pure."""

import re
from datetime import datetime, timedelta
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from random import Random
from urllib.parse import urlsplit

from backend.errors import FieldError

# As the specification suggests: often at first, then ever more rarely, for three days.
_MINUTES = (0.1, 1, 5, 30, 120, 300, 600, 840, 1200, 1200)
LONGEST = timedelta(days=3, hours=6)
"""From the first attempt of a round to its last."""
_JITTER = 0.1
_LONGEST_WISH_SECONDS = 86_400.0
_REFUSED = (
    *map(IPv6Network, ("64:ff9b::/96", "64:ff9b:1::/48", "3fff::/20")),  # NAT64, and documentation (RFC 9637)
    # Anycast of protocols, 6to4 relays, and where a large cloud answers its own machines: public by number alone.
    *map(IPv4Network, ("192.0.0.0/24", "192.88.99.0/24", "168.63.129.16/32")),
)
_MOST_URL = 2000
_HTTPS, _FIRST_FREE_PORT = 443, 1024
_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.?")
_OURS = (
    ".localhost", ".localdomain", ".local", ".internal", ".lan", ".home", ".home.arpa", ".svc", ".intranet", ".corp",
    ".private",
)  # fmt: skip
"""Ends of names that no public resolver answers, and an inner one may."""


def next_due(
    round_attempt: int, begun_at: datetime, wish_seconds: float | None, now: datetime, chance: Random
) -> datetime | None:
    """When to try again after the ``round_attempt``-th failure; None: never. A longer ``Retry-After`` is kept."""
    if round_attempt > len(_MINUTES):
        return None
    seconds = _MINUTES[round_attempt - 1] * 60 * (1 + chance.uniform(0.0, _JITTER))
    due = now + timedelta(seconds=max(seconds, min(wish_seconds or 0.0, _LONGEST_WISH_SECONDS)))
    return due if due <= begun_at + LONGEST else None


def check_url(url: str, *, loopback: bool) -> list[FieldError]:
    """What is wrong with an address as it is written; what its name leads to is looked at whenever something is sent.

    ``loopback``: this machine may be told, over http as well.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return [FieldError("/url", "invalid-url", "This is not a URL")]
    if not host or len(url) > _MOST_URL or not url.isascii() or not url.isprintable() or " " in url:
        return [FieldError("/url", "invalid-url", "This is not a URL")]
    if parts.username is not None or parts.fragment:
        return [FieldError("/url", "invalid-url", "A URL without a name, password and fragment, please")]
    literal = _literal(host)
    here = literal is not None and literal.is_loopback
    if parts.scheme != "https" and not (loopback and here and parts.scheme == "http"):
        return [FieldError("/url", "not-https", "The URL must begin with https://")]
    if _is_private(host, literal, loopback=loopback):
        return [FieldError("/url", "private-address", "Only addresses of the public internet are told")]
    if literal is None and not _HOST.fullmatch(host):
        return [FieldError("/url", "invalid-url", "This is not a URL")]
    if not here and port is not None and port != _HTTPS and port < _FIRST_FREE_PORT:
        return [FieldError("/url", "invalid-port", "The port must be 443, or 1024 and above")]
    return []


def may_reach(address: IPv4Address | IPv6Address, *, loopback: bool) -> bool:
    """Whether a server of ours may connect there: the public internet, and nothing that leads back into our own net.

    An IPv6 address that carries an IPv4 address within (mapped, NAT64, 6to4, Teredo) is refused whatever that is.
    """
    if address.is_loopback:
        return loopback
    if isinstance(address, IPv6Address) and (
        address.ipv4_mapped or address.sixtofour or address.teredo or address.is_site_local or address.scope_id
    ):
        return False
    if any(address in net for net in _REFUSED):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved and not address.is_unspecified


def _is_private(host: str, literal: IPv4Address | IPv6Address | None, *, loopback: bool) -> bool:
    if literal is not None:
        return not may_reach(literal, loopback=loopback)
    name = host.rstrip(".")
    # Names without a dot are those of one's own network. Numbers that resolvers take for addresses (2130706433, 0x7f.1,
    # 0177.0.0.1, 127.1) end in a part that begins with a digit, which that of no public name does.
    last = name.rpartition(".")[2]
    return "." not in name or not last or last[0].isdigit() or f".{name}".endswith(_OURS)


def _literal(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None
