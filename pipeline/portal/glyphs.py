"""Static glyph files for renderers that know no `font-faces`: Latin ranges only, Chinese is drawn locally there.

The format is the glyphs protocol of Mapbox GL (`glyphs.proto`): one file per 256 code points and font.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from pipeline.portal.font_slices import Outline, Outlines
from pipeline.portal.sdf import SIZE, Field, distance_field

FOLDER = "assets/glyphs"
ADDRESS = f"../{FOLDER}/{{fontstack}}/{{range}}.pbf"  # the style's `glyphs`, relative to its own folder
RANGES = (0, 256, 8192)  # Latin with pinyin's tone marks; general punctuation


def latin_characters() -> Iterator[str]:
    """Every character the glyph files may hold."""
    for start in RANGES:
        yield from map(chr, range(max(start, 0x20), start + 256))


def glyph_files(font: str, outlines: Outlines) -> Iterator[tuple[str, bytes]]:
    """Name and content of each glyph file of `font`; characters the font lacks are left out."""
    for start in RANGES:
        name = f"{start}-{start + 255}"
        glyphs = b"".join(
            _field(3, _glyph(code, outlines))
            for code in range(start, start + 256)
            if chr(code) in outlines.by_character
        )
        stack = _field(1, font.encode()) + _field(2, name.encode()) + glyphs
        yield f"{FOLDER}/{font}/{name}.pbf", _field(1, stack)


def _glyph(code: int, outlines: Outlines) -> bytes:
    outline = outlines.by_character[chr(code)]
    field = _drawn(outline, outlines.units_per_em)
    scale = SIZE / outlines.units_per_em
    ascender = round(outlines.ascender * scale)  # node-fontnik counts `top` from the ascender, not the baseline
    return b"".join(
        (
            _number(1, code),
            _field(2, field.pixels) if field.pixels else b"",
            _number(3, field.width),
            _number(4, field.height),
            _number(5, _zigzag(field.left)),
            _number(6, _zigzag(field.top - ascender)),
            _number(7, round(outline.advance * scale)),
        )
    )


@lru_cache(maxsize=4096)  # two weights of all the ranges have 1,116
def _drawn(outline: Outline, units_per_em: int) -> Field:
    """Every edition of a city has the same Latin letters."""
    return distance_field(outline.glyph, units_per_em)


def _field(number: int, payload: bytes) -> bytes:
    """A length-delimited protobuf field."""
    return _varint(number << 3 | 2) + _varint(len(payload)) + payload


def _number(number: int, value: int) -> bytes:
    """A varint protobuf field."""
    return _varint(number << 3) + _varint(value)


def _zigzag(value: int) -> int:
    return value * 2 if value >= 0 else -value * 2 - 1


def _varint(value: int) -> bytes:
    groups: list[int] = []
    while value > 0x7F:
        groups.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*groups, value])
