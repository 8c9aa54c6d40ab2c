"""Pixels become files and come back."""

from __future__ import annotations

import hashlib
import struct
from io import BytesIO

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from pipeline.errors import ArchiveError
from pipeline.raster.images import decode_image, encode_image, image_software
from pipeline.raster.plan import ImageFormat

LOSSLESS = [ImageFormat("png"), ImageFormat("webp", lossless=True), *(ImageFormat("png", effort=n) for n in (0, 6))]
LOSSLESS += [ImageFormat("webp", lossless=True, effort=n) for n in range(7)]
EVERY = [*LOSSLESS, ImageFormat(), ImageFormat(effort=0), ImageFormat(quality=1), ImageFormat("jpeg")]


def smooth(alpha: int = 255, size: int = 64) -> NDArray[np.uint8]:
    y, x = np.mgrid[:size, :size]
    return np.stack([x * 4, y * 4, 255 - 2 * x, np.full_like(x, alpha)], 2).astype(np.uint8)


def chunks(webp: bytes) -> list[bytes]:
    """The names of a WebP file's chunks (RFC 9649 §2.3)."""
    assert webp[:4] == b"RIFF" and webp[8:12] == b"WEBP"
    found, at = [], 12
    while at < len(webp):
        found.append(webp[at : at + 4])
        at += 8 + (struct.unpack("<I", webp[at + 4 : at + 8])[0] + 1) // 2 * 2
    return found


@pytest.mark.parametrize("form", LOSSLESS, ids=repr)
@pytest.mark.parametrize("alpha", [255, 77])
def test_lossless_is_without_loss(form: ImageFormat, alpha: int) -> None:
    pixels = smooth(alpha)
    back = decode_image(encode_image(pixels, form))
    assert back.shape[2] == (3 if alpha == 255 else 4)
    assert np.array_equal(back, pixels[..., : back.shape[2]])


@pytest.mark.parametrize("kind", ["webp", "jpeg"])
def test_quality_is_what_is_lost(kind: str) -> None:
    pixels = smooth()
    pixels[..., :3] = pixels[..., :3] // 2 + np.random.default_rng(1).integers(0, 30, (64, 64, 1), np.uint8)
    sizes, errors = [], []
    for quality in (10, 75, 95):
        data = encode_image(pixels, ImageFormat(kind, quality=quality))  # type: ignore[arg-type]
        sizes.append(len(data))
        errors.append(float(((decode_image(data).astype(int) - pixels[..., :3]) ** 2).mean()))
    assert sizes == sorted(sizes) and errors == sorted(errors, reverse=True) and errors[2] < 30


def test_opaque_tiles_have_no_alpha() -> None:
    assert chunks(encode_image(smooth(), ImageFormat())) == [b"VP8 "]
    assert b"ALPH" in chunks(encode_image(smooth(254), ImageFormat()))
    assert encode_image(smooth(), ImageFormat("png"))[25] == 2  # colour type of IHDR: truecolour
    assert encode_image(smooth(254), ImageFormat("png"))[25] == 6


@pytest.mark.parametrize("form", [*LOSSLESS, ImageFormat()], ids=repr)
def test_edges_are_transparent(form: ImageFormat) -> None:
    pixels = smooth()
    pixels[:, 32:] = 0
    back = decode_image(encode_image(pixels, form))
    assert (back[:, :32, 3] == 255).all() and (back[:, 32:, 3] == 0).all()
    seen = back[:, :32, :3].astype(int) - pixels[:, :32, :3]
    assert np.abs(seen).mean() < 6  # nothing dark has crept in at the edge
    assert np.abs(seen[:, 30:32]).mean() < 9


def test_jpeg_shows_white_where_nothing_is() -> None:
    pixels = smooth()
    pixels[:32] = 0
    pixels[32:] = (0, 0, 0, 51)
    back = decode_image(encode_image(pixels, ImageFormat("jpeg", quality=95)))
    assert back.shape[2] == 3 and abs(int(back[8, 8].mean()) - 255) < 3 and abs(int(back[50, 50].mean()) - 204) < 3


@pytest.mark.parametrize("form", EVERY, ids=repr)
def test_the_same_bytes_each_time(form: ImageFormat) -> None:
    one, two = smooth(200), smooth(200)
    assert hashlib.sha256(encode_image(one, form)).digest() == hashlib.sha256(encode_image(two, form)).digest()
    assert np.array_equal(one, two)  # and the pixels are left as they were


def test_colours_that_cannot_be_seen_take_no_room() -> None:
    hidden, black = smooth(0), np.zeros((64, 64, 4), np.uint8)
    hidden[0, 0, 3] = black[0, 0, 3] = 255
    hidden[0, 0, :3] = 0
    hidden[1:, :, :3] = np.random.default_rng(1).integers(0, 255, (63, 64, 3))
    assert encode_image(hidden, ImageFormat()) == encode_image(black, ImageFormat())


@pytest.mark.parametrize("mode", ["L", "LA", "P", "I;16", "1", "RGB"])
def test_whatever_others_write_is_read(mode: str) -> None:
    file = BytesIO()
    Image.new(*(("I;16", (5, 3), 999) if mode == "I;16" else ("L", (5, 3), 255))).convert(mode).save(file, "PNG")
    back = decode_image(file.getvalue())
    assert back.shape == (3, 5, 4 if mode == "LA" else 3) and back.dtype == np.uint8


@pytest.mark.parametrize("form", EVERY[::4], ids=repr)
def test_damaged_images_are_told(form: ImageFormat) -> None:
    data = encode_image(smooth(), form)
    for broken in (b"", b"nothing", data[: len(data) // 2], b"\0" * 12 + data[12:]):
        with pytest.raises(ArchiveError):
            decode_image(broken)


def test_versions_are_told() -> None:
    names = [each.split()[0] for each in image_software()]
    assert names == ["pillow", "libwebp", "libjpeg-turbo", "zlib"]
    assert all(each.split()[1][0].isdigit() for each in image_software())
