"""What can be wrong with documents and with sending them."""

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


class DocumentNotClean(DomainError):
    """Nothing of a document can be read before it has been checked; ``state`` says how far it is."""

    slug, title, kind = "document-not-clean", "The document has not passed its check", "conflict"


class DocumentInUse(DomainError):
    """What a case has taken up is part of its file."""

    slug, title, kind = "document-in-use", "The document belongs to a case", "conflict"


class NoThumbnail(DomainError):
    slug, title, kind = "no-thumbnail", "There is no preview of this document", "not_found"


class TooManyUploads(DomainError):
    """Finish or delete one first; ``limit`` says how many may be open."""

    slug, title, kind = "too-many-uploads", "Too many uploads are open", "conflict"


class StorageFull(DomainError):
    """Documents that no case has taken up fill what a person may have; delete some. ``limit`` is in bytes."""

    slug, title, kind = "storage-full", "There is no room for this document", "conflict"


class UploadIncomplete(DomainError):
    """Not all bytes have come, or others than declared."""

    slug, title, kind = "upload-incomplete", "The bytes of this upload have not all come", "conflict"


class UploadExpired(DomainError):
    """It was not finished in time; declare it again."""

    slug, title, kind = "upload-expired", "The upload has expired", "gone"


class UploadTooLarge(DomainError):
    """More bytes than were declared, or than the purpose allows; ``maxBytes`` says how many."""

    slug, title, kind = "upload-too-large", "More bytes than allowed", "invalid"


class UploadLocked(DomainError):
    """Another request is sending at this moment."""

    slug, title, kind = "upload-locked", "Another request is writing to this upload", "busy"


class OffsetDiffers(DomainError):
    """``offset`` says where to go on."""

    slug, title, kind = "upload-offset-differs", "The upload stands at another offset", "conflict"


class ChecksumDiffers(DomainError):
    """The bytes of this request are not those of its checksum; none of them was kept."""

    slug, title, kind = "checksum-differs", "The checksum does not fit the bytes", "invalid"


class UploadTooFragmented(DomainError):
    """Ten thousand requests have not brought it to its end: delete it and send larger chunks."""

    slug, title, kind = "upload-too-fragmented", "The upload came in too many small chunks", "conflict"


class UploadsBusy(DomainError):
    """As many requests as this process can take are sending bytes."""

    slug, title, kind = "uploads-busy", "Too many uploads are running at this moment", "busy"


class StoreUnavailable(DomainError):
    """The object store does not answer, or not as it should."""

    slug, title, kind = "store-unavailable", "Documents cannot be stored or read at this moment", "busy"
