"""The bytes that FCM gets: kind, notice and a generic text, nothing about the person."""

import json
from datetime import datetime
from uuid import UUID, uuid5

import msgspec
from firebase_admin import messaging

from backend.notices.kinds import KINDS
from backend.notices.rules import Urgency, kept_until, urgency
from backend.notices.texting import push_text
from notifications.model import Outgoing

MOST_BYTES = 4096
# What stands for any notice and any target; no text contains it.
_NOTICE, _SHOWN, _TARGET = UUID(int=2**128 - 1), UUID(int=2**128 - 2), "<target>"
_NOTICE_MARKS, _SHOWN_MARKS = ((str(one).encode(), one.hex.encode()) for one in (_NOTICE, _SHOWN))
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
        form = b'{"message": ' + str(build(any_of_them, now, _SHOWN)).encode() + b"}"
        if len(_FORMS) >= _MOST_FORMS:
            _FORMS.clear()
        _FORMS[key] = form
    named = _put(_put(form, _NOTICE_MARKS, outgoing.notice_id), _SHOWN_MARKS, _shown_as(outgoing))
    encoded = named.replace(_TARGET_BYTES, json.dumps(outgoing.target).encode())
    if len(encoded) > MOST_BYTES:
        raise ValueError(f"a message has {len(encoded)} bytes, {MOST_BYTES} are allowed")
    return encoded


def build(outgoing: Outgoing, now: datetime, shown_as: UUID | None = None) -> messaging.Message:
    """The message. A repeated attempt has the same collapse key, notice and tag: the phone shows it once."""
    title, body = push_text(outgoing.kind, outgoing.language)
    notice, shown = str(outgoing.notice_id), str(shown_as or _shown_as(outgoing))
    how, ttl, expires = _terms(outgoing, now)
    message = messaging.Message(
        data={"notice": notice, "kind": outgoing.kind},
        notification=messaging.Notification(title=title, body=body),
        android=_android(shown, how, ttl) if outgoing.platform == "android" else None,
        apns=_apns(shown, how, expires) if outgoing.platform == "ios" else None,
        webpush=_web(shown, how, ttl) if outgoing.platform == "web" else None,
    )
    # Set here: the constructor warns about `token`, which apps still send as long as their SDK gives no FID.
    if outgoing.target_kind == "fid":
        message.fid = outgoing.target
    else:
        message.token = outgoing.target
    return message


def _shown_as(outgoing: Outgoing) -> UUID:
    """By what a phone knows it: what has the same takes the place of what is shown already. Of the subject it says no
    more than that it is the same."""
    kind = KINDS.get(outgoing.kind)
    return uuid5(outgoing.subject_id, "shown") if kind is not None and kind.replaces else outgoing.notice_id


def _put(form: bytes, marks: tuple[bytes, bytes], one: UUID) -> bytes:
    dashed, bare = marks
    return form.replace(dashed, str(one).encode()).replace(bare, one.hex.encode())


def _terms(outgoing: Outgoing, now: datetime) -> tuple[Urgency, int, int]:
    """How urgent, for how many seconds from now, and until which second since 1970 (which Apple asks for)."""
    expires = kept_until(outgoing.kind, outgoing.expires_at, now)
    how = urgency(outgoing.kind, outgoing.expires_at, now)
    until = int(expires.timestamp()) if outgoing.platform == "ios" else 0
    return how, max(0, int((expires - now).total_seconds())), until


def _android(shown_as: str, how: Urgency, ttl: int) -> messaging.AndroidConfig:
    shown = messaging.AndroidNotification(tag=shown_as)
    return messaging.AndroidConfig(collapse_key=shown_as, priority=how, ttl=ttl, notification=shown)


def _apns(shown_as: str, how: Urgency, expires: int) -> messaging.APNSConfig:
    headers = {
        "apns-collapse-id": shown_as,
        "apns-priority": _APNS_PRIORITY[how],
        "apns-expiration": str(expires),
    }
    aps = messaging.Aps(sound="default")
    return messaging.APNSConfig(headers=headers, payload=messaging.APNSPayload(aps=aps))


def _web(shown_as: str, how: Urgency, ttl: int) -> messaging.WebpushConfig:
    headers = {"TTL": str(ttl), "Urgency": how, "Topic": shown_as.replace("-", "")}
    return messaging.WebpushConfig(headers=headers, notification=messaging.WebpushNotification(tag=shown_as))
