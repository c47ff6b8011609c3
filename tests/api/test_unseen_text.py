"""What nobody sees in a text and what turns it around is refused where it comes in, and is said so by the document."""

import json
import re
from typing import Any

import jsonschema_rs
import pytest

from api.body import decode
from api.openapi.schemas import inputs
from api.structs.appointment import BookIn, CancelIn
from api.structs.case_inputs import NoteIn, RejectIn, RequestInfoIn, WithdrawIn
from api.structs.desk_inputs import StepIn
from api.wire import SOME_TEXT, TEXT
from backend.errors import InvalidInput
from infra.dev.contract.document import document

UNSEEN = ["\x00", "\x07", "\x08", "\x0b", "\x1b", "\x7f", "\x85", "\x9b", "\u061c", "\u200e", "\u200f", *map(chr, (
    *range(0x202A, 0x202F), *range(0x2066, 0x206A)))]  # fmt: skip
GOOD = ["Grüße\r\n\tzwei Zeilen", "مرحبا", "שלום", "نمی\u200cخواهم", "👩\u200d👧", "e\u0301", "a\u00adb", "a\u2028b"]
NAMES_OF_THINGS = {
    ("AnnouncementIn", "city"), ("AnnouncementIn", "district"), ("ClosureIn", "city"), ("GuestIn", "installationId"),
    ("GuestIn", "attestation"), ("LinkIn", "identityToken"), ("LookupIn", "reference"), ("LookupIn", "pass"),
    ("QuietHours", "zone"), ("RefreshIn", "refreshToken"), ("Subscriptions", "district"), ("WaitIn", "city"),
    ("WalkInIn", "office"),
}  # fmt: skip
"""What is looked up or checked and never shown as it was written."""


@pytest.mark.parametrize("pattern", [TEXT, SOME_TEXT])
def test_python_and_json_schema_take_the_same_texts(pattern: str) -> None:
    schema = jsonschema_rs.Draft202012Validator({"type": "string", "pattern": pattern})
    texts = [f"a{chr(code)}b" for code in range(0x3100)] + [f"\n {text}" for text in UNSEEN + GOOD]
    for text in texts:
        taken = re.search(pattern, text) is not None
        assert taken == schema.is_valid(text) == (not set(text) & set(UNSEEN) and not _is_control(text)), ascii(text)


def _is_control(text: str) -> bool:
    return any((c < " " and c not in "\t\n\r") or "\x7f" <= c <= "\x9f" for c in text)


BOOK: dict[str, Any] = {"hold": "0193a000-0009-7000-8000-00000000000f", "person": {"name": "Erika"}}
PLACES: dict[str, tuple[Any, dict[str, Any]]] = {
    "/note": (BookIn, {**BOOK, "note": "?"}),
    "/person/name": (BookIn, {**BOOK, "person": {"name": "?"}}),
    "/reason": (CancelIn, {"reason": "?"}),
    "/reason of a step": (StepIn, {"reason": "?"}),
    "/reason of who withdraws": (WithdrawIn, {"reason": "?"}),
    "/reason of a rejection": (RejectIn, {"reason": "?"}),
    "/text": (NoteIn, {"text": "?"}),
    "/message": (RequestInfoIn, {"message": "?", "fields": ["/name"], "due": "2030-01-01T00:00:00Z"}),
}


@pytest.mark.parametrize("place", PLACES)
def test_what_acts_unseen_is_told_by_its_own_code_and_where(place: str) -> None:
    into, body = PLACES[place]
    for text in UNSEEN:
        with pytest.raises(InvalidInput) as refused:
            decode(json.dumps(body).replace("?", json.dumps(f"IBAN 12{text}34")[1:-1]).encode(), into, max_depth=8)
        pointer = place.partition(" ")[0]
        assert [(f.pointer, f.code) for f in refused.value.faults] == [(pointer, "invalid-character")], text
    for text in GOOD if into is not BookIn or place == "/note" else GOOD[1:-1]:
        decode(json.dumps(body).replace("?", json.dumps(text)[1:-1]).encode(), into, max_depth=8)


def test_every_text_of_a_body_has_a_rule() -> None:
    found = document()
    schemas: dict[str, Any] = found["components"]["schemas"]
    free = {
        (name, member)
        for name in inputs(found)
        for member, schema in schemas[name].get("properties", {}).items()
        if "string" in schema.get("type", ()) and not {"pattern", "format", "enum"} & schema.keys()
    }
    assert free == NAMES_OF_THINGS
