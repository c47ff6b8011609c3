"""Where pushes go: an app registers itself at each start."""

from datetime import datetime
from typing import Annotated, Literal

from litestar import Controller, delete, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from api.auth import citizen
from api.context import Context
from api.declared import raises
from api.wire import Wire
from backend.errors import FieldError, InvalidInput
from backend.identity import Citizen
from backend.notices import devices
from backend.notices.errors import RecipientNotFound
from backend.notices.model import Device

Target = Annotated[str, Meta(min_length=1, max_length=4096, pattern=r"^[!-~]+\Z")]


class DeviceIn(Wire, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An installation of the app. Exactly one of `fcmToken` and `fid` says where Firebase finds it."""

    fcm_token: Annotated[Target, Meta(description="The registration token that FCM gave the app.")] | None = None
    fid: Annotated[Target, Meta(description="The Firebase installation id, where the app has that instead.")] | None = (
        None
    )
    platform: Literal["android", "ios", "web"]
    language: Annotated[
        str,
        Meta(
            pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8}){0,3}\Z",
            max_length=30,
            description="Of pushes: `de`, `en`, `de-leicht`.",
        ),
    ] = "de"
    app_version: Annotated[str, Meta(max_length=40, pattern=r"^[ -~]+\Z")] | None = None


class DevicesController(Controller):
    """Devices."""

    path = "/v1/devices"
    tags = ("Notices",)
    guards = (citizen,)

    @put(
        "/{installation_id:str}",
        status_code=204,
        operation_id="registerDevice",
        opt=raises(RecipientNotFound),
        summary="Send pushes here",
    )
    async def register(
        self,
        installation_id: FromPath[str],
        data: JSONBody[DeviceIn],
        caller: NamedDependency[Citizen],
        context: NamedDependency[Context],
        now: NamedDependency[datetime],
    ) -> None:
        """Registers the installation for the person of the token, and again at each start of the app and with each new
        target. It belongs to that person alone from then on. Of more than ten, the one unseen for longest is forgotten.
        """
        if (data.fcm_token is None) == (data.fid is None):
            raise InvalidInput([FieldError("/fcmToken", "one-of", "Give exactly one of fcmToken and fid")])
        device = Device(
            id=context.callers.sessions.device_id(_known(installation_id)),
            platform=data.platform,
            language=data.language,
            app_version=data.app_version,
            target_kind="fid" if data.fcm_token is None else "token",
            target=data.fcm_token or data.fid or "",
        )
        await devices.register(context.database, context.settings, caller.person_id, device, now)

    @delete("/{installation_id:str}", operation_id="unregisterDevice", opt=raises(), summary="No more pushes here")
    async def unregister(
        self,
        installation_id: FromPath[str],
        caller: NamedDependency[Citizen],
        context: NamedDependency[Context],
        now: NamedDependency[datetime],
    ) -> None:
        """Forgets where the installation is. Logging out does the same."""
        device_id = context.callers.sessions.device_id(_known(installation_id))
        await devices.unregister(context.database, caller.person_id, device_id, now)


def _known(installation_id: str) -> str:
    """The id, if it is of the length that a session begins with."""
    if not 8 <= len(installation_id) <= 128:
        detail = "An installation's id has 8 to 128 characters"
        raise InvalidInput([FieldError("installation_id", "out-of-range", detail)])
    return installation_id
