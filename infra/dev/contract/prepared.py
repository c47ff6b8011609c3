"""The document as OpenAPI Generator is given it: what it misreads, or warns of without need, is said otherwise.

Nothing here changes what a client may send or gets; what stands in the published document stays as it is there.
"""

import copy
from typing import Any, cast

from api.openapi.schemas import inputs, operations, references
from infra.dev.contract.document import document

Json = dict[str, Any]


def prepared(language: str, server: str | None = None) -> Json:
    """The document for the client of ``language``; ``server`` is the address that the client asks by itself."""
    found = copy.deepcopy(document())
    if server is not None:
        found["servers"] = [{"url": server.rstrip("/")}]
    del found["webhooks"]  # a call to others, of which a method of the client would be made; its body stays a model
    _leave_out_empty_bodies(found)
    if language != "java":
        _follow_redirects(found)
    for schema in found["components"]["schemas"].values():
        # Of OpenAPI 3.1 the generator reads this as a schema without a name, and gives some bodies members at will.
        if schema.get("additionalProperties") is False:
            del schema["additionalProperties"]
    if language == "java":
        _leave_out_examples_of_bodies(found)
    if language == "python":
        _open_enumerations_of_answers(found)
    return found


def _leave_out_empty_bodies(found: Json) -> None:
    """A body that has no members, and may be left out, would be a parameter that can only be `{}`."""
    schemas: Json = found["components"]["schemas"]
    for _, _, operation in operations(found):
        body = operation.get("requestBody", {"required": True})
        names = references(body)
        if not body["required"] and not any(schemas[name]["properties"] for name in names):
            del operation["requestBody"]
            for name in names:
                schemas.pop(name, None)


def _follow_redirects(found: Json) -> None:
    """A document's bytes are behind a 303, which the HTTP libraries of clients follow: what the caller gets is a file.
    Java's follows none, and one that did would show the store the caller's token.
    """
    for _, _, operation in operations(found):
        if (redirect := operation["responses"].pop("303", None)) is not None:
            content = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
            operation["responses"]["200"] = {"description": redirect["description"], "content": content}


def _leave_out_examples_of_bodies(found: Json) -> None:
    """Java's generator cannot write them as Java, and warns of each."""
    for _, _, operation in operations(found):
        for media in operation.get("requestBody", {}).get("content", {}).values():
            media.pop("example", None)


def _open_enumerations_of_answers(found: Json) -> None:
    """Python's generator has no case for a value that it does not know: an answer with a newer state would be refused.

    So they are texts there, and their description tells the values.
    """
    taken = inputs(found)
    for name, schema in found["components"]["schemas"].items():
        if name not in taken:
            _open(schema)


def _open(part: Any) -> None:
    if isinstance(part, list):
        for item in cast("list[Any]", part):
            _open(item)
    elif isinstance(part, dict):
        members = cast("Json", part)
        if isinstance(values := members.get("enum"), list):
            known = ", ".join(f"`{value}`" for value in cast("list[Any]", values) if value is not None)
            said = f"{members.get('description', '')} One of {known}; new ones may come."
            members["description"] = said.strip()
            del members["enum"]
        for member in members.values():
            _open(member)
