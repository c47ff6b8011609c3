"""The API on a database of its own with the demo city and its forms, as tests of routes have it everywhere."""

from tests.api.conftest import api as api
from tests.api.conftest import app as app
from tests.api.conftest import clerk_headers as clerk_headers
from tests.api.conftest import guest as guest
from tests.api.conftest import idem as idem
from tests.api.conftest import settings as settings
