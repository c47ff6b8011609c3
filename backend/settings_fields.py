"""Every setting of the installation, what it is for, units in the names; ``settings_rules`` says what each must be."""

from typing import Literal

import msgspec


class Fields(msgspec.Struct, frozen=True, kw_only=True):
    """Each field is read from the environment variable of the same name in capitals.

    ``mode`` is ``production`` unless said otherwise: the development issuer, switched-off rate limits and
    development secrets exist only where ``mode`` is ``embedded``.
    """

    mode: Literal["production", "embedded"] = "production"
    """`production`, or `embedded`: what `make run` starts, with a development issuer and secrets of its own."""
    public_url: str = "http://127.0.0.1:8000"
    """The address that clients reach the API at; the issuer of tokens, and part of links. In production: https."""
    contact_name: str = "Wartefrei"
    """Who looks after the API here, for those who build apps on it."""
    contact_email: str = "apps@wartefrei.example"
    """Where they write to."""
    security_contact: str | None = None
    """For `security.txt`: a `mailto:`, `tel:` or `https:` address; unset: the same as CONTACT_EMAIL."""
    database_url: str
    """Where PostgreSQL is and as which role: `wartefrei_app`, which owns nothing."""
    database_pool_size: int = 10
    """The most connections that one process opens; two more may be used for listening."""
    database_statement_timeout_seconds: float = 10.0
    """A statement that runs longer is cancelled, and the request answered with 503."""
    s3_endpoint_url: str | None = None
    """The object store; unset: AWS."""
    s3_public_endpoint_url: str | None = None
    """Where phones reach the store; unset: the same address."""
    s3_access_key: str | None = None
    """The access key of the object store."""
    s3_secret_key: str | None = None
    """The secret key of the object store."""
    s3_region: str = "eu-central-1"
    """The region that its signatures name."""
    s3_quarantine_bucket: str = "wartefrei-quarantine"
    """What nobody has checked yet. Nothing in it is ever handed out."""
    s3_clean_bucket: str = "wartefrei-clean"
    """What has passed its check. Only short-lived addresses lead there."""
    s3_encryption: Literal["off", "AES256", "aws:kms"] = "AES256"
    """Server-side encryption that every object is written with."""
    s3_encryption_key: str | None = None
    """Of `aws:kms`; unset: the store's own key."""
    s3_connections: int = 16
    """Per process; each is a thread."""
    metrics_port: int | None = None
    """The port of the Prometheus listener on loopback; unset: there is none."""

    token_signing_keys: str = ""
    """PEM private keys (EC P-256), one after the other: the first signs, all are published."""
    pass_signing_keys: str = ""
    """PEM private keys (Ed25519) for appointment passes, first signs, all verify."""
    access_token_seconds: int = 600
    """How long an access token is good. A session that ends is noticed sooner: within a minute."""
    refresh_token_days: int = 180
    """How long a phone may stay away without having to begin anew; counted from its last refresh."""
    refresh_grace_seconds: int = 30
    """How long a used refresh token may be shown again: two requests of one phone on a bad network."""
    session_retention_days: int = 30
    """How long ended sessions are kept, and guests of whom nothing else is there."""

    citizen_oidc_issuer: str | None = None
    """The citizens' identity provider, as its tokens name it in `iss`; unset: guests only."""
    citizen_oidc_audience: str | None = None
    """What a citizen's token must name in `aud`; needed with an issuer."""
    clerk_oidc_issuer: str | None = None
    """The clerks' identity provider, as its tokens name it in `iss`; unset: no clerk can sign in."""
    clerk_oidc_audience: str | None = None
    """What a clerk's token must name in `aud`; needed with an issuer."""
    clerk_oidc_client_id: str | None = None
    """The clerks' console at the clerks' provider; unset: nobody signs in to the console."""
    clerk_oidc_client_secret: str | None = None
    """Unset: a public client, which proves itself by PKCE alone."""
    clerk_oidc_scopes: str = "openid profile"
    """What the console asks of the provider; only who it is is of use."""
    console_session_hours: int = 10
    """How long a sign-in to the console lasts at most."""
    console_idle_minutes: int = 60
    """How long it lasts when nobody does anything."""
    oidc_jwks_cooldown_seconds: int = 30
    """How soon after an attempt the keys of a provider are asked for again, whoever invents key ids."""
    oidc_jwks_max_age_seconds: int = 3600
    """How old the keys of a provider may be before they are asked for again."""
    dev_issuer_keys: str = ""
    """PEM private key (EC P-256) of the built-in development issuer; embedded mode only."""

    client_secrets: str = ""
    """Base64 of 32 random bytes or more, comma-separated: the first hashes client keys and seals webhooks' secrets, all
    of them are tried; unset: there are no client keys."""
    client_key_cities: str = ""
    """Comma-separated cities that answer to client keys only; `*`: all of them. A sandbox always wants a test key."""
    citizen_app_key: str = ""
    """A live client key of the scope `app`, which the built-in app at `/app` shows where a city asks for one. Whoever
    looks at the app can read it, as that of any app; unset: cities that want keys are closed to `/app`."""
    rate_client_per_minute: int = 6_000
    """Requests of one client that was given no number of its own; they count for its address and person as well."""
    webhook_timeout_seconds: float = 10.0
    """For one attempt, connecting included; shorter than NOTICE_LEASE_SECONDS."""
    webhook_concurrency: int = 64
    """Attempts under way at once in each worker; over all workers, 8 at most to one endpoint and 16 to one client."""
    webhook_disabled_after_days: int = 5
    """An endpoint that has failed for so long is sent nothing more, until its client enables it again."""
    webhook_log_days: int = 30
    """How long it is kept what became of each delivery to an endpoint."""

    hold_seconds: int = 600
    """How long a place is held for who fills in a name."""
    max_live_appointments_per_service: int = 1
    """How many appointments to come one person, or device, may have for a service that does not say another number."""
    max_services_per_appointment: int = 5
    """How many different services one visit may combine."""
    availability_max_days: int = 92
    """The longest range of days that one question for free places may cover."""
    idempotency_key_hours: int = 24
    """How long an answer is kept for a repeat of its request."""
    appointment_kept_days: int = 30
    """How long after its end an appointment keeps who came, how to reach them and what was said about it."""

    fcm_service_account_file: str | None = None
    """Path of the Firebase project's service account (JSON); unset: nothing is pushed."""
    fcm_url: str = "https://fcm.googleapis.com"
    """Where FCM HTTP v1 answers."""
    push_timeout_seconds: float = 10.0
    """For one message, connecting included; shorter than NOTICE_LEASE_SECONDS."""
    push_concurrency: int = 128
    """Messages under way at once, for each platform in each worker."""
    mail_host: str | None = None
    """The relay that takes letters (SMTP); unset: nothing is mailed."""
    mail_port: int = 587
    """The port of the relay: 587 with `starttls`, 465 with `tls`."""
    mail_security: Literal["starttls", "tls", "plaintext"] = "starttls"
    """How the way to the relay is sealed; its certificate must name it. `plaintext` in the embedded mode only."""
    mail_username: str | None = None
    """What we sign in to the relay with; unset: it knows us otherwise."""
    mail_password: str | None = None
    """The password at the relay."""
    mail_from: str | None = None
    """The address that letters come from, with the city's name before it; needed with MAIL_HOST."""
    mail_timeout_seconds: float = 20.0
    """For one letter, connecting included; shorter than NOTICE_LEASE_SECONDS."""
    mail_concurrency: int = 4
    """Connections to the relay, in each worker."""
    app_url: str | None = None
    """Where links into the app begin (Universal Links): letters lead to `/appointments/ID` there; unset: no links."""
    notice_lease_seconds: float = 30.0
    """For how long a worker has a delivery to itself; a killed worker's are taken over after that."""
    notice_poll_seconds: float = 2.0
    """How late a notice may be when nobody rang for it."""
    notice_max_attempts: int = 12
    """Attempts at one delivery; then it is a dead letter, if its worker died of the last or the fault is its own."""
    notice_retry_hours: float = 24.0
    """For so long what the other side could not take is tried again, until its notice expires at the longest."""
    worker_port: int | None = None
    """Port of the worker's listener on loopback: /health/live, /health/ready and /metrics; unset: none."""
    documents_port: int | None = None
    """Port of the document checker's listener on loopback: /health/live, /health/ready and /metrics; unset: none."""
    clamd_address: str | None = None
    """`host:port` or `unix:/path`. Unset, embedded mode only: a stand-in that finds nothing but the EICAR test file."""
    clamd_timeout_seconds: float = 60.0
    """After so long without an answer the file is tried again later."""
    upload_hours: int = 24
    """Within which a declared upload must be complete."""
    upload_url_seconds: int = 900
    """How long a presigned PUT may be begun."""
    upload_direct_max_bytes: int = 10_000_000
    """Up to this size a presigned PUT is offered beside tus."""
    upload_lease_seconds: float = 10.0
    """How long the writer of an upload that sends nothing keeps others from going on in its place."""
    upload_idle_seconds: float = 30.0
    """After so long without a byte what has come is kept and the request ends."""
    uploads_at_once: int = 200
    """Requests per process that receive bytes; each needs up to 6 MiB."""
    max_open_uploads_per_person: int = 20
    """How many uploads of one person may be unfinished at a time."""
    max_document_bytes_per_person: int = 300_000_000
    """Of documents that no case has taken up."""
    document_unattached_days: int = 90
    """How long a document is kept that no case takes up."""
    document_refused_days: int = 30
    """How long the row of a refused document says why; its bytes go at once."""
    document_stray_days: int = 7
    """How long objects are kept that no row knows: after a restore, what people sent since the backup."""
    document_url_seconds: int = 60
    """How long an address of a document's bytes is good for."""
    document_check_workers: int = 2
    """Documents that one process checks at the same time."""
    document_check_seconds: int = 60
    """Within which a file must be read and re-encoded, or it is refused as too complex."""
    document_check_memory_bytes: int = 1_500_000_000
    """Address space of the process that reads a file."""
    document_check_pause_seconds: float = 1.0
    """Between looks for something to check."""
    document_sweep_minutes: int = 60
    """Between looks for rows without objects and objects without rows."""
    max_devices_per_person: int = 10
    """With one more, the one unseen for longest is forgotten."""
    device_stale_days: int = 30
    """Unseen for so long, a device gets no announcements any more."""
    device_forgotten_days: int = 270
    """Unseen for so long, a device is forgotten."""
    notice_kept_days: int = 365
    """How long the inbox keeps a notice."""
    app_minimum_versions: str = ""
    """The oldest versions of apps that are served: `android=2.0.0,ios=2.1`; of a platform that is missing, all."""
    app_recommended_versions: str = ""
    """Which versions people should have, in the same form; the first screen says so."""
    app_stores: str = ""
    """Where the new version is, in the same form with addresses (https)."""
    sync_kept_days: int = 60
    """How long a phone may be away and still be told only what changed; then it begins anew."""
    announcement_pushes_per_second: float = 500.0
    """How fast an announcement goes out, so that what concerns one person does not wait behind it."""
    reminder_hours: str = "24,2"
    """Comma-separated hours before the start at which people are reminded; empty: never."""
    night_from: str = "20:00"
    """From then on no reminder is sent, on the office's clock; what falls into the night comes before it."""
    night_until: str = "08:00"
    """From then on reminders are sent again."""
    reminder_gap_minutes: int = 120
    """No reminder so soon after the person was told of the time."""

    waiting_offer_seconds: int = 900
    """How long a freed place is held for whoever it is offered to."""
    waiting_offers_per_day: int = 3
    """To one person in one city; its local day."""
    waiting_entries_per_person: int = 5
    """How many entries of the waiting list one person may have at a time."""
    waiting_quiet_from_hour: int = 21
    """The hour of the office's clock from which nobody is offered a place until the morning."""
    waiting_quiet_until_hour: int = 7
    """The hour at which offers begin again: a place that fits somebody is kept until then. As above: no night."""

    rate_limits: Literal["on", "off"] = "on"
    """`off` only in the embedded mode, for load and race tests."""
    trusted_proxies: str = ""
    """Comma-separated networks (CIDR) whose X-Forwarded-For is believed; empty: nobody's."""
    rate_address_per_minute: int = 1_800
    """Requests from one address, all together; mobile networks put many people behind one."""
    rate_guest_sessions_per_hour: int = 300
    """New guests from one address, in an hour."""
    rate_holds_per_hour: int = 600
    """Holds from one address, in an hour. A script that never books keeps those of the last ten minutes: a sixth."""
    rate_person_reads_per_minute: int = 240
    """Reads of one person, and of one device."""
    rate_person_writes_per_minute: int = 60
    """Changes by one person, and by one device."""
    rate_upload_chunks_per_minute: int = 600
    """Requests of tus, per person and per device; they do not count as writes."""
    rate_clerk_per_minute: int = 600
    """Requests of one clerk."""
    max_streams_per_caller: int = 8
    """Event streams that one person or clerk may have open at one process: tabs, screens, a phone that reconnects."""
    max_streams_per_address: int = 400
    """Event streams from one address at one process; an office's desks and many phones share one."""
    max_streams_per_process: int = 4_000
    """Event streams that one process keeps open, all together."""
    rate_links_per_minute: int = 60
    """For links that third parties open without an account, from one address."""
    cors_origins: str = ""
    """Comma-separated origins whose web pages may call the API; empty: none."""
    max_body_bytes: int = 1_048_576
    """A larger body is refused with 413."""
    max_body_seconds: float = 60.0
    """A body that is not there whole by then is refused with 408; what tus receives has UPLOAD_IDLE_SECONDS."""
    max_header_bytes: int = 16_384
    """Larger headers, all together, are refused with 431."""
    max_json_depth: int = 32
    """JSON that is nested deeper is refused."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """What is logged at all; requests are `info`."""

    def reminders(self) -> list[int]:
        """``reminder_hours`` in minutes; ValueError for what is not a list of hours."""
        return [round(float(part) * 60) for part in self.reminder_hours.split(",") if part.strip()]
