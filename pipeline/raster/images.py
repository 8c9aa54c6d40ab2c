"""Pixels ⇄ WebP, JPEG, PNG: the one door to Pillow, which lets other threads run while it encodes.

Measured on an aerial picture (NAIP 2020) and a topographic map (Mt Whitney), 512 px: WebP method 2 takes half the time
of method 4, but at the same quality number its files are 1 to 5 % larger and 0.2 to 1.4 dB worse; methods 5 and 6 gain
1 % for up to twice the time. An archive is made once and read many times, so method 4 it is. Lossless WebP: method 1
takes as long as lossy method 4 and makes 2 % less than method 0, method 4 another 3 % for twice the time; PNG is a
third larger.
"""

from __future__ import annotations

from functools import lru_cache
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from pipeline.archive.header import TileType
from pipeline.errors import ArchiveError
from pipeline.i18n import _
from pipeline.raster.plan import ImageFormat, ImageKind

if TYPE_CHECKING:
    from PIL import Image

TILE_TYPES: Final[dict[ImageKind, TileType]] = {
    "webp": TileType.WEBP,
    "jpeg": TileType.JPEG,
    "png": TileType.PNG,
}
EFFORT: Final = 4  # of lossy WebP: libwebp's method
EFFORT_LOSSLESS: Final = 1
EFFORT_PNG: Final = 2
_PNG_LEVELS: Final = (1, 2, 3, 4, 6, 8, 9)  # zlib's, by effort; 3 is within 1 % of 6 in half its time
_LOSSLESS: Final = (0, 0, 0, 0, 25, 75, 100)  # libwebp's "quality" of lossless files, which is effort too
_JPEG_GROUND: Final = 255  # white: what JPEG shows where nothing is known


def encode_image(pixels: NDArray[np.uint8], form: ImageFormat) -> bytes:
    """A tile as a file: [rows, columns, 4] red, green, blue, alpha, C order → bytes.

    Opaque tiles get no alpha channel. JPEG has none at all: what is transparent becomes white. The colours of pixels
    that cannot be seen are not kept: lossy files hold there what spoils no edge. The same pixels give the same bytes
    with the same versions (`image_software`).
    """
    from PIL import Image

    rows, columns = pixels.shape[:2]
    if form.kind == "webp":  # libwebp finds out itself whether anything is transparent
        import PIL.WebPImagePlugin  # noqa: F401 - or Pillow imports the thirty formats that it knows, 0.04 s

        if not form.lossless and not pixels[..., 3].all():
            pixels = _spread(pixels)
        return _saved(Image.frombuffer("RGBA", (columns, rows), pixels, "raw", "RGBA", 0, 1), "WEBP", _webp(form))
    opaque = bool(pixels[..., 3].min() == 255)
    if form.kind == "jpeg":
        image = _image(pixels if opaque else _grounded(pixels), opaque=True)
        return _saved(image, "JPEG", {"quality": form.quality, "optimize": True})
    effort = EFFORT_PNG if form.effort is None else form.effort
    return _saved(_image(pixels, opaque), "PNG", {"compress_level": _PNG_LEVELS[effort]})


def decode_image(data: bytes) -> NDArray[np.uint8]:
    """The pixels of a WebP, JPEG or PNG file: uint8 [rows, columns, 3], or 4 with alpha.

    Palettes, grey and 16 bits become these. Raises ArchiveError for bytes that are none of these or damaged.
    """
    from PIL import Image

    try:
        with Image.open(BytesIO(data), formats=("WEBP", "JPEG", "PNG")) as image:
            clear = image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info
            return np.asarray(image.convert("RGBA" if clear else "RGB"))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as err:
        raise ArchiveError(
            _("The image cannot be decoded: {reason}.").format(reason=err), expected=_("WebP, JPEG or PNG")
        ) from err


@lru_cache
def image_software() -> tuple[str, ...]:
    """Names and versions of what writes image bytes, for release.json and states: others may write other bytes."""
    import PIL
    from PIL import features

    codecs = {"webp": "libwebp", "libjpeg_turbo": "libjpeg-turbo", "zlib": "zlib"}
    return (
        f"pillow {PIL.__version__}",
        *(f"{name} {features.version(codec)}" for codec, name in codecs.items()),
    )


def _webp(form: ImageFormat) -> dict[str, Any]:
    if form.lossless:
        effort = EFFORT_LOSSLESS if form.effort is None else form.effort
        return {"lossless": True, "method": effort, "quality": _LOSSLESS[effort]}
    return {"quality": form.quality, "method": EFFORT if form.effort is None else form.effort}


def _image(pixels: NDArray[np.uint8], opaque: bool) -> Image.Image:
    from PIL import Image

    size = (pixels.shape[1], pixels.shape[0])
    if opaque:
        return Image.frombytes("RGB", size, pixels.data, "raw", "RGBX")
    return Image.frombuffer("RGBA", size, pixels, "raw", "RGBA", 0, 1)


def _grounded(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    alpha = pixels[..., 3:].astype(np.uint16)
    return ((pixels * alpha + _JPEG_GROUND * (255 - alpha) + 127) // 255).astype(np.uint8)


def _spread(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    from pipeline.kernels.spread import spread_colours

    out = np.empty_like(pixels)
    spread_colours(pixels, out)
    return out


def _saved(image: Image.Image, kind: str, options: dict[str, Any]) -> bytes:
    file = BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()
