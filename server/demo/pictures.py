"""Drawn pictures for the demo records: a stairwell, a door, bicycles. Nobody is in them."""

from __future__ import annotations

import base64
import hashlib
import io
from dataclasses import dataclass
from functools import cache
from random import Random

from PIL import Image, ImageDraw

from sync.documents import Json

SIZE = (960, 720)
_THUMB = (160, 120)
_WALLS = ("#d9d3c4", "#c9d2d6", "#d8cfd0", "#cdd4c4")
_DOORS = ("#7a4b32", "#4b5d67", "#8a2f2a", "#5c5a3f")


@dataclass(frozen=True)
class Picture:
    """A JPEG and its small preview as a data URL."""

    data: bytes
    thumb: str

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()

    def row(self, row: str) -> dict[str, Json]:
        """The picture as a row of a photo answer."""
        return {
            "row": row,
            "sha256": self.sha256,
            "type": "image/jpeg",
            "bytes": len(self.data),
            "thumb": self.thumb,
        }


@cache
def pictures() -> tuple[Picture, ...]:
    """Eight pictures, always the same."""
    return tuple(_picture(Random(f"jinlin picture {number}"), number) for number in range(8))


def _picture(chance: Random, number: int) -> Picture:
    image = Image.new("RGB", SIZE, chance.choice(_WALLS))
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 560, *SIZE), fill="#8d8b86")
    for step in range(6):
        draw.rectangle(
            (40 + step * 46, 560 - step * 34, 330, 594 - step * 34), fill="#a7a49c", outline="#77746d"
        )
    draw.rectangle((470, 170, 720, 580), fill=chance.choice(_DOORS), outline="#2e2a26", width=6)
    draw.ellipse((676, 372, 698, 394), fill="#d6b55a")
    draw.rectangle((545, 120, 645, 156), fill="#f4f2ea", outline="#444")
    for bicycle in range(number % 3):
        left = 120 + bicycle * 150
        for wheel in (left, left + 80):
            draw.ellipse((wheel, 590, wheel + 66, 656), outline="#22252a", width=6)
        draw.line((left + 33, 623, left + 62, 575, left + 113, 623), fill="#1f5f8b", width=6)
    return Picture(_encoded(image, "JPEG", 72), _thumb(image))


def _thumb(image: Image.Image) -> str:
    small = image.resize(_THUMB)
    return "data:image/webp;base64," + base64.b64encode(_encoded(small, "WEBP", 50)).decode()


def _encoded(image: Image.Image, kind: str, quality: int) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, quality=quality)
    return out.getvalue()
