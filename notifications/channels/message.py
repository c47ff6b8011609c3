"""The bytes that FCM gets: kind, notice and a generic text, nothing about the person."""

from datetime import datetime

from firebase_admin import messaging

from backend.notices.rules import Urgency, kept_until, urgency
from backend.notices.texting import push_text
from notifications.model import Outgoing

MOST_BYTES = 4096
_APNS_PRIORITY: dict[Urgency, str] = {"high": "10", "normal": "5"}


def encode(outgoing: Outgoing, now: datetime) -> bytes:
    """The body of the request, as the SDK encodes it. Raises ValueError for what FCM would refuse."""
    encoded = b'{"message": ' + str(build(outgoing, now)).encode() + b"}"
    if len(encoded) > MOST_BYTES:
        raise ValueError(f"a message has {len(encoded)} bytes, {MOST_BYTES} are allowed")
    return encoded


def build(outgoing: Outgoing, now: datetime) -> messaging.Message:
    """The message. A repeated attempt has the same collapse key, notice and tag: the phone shows it once."""
    if not outgoing.target:
        raise ValueError("a push needs a target")
    title, body = push_text(outgoing.kind, outgoing.language)
    notice = str(outgoing.notice_id)
    expires = kept_until(outgoing.kind, outgoing.expires_at, now)
    ttl = max(0, int((expires - now).total_seconds()))
    how = urgency(outgoing.kind, outgoing.expires_at, now)
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


def _android(notice: str, how: Urgency, ttl: int) -> messaging.AndroidConfig:
    shown = messaging.AndroidNotification(tag=notice)
    return messaging.AndroidConfig(collapse_key=notice, priority=how, ttl=ttl, notification=shown)


def _apns(notice: str, how: Urgency, expires: datetime) -> messaging.APNSConfig:
    headers = {
        "apns-collapse-id": notice,
        "apns-priority": _APNS_PRIORITY[how],
        "apns-expiration": str(int(expires.timestamp())),
    }
    aps = messaging.Aps(sound="default")
    return messaging.APNSConfig(headers=headers, payload=messaging.APNSPayload(aps=aps))


def _web(notice: str, how: Urgency, ttl: int) -> messaging.WebpushConfig:
    headers = {"TTL": str(ttl), "Urgency": how, "Topic": notice.replace("-", "")}
    return messaging.WebpushConfig(headers=headers, notification=messaging.WebpushNotification(tag=notice))
