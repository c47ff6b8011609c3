"""From where a request came: the address that rate limits count by."""

from collections.abc import Mapping
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

from backend.settings import SettingsError

Networks = tuple[IPv4Network | IPv6Network, ...]


def parse_networks(text: str) -> Networks:
    """Comma-separated CIDR networks; raises SettingsError."""
    try:
        return tuple(ip_network(part.strip(), strict=False) for part in text.split(",") if part.strip())
    except ValueError as error:
        raise SettingsError(f"TRUSTED_PROXIES: {error}") from error


def client_address(scope: Mapping[str, Any], trusted: Networks) -> str:
    """The nearest hop that is no proxy of ours. ``X-Forwarded-For`` counts only as far as trusted proxies wrote it."""
    client = scope.get("client")
    nearest = str(client[0]) if client else ""
    if not trusted or not _is_trusted(nearest, trusted):
        return counted(nearest)
    forwarded = b",".join(value for name, value in scope["headers"] if name == b"x-forwarded-for").decode("latin-1")
    for hop in reversed([part.strip() for part in forwarded.split(",") if part.strip()][-50:]):
        address = hop.strip('"').removeprefix("[").partition("]")[0] if hop.startswith(("[", '"')) else hop
        if not _is_trusted(address, trusted):
            return counted(address)
    return counted(nearest)


def unnamed_proxy(scope: Mapping[str, Any], trusted: Networks) -> str | None:
    """The address of a proxy of the house whose ``X-Forwarded-For`` is not believed: all behind it count as one."""
    client = scope.get("client")
    nearest = str(client[0]) if client else ""
    if _is_trusted(nearest, trusted) or not _is_of_the_house(nearest):
        return None
    return nearest if any(name == b"x-forwarded-for" for name, _ in scope["headers"]) else None


@lru_cache(maxsize=10_000)
def counted(address: str) -> str:
    """What is counted as one: an IPv4 address, the /64 of an IPv6 address, and everything unreadable together."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ip_network((int(parsed) >> 64 << 64, 64)))
    return str(parsed)


@lru_cache(maxsize=10_000)
def _is_trusted(address: str, trusted: Networks) -> bool:
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    return any(parsed in network for network in trusted)


@lru_cache(maxsize=1_000)
def _is_of_the_house(address: str) -> bool:
    try:
        return ip_address(address).is_private  # loopback too
    except ValueError:
        return False
