"""Images as Pillow writes them hold pixels only; whatever else is put into them is told."""

from __future__ import annotations

import io
from typing import Any

import pytest
from PIL import Image, PngImagePlugin

from pipeline.audit.images import extras


def written(mode: str, form: str, **more: Any) -> bytes:
    out = io.BytesIO()
    Image.effect_noise((40, 30), 60).convert(mode).save(out, form, **more)
    return out.getvalue()


@pytest.mark.parametrize(
    ("mode", "form", "more"),
    [
        ("RGB", "PNG", {}),
        ("RGBA", "PNG", {}),
        ("P", "PNG", {"transparency": 3}),
        ("L", "PNG", {}),
        ("I;16", "PNG", {}),
        ("RGB", "WEBP", {"quality": 60}),
        ("RGBA", "WEBP", {"quality": 60}),
        ("RGBA", "WEBP", {"lossless": True}),
        ("RGB", "JPEG", {"quality": 60}),
        ("RGB", "JPEG", {"quality": 95, "progressive": True, "optimize": True}),
        ("L", "JPEG", {}),
        ("CMYK", "JPEG", {}),
        ("RGB", "JPEG", {"restart_marker_rows": 1}),
    ],
)
def test_pixels_alone_are_nothing_more(mode: str, form: str, more: dict[str, Any]) -> None:
    data = written(mode, form, **more)
    assert list(extras(data)) == []
    assert list(extras(data + b"x")) == ["1 bytes behind its end"]
    for cut in (3, 20, len(data) // 2, len(data) - 3):
        assert list(extras(data[:cut])), cut


def test_texts_profiles_and_comments_are_told() -> None:
    about = PngImagePlugin.PngInfo()
    about.add_text("Author", "planner")
    about.add_itxt("Title", "暗管")
    about.add_text("Comment", "x" * 99, zip=True)
    told = list(extras(written("RGB", "PNG", pnginfo=about)))
    assert [text.split()[2] for text in told] == ["tEXt", "iTXt", "zTXt"]
    assert list(extras(written("RGB", "PNG", icc_profile=b"profile")))
    assert list(extras(written("RGB", "WEBP", icc_profile=b"profile")))
    assert list(extras(written("RGB", "WEBP", exif=b"Exif\0\0MM")))
    assert list(extras(written("RGB", "JPEG", comment=b"made by planner")))
    assert list(extras(written("RGB", "JPEG", icc_profile=b"profile")))


@pytest.mark.parametrize("data", [b"", b"GIF89a", b"RIFF\x10\0\0\0WAVE", b"\x89PNG\r\n\x1a\n", b"\xff\xd8"])
def test_what_is_no_image_is_told(data: bytes) -> None:
    assert list(extras(data))
