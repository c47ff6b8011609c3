"""What a person sees when a page does not come: the way to the sign-in, or a few words instead of problem details."""

from typing import Any
from urllib.parse import quote

from litestar import Response
from litestar.exceptions import HTTPException

from api import problems, texts
from api.body import WireRequest
from api.console import cookies
from api.console.rendering import language_for, render
from backend.errors import DomainError

SIGN_IN_PATH = "/console/sign-in"


def handle(request: Any, error: Exception) -> Response[Any]:
    """For every page of the console; its data come from the API, which answers as it always does."""
    asked: WireRequest = request
    if not isinstance(error, DomainError):
        # The common handler knows what it is, logs it, and says no more than it should.
        status = problems.handle(asked, error).status_code or 500
        slug = {404: "not-found", 400: "invalid-input"}.get(status, "internal-error")
        return _page(asked, status, slug, None)
    if error.kind == "unauthenticated" and asked.scope["method"] == "GET":
        query = asked.scope["query_string"].decode("latin-1")
        then = cookies.local_path(asked.scope["path"] + (f"?{query}" if query else ""))
        return Response(b"", status_code=303, headers={"Location": f"{SIGN_IN_PATH}?then={quote(then, safe='')}"})
    asked.scope["state"]["problem"] = error.slug  # type: ignore[typeddict-unknown-key]
    return _page(asked, problems.status_of(error), error.slug, texts.title(error, language_for(asked)))


def handle_unrouted(request: Any, error: Exception) -> Response[Any]:
    """For the whole application: an address of the console that leads nowhere is a page too."""
    return (handle if request.scope["path"].startswith("/console/") else problems.handle)(request, error)


PAGE_HANDLERS: Any = {Exception: handle, HTTPException: handle}


def _page(request: WireRequest, status: int, slug: str, title: str | None) -> Response[Any]:
    return render(request, "error.html", status=status, slug=slug, title=title)
