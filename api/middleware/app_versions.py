"""Which versions of the apps are served: the header `App-Version`, and what an app meets that is too old.

An app says `App-Version: android/2.4.0` with every request. Below the minimum of its platform it is answered with 426,
but for what is served to every app: what gives back or takes away must never fail. The operations say so themselves,
and the guide lists them.
"""

import re
from typing import Any

import msgspec

from api import problems
from api.errors import AppOutdated
from backend.errors import FieldError, InvalidInput
from backend.sandbox.magic import NEWER_THAN_ANY
from backend.settings import Settings
from backend.settings_rules import PLATFORMS, by_platform, version_of

ALWAYS_SERVED = "always_served"
"""``opt=raises(…, always_served=True)``: whatever the version."""
HEADER = "App-Version"
_NAME = HEADER.lower().encode()
FORM = rf"^({'|'.join(PLATFORMS)})/([0-9]{{1,6}}(\.[0-9]{{1,6}}){{0,3}})([-+ ][ -~]{{0,40}})?$"
"""Of the header; of the version behind the numbers only those are compared."""
_FORM = re.compile(FORM)
_ANY_APP = f"{PLATFORMS[0]}/0"
_WISHED = "app_outdated"


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """What is said of a platform's versions; None: nothing."""

    platform: str
    minimum: str | None
    recommended: str | None
    store: str | None


def for_every_app(handler: Any, method: str) -> bool:
    """Whether the operation is served whatever the version: every DELETE is, and what says so of itself."""
    return method == "DELETE" or bool(handler.opt.get(ALWAYS_SERVED))


def wish(scope: Any) -> None:
    """For who has a test key: this request is answered as an app's that is too old."""
    scope["state"][_WISHED] = True


def versions(settings: Settings) -> list[Version]:
    """Of every platform that the installation says something of."""
    minimum, recommended = by_platform(settings.app_minimum_versions), by_platform(settings.app_recommended_versions)
    stores = by_platform(settings.app_stores)
    return [
        Version(platform=p, minimum=minimum.get(p), recommended=recommended.get(p), store=stores.get(p))
        for p in PLATFORMS
        if p in minimum or p in recommended or p in stores
    ]


class AppVersions:
    """What the installation's settings say, read once."""

    def __init__(self, settings: Settings) -> None:
        self._known = {one.platform: one for one in versions(settings)}

    def outdated(self, scope: Any) -> Version | None:
        """The platform's, if the app of this request is below its minimum, or wishes to be. Raises InvalidInput for a
        header of another form. An app that says nothing is not judged."""
        given, wished = problems.header(scope, _NAME), bool(scope["state"].get(_WISHED))
        if (given is None and not wished) or not scope["path"].startswith("/v1/"):
            return None
        found = _FORM.fullmatch(_ANY_APP if given is None else given)
        if found is None:
            detail = "Write platform/version, as in android/2.4.0; platforms are android, ios and web"
            raise InvalidInput([FieldError(HEADER, "invalid-version", detail)])
        known = self._known.get(found[1])
        if wished:
            said = known or Version(platform=found[1], minimum=None, recommended=None, store=None)
            return msgspec.structs.replace(said, minimum=said.minimum or NEWER_THAN_ANY)
        if known is None or known.minimum is None or version_of(found[2]) >= version_of(known.minimum):
            return None
        return known

    def serves(self, scope: Any) -> bool:
        """False also for a header of another form: whoever asks the handler is told."""
        try:
            return self.outdated(scope) is None
        except InvalidInput:
            return False

    def check(self, request: Any) -> None:
        """Before a handler. Raises AppOutdated."""
        if for_every_app(request.route_handler, request.scope["method"]):
            return
        if (known := self.outdated(request.scope)) is not None:
            raise AppOutdated(platform=known.platform, minimum=known.minimum, store=known.store)
