"""The API in this process, as tests of its manners have it."""

from tests.api.conftest import bare

__all__ = ["bare"]
