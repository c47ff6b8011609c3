"""Tables of the guide that are written by the code they tell of: ``<!-- table: name -->`` stands in their place."""

import re
from collections.abc import Callable, Mapping

import msgspec
from litestar.handlers import HTTPRouteHandler

from api.middleware.app_versions import for_every_app
from api.openapi.parameters import camel
from api.routes import ROUTES
from backend.documents.rules import PDF, PURPOSES
from backend.forms.drafts import LASTS, MOST_DRAFTS
from backend.notices.kinds import KINDS
from backend.sandbox.magic import MAGIC
from backend.settings import Settings
from backend.webhooks.model import DOCUMENT, TYPES

_TYPE = re.compile(r":\w+\}")
_MARK = re.compile(r"^<!-- table: ([a-z-]+) -->$", re.MULTILINE)
_KINDS = {
    "application/pdf": "PDF",
    "image/jpeg": "JPEG",
    "image/png": "PNG",
    "image/webp": "WebP",
    "image/heic": "HEIC",
    "image/heif": "HEIC",
}
_DEFAULTS = {field.name: field.default for field in msgspec.structs.fields(Settings)}


class Numbers:
    """The numbers of an installation; without one those that hold where nobody set others."""

    def __init__(self, settings: Settings | None) -> None:
        self._settings = settings

    def __getitem__(self, name: str) -> int:
        return round(_DEFAULTS[name] if self._settings is None else getattr(self._settings, name))

    def count(self, name: str) -> str:
        return f"{self[name]:,}"

    def size(self, name: str) -> str:
        """Bytes, in the unit that says them exactly."""
        value = self[name]
        for unit, bytes_of in (("MiB", 1 << 20), ("MB", 1_000_000), ("KiB", 1 << 10)):
            if value % bytes_of == 0 and value >= bytes_of:
                return f"{value // bytes_of:,} {unit}"
        return f"{value:,} bytes"

    def span(self, name: str, seconds: int) -> str:
        """A time; ``seconds`` are those of the setting's unit."""
        value = self[name] * seconds
        for unit, length in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
            if value % length == 0 and value >= length:
                count = value // length
                return f"{count} {unit}{'' if count == 1 else 's'}"
        return f"{value} seconds"


def filled(text: str, settings: Settings | None = None) -> str:
    """The page with its tables; KeyError for one that nobody writes."""
    return _MARK.sub(lambda match: TABLES[match[1]](Numbers(settings)), text)


def _table(*heads: str, rows: list[tuple[str, ...]]) -> str:
    lines = (f"| {' | '.join(row)} |" for row in (heads, *rows))
    first, *others = lines
    return "\n".join((first, "|" + "---|" * len(heads), *others))


def _webhook_types(_: Numbers) -> str:
    told = {
        "an appointment": [name for name in TYPES if name.startswith("appointment.")],
        "a case": [name for name in TYPES if name.startswith("case.")],
        "a document that came to an office with a case, checked and clean": [DOCUMENT],
    }
    return _table(
        "type",
        "`data.id` names",
        rows=[(", ".join(f"`{name}`" for name in names), subject) for subject, names in told.items()],
    )


def _magic_values(_: Numbers) -> str:
    return _table("where", "value", "what happens", rows=[(magic.where, magic.value, magic.effect) for magic in MAGIC])


def _rates(numbers: Numbers) -> str:
    per_minute = (
        ("`address`", "one address, whoever asks", "rate_address_per_minute"),
        ("`reads`, `device-reads`", "one person, and one device: GET and HEAD", "rate_person_reads_per_minute"),
        ("`writes`, `device-writes`", "one person, and one device: all else", "rate_person_writes_per_minute"),
        ("`upload-chunks`, `device-upload-chunks`", "one person, and one device: tus", "rate_upload_chunks_per_minute"),
        ("`links`", "one address, at links that need no account", "rate_links_per_minute"),
        ("`clerks`", "one clerk", "rate_clerk_per_minute"),
        ("`client`", "one client by its key, unless another number was agreed", "rate_client_per_minute"),
    )
    rows = [(name, who, f"{numbers.count(setting)} a minute") for name, who, setting in per_minute]
    per_hour = (
        ("`guests`", "new guests from one address", "rate_guest_sessions_per_hour"),
        ("`holds`", "holds from one address, whoever asks", "rate_holds_per_hour"),
    )
    rows += [(name, what, f"{numbers.count(setting)} an hour") for name, what, setting in per_hour]
    return _table("policy", "counts", "at most", rows=rows)


def _sizes(numbers: Numbers) -> str:
    return _table(
        "what",
        "at most",
        "else",
        rows=[
            ("a body of JSON", numbers.size("max_body_bytes"), "413 `body-too-large`"),
            ("JSON, nested", f"{numbers['max_json_depth']} levels", "400 `json-too-deep`"),
            ("headers together", numbers.size("max_header_bytes"), "431 `headers-too-large`"),
            ("address with query", "8 KiB", "414 `address-too-long`"),
            ("page of a list", "100 items", "`next` and a `Link` header lead on"),
            ("days of availability", f"{numbers['availability_max_days']}", "400 `invalid-input`"),
            ("services in one visit", f"{numbers['max_services_per_appointment']}", "400 `invalid-input`"),
            ("event streams of one person", f"{numbers['max_streams_per_caller']}", "429 `too-many-streams`"),
            ("event streams of one address", f"{numbers['max_streams_per_address']}", "429 `too-many-streams`"),
            ("a file by one `PUT`", numbers.size("upload_direct_max_bytes"), "no `put` is offered: use `tus`"),
        ],
    )


