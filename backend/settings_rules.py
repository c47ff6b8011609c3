"""What settings must be before anything starts: complete, readable and, in production, safe."""

import re
from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import urlsplit

import msgspec

from backend.clock import clock_minute
from backend.mail_address import ascii_form
from backend.settings_fields import Fields

DEVELOPMENT_SECRET_MARK = "development-only"  # noqa: S105 - what marks one, not one
_MOST_REMINDER_MINUTES = 7 * 1440
_MAY_BE_NOTHING = frozenset(
    (
        "refresh_grace_seconds",
        "oidc_jwks_cooldown_seconds",
        "reminder_gap_minutes",
        "upload_direct_max_bytes",
        "document_check_pause_seconds",
        "waiting_offers_per_day",
        "waiting_entries_per_person",
    )
)
"""Numbers that may be 0. Of all others that would be a slip: it stops everything, or lets everything in."""
Role = Literal["api", "worker", "documents", "command"]
"""What a process does: serves the API, sends notices, checks documents, or one command of an operator."""
_DEMANDED: dict[str, tuple[Role, ...]] = {
    "token_signing_keys": ("api",),
    "pass_signing_keys": ("api",),
    "clamd_address": ("documents",),
}
"""What has no default that is good in production, and who needs it: nobody else is given what it has no use for."""
PLATFORMS = ("android", "ios", "web")
"""What apps run on, as devices are registered."""


def faults(settings: Fields) -> list[str]:
    """Every fault, each naming its variable and none its value."""
    unsafe = _unsafe(settings) if settings.mode == "production" else []
    return [
        *unsafe,
        *_out_of_bounds(settings),
        *_unreadable(settings),
        *_mail(settings),
        *_apps(settings),
        *_own_app(settings),
    ]


def converted(into: type[Fields], source: Mapping[str, str]) -> tuple[dict[str, Any], list[str]]:
    """What ``source`` gives of the fields, each of its type, and what is missing or of none; no fault has a value."""
    given: dict[str, Any] = {}
    found: list[str] = []
    for field in msgspec.structs.fields(into):
        name = field.name.upper()
        if source.get(name):
            try:
                given[field.name] = msgspec.convert(source[name], field.type, strict=False)
            except msgspec.ValidationError as error:
                choices = getattr(field.type, "__args__", ())
                wanted = (
                    f"must be one of {', '.join(map(str, choices))}" if "enum" in str(error) else f"is wrong: {error}"
                )
                found.append(f"{name} {wanted}")
        elif field.required:
            found.append(f"{name} is missing")
    return given, found


def _out_of_bounds(settings: Fields) -> list[str]:
    found: list[str] = []
    for name in settings.__struct_fields__:
        value: object = getattr(settings, name)
        if not isinstance(value, int | float):
            continue
        if name.endswith("_port"):
            fits, wanted = 0 < value < 65_536, "a port, from 1 to 65535"
        elif name.startswith("waiting_quiet_"):
            fits, wanted = 0 <= value <= 23, "an hour, from 0 to 23"
        else:
            fits, wanted = value > 0 or (value == 0 and name in _MAY_BE_NOTHING), "more than 0"
        if not fits:
            found.append(f"{name.upper()} must be {wanted}")
    return found


def _own_app(settings: Fields) -> list[str]:
    fits = not settings.citizen_app_key or re.fullmatch(r"wfk_live_[0-9A-Za-z]{71}", settings.citizen_app_key)
    return [] if fits else ["CITIZEN_APP_KEY must be a live client key"]


def missing(settings: Fields, role: Role) -> list[str]:
    """What a process of this role cannot do without, each named."""
    wanted = [name for name, roles in _DEMANDED.items() if role in roles and not getattr(settings, name)]
    if settings.mode == "embedded" and "clamd_address" in wanted:
        wanted.remove("clamd_address")  # a stand-in takes its place
    reason = {"clamd_address": ": without a scanner nothing that people send can be read"}
    return [f"{name.upper()} is missing{reason.get(name, '')}" for name in wanted]


def by_platform(text: str) -> dict[str, str]:
    """``android=2.0,ios=2.1`` by platform; raises ValueError for what is none or has no value."""
    pairs = [part.strip().partition("=") for part in text.split(",") if part.strip()]
    if not all(name in PLATFORMS and value for name, _, value in pairs):
        raise ValueError("not by platform")
    return {name: value for name, _, value in pairs}


