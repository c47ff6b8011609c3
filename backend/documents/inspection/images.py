"""Pictures: only their pixels are kept. What else a file holds (places, dates, previews, other files) stays behind."""

import warnings
from pathlib import Path
from typing import Any

import pillow_heif
from PIL import Image, ImageOps

from backend.documents.inspection.model import Findings, Order, Refused

# A JPEG of pixels in, a JPEG out: photos stay photos, drawings stay sharp.
_WRITTEN_AS = {
    "image/jpeg": ("JPEG", "image/jpeg"),
    "image/heic": ("JPEG", "image/jpeg"),
    "image/heif": ("JPEG", "image/jpeg"),
    "image/png": ("PNG", "image/png"),
    "image/webp": ("WEBP", "image/webp"),
}
_FORMATS = ("JPEG", "PNG", "WEBP", "HEIF")
THUMBNAIL_PIXELS = 480


def inspect(order: Order, media_type: str) -> Findings:
    """Writes the picture anew, turned as it is meant to be seen; raises Refused."""
    heif: Any = pillow_heif  # it brings no types
    heif.register_heif_opener(thumbnails=False)
    Image.MAX_IMAGE_PIXELS = order.max_pixels
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    try:
        with Image.open(order.original, formats=_FORMATS) as opened:
            if opened.width * opened.height > order.max_pixels:
                raise Refused("too-many-pixels")
            opened.load()
            picture = ImageOps.exif_transpose(opened)
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise Refused("too-many-pixels") from error
    except MemoryError:
        raise
    except (OSError, SyntaxError, ValueError, RuntimeError, EOFError) as error:
        raise Refused("unreadable") from error
    form, written_type = _WRITTEN_AS[media_type]
    pixels = _bare(picture, with_alpha=form != "JPEG")
    pixels.save(order.clean, format=form, **({"quality": 90} if form != "PNG" else {}))
    if order.wants_thumbnail:
        write_thumbnail(pixels, Path(order.thumbnail))
    return Findings(media_type=written_type, pages=1, has_thumbnail=order.wants_thumbnail)


def write_thumbnail(picture: Image.Image, path: Path) -> None:
    """A small WebP of it."""
    small = picture.convert("RGB")
    small.thumbnail((THUMBNAIL_PIXELS, THUMBNAIL_PIXELS))
    small.save(path, format="WEBP", quality=75)


def _bare(picture: Image.Image, *, with_alpha: bool) -> Image.Image:
    """The pixels alone, in sRGB modes that every program shows."""
    see_through = "A" in picture.getbands() or "transparency" in picture.info
    if see_through and not with_alpha:
        layer = picture.convert("RGBA")
        found = Image.new("RGB", layer.size, "white")
        found.paste(layer, mask=layer.getchannel("A"))
        return found
    converted = picture.convert("RGBA" if see_through else "L" if picture.mode in ("1", "L") else "RGB")
    # A fresh picture carries no info, so nothing of it can be written.
    found = Image.new(converted.mode, converted.size)
    found.paste(converted)
    return found
