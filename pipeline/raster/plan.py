"""What is to become of pixels: zooms, tiles, image format. Frozen, and all that decides over an archive's bytes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

ImageKind = Literal["webp", "jpeg", "png"]

LAST_ZOOM: Final = 26  # world pixels are counted in 64 bits, and a pixel of zoom 26 is a millimetre
TILE_SIZES: Final = (256, 512)
KINDS: Final[tuple[ImageKind, ...]] = ("webp", "jpeg", "png")


@dataclass(frozen=True, slots=True)
class ImageFormat:
    """How a tile becomes bytes."""

    kind: ImageKind = "webp"
    quality: int = 75  # 1 … 100, of WebP and JPEG; nothing where no loss is allowed
    lossless: bool = False  # WebP may be both; PNG always is
    effort: int | None = (
        None  # 0 … 6: smaller files in more time; None: what `images` found worth its time; not of JPEG
    )


@dataclass(frozen=True, slots=True)
class About:
    """What an archive says of itself; `extra` is merged into the metadata."""

    name: str
    description: str = ""
    attribution: str = ""
    date: str | None = None  # currency: the day, month or year that the pixels show, ISO 8601
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SourceFact:
    """A file that pixels came from, without the folder it lies in."""

    name: str
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class ImageryPlan:
    """How imagery is tiled."""

    about: About
    min_zoom: int | None = None  # None: the last one at which everything is no larger than a tile
    max_zoom: int | None = None  # None: by the finest ground resolution
    tile_size: int = 512  # pixels: 256 or 512
    format: ImageFormat = ImageFormat()
    linear_light: bool = False  # lower zooms are means of light instead of grey values
