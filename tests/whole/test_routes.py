"""What holds for every route."""

import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
from litestar import Litestar
from litestar.params import HeaderParameter, PathParameter, QueryParameter
from litestar.routes import HTTPRoute
from msgspec import Meta

from api.app import create_app
from api.auth import GUARDS
from api.declared import names_errors
from api.idempotency import Command
from backend.settings import from_environment
from infra.dev.keys import development_keys

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def app() -> Litestar:
    keys = {name.upper(): value for name, value in development_keys().items()}
    given = {"MODE": "embedded", "DATABASE_URL": "postgresql://unused", **keys}
    return create_app(from_environment(given))


def handlers(app: Litestar) -> list[tuple[str, str, Any]]:
    return [
        (method, route.path, handler)
        for route in app.routes
        if isinstance(route, HTTPRoute)
        for method, (handler, _) in route.route_handler_map.items()
        if method != "OPTIONS"
    ]


def test_every_route_declares_exactly_one_guard(app: Litestar) -> None:
    assert len(handlers(app)) > 10
    for method, path, handler in handlers(app):
        assert len([guard for guard in handler.resolve_guards() if guard in GUARDS]) == 1, (method, path)


def test_bounds_of_parameters_are_written_where_they_are_kept(app: Litestar) -> None:
    """``FromPath[Annotated[int, Meta(le=9)]]`` looks like a bound and is none: ``PathParameter(le=9)`` is one."""
    for method, path, handler in handlers(app):
        for name, one in handler.parsed_fn_signature.parameters.items():
            if isinstance(one.kwarg_definition, PathParameter | QueryParameter | HeaderParameter):
                assert not [meta for meta in one.metadata if isinstance(meta, Meta)], (method, path, name)


def test_every_time_in_a_body_needs_its_offset(app: Litestar) -> None:
    """Without one it would be read by the clock of whichever server answers."""
    bodies = [
        (method, path, handler.parsed_fn_signature.parameters["data"].annotation)
        for method, path, handler in handlers(app)
        if "data" in handler.parsed_fn_signature.parameters
    ]
    times = [(method, path, at) for method, path, body in bodies for at in times_in(msgspec.inspect.type_info(body))]
    assert len(times) > 4
    assert [(method, path) for method, path, at in times if at.tz is not True] == []


def times_in(kind: Any) -> list[msgspec.inspect.DateTimeType]:
    if isinstance(kind, msgspec.inspect.DateTimeType):
        return [kind]
    inner = [getattr(kind, name, None) for name in ("type", "item_type", "key_type", "value_type")]
    inner += [field.type for field in getattr(kind, "fields", ())] + list(getattr(kind, "types", ()))
    return [at for one in inner if isinstance(one, msgspec.inspect.Type) for at in times_in(one)]


def test_every_post_takes_a_command_or_stands_under_the_development_issuer(app: Litestar) -> None:
    for method, path, handler in handlers(app):
        # A client of tus sends no key: what a lost answer leaves behind is an empty upload that expires.
        # A page's form sends none either: a link is answered once.
        keyless = path.startswith(("/dev-issuer", "/confirm/")) or path == "/v1/uploads/tus"
        if method == "POST" and not keyless:
            assert handler.parsed_fn_signature.parameters["command"].annotation is Command, path


def test_every_operation_has_a_name_of_its_own(app: Litestar) -> None:
    named = [h.operation_id for _, path, h in handlers(app) if path.startswith("/v1/")]
    assert all(isinstance(name, str) and name.isalnum() for name in named)
    assert len(named) == len(set(named))


def test_every_operation_names_its_errors(app: Litestar) -> None:
    silent = [
        handler.operation_id
        for _, path, handler in handlers(app)
        if path.startswith(("/v1/", "/health/")) and handler.resolve_include_in_schema() and not names_errors(handler)
    ]
    assert silent == [], "say opt=raises(…): what the handler may answer with, see api.declared"


def test_no_request_works_as_the_system() -> None:
    rooms = (ROOT / "api").rglob("*.py")
    acting = {
        str(path.relative_to(ROOT))
        for path in rooms
        if re.search(r"\bSYSTEM\b|system=True", path.read_text(encoding="utf-8"))
    }
    assert {path for path in acting if not path.startswith("api/commands/")} == set()
