"""Every tile of an archive of pixels: what the images carry, how fine they are, and that masked areas show nothing."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pipeline.archive.reader import Archive
from pipeline.archive.spans import in_order
from pipeline.archive.tileids import FIRST_IDS, columns_rows, zooms_of, zxy_of
from pipeline.audit.against import Mask
from pipeline.audit.allowed import AllowedArchive
from pipeline.audit.images import extras
from pipeline.audit.inflate import inflate
from pipeline.audit.rules import Finding, Rule, Severity
from pipeline.audit.vector_tiles import Content, contents, slices
from pipeline.errors import ArchiveError
from pipeline.i18n import _
from pipeline.progress import Progress
from pipeline.raster.container import container_of
from pipeline.raster.nature import Nature, nature_of

_EQUATOR: Final = 2 * math.pi * 6378137.0  # metres of EPSG:3857
_ELLIPSOID: Final = 0.01  # by so much the ground differs from the sphere at most
_CELLS: Final = 4  # pixels of a cell of coarse heights: between cells they are interpolated, so that shading is smooth
_MARGIN: Final = 2.0  # pixels at the border of a mask that are mixtures with what is outside
_WHITE: Final = 250  # what JPEG shows where nothing is known, and what its quantisation makes of it
_EVEN: Final = 32  # levels by which lossy compression changes an even area
_METRES: Final = 0.5  # by which heights of an even area may differ
_AROUND: Final = 12  # pixels around an area from which it may have been filled in


@dataclass(frozen=True, slots=True)
class Image:
    """One tile of pixels."""

    file: str
    archive: AllowedArchive
    nature: Nature
    tile: tuple[int, int, int]
    data: bytes
    damage: str | None
    mask: Mask | None  # where the tile lies in the box around it

    @property
    def place(self) -> str:
        """The tile as text."""
        return "/".join(map(str, self.tile))


def walk_images(
    archive: Archive,
    allowed: AllowedArchive,
    mask: Mask | None,
    file: str,
    *,
    threads: int | None = None,
    progress: Progress,
) -> Iterator[tuple[list[tuple[Rule[Image], list[Finding]]], int, int]]:
    """What the rules find in the images, block by block; the number of tiles and their bytes.

    Every content is looked at once; under a mask every tile, because what one may show another may not.
    """
    nature, found = nature_of(archive.metadata), contents(archive)
    masked = _under(archive, mask) if mask is not None else None

    def work(job: tuple[Content, Mask | None]) -> tuple[list[tuple[Rule[Image], list[Finding]]], int, int]:
        images = list(_images(archive, job[0], allowed, job[1], nature, file))
        rules = CONTENT_RULES if job[1] is None else PLACE_RULES
        results = [(rule, [f for image in images for f in rule.check(image)]) for rule in rules]
        plain = images if job[1] is None else []
        return results, len(plain), sum(len(image.data) for image in plain)

    def jobs() -> Iterator[tuple[Content, Mask | None]]:
        for part in slices(found.lengths):
            yield Content(*(each[part] for each in found)), None
        if masked is not None and mask is not None:
            for part in slices(masked.lengths):
                yield Content(*(each[part] for each in masked)), mask

    progress.start(_("auditing {file}").format(file=file), len(found.offsets), _("tiles"))
    with closing(in_order(work, jobs(), threads=threads)) as done:
        for results, tiles, size in done:
            progress.advance(tiles)
            yield results, tiles, size
    progress.done()


def _under(archive: Archive, mask: Mask) -> Content:
    """All tiles in the box around the areas, by the order of their ids."""
    import shapely

    west, south, east, north = shapely.bounds(mask.area).tolist()
    kept: list[Content] = [Content(*(np.zeros(0, np.int64) for _column in Content._fields))]
    for ids, runs, lengths, offsets in archive.directories():
        entry = np.repeat(np.arange(len(ids)), runs)
        tiles = ids[entry] + np.arange(len(entry)) - np.repeat(np.cumsum(runs) - runs, runs)
        zooms = zooms_of(tiles)
        for zoom in np.unique(zooms).tolist():
            at = np.flatnonzero(zooms == zoom)
            x, y = columns_rows(zoom, tiles[at] - FIRST_IDS[zoom])
            left, right = ((edge / 360 + 0.5) * (1 << zoom) for edge in (west, east))
            top, bottom = (
                (0.5 - math.asinh(math.tan(math.radians(edge))) / (2 * math.pi)) * (1 << zoom)
                for edge in (north, south)
            )
            near = at[(x + 1 > left) & (x < right) & (y + 1 > top) & (y < bottom)]
            kept.append(Content(offsets[entry[near]], lengths[entry[near]], tiles[near]))
    return Content(*(np.concatenate(column) for column in zip(*kept, strict=True)))


def _images(
    archive: Archive, found: Content, allowed: AllowedArchive, mask: Mask | None, nature: Nature, file: str
) -> Iterator[Image]:
    for offset, length, tile_id in zip(*(column.tolist() for column in found), strict=True):
        tile = zxy_of(tile_id)
        data, damage = b"", None
        try:
            data = bytes(inflate(archive.body(offset, length), archive.header.tile_compression))
        except ArchiveError as error:
            damage = error.message
        yield Image(file, allowed, nature, tile, data, damage, mask)


def _latitude(wy: Any) -> Any:
    return np.degrees(np.arctan(np.sinh(np.pi * (1 - 2 * np.asarray(wy)))))


def _pixel(image: Image, width: int) -> float:
    """Metres on the ground of the largest pixel of a tile."""
    z, _x, y = image.tile
    latitude = min(abs(float(_latitude(edge / (1 << z)))) for edge in (y, y + 1))
    return _EQUATOR / (width << z) * math.cos(math.radians(latitude))


def parts(image: Image) -> Iterator[Finding]:
    """What an image carries beside its pixels, and images that are none."""
    if image.damage is not None:
        yield Finding(image.damage, image.file, image.place)
        return
    for text in extras(image.data):
        yield Finding(text, image.file, image.place)


def too_fine(image: Image) -> Iterator[Finding]:
    """Pixels that measure less on the ground than the edition allows."""
    box = container_of(image.data)
    if box is None or not box.width:
        return
    width, allowed = max(box.width, box.height), image.archive
    pixel = _pixel(image, width) * (1 + _ELLIPSOID)
    if allowed.ground_resolution is not None and pixel < allowed.ground_resolution:
        text = _("a pixel measures {pixel:.2f} m, allowed are {metres:g} m")
        yield Finding(text.format(pixel=pixel, metres=allowed.ground_resolution), image.file, image.place)
    if allowed.dem_grid is not None and pixel * _CELLS < allowed.dem_grid:
        text = _("a pixel measures {pixel:.2f} m, heights may be told for cells of {metres:g} m")
        yield Finding(text.format(pixel=pixel, metres=allowed.dem_grid), image.file, image.place)


def too_deep(image: Image) -> Iterator[Finding]:
    """Tiles beyond the last zoom."""
    last = image.archive.max_zoom
    if last is not None and image.tile[0] > last:
        text = _("a tile of zoom {zoom}, the last allowed is {last}")
        yield Finding(text.format(zoom=image.tile[0], last=last), image.file, image.place)


def under_masks(image: Image) -> Iterator[Finding]:
    """Pixels inside masked areas that show something.

    Pictures that are drawn of heights are not judged: where voids are filled, light falls on the filling.
    """
    terrain = image.nature.readable
    if image.mask is None or not image.data or not (terrain or image.archive.product == "imagery"):
        return
    from pipeline.raster.images import decode_image

    try:
        pixels = decode_image(image.data)
    except ArchiveError as error:
        yield Finding(error.message, image.file, image.place)
        return
    inside = _inside(image.mask, image.tile, pixels.shape[0])
    if not inside.any():
        return
    if image.mask.blur is not None:
        shown = _detail(pixels, inside, image)
    else:
        shown = _beyond(pixels, inside, image) if terrain else _shown(pixels, inside)
    if count := int(np.count_nonzero(shown)):
        text = _("{n} pixels or cells inside a masked area show what lies there")
        yield Finding(text.format(n=count), image.file, image.place)


def _inside(mask: Mask, tile: tuple[int, int, int], size: int) -> NDArray[np.bool_]:
    """Which pixels [rows, columns] lie inside the areas, some pixels from their borders."""
    import shapely

    z, x, y = tile
    world = shapely.transform(
        mask.area,
        lambda at: np.column_stack(
            [
                (at[:, 0] / 360 + 0.5) * (size << z) - x * size,
                (0.5 - np.arcsinh(np.tan(np.radians(np.clip(at[:, 1], -85.06, 85.06)))) / (2 * np.pi)) * (size << z)
                - y * size,
            ]
        ),
    )
    inner = shapely.buffer(shapely.make_valid(world), -_MARGIN)
    centres = np.arange(size) + 0.5
    return np.asarray(shapely.contains_xy(inner, *np.meshgrid(centres, centres)), np.bool_)


def _shown(pixels: NDArray[np.uint8], inside: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which pixels of a picture show something where nothing may be shown."""
    if pixels.shape[2] == 4:
        return np.asarray(pixels[inside][:, 3] > 0)
    return np.asarray((pixels[inside] < _WHITE).any(axis=1))


