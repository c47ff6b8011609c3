"""The settings of the installation, read once from the environment and judged: see ``settings_fields`` for each."""

import os
from collections.abc import Mapping

from backend import settings_rules
from backend.settings_fields import Fields
from backend.settings_rules import DEVELOPMENT_SECRET_MARK as DEVELOPMENT_SECRET_MARK
from backend.settings_rules import Role


class SettingsError(Exception):
    """The environment does not make a safe or complete configuration; the message names every fault."""


class Settings(Fields, frozen=True, kw_only=True):
    """Settings without a fault among what is there. What a process must have besides depends on its role."""

    def __post_init__(self) -> None:
        faults = settings_rules.faults(self)
        if faults:
            raise SettingsError("; ".join(faults))


def from_environment(environ: Mapping[str, str] | None = None, *, role: Role = "api") -> Settings:
    """Reads ``Settings`` for a process of this ``role``; raises ``SettingsError`` that names each variable that is
    missing or malformed."""
    source = os.environ if environ is None else environ
    given, found = settings_rules.converted(Settings, source)
    if found:
        raise SettingsError("; ".join(found))
    settings = Settings(**given)
    if missing := settings_rules.missing(settings, role):
        raise SettingsError("; ".join(missing))
    return settings
