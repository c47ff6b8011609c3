"""Signatures that the official library accepts, addresses that lead nowhere of ours, and patience for three days."""

from datetime import timedelta
from ipaddress import ip_address
from random import Random
from urllib.parse import urlsplit

import pytest
from standardwebhooks import Webhook, WebhookVerificationError
from yarl import URL

from backend.clients.rules import is_sandbox
from backend.clock import system_now
from backend.db import Database
from backend.webhooks.rules import LONGEST, check_url, may_reach, next_due
from backend.webhooks.signing import headers, new_secret, show


def test_the_official_library_accepts_either_secret_of_a_rotation_and_no_other() -> None:
    old, new, other = new_secret(), new_secret(), new_secret()
    body = b'{"type":"appointment.confirmed"}'
    sent = headers("0193a000-0000-7000-8000-000000000001", system_now(), body, [new, old])
    for secret in (old, new):
        Webhook(show(secret)).verify(body, sent)
    for wrong in (
        lambda: Webhook(show(other)).verify(body, sent),
        lambda: Webhook(show(new)).verify(body + b" ", sent),
        lambda: Webhook(show(new)).verify(body, {**sent, "webhook-id": "another"}),
        lambda: Webhook(show(new)).verify(body, headers("x", system_now() - timedelta(hours=1), body, [new])),
    ):
        with pytest.raises(WebhookVerificationError):
            wrong()


PRIVATE = """
0.0.0.0 10.0.0.1 100.64.0.1 100.127.255.254 127.0.0.2 169.254.169.254 172.16.0.1 172.31.255.255 192.0.0.1 192.0.2.1
192.168.1.1 198.18.0.1 203.0.113.9 224.0.0.1 239.1.1.1 240.0.0.1 255.255.255.255 :: ::1 ::ffff:127.0.0.1
::ffff:10.0.0.1 ::ffff:8.8.8.8 64:ff9b::a00:1 64:ff9b::808:808 64:ff9b:1::1 2002:7f00:1::1 2002:808:808::1
192.0.0.9 192.0.0.192 192.88.99.1 168.63.129.16 100.100.100.200 ::127.0.0.1 ::ffff:169.254.169.254 ::ffff:0:127.0.0.1
64:ff9b::7f00:1 64:ff9b::a9fe:a9fe 2002:a9fe:a9fe:: 3fff::1 2606:4700::1111%eth0 fe80::1%eth0
2001:0:53aa:64c:0:fffe:80ff:fffe fc00::1 fd00:ec2::254 fe80::1 fec0::1 ff02::1 100::1 2001:db8::1
"""


@pytest.mark.parametrize("address", PRIVATE.split())
def test_nothing_of_ours_is_reached(address: str) -> None:
    assert not may_reach(ip_address(address), loopback=False)
    assert may_reach(ip_address(address), loopback=True) == ip_address(address).is_loopback


def test_the_public_internet_is() -> None:
    assert all(may_reach(ip_address(a), loopback=False) for a in ("8.8.8.8", "2606:4700::1111", "193.99.144.80"))


