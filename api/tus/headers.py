"""The headers of tus 1.0. Pure: text in, values or a refusal out."""

import base64
import binascii
from collections.abc import Mapping
from datetime import datetime
from email.utils import format_datetime
from hashlib import new as new_hash

from api.tus.errors import ChecksumAlgorithm, TusContentType, TusHeader, TusVersion
from backend.documents.receiving import CHECKSUMS, Checksum
from backend.documents.rules import DEFAULT_PURPOSE, MAX_BYTES
from backend.documents.uploads import Declaration

VERSION = "1.0.0"
EXTENSIONS = "creation,creation-with-upload,checksum,expiration,termination"
MAX_SIZE = MAX_BYTES
BODY_TYPE = "application/offset+octet-stream"
EXPOSED = (
    "Tus-Resumable",
    "Tus-Version",
    "Tus-Extension",
    "Tus-Max-Size",
    "Tus-Checksum-Algorithm",
    "Upload-Offset",
    "Upload-Length",
    "Upload-Metadata",
    "Upload-Expires",
)
"""What a browser must be allowed to read."""

_MOST_DIGITS = 15
_MOST_METADATA = 4_096

Headers = Mapping[str, str]


def expect_version(headers: Headers) -> None:
    """Raises TusVersion for anything but ours."""
    if headers.get("tus-resumable") != VERSION:
        raise TusVersion(f"Tus-Resumable must be {VERSION}")


def expect_body_type(headers: Headers) -> None:
    """Raises TusContentType."""
    if not has_body_type(headers):
        raise TusContentType


def has_body_type(headers: Headers) -> bool:
    """Whether the body holds bytes of the upload."""
    return headers.get("content-type", "").partition(";")[0].strip().lower() == BODY_TYPE


def number(headers: Headers, name: str) -> int:
    """A non-negative integer; raises TusHeader when it is missing or anything else."""
    found = optional_number(headers, name)
    if found is None:
        raise TusHeader(f"{name} is missing", header=name)
    return found


def optional_number(headers: Headers, name: str) -> int | None:
    """The same, None when it is missing."""
    given = headers.get(name.lower())
    if given is None:
        return None
    text = given.strip()
    if not (text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS):
        raise TusHeader(f"{name} must be a non-negative integer", header=name)
    return int(text)


def checksum(headers: Headers) -> Checksum | None:
    """``Upload-Checksum``; raises TusHeader, ChecksumAlgorithm."""
    given = headers.get("upload-checksum")
    if given is None:
        return None
    algorithm, _, encoded = given.strip().partition(" ")
    if algorithm not in CHECKSUMS:
        raise ChecksumAlgorithm(f"One of {', '.join(CHECKSUMS)}")
    try:
        digest = base64.b64decode(encoded.strip(), validate=True)
    except (binascii.Error, ValueError):
        digest = b""
    if len(digest) != new_hash(algorithm, usedforsecurity=False).digest_size:
        detail = "Upload-Checksum must be an algorithm, a space and the digest in Base64"
        raise TusHeader(detail, header="Upload-Checksum")
    return Checksum(algorithm, digest)


def declaration(headers: Headers) -> Declaration:
    """What a creation declares: ``Upload-Length``, and by ``Upload-Metadata`` filename, purpose, sha256 (hexadecimal).

    Raises TusHeader. A length that comes later is not taken: what is to come is declared first.
    """
    if "upload-defer-length" in headers:
        raise TusHeader("The length must be known at creation", header="Upload-Defer-Length")
    given = headers.get("upload-metadata")
    found = metadata(given or "")
    return Declaration(
        name=(found.get("filename") or found.get("name") or b"").decode("utf-8", errors="replace"),
        size=number(headers, "Upload-Length"),
        purpose=_text(found.get("purpose")) or DEFAULT_PURPOSE,
        sha256=_sha256(found.get("sha256")),
        metadata=given or None,
    )


def declared(headers: Headers) -> bytes:
    """What a creation declares, as it was sent: for telling a repeat from another one."""
    return "\n".join(headers.get(name, "") for name in ("upload-length", "upload-metadata")).encode(
        errors="surrogatepass"
    )


def metadata(given: str) -> dict[str, bytes]:
    """``Upload-Metadata``: pairs of an ASCII key and a value in Base64, which may be missing. Raises TusHeader."""
    found: dict[str, bytes] = {}
    if len(given) > _MOST_METADATA:
        raise TusHeader(f"At most {_MOST_METADATA} characters are read", header="Upload-Metadata")
    for pair in given.split(",") if given.strip() else ():
        key, _, value = pair.strip().partition(" ")
        try:
            decoded = base64.b64decode(value.strip(), validate=True)
        except (binascii.Error, ValueError):
            decoded = None
        if not key or not key.isascii() or key in found or decoded is None:
            raise TusHeader("Pairs of a key and a Base64 value, with commas between", header="Upload-Metadata")
        found[key] = decoded
    return found


def expires(at: datetime) -> str:
    """As ``Upload-Expires`` wants it."""
    return format_datetime(at.replace(microsecond=0), usegmt=True)


def _text(value: bytes | None) -> str:
    try:
        return (value or b"").decode("utf-8").strip()
    except UnicodeDecodeError:
        raise TusHeader("Values are UTF-8", header="Upload-Metadata") from None


def _sha256(value: bytes | None) -> bytes | None:
    if value is None:
        return None
    try:
        digest = bytes.fromhex(_text(value))
    except ValueError:
        digest = b""
    if len(digest) != 32:
        raise TusHeader("sha256 must be 64 hexadecimal digits", header="Upload-Metadata")
    return digest