def _people(numbers: Numbers) -> str:
    return _table(
        "of one person",
        "at most",
        "else",
        rows=[
            ("holds at a time, on one device too", "1", "409 `hold-exists`"),
            (
                "live appointments of one service, unless it says otherwise",
                f"{numbers['max_live_appointments_per_service']}",
                "409 `appointment-limit`",
            ),
            ("entries of the waiting list", f"{numbers['waiting_entries_per_person']}", "409 `waiting-limit`"),
            ("offers in a day", f"{numbers['waiting_offers_per_day']}", "no further one is made"),
            ("drafts", f"{MOST_DRAFTS}", "409 `draft-limit`"),
            ("uploads that are open", f"{numbers['max_open_uploads_per_person']}", "409 `too-many-uploads`"),
            ("files that no case has taken up", numbers.size("max_document_bytes_per_person"), "409 `storage-full`"),
            ("devices", f"{numbers['max_devices_per_person']}", "the one unseen for longest is forgotten"),
        ],
    )


def _times(numbers: Numbers) -> str:
    return _table(
        "what",
        "lasts",
        "then",
        rows=[
            ("an access token", numbers.span("access_token_seconds", 1), "401 `token-expired`: refresh"),
            ("a refresh token that is not used", numbers.span("refresh_token_days", 86_400), "401 `session-ended`"),
            (
                "a refresh token that was used, for another request at the same moment",
                numbers.span("refresh_grace_seconds", 1),
                "it is a copy: 401 `session-ended`",
            ),
            ("a hold", numbers.span("hold_seconds", 1), "410 `hold-expired`"),
            ("an offer of the waiting list", numbers.span("waiting_offer_seconds", 1), "410 `offer-over`"),
            ("an `Idempotency-Key`", numbers.span("idempotency_key_hours", 3_600), "the same key is a new command"),
            ("sending a body of JSON", numbers.span("max_body_seconds", 1), "408 `body-incomplete`"),
            ("an upload", numbers.span("upload_hours", 3_600), "410 `upload-expired`"),
            ("the address of a `PUT`", numbers.span("upload_url_seconds", 1), "declare anew"),
            ("a file that no case takes up", numbers.span("document_unattached_days", 86_400), "it is erased"),
            ("a draft that nobody changes", f"{LASTS.days} days", "410 `draft-expired`"),
            (
                "name, contact and note of an appointment, after its end",
                numbers.span("appointment_kept_days", 86_400),
                "they are erased; the appointment stays",
            ),
            ("a notice in the inbox", numbers.span("notice_kept_days", 86_400), "it is erased"),
            ("a `since` of sync", numbers.span("sync_kept_days", 86_400), "410 `sync-expired`"),
        ],
    )


def _purposes(_: Numbers) -> str:
    rows = [
        (
            f"`{name}`",
            ", ".join(dict.fromkeys(_KINDS[kind] for kind in purpose.types)),
            f"{purpose.max_bytes // 1_000_000} MB" + (f", {purpose.max_pages} pages" if PDF in purpose.types else ""),
        )
        for name, purpose in PURPOSES.items()
    ]
    return _table("purpose", "takes", "at most", rows=rows)


def _kinds(_: Numbers) -> str:
    """Together stand those that are told the same way."""
    told = {"always": "{}", "by_others": "{}, but not to the person who did it", "never": "not {}"}
    ways: dict[tuple[str, str, str], list[str]] = {}
    for kind in KINDS.values():
        if kind.inbox:
            quiet = "even in quiet hours" if kind.quiet == "ignored" else ""
            way = (told[kind.push].format("pushed"), quiet, told[kind.mail].format("mailed"))
            ways.setdefault(way, []).append(f"`{kind.name}`")
    rows = [("; ".join(filter(None, way)), ", ".join(names)) for way, names in ways.items()]
    return _table("how it is told", "kinds", rows=rows)


def _for_every_app(_: Numbers) -> str:
    rows: list[tuple[str, ...]] = []
    for controller in ROUTES:
        for handler in vars(controller).values() if controller.include_in_schema is not False else ():
            if isinstance(handler, HTTPRouteHandler):
                path = camel(_TYPE.sub("}", controller.path + min(handler.paths))).rstrip("/")
                methods = sorted(method for method in handler.http_methods if for_every_app(handler, method))
                rows += [(f"`{method} {path}`", str(handler.summary)) for method in methods]
    return _table("operation", "what for", rows=sorted(rows))


TABLES: Mapping[str, Callable[[Numbers], str]] = {
    "webhook-types": _webhook_types,
    "magic-values": _magic_values,
    "rates": _rates,
    "sizes": _sizes,
    "people": _people,
    "times": _times,
    "purposes": _purposes,
    "every-app": _for_every_app,
    "kinds": _kinds,
}