def version_of(text: str) -> tuple[int, ...]:
    """A version to compare: its numbers, without zeros at the end; raises ValueError."""
    numbers = [int(part) for part in text.split(".")]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


def _apps(settings: Fields) -> list[str]:
    found: list[str] = []
    versions = {
        "APP_MINIMUM_VERSIONS": settings.app_minimum_versions,
        "APP_RECOMMENDED_VERSIONS": settings.app_recommended_versions,
    }
    for name, text in versions.items():
        try:
            _ = [version_of(value) for value in by_platform(text).values()]
        except ValueError:
            found.append(f"{name} must be platforms with versions, such as android=2.0.0,ios=2.1")
    try:
        secure = all(value.startswith("https://") for value in by_platform(settings.app_stores).values())
    except ValueError:
        secure = False
    return found if secure else [*found, "APP_STORES must be platforms with https addresses"]


def _unreadable(settings: Fields) -> list[str]:
    found: list[str] = []
    if settings.push_timeout_seconds >= settings.notice_lease_seconds:
        found.append("PUSH_TIMEOUT_SECONDS must be shorter than NOTICE_LEASE_SECONDS")
    if settings.webhook_timeout_seconds >= settings.notice_lease_seconds:
        found.append("WEBHOOK_TIMEOUT_SECONDS must be shorter than NOTICE_LEASE_SECONDS")
    for name, clock in (("NIGHT_FROM", settings.night_from), ("NIGHT_UNTIL", settings.night_until)):
        try:
            clock_minute(clock)
        except ValueError:
            found.append(f"{name} must be a time of day such as 20:00")
    try:
        if not all(0 < minutes <= _MOST_REMINDER_MINUTES for minutes in settings.reminders()):
            found.append("REMINDER_HOURS must lie within a week")
    except ValueError:
        found.append("REMINDER_HOURS must be hours, such as 24,2")
    return found


def _unsafe(settings: Fields) -> list[str]:
    found: list[str] = []
    if settings.dev_issuer_keys:
        found.append("DEV_ISSUER_KEYS belongs to the embedded mode only")
    if settings.rate_limits == "off":
        found.append("RATE_LIMITS=off belongs to the embedded mode only")
    if not settings.public_url.startswith("https://"):
        found.append("PUBLIC_URL must be https in production")
    if not settings.fcm_url.startswith("https://"):
        found.append("FCM_URL must be https in production")
    secrets = {
        "TOKEN_SIGNING_KEYS": settings.token_signing_keys,
        "PASS_SIGNING_KEYS": settings.pass_signing_keys,
        "S3_SECRET_KEY": settings.s3_secret_key or "",
        "CLERK_OIDC_CLIENT_SECRET": settings.clerk_oidc_client_secret or "",
        "CLIENT_SECRETS": settings.client_secrets,
        "DATABASE_URL": settings.database_url,
        "MAIL_PASSWORD": settings.mail_password or "",
    }
    found += [f"{name} is a development secret" for name, value in secrets.items() if DEVELOPMENT_SECRET_MARK in value]
    return found


def _mail(settings: Fields) -> list[str]:
    found: list[str] = []
    if settings.mail_host is not None:
        if not (settings.mail_from or "").isascii() or ascii_form(settings.mail_from or "") is None:
            found.append("MAIL_FROM must be an address when MAIL_HOST is set")
        if (settings.mail_username is None) != (settings.mail_password is None):
            found.append("MAIL_USERNAME and MAIL_PASSWORD belong together")
        if settings.mode == "production" and settings.mail_security == "plaintext":
            found.append("MAIL_SECURITY=plaintext belongs to the embedded mode only")
        if settings.mail_timeout_seconds >= settings.notice_lease_seconds:
            found.append("MAIL_TIMEOUT_SECONDS must be shorter than NOTICE_LEASE_SECONDS")
    if settings.app_url is not None and (
        urlsplit(settings.app_url).scheme != "https" or not urlsplit(settings.app_url).netloc
    ):
        found.append("APP_URL must be https")
    return found
