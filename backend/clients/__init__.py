"""Integrators' clients and their keys: who built the app, or the server, that asks (Fachverfahren, App)."""

from backend.clients.keyring import Keyring
from backend.clients.model import Caller, Environment
from backend.clients.verifying import Clients

__all__ = ["Caller", "Clients", "Environment", "Keyring"]
