"""The rules for single tiles of raster archives, one function each; `TILE_RULES` names them all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from pipeline.archive.rules import Finding, Rule, Severity
from pipeline.i18n import _
from pipeline.raster.look import SIDE_LIMIT, Look, too_large
from pipeline.raster.nature import Nature

Found = Iterator[Finding]
Tile = tuple[int, int, int]
_DRAWN: Final = frozenset({"hillshade", "tint", "slope", "aspect"})  # flat land has no shade, and is clear
SIZES: Final = (256, 512)  # pixels; what clients take without being told


class Heights(NamedTuple):
    """Metres between which terrain is believed."""

    low: float = -500.0  # the shore of the Dead Sea lies at −430
    high: float = 9000.0  # Everest is 8849


class Batch(NamedTuple):
    """Some distinct tiles, each with the first place that shows it."""

    tiles: Sequence[Tile]
    looks: Sequence[Look]
    nature: Nature
    format: str  # of the header: webp, png, jpeg, avif
    heights: Heights

    def where(self) -> Iterator[tuple[Tile, Look]]:
        return zip(self.tiles, self.looks, strict=True)


def image_readable(b: Batch) -> Found:
    for tile, look in b.where():
        if look.kind is None:
            yield Finding(_("the tile is no image"), tile)
        elif look.damage is not None:
            yield Finding(
                _("the {kind} image cannot be decoded: {reason}").format(kind=look.kind, reason=look.damage), tile
            )
        elif max(look.width, look.height) > SIDE_LIMIT:
            yield Finding(too_large(look.width, look.height), tile)


def image_format(b: Batch) -> Found:
    for tile, look in b.where():
        if look.kind not in (None, b.format):
            yield Finding(
                _("the header says {format}, the image is {kind}").format(format=b.format, kind=look.kind), tile
            )


def image_square(b: Batch) -> Found:
    for tile, look in b.where():
        if look.width != look.height:
            yield Finding(_size(look), tile)


def image_sized(b: Batch) -> Found:
    for tile, look in b.where():
        if look.width == look.height and look.width not in (0, *SIZES):
            yield Finding(_size(look), tile)


def image_still(b: Batch) -> Found:
    yield from (Finding(_("the image is animated"), tile) for tile, look in b.where() if look.animated)


def image_ends(b: Batch) -> Found:
    for tile, look in b.where():
        if look.trailing:
            yield Finding(_("{n} bytes follow the image").format(n=look.trailing), tile)


def image_visible(b: Batch) -> Found:
    if b.nature.kind == "imagery" and b.nature.product not in _DRAWN:
        yield from (Finding(_("nothing can be seen in it"), tile) for tile, look in b.where() if not look.visible)


def terrain_lossless(b: Batch) -> Found:
    if b.nature.kind == "terrain":
        for tile, look in b.where():
            if look.kind is not None and not look.lossless and look.damage is None:
                yield Finding(_("the {kind} image is lossy").format(kind=look.kind), tile)


def terrain_opaque(b: Batch) -> Found:
    if b.nature.kind == "terrain":
        yield from (
            Finding(_("the tile is transparent in places"), tile) for tile, look in b.where() if not look.opaque
        )


def terrain_plausible(b: Batch) -> Found:
    for tile, look in b.where():
        if (
            look.low is not None
            and look.high is not None
            and not b.heights.low <= look.low <= look.high <= b.heights.high
        ):
            yield Finding(_("heights from {low:.1f} to {high:.1f} m").format(low=look.low, high=look.high), tile)


def _size(look: Look) -> str:
    return _("the image has {width} × {height} pixels").format(width=look.width, height=look.height)


E, W = Severity.ERROR, Severity.WARNING
AGAIN: Final = "Build the archive again, or copy it again if it was whole where it comes from."
REWRITE: Final = "Write the tiles again, with `longquan tile` or the tool that made them."
_TERRAIN: Final = "Write terrain as lossless WebP or PNG without an alpha channel."

TILE_RULES: Final[tuple[Rule[Batch], ...]] = (
    Rule("image-readable", E, "Every tile is an image that decodes whole.", AGAIN, image_readable),
    Rule("image-format", E, "Tiles are images of the type that the header names.", REWRITE, image_format),
    Rule("image-square", E, "Tiles are as wide as they are high.", REWRITE, image_square),
    Rule("image-sized", W, "Tiles have 256 or 512 pixels on each side.", REWRITE, image_sized),
    Rule("image-still", W, "Tiles are not animated.", REWRITE, image_still),
    Rule(
        "image-ends",
        W,
        "Nothing follows the end of an image.",
        "Write the tiles again: what follows an image may be what nobody meant to publish.",
        image_ends,
    ),
    Rule(
        "image-visible",
        W,
        "No tile is transparent throughout.",
        "Leave such tiles out: `longquan tile` does.",
        image_visible,
    ),
    Rule("terrain-lossless", E, "Images that hold heights are lossless.", _TERRAIN, terrain_lossless),
    Rule("terrain-opaque", E, "Images that hold heights are opaque.", _TERRAIN, terrain_opaque),
    Rule(
        "terrain-plausible",
        E,
        "Heights lie in the range that is believed.",
        "Check the encoding in the metadata and the nodata value of the source, or give the range with --heights.",
        terrain_plausible,
    ),
)
