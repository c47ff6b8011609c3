"""Where may be told, and when again. Pure."""

from datetime import datetime, timedelta
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from random import Random
from urllib.parse import SplitResult, urlsplit

from backend.errors import FieldError

# As the specification suggests: often at first, then ever more rarely, for three days.
_MINUTES = (0.1, 1, 5, 30, 120, 300, 600, 840, 1200, 1200)
LONGEST = timedelta(days=3, hours=6)
"""From the first attempt of a round to its last."""
_JITTER = 0.1
_LONGEST_WISH_SECONDS = 86_400.0
_NAT64 = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))
_MOST_URL = 2000


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
        host, _ = parts.hostname, parts.port
    except ValueError:
        return [FieldError("/url", "invalid-url", "This is not a URL")]
    if not host or len(url) > _MOST_URL or not url.isascii() or any(c.isspace() for c in url):
        return [FieldError("/url", "invalid-url", "This is not a URL")]
    if parts.username is not None or parts.fragment:
        return [FieldError("/url", "invalid-url", "A URL without a name, password and fragment, please")]
    literal = _literal(host)
    here = literal is not None and literal.is_loopback
    if parts.scheme != "https" and not (loopback and here and parts.scheme == "http"):
        return [FieldError("/url", "not-https", "The URL must begin with https://")]
    if host == "localhost" or host.endswith((".localhost", ".local", ".internal")):
        return [FieldError("/url", "private-address", "Only addresses of the public internet are told")]
    if (literal is not None and not may_reach(literal, loopback=loopback)) or _is_disguised(parts, literal):
        return [FieldError("/url", "private-address", "Only addresses of the public internet are told")]
    return []


def may_reach(address: IPv4Address | IPv6Address, *, loopback: bool) -> bool:
    """Whether a server of ours may connect there: the public internet, and nothing that leads back into our own net.

    An IPv6 address that carries an IPv4 address within (mapped, NAT64, 6to4, Teredo) is refused whatever that is.
    """
    if address.is_loopback:
        return loopback
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or address.teredo
        if inner is not None or any(address in net for net in _NAT64) or address.is_site_local:
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved and not address.is_unspecified


def _literal(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def _is_disguised(parts: SplitResult, literal: IPv4Address | IPv6Address | None) -> bool:
    """Numbers that resolvers take for addresses: 2130706433, 0x7f.1, 127.1. No public name's last part begins so."""
    last = (parts.hostname or "").rstrip(".").rpartition(".")[2]
    return literal is None and (not last or last[0].isdigit())
