"""What production refuses: the development issuer, and providers that cannot be trusted as configured."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from api.context import open_context
from backend.identity.dev import dev_keys, mint_dev_token
from backend.identity.keys import KeyFault
from backend.identity.oidc import open_issuers
from backend.settings import Settings, SettingsError, from_environment
from backend.settings_rules import Role
from infra.dev.keys import development_keys

MakeSettings = Callable[..., Settings]


_SCANNER = {"clamd_address": "clamd:3310"}


def production(**overrides: Any) -> Settings:
    """Settings that production accepts, but for ``overrides``."""
    keys = {name: pem.partition("\n")[2] for name, pem in development_keys().items()}
    del keys["dev_issuer_keys"]
    given: dict[str, Any] = {
        "database_url": "postgresql://db/x",
        "public_url": "https://api.example",
        **_SCANNER,
        **keys,
    }
    return Settings(**{**given, **overrides})


NOTHING: set[str] = set()


@pytest.mark.parametrize("role, demanded", [
    ("api", {"TOKEN_SIGNING_KEYS", "PASS_SIGNING_KEYS"}), ("worker", NOTHING), ("documents", {"CLAMD_ADDRESS"}),
    ("command", NOTHING),
])  # fmt: skip
def test_each_role_demands_what_it_uses_and_nothing_else(role: Role, demanded: set[str]) -> None:
    """In production; the embedded mode has a stand-in for the scanner, and no role does without the database."""
    bare = {"DATABASE_URL": "postgresql://db/x", "PUBLIC_URL": "https://api.example"}
    whole = {name.upper(): getattr(production(), name.lower()) for name in demanded}
    assert from_environment({**bare, **whole}, role=role).mode == "production"
    for name in demanded:
        with pytest.raises(SettingsError, match=f"^{name} is missing"):
            from_environment({**bare, **whole, name: ""}, role=role)
    with pytest.raises(SettingsError, match="DATABASE_URL is missing"):
        from_environment({**bare, **whole, "DATABASE_URL": ""}, role=role)
    embedded = {**bare, **whole, "MODE": "embedded", "CLAMD_ADDRESS": ""}
    assert from_environment(embedded, role=role).clamd_address is None


def test_rate_limits_are_switched_off_in_the_embedded_mode_only(make_settings: MakeSettings) -> None:
    assert production().rate_limits == "on"
    with pytest.raises(SettingsError, match="RATE_LIMITS"):
        production(rate_limits="off")
    assert make_settings("postgresql://unused", rate_limits="off").rate_limits == "off"


def test_production_refuses_the_development_issuer() -> None:
    assert production().mode == "production"
    with pytest.raises(SettingsError, match="DEV_ISSUER_KEYS"):
        production(dev_issuer_keys=development_keys()["dev_issuer_keys"])


@pytest.mark.parametrize("name", ["token_signing_keys", "pass_signing_keys"])
def test_production_refuses_development_keys(name: str) -> None:
    with pytest.raises(SettingsError, match=name.upper()):
        production(**{name: development_keys()[name]})


def test_production_mints_no_token(now: datetime) -> None:
    assert dev_keys(production()) == ()
    with pytest.raises(SettingsError):
        mint_dev_token(production(), "anyone", now, audience="wartefrei")


@pytest.mark.parametrize("whose", ["citizen", "clerk"])
def test_a_provider_needs_an_audience_and_in_production_https(whose: str, make_settings: MakeSettings) -> None:
    issuer, audience = f"{whose}_oidc_issuer", f"{whose}_oidc_audience"
    with pytest.raises(SettingsError, match="AUDIENCE"):
        open_issuers(production(**{issuer: "https://id.example"}))
    with pytest.raises(SettingsError, match="https"):
        open_issuers(production(**{issuer: "http://id.example", audience: "a"}))
    with pytest.raises(SettingsError, match="ISSUER"):
        open_issuers(make_settings("x", **{issuer: "file:///etc", audience: "a"}))
    assert any(open_issuers(production(**{issuer: "https://id.example", audience: "a"})))


@pytest.mark.parametrize(
    "name, value",
    [
        ("hold_seconds", -5), ("hold_seconds", 0), ("access_token_seconds", -1), ("max_body_bytes", 0),
        ("database_pool_size", 0), ("rate_person_writes_per_minute", 0), ("max_body_seconds", float("nan")),
        ("waiting_quiet_from_hour", 24), ("waiting_quiet_until_hour", -1), ("metrics_port", 65_536),
        ("refresh_grace_seconds", -1),
    ],
)  # fmt: skip
def test_a_number_that_can_only_be_a_slip_is_refused(make_settings: MakeSettings, name: str, value: float) -> None:
    with pytest.raises(SettingsError, match=f"{name.upper()} must be"):
        make_settings("postgresql://unused", **{name: value})


def test_every_variable_that_cannot_be_read_is_named_and_none_is_shown() -> None:
    wrong = {"DATABASE_POOL_SIZE": "ten-secret", "RATE_LIMITS": "secret", "S3_ENCRYPTION": "rot13-secret"}
    with pytest.raises(SettingsError) as refused:
        from_environment(wrong)
    said = str(refused.value)
    for told in (
        "DATABASE_URL is missing",
        "DATABASE_POOL_SIZE",
        "RATE_LIMITS must be one of on, off",
        "S3_ENCRYPTION",
    ):
        assert told in said
    assert "secret" not in said


def test_none_is_a_choice_where_it_means_something(make_settings: MakeSettings) -> None:
    none = dict.fromkeys(("refresh_grace_seconds", "oidc_jwks_cooldown_seconds", "waiting_quiet_from_hour"), 0)
    assert make_settings("postgresql://unused", **none).refresh_grace_seconds == 0


def test_no_default_is_refused() -> None:
    assert production().hold_seconds == 600


@pytest.mark.parametrize("name", ["token_signing_keys", "pass_signing_keys"])
async def test_a_key_that_is_none_is_found_before_anybody_needs_it(
    make_settings: MakeSettings, database_url: str, name: str
) -> None:
    with pytest.raises(KeyFault):
        async with open_context(make_settings(database_url, **{name: "no key"})):
            pass
