"""The bytes that FCM gets: kind, notice and a generic text, nothing about the person."""

import json
from datetime import datetime
from uuid import UUID

import msgspec
from firebase_admin import messaging

from backend.notices.rules import Urgency, kept_until, urgency
from backend.notices.texting import push_text
from notifications.model import Outgoing

MOST_BYTES = 4096
# What stands for any notice and any target; no text contains it.
_NOTICE, _TARGET = UUID(int=2**128 - 1), "<target>"
_TARGET_BYTES = json.dumps(_TARGET).encode()
_FORMS: dict[tuple[str | int | None, ...], bytes] = {}
_MOST_FORMS = 1024
_APNS_PRIORITY: dict[Urgency, str] = {"high": "10", "normal": "5"}


def encode(outgoing: Outgoing, now: datetime) -> bytes:
    """The body of the request, as the SDK encodes it. Raises ValueError for what FCM would refuse.

    Messages of one moment differ in target and notice alone: the SDK builds, checks and encodes one of a kind, and
    these two are put into its bytes. Done for each message it took a quarter of the worker's processor time.
    """
    if not outgoing.target:
        raise ValueError("a push needs a target")
    key = (outgoing.kind, outgoing.language, outgoing.platform, outgoing.target_kind, *_terms(outgoing, now))
    form = _FORMS.get(key)
    if form is None:
        any_of_them = msgspec.structs.replace(outgoing, notice_id=_NOTICE, target=_TARGET)
        form = b'{"message": ' + str(build(any_of_them, now)).encode() + b"}"
        if len(_FORMS) >= _MOST_FORMS:
            _FORMS.clear()
        _FORMS[key] = form
    notice = outgoing.notice_id
    named = form.replace(str(_NOTICE).encode(), str(notice).encode()).replace(_NOTICE.hex.encode(), notice.hex.encode())
    encoded = named.replace(_TARGET_BYTES, json.dumps(outgoing.target).encode())
    if len(encoded) > MOST_BYTES:
        raise ValueError(f"a message has {len(encoded)} bytes, {MOST_BYTES} are allowed")
    return encoded


def build(outgoing: Outgoing, now: datetime) -> messaging.Message:
    """The message. A repeated attempt has the same collapse key, notice and tag: the phone shows it once."""
    title, body = push_text(outgoing.kind, outgoing.language)
    notice = str(outgoing.notice_id)
    how, ttl, expires = _terms(outgoing, now)
    message = messaging.Message(
        data={"notice": notice, "kind": outgoing.kind},
        notification=messaging.Notification(title=title, body=body),
        android=_android(notice, how, ttl) if outgoing.platform == "android" else None,
        apns=_apns(notice, how, expires) if outgoing.platform == "ios" else None,
        webpush=_web(notice, how, ttl) if outgoing.platform == "web" else None,
    )
    # Set here: the constructor warns about `token`, which apps still send as long as their SDK gives no FID.
    if outgoing.target_kind == "fid":
        message.fid = outgoing.target
    else:
        message.token = outgoing.target
    return message


def _terms(outgoing: Outgoing, now: datetime) -> tuple[Urgency, int, int]:
    """How urgent, for how many seconds from now, and until which second since 1970 (which Apple asks for)."""
    expires = kept_until(outgoing.kind, outgoing.expires_at, now)
    how = urgency(outgoing.kind, outgoing.expires_at, now)
    until = int(expires.timestamp()) if outgoing.platform == "ios" else 0
    return how, max(0, int((expires - now).total_seconds())), until


def _android(notice: str, how: Urgency, ttl: int) -> messaging.AndroidConfig:
    shown = messaging.AndroidNotification(tag=notice)
    return messaging.AndroidConfig(collapse_key=notice, priority=how, ttl=ttl, notification=shown)


def _apns(notice: str, how: Urgency, expires: int) -> messaging.APNSConfig:
    headers = {
        "apns-collapse-id": notice,
        "apns-priority": _APNS_PRIORITY[how],
        "apns-expiration": str(expires),
    }
    aps = messaging.Aps(sound="default")
    return messaging.APNSConfig(headers=headers, payload=messaging.APNSPayload(aps=aps))


def _web(notice: str, how: Urgency, ttl: int) -> messaging.WebpushConfig:
    headers = {"TTL": str(ttl), "Urgency": how, "Topic": notice.replace("-", "")}
    return messaging.WebpushConfig(headers=headers, notification=messaging.WebpushNotification(tag=notice))
