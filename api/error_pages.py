"""The page of one error: what it means, what an app does next, how it looks, and which operations answer with it."""

import json
from collections.abc import Sequence
from html import escape
from typing import Any

from litestar import Litestar
from litestar.routes import HTTPRoute

from api import openapi_problems, pages
from api.catalogue_of_errors import Entry
from api.declared import declared
from api.texts import Language

NEXT: dict[int, dict[Language, str]] = {
    400: {
        "en": "Mend the request: `errors` names every field. Repeating it unchanged gives the same answer.",
        "de": "Die Anfrage berichtigen: `errors` nennt jedes Feld. Unverändert wiederholt, kommt dieselbe Antwort.",
    },
    401: {
        "en": "Refresh the session once, then repeat. If that is refused too, begin a new session.",
        "de": "Die Sitzung einmal erneuern, dann wiederholen. Wird auch das abgelehnt, eine neue Sitzung beginnen.",
    },
    403: {
        "en": "Do not repeat it: somebody with another role has to do this.",
        "de": "Nicht wiederholen: Das muss jemand mit einer anderen Rolle tun.",
    },
    404: {
        "en": "Take it out of your lists; it is gone, or belongs to somebody else.",
        "de": "Aus den eigenen Listen nehmen; es ist fort oder gehört jemand anderem.",
    },
    405: {"en": "Use one of the methods in `Allow`.", "de": "Eine der Methoden aus `Allow` verwenden."},
    406: {"en": "Ask with another `Accept`.", "de": "Mit einem anderen `Accept` fragen."},
    408: {
        "en": "Ask how much has come, and go on from there.",
        "de": "Fragen, wie viel angekommen ist, und dort fortfahren.",
    },
    409: {
        "en": "With `Retry-After`: repeat with the same key. Else read again, and let the person decide.",
        "de": "Mit `Retry-After`: mit demselben Schlüssel wiederholen. Sonst neu lesen, die Person entscheidet.",
    },
    410: {
        "en": "Begin this step anew; what was entered need not be lost.",
        "de": "Diesen Schritt neu beginnen; das Eingegebene muss nicht verloren gehen.",
    },
    412: {
        "en": "Read the present state, show what differs, and send the change with its `ETag`.",
        "de": "Den jetzigen Stand lesen, Unterschiede zeigen und die Änderung mit dessen `ETag` senden.",
    },
    413: {"en": "Send less. The limits are in the guide.", "de": "Weniger senden. Die Grenzen stehen im Leitfaden."},
    414: {"en": "Ask for less at once.", "de": "Weniger auf einmal fragen."},
    415: {"en": "Send it with the right `Content-Type`.", "de": "Mit dem richtigen `Content-Type` senden."},
    422: {
        "en": "Make a new `Idempotency-Key` for a new command.",
        "de": "Für einen neuen Befehl einen neuen `Idempotency-Key` nehmen.",
    },
    423: {
        "en": "Wait as long as `Retry-After` says, then repeat.",
        "de": "So lange warten wie `Retry-After` sagt, dann wiederholen.",
    },
    426: {
        "en": "Show people the way to `store`. Cancelling, logging out and erasing still work.",
        "de": "Den Weg zu `store` zeigen. Absagen, Abmelden und Löschen gehen weiterhin.",
    },
    428: {
        "en": "Read it first, and send its `ETag` in `If-Match`.",
        "de": "Zuerst lesen und den `ETag` in `If-Match` mitsenden.",
    },
    429: {
        "en": "Wait as long as `Retry-After` says. Earlier repeats only lengthen it.",
        "de": "So lange warten wie `Retry-After` sagt. Früher zu wiederholen verlängert es nur.",
    },
    431: {"en": "Send fewer or shorter headers.", "de": "Weniger oder kürzere Kopfzeilen senden."},
    460: {"en": "Send these bytes again.", "de": "Diese Bytes noch einmal senden."},
    500: {
        "en": "Repeat once with the same key. If it stays so, tell us the `X-Request-Id`.",
        "de": "Einmal mit demselben Schlüssel wiederholen. Bleibt es so, uns die `X-Request-Id` nennen.",
    },
    503: {
        "en": "Wait as long as `Retry-After` says, then repeat with the same key.",
        "de": "So lange warten wie `Retry-After` sagt, dann mit demselben Schlüssel wiederholen.",
    },
}
"""What to do next, by status."""
NEXT_OF: dict[str, dict[Language, str]] = {
    "session-ended": {
        "en": "Begin as a guest again, or let the person sign in; refreshing cannot help.",
        "de": "Neu als Gast beginnen oder die Person anmelden lassen; Erneuern hilft nicht.",
    },
    "client-key-required": {"en": "Send the header `Client-Key`.", "de": "Die Kopfzeile `Client-Key` mitsenden."},
    "client-key-not-for-city": {
        "en": "Use a live key of this city; test keys are good in the sandbox only.",
        "de": "Einen Schlüssel (live) dieser Stadt verwenden; Testschlüssel gelten nur in der Sandbox.",
    },
    "slot-taken": {
        "en": "Show `alternatives`, and hold the one that the person chooses, with a new key.",
        "de": "`alternatives` zeigen und den Platz, den die Person wählt, mit einem neuen Schlüssel reservieren.",
    },
    "hold-exists": {
        "en": "Go on with the hold that `hold` names, or release it with `DELETE /v1/holds/{id}`.",
        "de": "Mit der Reservierung aus `hold` weitermachen oder sie mit `DELETE /v1/holds/{id}` aufgeben.",
    },
    "appointment-limit": {
        "en": "Show the appointments that `live` names: one of them has to be cancelled or moved first.",
        "de": "Die Termine aus `live` zeigen: Einer von ihnen ist zuerst abzusagen oder zu verschieben.",
    },
    "sandbox-answer-unknown": {
        "en": "Ask for one of `values`, or leave the header away.",
        "de": "Um eine aus `values` bitten oder die Kopfzeile weglassen.",
    },
    "already-waiting": {
        "en": "Show the entry that is there; leave it before another one is made.",
        "de": "Den vorhandenen Eintrag zeigen; er ist zu verlassen, bevor ein neuer entsteht.",
    },
}
"""Where the status says too little: what to do next, by code."""
_WORDS: dict[str, dict[Language, str]] = {
    "next": {"en": "What to do", "de": "Was zu tun ist"},
    "example": {"en": "How it looks", "de": "Wie es aussieht"},
    "operations": {"en": "Who answers so", "de": "Wer so antwortet"},
    "all": {"en": "All errors", "de": "Alle Fehler"},
    "guide": {"en": "Errors in the guide", "de": "Fehler im Leitfaden"},
    "every": {"en": "No operation in particular.", "de": "Keine bestimmte Operation."},
}