def _beyond(pixels: NDArray[np.uint8], inside: NDArray[np.bool_], image: Image) -> NDArray[np.bool_]:
    """Which heights are none that could be filled in from around the area: fillings lie between what is around them.

    Where the tile has nothing around the area, lower zooms do.
    """
    heights = _heights(pixels, image.nature.encoding or "")
    known = np.ones(heights.shape, np.bool_) if pixels.shape[2] == 3 else pixels[..., 3] > 0
    here = heights[inside & known]
    around = heights[_widened(inside) & ~inside & known]
    if not len(here) or not len(around):
        return np.zeros(0, np.bool_)
    slack = 1 + 0.05 * (around.max() - around.min())
    nothing = here == np.median(here) if image.nature.unknown is None else here == image.nature.unknown
    return np.asarray(((here < around.min() - slack) | (here > around.max() + slack)) & ~nothing)


def _widened(inside: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The pixels and all that lie up to `_AROUND` pixels beside them."""
    sums = np.zeros((inside.shape[0] + 2 * _AROUND + 1, inside.shape[1] + 2 * _AROUND + 1), np.int64)
    sums[_AROUND + 1 : -_AROUND or None, _AROUND + 1 : -_AROUND or None] = inside
    sums = sums.cumsum(axis=0).cumsum(axis=1)
    side = 2 * _AROUND + 1
    box = sums[side:, side:] - sums[:-side, side:] - sums[side:, :-side] + sums[:-side, :-side]
    return np.asarray(box[: inside.shape[0], : inside.shape[1]] > 0)


def _detail(pixels: NDArray[np.uint8], inside: NDArray[np.bool_], image: Image) -> NDArray[np.bool_]:
    """Which cells are not even where they are part of a blurred area."""
    assert image.mask is not None and image.mask.blur is not None
    side = 1 << max(0, math.floor(math.log2(image.mask.blur / _pixel(image, pixels.shape[0]))))
    side = min(side, pixels.shape[0])
    bands = _heights(pixels, image.nature.encoding or "")[..., None] if image.nature.readable else pixels[..., :3]
    limit = _METRES if image.nature.readable else _EVEN
    n = pixels.shape[0] // side
    cells = bands.reshape(n, side, n, side, -1).astype(np.float64)
    within = inside.reshape(n, side, n, side, 1)
    high = np.where(within, cells, -np.inf).max(axis=(1, 3))
    low = np.where(within, cells, np.inf).min(axis=(1, 3))
    return np.asarray(((high - low) > limit).any(axis=2))


def _heights(pixels: NDArray[np.uint8], encoding: str) -> NDArray[np.float64]:
    """Metres: Terrarium is R·256 + G + B/256 − 32768, Mapbox −10000 + (R·65536 + G·256 + B)/10."""
    r, g, b = (pixels[..., band].astype(np.float64) for band in range(3))
    if encoding == "terrarium":
        return np.asarray(r * 256 + g + b / 256 - 32768)
    return np.asarray((r * 65536 + g * 256 + b) / 10 - 10000)


CONTENT_RULES: Final[tuple[Rule[Image], ...]] = (
    Rule(
        "tile-parts",
        Severity.LEAK,
        "Tiles of pixels are images that hold pixels only: no texts, EXIF, XMP or profiles.",
        "Build the archive again with this tool, which writes nothing else.",
        parts,
    ),
    Rule(
        "pixel-size",
        Severity.LEAK,
        "Pixels are no finer on the ground than the edition allows.",
        "Lower the last zoom of the archive, or correct the limits of the edition, and build again.",
        too_fine,
    ),
    Rule(
        "pixel-zoom",
        Severity.LEAK,
        "There is no tile beyond the last zoom.",
        "Correct max_zoom of the archive, and build again.",
        too_deep,
    ),
)
PLACE_RULES: Final[tuple[Rule[Image], ...]] = (
    Rule(
        "pixel-mask",
        Severity.LEAK,
        "Masked areas show nothing.",
        "Correct the masks of the edition, and build again.",
        under_masks,
    ),
)
IMAGE_RULES: Final = (*CONTENT_RULES, *PLACE_RULES)
