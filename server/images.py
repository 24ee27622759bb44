"""Photos as they are kept: known by their first bytes, decoded within bounds, written anew without metadata.

Writing anew drops position and camera data, thumbnails, and whatever was appended to make a file be two things.
"""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gevent.monkey import get_original

from server.refusals import NotMedia, TooManyPixels

if TYPE_CHECKING:
    from PIL import Image

PIXELS_MAX = 50_000_000
BYTES_MAX = 10 * 2**20
"""Of an upload, and of what is kept of it."""
JPEG_QUALITIES = (90, 80, 65, 50)

_one_at_a_time = get_original("_thread", "allocate_lock")()
"""A decoded photo may take 150 MB, so one process decodes one."""


@dataclass(frozen=True)
class Picture:
    """An encoded image."""

    content_type: str
    data: bytes


def format_of(head: bytes) -> str | None:
    """JPEG, PNG or WEBP by the first 12 bytes; None for anything else."""
    if head[:3] == b"\xff\xd8\xff":
        return "JPEG"
    if head[:8] == b"\x89PNG\r\n\x1a\n":
        return "PNG"
    return "WEBP" if head[:4] == b"RIFF" and head[8:12] == b"WEBP" else None


def rewritten(data: bytes) -> Picture:
    """The same picture, upright, without any metadata; `NotMedia` if it is truncated, broken, or far too large.

    Takes up to seconds: call it in a native thread.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError  # 3 MiB of libraries: when a photo comes

    kind = format_of(data[:12])
    if kind is None:
        raise NotMedia
    with _one_at_a_time, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with Image.open(io.BytesIO(data), formats=[kind]) as opened:
                if opened.width * opened.height > PIXELS_MAX:
                    raise TooManyPixels
                opened.load()
                return _encoded(ImageOps.exif_transpose(opened), kind)
        except Image.DecompressionBombError as error:
            raise TooManyPixels from error
        except (
            UnidentifiedImageError,
            OSError,
            ValueError,
            SyntaxError,
        ) as error:
            raise NotMedia from error


def _encoded(picture: Image.Image, kind: str) -> Picture:
    from PIL import Image

    clear = picture.has_transparency_data
    plain = picture.convert("RGBA" if clear and kind != "JPEG" else "RGB")
    bare = Image.new(plain.mode, plain.size)
    bare.paste(plain)
    if kind == "PNG" and len(data := _saved(bare, "PNG", optimize=False)) <= BYTES_MAX:
        return Picture("image/png", data)
    if kind == "WEBP" and len(data := _saved(bare, "WEBP", quality=85)) <= BYTES_MAX:
        return Picture("image/webp", data)
    for quality in JPEG_QUALITIES:
        if len(data := _saved(bare.convert("RGB"), "JPEG", quality=quality)) <= BYTES_MAX:
            return Picture("image/jpeg", data)
    raise TooManyPixels


def _saved(picture: Image.Image, kind: str, **options: int | bool) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()