@pytest.mark.parametrize(
    "url, code",
    [
        ("https://hooks.example.org/wartefrei?x=1", None),
        ("https://hooks.example.org:8443/", None),
        ("https://93.184.215.14/hook", None),
        ("http://hooks.example.org/", "not-https"),
        ("http://127.0.0.1:9/", "not-https"),
        ("ftp://hooks.example.org/", "not-https"),
        ("https://127.0.0.1/", "private-address"),
        ("https://[::1]/", "private-address"),
        ("https://[::ffff:10.0.0.1]/", "private-address"),
        ("https://169.254.169.254/latest/meta-data", "private-address"),
        ("https://2130706433/", "private-address"),
        ("https://0x7f.1/", "private-address"),
        ("https://127.1/", "private-address"),
        ("https://0/", "private-address"),
        ("https://0.0.0.0/", "private-address"),
        ("https://0177.0.0.1/", "private-address"),
        ("https://017700000001/", "private-address"),
        ("https://0x7f000001/", "private-address"),
        ("https://0x7f.0.0.0x1/", "private-address"),
        ("https://127.0.0.1./", "private-address"),
        ("https://%31%32%37.0.0.1/", "private-address"),
        ("https://[::ffff:7f00:1]/", "private-address"),
        ("https://[::127.0.0.1]/", "private-address"),
        ("https://[64:ff9b::7f00:1]/", "private-address"),
        ("https://[64:ff9b::169.254.169.254]/", "private-address"),
        ("https://[2002:7f00:1::]/", "private-address"),
        ("https://[2606:4700::1111%25eth0]/", "private-address"),
        ("https://localhost./", "private-address"),
        ("https://metadata.google.internal./computeMetadata/v1/", "private-address"),
        ("https://printer/", "private-address"),
        ("https://kubernetes.default.svc/", "private-address"),
        ("https://router.home.arpa/", "private-address"),
        ("https://files.localdomain/", "private-address"),
        ("https://files.home/", "private-address"),
        ("https://hooks.example.org./", None),
        ("https://xn--bcher-kva.example/", None),
        ("https://HOOKS.EXAMPLE.ORG:443/", None),
        ("https://hooks.example.org:/", None),
        ("https://hooks.example.org:0/", "invalid-port"),
        ("https://hooks.example.org:25/", "invalid-port"),
        ("https://hooks.example.org:1024/", None),
        ("https://hooks.example.org:-1/", "invalid-url"),
        ("https://@hooks.example.org/", "invalid-url"),
        ("https://127.0.0.1:443@hooks.example.org/", "invalid-url"),
        ("https://hooks.example.org\\@127.0.0.1/", "invalid-url"),
        ("https://hooks.example.org\\.evil.example/", "invalid-url"),
        ("https://hooks.example.org%2f.evil.example/", "invalid-url"),
        ("https://127.0.0.1%00.example.org/", "invalid-url"),
        ("https://hooks..example.org/", "invalid-url"),
        ("https://.example.org/", "invalid-url"),
        ("https://-hooks.example.org/", "invalid-url"),
        ("https://hooks.example.org/\x00", "invalid-url"),
        ("https://hooks.example.org/\t", "invalid-url"),
        ("https://hooks.ex\u0430mple.org/", "invalid-url"),
        ("https://\u2460\u2461\u2466.0.0.1/", "invalid-url"),
        ("https://localhost/", "private-address"),
        ("https://metadata.google.internal/", "private-address"),
        ("https://user:secret@hooks.example.org/", "invalid-url"),
        ("https://hooks.example.org/#x", "invalid-url"),
        ("https://hooks.example.org:99999/", "invalid-url"),
        ("https://[::1", "invalid-url"),
        ("https:///path", "invalid-url"),
        ("https://exa mple.org/", "invalid-url"),
        ("https://hooks.example.org/\nHost: x", "invalid-url"),
        ("https://" + "a" * 3000, "invalid-url"),
    ],
)
def test_an_address_is_looked_at_before_it_is_kept(url: str, code: str | None) -> None:
    assert [fault.code for fault in check_url(url, loopback=False)] == ([code] if code else [])


def test_what_is_kept_is_where_the_sender_goes() -> None:
    """Two readers of one address must not find two hosts in it."""
    for url in (
        "https://hooks.example.org/?@127.0.0.1", "https://hooks.example.org/@127.0.0.1", "https://8.8.8.8:8443/x",
        "https://[2606:4700::1111]:8443/", "https://HOOKS.example.org./a/../b?q=1",
    ):  # fmt: skip
        assert check_url(url, loopback=False) == []
        parts, sent = urlsplit(url), URL(url)
        assert (parts.hostname, parts.port or 443) == ((sent.host or "").lower(), sent.port), url


def test_loopback_is_for_trying_things_out() -> None:
    assert check_url("http://127.0.0.1:9000/hook", loopback=True) == []
    assert check_url("http://10.0.0.1/hook", loopback=True) != []


def test_it_is_tried_for_three_days_and_then_no_more() -> None:
    begun = now = system_now()
    attempt, chance = 1, Random(1)
    while (due := next_due(attempt, begun, None, now, chance)) is not None:
        assert due > now
        now, attempt = due, attempt + 1
    assert attempt == 11 and timedelta(days=2, hours=22) < now - begun <= LONGEST
    wished = next_due(1, begun, 7200.0, begun, chance)
    assert wished is not None and wished >= begun + timedelta(hours=2), "Retry-After is kept"
    assert next_due(1, begun, 1e9, begun, chance) is not None, "and bounded"


async def test_the_database_and_we_mean_the_same_by_a_sandbox(database: Database) -> None:
    cities = ["sandbox", "sandbox-two", "sandboxville", "a-sandbox", "gelsenkirchen"]
    async with database.connection() as conn:
        found = [await conn.fetchval("SELECT is_sandbox($1)", city) for city in cities]
    assert found == [is_sandbox(city) for city in cities] == [True, True, False, False, False]
