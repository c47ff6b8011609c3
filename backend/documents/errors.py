"""What can be wrong with documents."""

from collections.abc import Sequence

from backend.documents.model import Unfit
from backend.errors import DomainError


class DocumentNotFound(DomainError):
    """Another's document looks like one that does not exist."""

    slug, title, kind = "document-not-found", "There is no such document", "not_found"


class DocumentsUnfit(DomainError):
    """``documents`` names each document that cannot be handed in, and why."""

    slug, title, kind = "documents-unfit", "Some of the documents cannot be handed in", "conflict"

    def __init__(self, unfit: Sequence[Unfit]) -> None:
        super().__init__(documents=[{"document": str(one.document), "why": one.why} for one in unfit])
        self.unfit = tuple(unfit)
