"""What kind of images a raster archive holds, from a few of them: one of each zoom, looked at without decoding."""

from __future__ import annotations

from typing import NamedTuple

from pipeline.archive.compress import decompress
from pipeline.archive.reader import Archive
from pipeline.archive.summary import contents_of
from pipeline.archive.tileids import zooms_of
from pipeline.errors import ArchiveError
from pipeline.raster.container import container_of
from pipeline.raster.nature import Nature, nature_of


class ImageKind(NamedTuple):
    """Images of one format and size."""

    format: str  # webp, png, jpeg, avif
    width: int  # pixels; 0 where the container does not tell
    height: int
    lossless: bool


class Inspected(NamedTuple):
    """What a raster archive holds; `images` is empty when none of those looked at is an image."""

    nature: Nature
    images: tuple[ImageKind, ...]  # different ones, in the order of the zooms


def inspect(archive: Archive) -> Inspected:
    """What a raster archive holds, by its metadata and the first image of every zoom.

    Raises ArchiveError when the metadata or a directory cannot be read.
    """
    contents, _by_zoom = contents_of(archive)
    zooms = zooms_of(contents.tile_ids)
    found: dict[ImageKind, None] = {}
    for zoom in sorted(set(zooms.tolist())):
        at = int((zooms == zoom).argmax())
        try:
            packed = archive.body(int(contents.offsets[at]), int(contents.lengths[at]))
            box = container_of(decompress(packed, archive.header.tile_compression))
        except ArchiveError:
            continue  # `verify` tells of it
        if box is not None:
            found[ImageKind(box.kind, box.width, box.height, box.lossless)] = None
    return Inspected(nature_of(archive.metadata), tuple(found))
