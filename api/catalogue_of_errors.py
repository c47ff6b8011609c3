"""Every error there is, found through the classes themselves."""

import pkgutil
from collections.abc import Iterator
from functools import lru_cache
from importlib import import_module

import msgspec

import api
import backend
from api.problems import status_of
from api.texts import Language, german
from backend.errors import DomainError


class Entry(msgspec.Struct, frozen=True):
    """One kind of error."""

    slug: str
    status: int
    title: str
    kind: type[DomainError]

    def title_in(self, language: Language) -> str:
        """The title that clients see."""
        return german().get(self.slug, {}).get("title", self.title) if language == "de" else self.title


@lru_cache(maxsize=1)
def entries() -> tuple[Entry, ...]:
    """Sorted by status and slug."""
    for package in (backend, api):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if module.name.endswith(".errors"):
                import_module(module.name)
    found = {kind.slug: kind for kind in classes() if kind.__module__.startswith(("backend.", "api."))}
    listed = [Entry(slug, status_of(kind), kind.title, kind) for slug, kind in found.items()]
    return tuple(sorted(listed, key=lambda entry: (entry.status, entry.slug)))


def classes(of: type[DomainError] = DomainError) -> Iterator[type[DomainError]]:
    """Every loaded class of errors that has a slug."""
    for kind in of.__subclasses__():
        if hasattr(kind, "slug"):
            yield kind
        yield from classes(kind)
