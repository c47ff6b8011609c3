"""Settings of a database of the test's own."""

from collections.abc import Callable

import pytest

from backend.settings import Settings


@pytest.fixture
def settings(make_settings: Callable[..., Settings], database_url: str) -> Settings:
    """Defaults."""
    return make_settings(database_url)
