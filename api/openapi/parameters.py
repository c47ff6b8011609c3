"""Parameters in path and query as the document tells of them: named, bounded, each with its meaning and an example."""

import re
from collections.abc import Mapping
from typing import Any, cast

from api.openapi import example_values as values
from api.parameters import LONGEST_VALUE

Json = dict[str, Any]

_MEANINGS: Mapping[str, str] = {
    "appointmentId": "The appointment's `id`.",
    "caseId": "The case's `id`.",
    "category": "Only those of this `category`.",
    "city": "The city's `id`.",
    "clientId": "The client's `id`.",
    "closure": "The closure's `id`.",
    "counter": "The counter's `id`.",
    "cursor": "`next` of the page before.",
    "documentId": "The document's `id`, which is that of its upload.",
    "draftId": "The draft's `id`, which the app has made.",
    "entryId": "The `id` of the entry in the waiting list.",
    "form": "The form's `id`.",
    "holdId": "The hold's `id`.",
    "installationId": "The `installationId` that the session was begun with.",
    "keyId": "The `id` of the key, not the key.",
    "limit": "How many at most.",
    "noticeId": "The notice's `id`.",
    "number": "The form's `version`.",
    "offerId": "The offer's `id`.",
    "office": "The office's `id`, or its `slug`.",
    "outcome": "Only those that ended so, or are `open` still.",
    "service": "The service's `id`, or its `slug`.",
    "token": "What stands at the end of the link.",
    "topic": "Of announcements, as in `subscriptions`.",
    "uploadId": "The upload's `id`.",
    "webhookId": "The webhook's `id`.",
}
"""What a parameter is, where its handler says no more."""
IN_PATHS: Mapping[str, str] = {
    "clientId": "01985f3c-7a10-7c3e-9d21-5b0a4f6e8ca2",
    "closure": "01985f3c-7a10-7c3e-9d21-5b0a4f6e8ca3",
    "entryId": values.ENTRY,
    "keyId": "01985f3c-7a10-7c3e-9d21-5b0a4f6e8ca4",
    "number": "1",
    "offerId": values.OFFER,
    "office": "hans-sachs-haus",
    "service": "personalausweis",
    "token": "-",  # what is secret in an address is left out of every answer
    "uploadId": values.DOCUMENT,
    "webhookId": "01985f3c-7a10-7c3e-9d21-5b0a4f6e8ca5",
}
"""What stands in the addresses of examples, where it is not the value of a member of that name."""


_ASKED: Mapping[str, Any] = {
    "assignee": "me",
    "category": "identity",
    "city": "gelsenkirchen",
    "cursor": "2SQwMWEyMTc2MS0wMjA5LTc4MWUtOWQxMC1hMmJiZTM0MmFkMDQ",
    "district": "buer",
    "form": values.FORM,
    "known": "4kWm0dG1vY0sYk3T",
    "near": "51.51,7.10",
    "office": "hans-sachs-haus",
    "olderThanDays": 3,
    "q": "ausweis",
    "service": "personalausweis",
    "since": "hqZwZXJzb27EBg",
    "topic": "abfall",
}
"""What stands in a query, where neither default nor choice nor format says it. Nothing for ``fields``: whoever tries an
operation by its examples would get an answer that lacks what its schema requires.
"""


def told(parameter: Json) -> Json:
    """Without what is so anyway, and named like everything else in path and query: in camelCase."""
    kept: Json = {name: value for name, value in parameter.items() if value is not False or name == "required"}
    schema: Json = kept["schema"]
    if "oneOf" in schema:  # one that is left out is left out, never null
        options = [option for option in schema.pop("oneOf") if option != {"type": "null"}]
        schema |= options[0] if len(options) == 1 else {"oneOf": options}
    if isinstance(kinds := schema.get("type"), list):
        (schema["type"],) = set(cast("list[str]", kinds)) - {"null"}
        schema["enum"] = [value for value in schema["enum"] if value is not None]
    for one in (schema, schema.get("items", {})):
        if one.get("type") == "string" and "enum" not in one and "format" not in one:
            one.setdefault("maxLength", LONGEST_VALUE)
        if one.get("type") == "integer" and "maximum" in one:
            one.setdefault("minimum", 0)  # a bound of 0 is none to Litestar
    if kept["in"] == "path":
        name = kept["name"] = camel(kept["name"])
        if (value := IN_PATHS.get(name, values.VALUES.get(name))) is not None:
            kept["example"] = int(value) if schema.get("type") == "integer" else value
    elif (asked := _asked(kept)) is not None:
        kept["example"] = asked
    if not kept.get("description") and kept["name"] in _MEANINGS:
        kept["description"] = _MEANINGS[kept["name"]]
    return kept


def _asked(parameter: Json) -> Any:
    """A value that a query may have; None where nobody has chosen one."""
    schema: Json = parameter["schema"]
    if "default" in schema:
        return schema["default"]
    if schema.get("type") == "array":
        value = _asked({**parameter, "schema": schema["items"]})
        return None if value is None else [value]
    if "enum" in schema:
        return schema["enum"][0]
    if schema.get("format") in ("date", "uuid"):
        return {"date": values.OF_FORMAT["date"], "uuid": values.VALUES.get(parameter["name"])}[schema["format"]]
    return _ASKED.get(parameter["name"])


def camel(text: str) -> str:
    """What is in the braces of a path, or a whole name, in camelCase."""
    return re.sub(r"(?<=[a-z])_([a-z])", lambda found: found[1].upper(), text)
