"""What an answer of FCM means. Pure."""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import msgspec

from notifications.model import SENT, Outcome

_KNOWN = frozenset(
    ("INVALID_ARGUMENT", "UNREGISTERED", "SENDER_ID_MISMATCH", "QUOTA_EXCEEDED", "UNAVAILABLE", "INTERNAL",
     "THIRD_PARTY_AUTH_ERROR", "APNS_AUTH_ERROR")
)  # fmt: skip
_FCM_ERROR = "type.googleapis.com/google.firebase.fcm.v1.FcmError"
# A proxy's own page comes with 200 as well: were that taken for FCM's yes, every notice would be lost without a word.
_NOT_FCM = Outcome(result="transient", code="not-fcm", trouble="misconfigured")
_CERTIFICATE = frozenset(("THIRD_PARTY_AUTH_ERROR", "APNS_AUTH_ERROR"))


class _Accepted(msgspec.Struct):
    name: str


def judge(status: int, headers: Mapping[str, str], body: bytes, now: datetime) -> Outcome:
    """The outcome; 401 for our own token is the caller's to repeat."""
    if status == 200:
        return SENT if _is_accepted(body) else _NOT_FCM
    code = error_code(body)
    if code in _CERTIFICATE:
        return Outcome(result="transient", code=code, trouble="misconfigured")
    if code == "UNREGISTERED":
        return Outcome(result="target_gone", code=code)
    if code == "SENDER_ID_MISMATCH":
        return Outcome(result="transient", code=code, trouble="refused")
    word = code or f"HTTP_{status}"
    if status in {429, 503}:
        wish = retry_after(headers.get("Retry-After"), now)
        return Outcome(result="transient", code=word, retry_after_seconds=wish, trouble="unavailable")
    if status >= 500 or status == 408:
        return Outcome(result="transient", code=word, trouble="unavailable")
    # 404 without FCM's own word is a wrong address or project, 401 and 403 a wrong account: no fault of the device.
    if status in {401, 403, 404} or status < 400:
        return Outcome(result="transient", code=word, trouble="misconfigured")
    return Outcome(result="permanent", code=word)


def _is_accepted(body: bytes) -> bool:
    """FCM names the message that it has taken."""
    try:
        return bool(msgspec.json.decode(body, type=_Accepted).name)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False


def error_code(body: bytes) -> str:
    """FCM's word for the error; the empty string when it says none that we know."""
    try:
        found: Any = msgspec.json.decode(body)
        details = found["error"].get("details", [])
        codes = [detail["errorCode"] for detail in details if detail.get("@type") == _FCM_ERROR]
    except (msgspec.DecodeError, UnicodeDecodeError, LookupError, TypeError, AttributeError, RecursionError):
        return ""
    return next((code for code in codes if code in _KNOWN), "")


def retry_after(value: str | None, now: datetime) -> float | None:
    """Seconds, from either form of the header; None where there is none or it makes no sense."""
    if value is None:
        return None
    if value.strip().isdecimal():
        return float(value)
    try:
        at = parsedate_to_datetime(value)
    except (ValueError, OverflowError):  # the 99999999999th of January
        return None
    return max(0.0, (at.replace(tzinfo=at.tzinfo or UTC) - now).total_seconds())
