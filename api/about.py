"""What the API says about itself: its version, and the texts at the head of the document."""

VERSION = "0.1.0"
"""Of the API, by semantic versioning; in `info.version` and in the header `API-Version` of every answer."""

DESCRIPTION = """Book an appointment at a city's office, hand in a form with its papers, and follow what becomes of it:
for apps on citizens' phones, for servers that work with a city, and for clerks.

Every POST takes an `Idempotency-Key`: repeat it with the same key after a lost answer. Errors are problem details
(RFC 9457) in German or English by `Accept-Language`; `code` is stable, and `type` leads to its explanation. Lists have
cursors, times carry their offset, what is read has an `ETag`. `Retry-After` says when to come back."""

TAGS = {
    "Catalogue": "Cities, districts, offices and services. Public.",
    "Availability": "What is free. Public.",
    "Identity": "Sessions and tokens.",
    "Me": "The person who asks.",
    "Appointments": "Holding, booking and changing.",
    "Documents": "What people send: declared, sent by one PUT or by tus 1.0 (which also creates, at `/v1/uploads/tus`;"
    " extensions creation, creation-with-upload, checksum, expiration, termination), checked, and only then readable.",
    "Notices": "What people are told: inbox, devices for pushes, preferences.",
    "Forms": "Forms, drafts and what becomes of them.",
    "Waiting list": "A place that becomes free is offered first to whoever waits for it.",
    "Phones": "What an app asks for as a whole: its first screen, and what changed since it asked last.",
    "Clients": "Integrators' apps and servers: their keys, sent in the header `Client-Key`.",
    "Webhooks": "Where integrators' servers are told what happens in their cities; by a client key with the scope"
    " `webhooks`.",
    "Sandbox": "A city in which nothing is real, for test keys: magic values, and a clock that can be moved.",
    "Clerks": "The desk's side; guarded by role and office.",
    "Operations": "For whoever runs it.",
}