def render(entry: Entry, language: Language, public_url: str, operations: Sequence[str]) -> bytes:
    """The page. ``operations``: the ids of those that may answer with it."""
    said = {name: words[language] for name, words in _WORDS.items()}
    value: dict[str, Any] = openapi_problems.examples(public_url, {entry.slug})[entry.slug]["value"]
    value["title"] = entry.title_in(language)
    example = escape(json.dumps(value, indent=2, ensure_ascii=False))
    links = " ".join(f'<a href="/docs#{name}"><code>{name}</code></a>' for name in operations)
    described = f"<p>{pages.prose(entry.description)}</p>" if entry.description else ""
    body = (
        f"<header><h1><code>{entry.slug}</code> <small>{entry.status}</small></h1>"
        f"<p>{escape(entry.title_in(language))}</p>"
        f'<p class="links"><a href="/docs/errors">{said["all"]}</a>'
        f' <a href="/docs/guide/errors">{said["guide"]}</a></p>'
        f'</header><main id="{entry.slug}">{described}'
        f"<h2>{said['next']}</h2><p>{pages.prose(NEXT_OF.get(entry.slug, NEXT[entry.status])[language])}</p>"
        f"<h2>{said['example']}</h2><pre>{example}</pre>"
        f'<h2>{said["operations"]}</h2><p class="links">{links or said["every"]}</p></main>'
    )
    return pages.page(f"Wartefrei: {entry.slug}", language, body)


def operations_by_code(app: Litestar) -> dict[str, list[str]]:
    """For each code the operations of the document that may answer with it."""
    found: dict[str, set[str]] = {}
    for route in app.routes:
        if not isinstance(route, HTTPRoute):
            continue
        for method, (handler, _) in route.route_handler_map.items():
            if handler.operation_id and handler.resolve_include_in_schema():
                for kind in declared(handler, method):
                    found.setdefault(kind.slug, set()).add(f"{handler.operation_id}")
    return {slug: sorted(names) for slug, names in found.items()}
