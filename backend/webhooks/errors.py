"""What can be wrong with a webhook."""

from backend.errors import DomainError


class WebhookNotFound(DomainError):
    """Of this client and this key's environment."""

    slug, title, kind = "webhook-not-found", "There is no such webhook", "not_found"


class DeliveryNotFound(DomainError):
    """They are kept for 30 days."""

    slug, title, kind = "webhook-delivery-not-found", "There is no such delivery", "not_found"


class TooManyWebhooks(DomainError):
    """`most`: as many may one client have in each environment."""

    slug, title, kind = "too-many-webhooks", "There are too many webhooks", "conflict"


class WebhookDisabled(DomainError):
    """Nothing is sent to it: enable it first."""

    slug, title, kind = "webhook-disabled", "The webhook is disabled", "conflict"
