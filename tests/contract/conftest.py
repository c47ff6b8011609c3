"""The API in this process, and an instance with all its processes, as other rooms have them."""

from tests.api.conftest import bare
from tests.api.guide_shell import instance

__all__ = ["bare", "instance"]
