"""What a key looks like, and where it is good."""

import os
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.clients.errors import ClientKeyNotForCity, ClientKeyRequired
from backend.clients.keyring import Keyring
from backend.clients.model import Caller, Environment
from backend.clients.rules import admit, is_sandbox, read_key, write_key
from backend.clock import system_now
from backend.settings import Settings, SettingsError


@given(st.sampled_from(("live", "test")), st.uuids(), st.binary(min_size=32, max_size=32), st.data())
def test_a_key_says_what_it_is_and_a_slip_is_noticed(
    environment: Environment, key_id: UUID, secret: bytes, data: st.DataObject
) -> None:
    text = write_key(environment, key_id, secret)
    parts = read_key(text)
    assert parts is not None and (parts.environment, parts.id) == (environment, key_id)
    assert len(text) == 80 and text.startswith(f"wfk_{environment}_")
    at = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.characters(exclude_characters=text[at]))
    assert read_key(text[:at] + other + text[at + 1 :]) is None


def test_what_is_no_key_is_none() -> None:
    for text in ("", "wfk_live_", "wfk_live_" + "0" * 71, "wfk_live_" + "z" * 71, "a" * 10_000, "wfk_test_Ä"):
        assert read_key(text) is None


def caller(environment: Environment, *cities: str) -> Caller:
    return Caller(
        client_id=uuid4(), key_id=uuid4(), name="x", environment=environment, cities=cities, scopes=("app",),
        per_minute=None, expires_at=system_now() + timedelta(days=1),
    )  # fmt: skip


LIVE, TEST = caller("live", "gelsenkirchen", "sandbox"), caller("test", "gelsenkirchen", "sandbox")


@pytest.mark.parametrize(
    "who, city, required, refused",
    [
        (None, "gelsenkirchen", False, None),
        (None, "gelsenkirchen", True, ClientKeyRequired),
        (None, "sandbox", False, ClientKeyRequired),
        (LIVE, "gelsenkirchen", True, None),
        (LIVE, "bottrop", False, ClientKeyNotForCity),
        (LIVE, "sandbox", False, ClientKeyNotForCity),
        (TEST, "sandbox", False, None),
        (TEST, "sandbox-two", True, None),
        (TEST, "gelsenkirchen", False, ClientKeyNotForCity),
    ],
)
def test_test_keys_stay_in_the_sandbox_and_everybody_else_out_of_it(
    who: Caller | None, city: str, required: bool, refused: type[Exception] | None
) -> None:
    if refused is None:
        admit(who, city, required=required)
    else:
        with pytest.raises(refused):
            admit(who, city, required=required)
    assert not is_sandbox("sandboxville")


def test_secrets_can_be_replaced_and_sealed_things_open_for_their_purpose_only(test_keys: dict[str, str]) -> None:
    def keyring(secrets: str) -> Keyring:
        return Keyring(settings_with(secrets, test_keys))

    old, new = "A" * 43 + "=", "B" * 43 + "="
    before, between, after = keyring(old), keyring(f"{new},{old}"), keyring(new)
    key = write_key("live", uuid4(), os.urandom(32))
    assert between.fits(key, before.hash(key)) and not after.fits(key, before.hash(key))
    sealed = before.seal(b"secret", b"webhook")
    assert between.open(sealed, b"webhook") == b"secret"
    with pytest.raises(LookupError):
        between.open(sealed, b"another")
    with pytest.raises(SettingsError):
        keyring("c2hvcnQ=")


def settings_with(secrets: str, keys: dict[str, str]) -> Settings:
    given = {**keys, "client_secrets": secrets}
    return Settings(mode="embedded", database_url="-", **given)  # pyright: ignore[reportArgumentType]
