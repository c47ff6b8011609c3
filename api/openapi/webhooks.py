"""What an integrator's server is told, as the `webhooks` of OpenAPI 3.1: what comes, and what to answer."""

from typing import Any

from backend.webhooks.model import TEST, TYPES

Json = dict[str, Any]

NAME = "WebhookEvent"
SCHEMA: Json = {
    "type": "object",
    "description": "What happened, and to which id; nothing about anybody. Read more with the person's token.",
    "required": ["type", "timestamp", "data"],
    "properties": {
        "type": {
            "type": "string",
            "maxLength": 64,
            "pattern": r"^[a-z_]+\.[a-z_]+$",
            "description": f"One of {', '.join(f'`{name}`' for name in (*TYPES, TEST))}; new ones may come.",
        },
        "timestamp": {
            "type": "string",
            "format": "date-time",
            "maxLength": 40,
            "description": "When it happened, the same in every attempt.",
        },
        "data": {
            "type": "object",
            "required": ["id", "city"],
            "properties": {
                "id": {
                    "type": ["string", "null"],
                    "format": "uuid",
                    "maxLength": 36,
                    "description": "Of the appointment, case or document; null in a test.",
                },
                "city": {
                    "type": ["string", "null"],
                    "maxLength": 64,
                    "description": "Where it happened; null in a test.",
                },
            },
        },
    },
}
_EXAMPLE: Json = {
    "type": "appointment.confirmed",
    "timestamp": "2026-11-26T08:00:00Z",
    "data": {"id": "01985f3c-7a10-7c3e-9d21-5b0a4f6e8c11", "city": "gelsenkirchen"},
}
_HEADERS = (
    ("webhook-id", "The event's, the same in every attempt: do once what it asks for.",
     "01a2158f-2275-7a07-b3e1-e83e95f5722f"),
    ("webhook-timestamp", "Seconds since 1970, of this attempt; signed as well.", "1795658400"),
    ("webhook-signature", "`v1,` and base64 of an HMAC-SHA256; two during a rotation, with a space between them.",
     "v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4="),
)  # fmt: skip


def webhooks() -> Json:
    """The one that there is: every event comes in this shape, told apart by its ``type``."""
    said = {
        "tags": ["Webhooks"],
        "operationId": "tellEvent",
        "summary": "Something happened",
        "description": "What we send to your URL, by Standard Webhooks. Verify it before you believe it.",
        "security": [],
        "parameters": [
            {
                "name": name,
                "in": "header",
                "required": True,
                "description": text,
                "schema": {"type": "string", "maxLength": 500},
                "example": example,
            }
            for name, text, example in _HEADERS
        ],
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{NAME}"}, "example": _EXAMPLE}},
        },
        "responses": {
            "2XX": {"description": "It arrived."},
            "410": {"description": "You want no more of them: the webhook is disabled."},
            "default": {"description": "It did not arrive, and comes again; a `Retry-After` is kept to."},
        },
    }
    return {"event": {"post": said}}
