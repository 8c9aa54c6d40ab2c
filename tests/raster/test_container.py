"""What containers say, held against what Pillow wrote into them; cuts and junk are found without decoding."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from pipeline.raster.container import Container, container_of

KINDS: dict[str, tuple[str, str, dict[str, Any], bool]] = {
    "lossy WebP": ("webp", "RGB", {"quality": 60}, False),
    "lossy WebP with alpha": ("webp", "RGBA", {"quality": 60}, False),
    "lossless WebP": ("webp", "RGB", {"lossless": True}, True),
    "lossless WebP with alpha": ("webp", "RGBA", {"lossless": True}, True),
    "WebP with EXIF": ("webp", "RGB", {"exif": b"Exif\0\0odd"}, False),
    "PNG": ("png", "RGB", {}, True),
    "PNG with a palette": ("png", "P", {}, True),
    "PNG in 16 bits": ("png", "I;16", {}, True),
    "JPEG": ("jpeg", "RGB", {}, False),
    "progressive JPEG": ("jpeg", "RGB", {"progressive": True}, False),
    "grey JPEG with restarts": ("jpeg", "L", {"restart_marker_blocks": 2}, False),
}


def made(name: str, width: int = 53, height: int = 31) -> bytes:
    kind, mode, save, _lossless = KINDS[name]
    noise = np.random.default_rng(4).integers(1, 255, (height, width, 4), np.uint8)
    image = Image.fromarray(noise[:, :, 0].astype(np.uint16) * 250) if mode == "I;16" else Image.fromarray(noise)
    out = io.BytesIO()
    (image if mode == "I;16" else image.convert(mode)).save(out, kind, **save)
    return out.getvalue()


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize(("width", "height"), [(53, 31), (1, 1), (512, 3)])
def test_size_and_kind(name: str, width: int, height: int) -> None:
    kind, _mode, _save, lossless = KINDS[name]
    assert container_of(made(name, width, height)) == Container(kind, width, height, lossless, False, None, 0)


@pytest.mark.parametrize("name", KINDS)
def test_no_cut_is_whole(name: str) -> None:
    data = made(name)
    for end in range(12, len(data)):
        found = container_of(data[:end])
        assert found is not None and found.damage is not None, end


@pytest.mark.parametrize("name", KINDS)
def test_what_follows_is_counted(name: str) -> None:
    found = container_of(made(name) + b"\xff\xd9 and more")
    assert found is not None and (found.damage, found.trailing) == (None, 11)


def test_a_moving_picture() -> None:
    frames = [Image.new("RGB", (20, 10), colour) for colour in ("red", "blue")]
    for kind in ("webp", "png"):
        out = io.BytesIO()
        frames[0].save(out, kind, save_all=True, append_images=frames[1:])
        found = container_of(out.getvalue())
        assert found is not None and (found.animated, found.width, found.height) == (True, 20, 10)


def test_what_is_no_image() -> None:
    for data in (b"", b"RIFF", b"RIFF\0\0\0\0WAVE", b"\x89PNG", b"\xff\xd8", b"GIF89a", b"\x1f\x8b\x08\0"):
        assert container_of(data) is None


@given(st.sampled_from(sorted(KINDS)), st.data())
def test_any_bytes_are_looked_at_and_never_crash(name: str, data: st.DataObject) -> None:
    body = bytearray(made(name))
    for _change in range(data.draw(st.integers(1, 4))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    found = container_of(bytes(body))
    assert found is None or (found.trailing >= 0 and found.width >= 0 and found.height >= 0)
