"""What there is to know of one image tile once it is decoded, in a few numbers."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import ArchiveError
from pipeline.i18n import _
from pipeline.raster.container import Container, container_of
from pipeline.raster.images import decode_image
from pipeline.raster.nature import Nature
from pipeline.raster.unpack import code_of, codes_of, metres

SIDE_LIMIT: Final = 4096  # pixels; what says it is larger is told and not decoded: 4096² pixels of RGBA take 64 MB
_BLEED: Final = 0.02  # share of a quadrant that may be seen and yet need no tile of its own below: resampling bleeds


class Look(NamedTuple):
    """One image."""

    kind: str | None  # webp, png, jpeg, avif; None when it is none of them
    width: int = 0  # pixels
    height: int = 0
    lossless: bool = False
    animated: bool = False
    trailing: int = 0  # bytes after its end
    damage: str | None = None  # why it cannot be decoded
    decoded: bool = False
    opaque: bool = True  # no pixel lets anything shine through
    visible: bool = True  # some pixel can be seen
    quadrants: int = 15  # bits of the quadrants in which more is seen than a bleeding edge: NW 1, NE 2, SW 4, SE 8
    low: float | None = None  # metres; of terrain tiles in which some height is known
    high: float | None = None


def pixels_of(data: bytes) -> NDArray[np.uint8]:
    """The pixels of an image [rows, cols, 3 or 4] that is whole and no larger than a tile could be.

    Raises ArchiveError otherwise: a few bytes may say that they are gigabytes of pixels.
    """
    box = container_of(data)
    damage = _("the tile is no image") if box is None else box.damage
    if box is not None and max(box.width, box.height) > SIDE_LIMIT:
        damage = too_large(box.width, box.height)
    if damage is not None:
        raise ArchiveError(_("The tile cannot be decoded: {reason}.").format(reason=damage))
    return decode_image(data)


def too_large(width: int, height: int) -> str:
    """Why an image of more than `SIDE_LIMIT` pixels on a side is not decoded."""
    return _("the image is {width} × {height} pixels large; it was not decoded").format(width=width, height=height)


def look_at(data: bytes, nature: Nature) -> Look:
    """Decode a tile and sum it up, heights too where it holds them in an encoding that is known."""
    box = container_of(data)
    if box is None:
        return Look(None)
    look = Look(box.kind, box.width, box.height, box.lossless, box.animated, box.trailing, box.damage)
    if box.damage or box.kind == "avif" or max(box.width, box.height) > SIDE_LIMIT:
        return look
    try:
        pixels = decode_image(data)
    except ArchiveError as err:
        return look._replace(damage=str(err.__cause__ or err.message).rstrip("."))
    rows, cols = pixels.shape[:2]
    if (cols, rows) != (box.width, box.height):
        return look._replace(damage=_other_size(box, cols, rows))
    look = _seen(look, pixels)._replace(decoded=True)
    encoding = nature.encoding
    if encoding is None or not nature.readable:
        return look
    codes = codes_of(pixels)
    if nature.unknown is not None:
        codes = codes[codes != code_of(nature.unknown, encoding)]
        if not codes.size:
            return look
    return look._replace(low=float(metres(int(codes.min()), encoding)), high=float(metres(int(codes.max()), encoding)))


def _seen(look: Look, pixels: NDArray[np.uint8]) -> Look:
    if pixels.shape[2] < 4:
        return look
    alpha = pixels[:, :, 3]
    if alpha.min() == 255:
        return look
    rows, cols = (side // 2 for side in alpha.shape)
    parts = (alpha[:rows, :cols], alpha[:rows, cols:], alpha[rows:, :cols], alpha[rows:, cols:])
    shares = [np.count_nonzero(part) / max(part.size, 1) for part in parts]
    quadrants = sum(1 << i for i, share in enumerate(shares) if share > _BLEED)
    return look._replace(opaque=False, visible=any(shares), quadrants=quadrants)


def _other_size(box: Container, cols: int, rows: int) -> str:
    return _("it says {width} × {height} pixels and has {cols} × {rows}").format(
        width=box.width, height=box.height, cols=cols, rows=rows
    )
