"""What FCM HTTP v1 accepts, and how it says no. From its reference: fields, error codes, limits."""

import json
import re
from typing import Any

import msgspec
from aiohttp import web

_FCM_ERROR = "type.googleapis.com/google.firebase.fcm.v1.FcmError"
_BAD_REQUEST = "type.googleapis.com/google.rpc.BadRequest"
_MOST_PAYLOAD_BYTES = 4096
_TARGETS = ("token", "fid", "topic", "condition")
_TTL = re.compile(r"\d+(\.\d{1,9})?s")
_RESERVED = re.compile(r"from$|message_type$|google|gcm\.")

# A dict: these fields and no others. str, bool, int: of this type. "texts": a map of strings. object: anything.
_OPTIONS = {"analytics_label": str}
_NOTIFICATION = {"title": str, "body": str, "image": str}
_ANDROID_NOTIFICATION = {
    **dict.fromkeys(
        ("title", "body", "icon", "color", "sound", "tag", "click_action", "body_loc_key", "title_loc_key",
         "channel_id", "ticker", "event_time", "image", "notification_priority", "visibility", "proxy"), str,
    ),
    **dict.fromkeys(
        ("sticky", "local_only", "default_sound", "default_vibrate_timings", "default_light_settings"), bool
    ),
    "notification_count": int,
    **dict.fromkeys(("body_loc_args", "title_loc_args", "vibrate_timings", "light_settings"), object),
}  # fmt: skip
_MESSAGE: dict[str, Any] = {
    **dict.fromkeys(_TARGETS, str),
    "name": str,
    "data": "texts",
    "notification": _NOTIFICATION,
    "android": {
        "collapse_key": str, "priority": str, "ttl": str, "restricted_package_name": str, "data": "texts",
        "notification": _ANDROID_NOTIFICATION, "fcm_options": _OPTIONS, "direct_boot_ok": bool,
        "bandwidth_constrained_ok": bool, "restricted_satellite_ok": bool,
    },
    "apns": {
        "headers": "texts", "payload": object, "fcm_options": {**_OPTIONS, "image": str}, "live_activity_token": str,
    },
    "webpush": {"headers": "texts", "data": "texts", "notification": object, "fcm_options": {**_OPTIONS, "link": str}},
    "fcm_options": _OPTIONS,
}  # fmt: skip
_REQUEST: dict[str, Any] = {"message": _MESSAGE, "validate_only": bool}


class Violation(Exception):
    """What FCM would answer 400 to; ``details`` as it would say it."""

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.details: list[dict[str, Any]] = (
            [{"@type": _FCM_ERROR, "errorCode": "INVALID_ARGUMENT"}]
            if field is None
            else [{"@type": _BAD_REQUEST, "fieldViolations": [{"field": field, "description": message}]}]
        )


class Failure(msgspec.Struct, frozen=True):
    """An error as FCM answers it."""

    status: int
    name: str
    message: str

    def details(self, code: str) -> list[dict[str, Any]]:
        """A token that is not accepted is nothing of FCM's own; every other error names its code."""
        return [] if code == "UNAUTHENTICATED" else [{"@type": _FCM_ERROR, "errorCode": code}]


FAILURES = {
    "INVALID_ARGUMENT": Failure(
        400, "INVALID_ARGUMENT", "The registration token is not a valid FCM registration token"
    ),
    "UNREGISTERED": Failure(404, "NOT_FOUND", "Requested entity was not found."),
    "SENDER_ID_MISMATCH": Failure(403, "PERMISSION_DENIED", "SenderId mismatch"),
    "QUOTA_EXCEEDED": Failure(429, "RESOURCE_EXHAUSTED", "Quota exceeded."),
    "UNAVAILABLE": Failure(503, "UNAVAILABLE", "The service is currently unavailable."),
    "INTERNAL": Failure(500, "INTERNAL", "Internal error encountered."),
    "THIRD_PARTY_AUTH_ERROR": Failure(401, "UNAUTHENTICATED", "Auth error from APNS or Web Push Service"),
    "UNAUTHENTICATED": Failure(401, "UNAUTHENTICATED", "Request had invalid authentication credentials."),
}  # fmt: skip


def check(body: bytes) -> str:
    """The target of the message; raises Violation for what FCM would not accept."""
    try:
        found: Any = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Violation("Invalid JSON payload received. Unexpected token.", "") from error
    _fits(found, _REQUEST, "")
    message: dict[str, Any] = found.get("message", {})
    targets = [name for name in _TARGETS if message.get(name)]
    if len(targets) != 1:
        raise Violation("Recipient of the message is not set or set twice.")
    for key in message.get("data", {}):
        if _RESERVED.match(key):
            raise Violation(f"Invalid data payload key: {key}")
    android = message.get("android", {})
    if "ttl" in android and not _TTL.fullmatch(android["ttl"]):
        raise Violation("Invalid value at 'message.android.ttl'", "message.android.ttl")
    if android.get("priority", "normal").lower() not in {"normal", "high"}:
        raise Violation("Invalid value at 'message.android.priority'", "message.android.priority")
    payload = {name: value for name, value in message.items() if name not in _TARGETS}
    if len(body) > _MOST_PAYLOAD_BYTES and len(json.dumps(payload)) > _MOST_PAYLOAD_BYTES:
        raise Violation("Android message is too big")
    return str(message[targets[0]])


def _fits(value: Any, wanted: Any, path: str) -> None:
    if wanted is object:
        return
    if isinstance(wanted, dict):
        if not isinstance(value, dict):
            raise Violation(f"Invalid value at '{path}'", path)
        for name, part in value.items():  # pyright: ignore[reportUnknownVariableType] - JSON
            below = f"{path}.{name}" if path else str(name)  # pyright: ignore[reportUnknownArgumentType]
            if name not in wanted:
                where = f" at '{path}'" if path else ""
                raise Violation(
                    f'Invalid JSON payload received. Unknown name "{name}"{where}: Cannot find field.', path
                )
            _fits(part, wanted[name], below)
    elif wanted == "texts":
        if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):  # pyright: ignore[reportUnknownVariableType]
            raise Violation(f"Invalid value at '{path}' (TYPE_STRING)", path)
    elif not isinstance(value, wanted):
        raise Violation(f"Invalid value at '{path}'", path)


def problem(status: int, name: str, message: str, details: list[dict[str, Any]] | None = None) -> web.Response:
    """An error in Google's form."""
    error = {"code": status, "message": message, "status": name, **({"details": details} if details else {})}
    return web.json_response({"error": error}, status=status)
