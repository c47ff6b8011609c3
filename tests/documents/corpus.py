"""Files that people and attackers send, made here: pictures, PDFs, and what only looks like them."""

import io
import random
import zipfile
import zlib
from collections.abc import Callable
from typing import Any

import pikepdf
import pillow_heif
from PIL import Image

from backend.documents.scanning import EICAR

_HEIF: Any = pillow_heif  # it brings no types
GPS = 0x8825
_ORIENTATION, _TURNED_RIGHT = 0x0112, 6
SIZE = (60, 40)


def picture() -> Image.Image:
    """Red on the left, blue on the right: which side is up can be seen."""
    found = Image.new("RGB", SIZE, "red")
    found.paste("blue", (SIZE[0] // 2, 0, *SIZE))
    return found


def photo(form: str = "JPEG", *, place: bool = True, of: Image.Image | None = None) -> bytes:
    """A picture as a phone takes it: lying on its side, and with the place where it was taken."""
    exif = Image.Exif()
    exif[_ORIENTATION] = _TURNED_RIGHT
    if place:
        exif[GPS] = {1: "N", 2: (51.0, 30.0, 26.0), 3: "E", 4: (7.0, 5.0, 46.0)}
    return saved(of or picture(), form, exif=exif.tobytes())


def heic() -> bytes:
    """What an iPhone sends."""
    file = _HEIF.from_pillow(picture())
    exif = Image.Exif()
    exif[GPS] = {1: "N", 2: (51.0, 30.0, 26.0), 3: "E", 4: (7.0, 5.0, 46.0)}
    out = io.BytesIO()
    file.save(out, exif=exif.tobytes())
    return out.getvalue()


def saved(image: Any, form: str, **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


def large_picture() -> bytes:
    """More memory than a narrow process has."""
    return saved(Image.new("RGB", (6000, 6000), "red"), "PNG")


def noisy_picture() -> bytes:
    """Sixty million random bytes, which take their time to be squeezed."""
    noise = random.Random(1).randbytes(4500 * 4500 * 3)
    return saved(Image.frombytes("RGB", (4500, 4500), noise), "PNG", compress_level=0)


def place_in(data: bytes) -> bool:
    """Whether the picture says where it was taken."""
    _HEIF.register_heif_opener()
    with Image.open(io.BytesIO(data)) as opened:
        return bool(opened.getexif().get_ifd(GPS))


def pixel_bomb() -> bytes:
    """A few kilobytes that become 400 million pixels."""
    return saved(Image.new("1", (20_000, 20_000)), "PNG", optimize=True)


def pdf(pages: int = 1, change: Callable[[pikepdf.Pdf], None] | None = None, **saving: Any) -> bytes:
    """A PDF of empty pages, changed as the test likes."""
    document = pikepdf.new()
    for _ in range(pages):
        document.add_blank_page(page_size=(595, 842))
    if change is not None:
        change(document)
    out = io.BytesIO()
    document.save(out, **saving)
    return out.getvalue()


def inflating_pdf() -> bytes:
    """Two kilobytes that are squeezed twice, and become 600 million bytes for whoever draws the page."""
    squeezed = zlib.compress(zlib.compress(bytes(600_000_000), 9), 9)

    def add(document: pikepdf.Pdf) -> None:
        stream = pikepdf.Stream(document, b"")
        stream.write(squeezed, filter=pikepdf.Array([pikepdf.Name.FlateDecode] * 2))
        document.pages[0].obj.Contents = stream

    return pdf(change=add, compress_streams=False, stream_decode_level=pikepdf.StreamDecodeLevel.none)


def encrypted_pdf(user: str = "geheim") -> bytes:
    return pdf(encryption=pikepdf.Encryption(owner="amt", user=user))


def script_pdf() -> bytes:
    """A script that runs when it is opened."""

    def add(document: pikepdf.Pdf) -> None:
        document.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert('hello')")

    return pdf(change=add)


def launching_pdf() -> bytes:
    """A link that starts a program."""

    def add(document: pikepdf.Pdf) -> None:
        action = pikepdf.Dictionary(S=pikepdf.Name.Launch, F="cmd.exe")
        link = pikepdf.Dictionary(Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Link, Rect=[0, 0, 100, 100], A=action)
        document.pages[0].Annots = document.make_indirect(pikepdf.Array([link]))

    return pdf(change=add)


def carrying_pdf() -> bytes:
    """Another file inside."""

    def add(document: pikepdf.Pdf) -> None:
        document.attachments["a.txt"] = pikepdf.AttachedFileSpec(document, b"hello", filename="a.txt")

    return pdf(change=add)


def hidden_script_pdf() -> bytes:
    """A script that no page refers to."""

    def add(document: pikepdf.Pdf) -> None:
        script = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS=document.make_stream(b"app.alert(1)"))
        document.Root.Unused = document.make_indirect(pikepdf.Dictionary(Deep=pikepdf.Array([script])))

    return pdf(change=add)


def linking_pdf() -> bytes:
    """An address to visit, and a jump to a page: both harmless, both everywhere."""

    def add(document: pikepdf.Pdf) -> None:
        action = pikepdf.Dictionary(S=pikepdf.Name.URI, URI="https://www.example.org/")
        link = pikepdf.Dictionary(Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Link, Rect=[0, 0, 100, 100], A=action)
        document.pages[0].Annots = pikepdf.Array([link])
        document.Root.OpenAction = pikepdf.Array([document.pages[0].obj, pikepdf.Name.Fit])

    return pdf(2, add)


def infected_pdf() -> bytes:
    """The test file as a page's content, compressed as it usually is."""

    def add(document: pikepdf.Pdf) -> None:
        document.pages[0].Contents = document.make_stream(b"% " + EICAR + b"\n")

    return pdf(change=add, compress_streams=True)


def archive(content: bytes = EICAR) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("readme.txt", content)
    return out.getvalue()


def two_in_one() -> bytes:
    """A PDF for readers of PDFs, an archive for readers of archives."""
    return pdf() + archive(b"hello")
