from __future__ import annotations

import io
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont

from pipeline.portal import fonts, glyphs
from pipeline.portal.characters import character_groups
from pipeline.portal.font_slices import Outlines, read_outlines
from pipeline.portal.sdf import BUFFER, distance_field

TEXT = "龙泉市Lǎo 1·"


@pytest.fixture(scope="module")
def outlines(private: Path) -> Outlines:
    return read_outlines(private / "fonts", 400, [*TEXT, "\U000f0000"])


def test_outlines_of_the_characters_asked_for_and_no_others(outlines: Outlines) -> None:
    assert set(outlines.by_character) == set(TEXT)
    assert (outlines.units_per_em, outlines.ascender, outlines.descender) == (1000, 1160, -288)  # hhea of Noto Sans CJK
    assert outlines.by_character["龙"].advance == 1000  # a Chinese character fills its em


def test_a_subset_draws_exactly_its_characters(outlines: Outlines) -> None:
    groups = character_groups(Counter(TEXT))
    latin, chinese = fonts.font_files("Regular", outlines, groups)
    assert chinese.name.startswith("assets/fonts/noto-sans-sc-regular-1-")
    assert chinese.ranges == ("U+5E02", "U+6CC9", "U+9F99")
    font = TTFont(io.BytesIO(chinese.data))
    cmap = font.getBestCmap()
    assert {chr(code) for code in cmap} == set("龙泉市")
    glyf = font["glyf"]
    drawn = glyf[cmap[ord("龙")]].getCoordinates(glyf)[0]
    assert list(drawn) == list(outlines.by_character["龙"].glyph.getCoordinates(None)[0])
    assert latin.name.startswith("assets/fonts/noto-sans-sc-regular-0-")


def test_the_same_characters_give_the_same_bytes(private: Path, outlines: Outlines) -> None:
    again = read_outlines(private / "fonts", 400, [*reversed(TEXT)])
    groups = character_groups(Counter(TEXT))
    assert fonts.font_files("Regular", again, groups) == fonts.font_files("Regular", outlines, groups)


def test_style_and_page_name_the_same_files() -> None:
    files = {"Bold": [fonts.FontFile("assets/fonts/a.woff2", b"", ("U+20-7E", "U+9F99"))]}
    assert fonts.font_faces(files) == {
        "Noto Sans SC Bold": [{"url": "../assets/fonts/a.woff2", "unicode-range": ["U+20-7E", "U+9F99"]}]
    }
    css = fonts.page_css(files, {"Bold": 700}).decode()
    assert 'src:url(fonts/a.woff2) format("woff2");unicode-range:U+20-7E,U+9F99}' in css
    assert "font-weight:700" in css


def test_distance_field_of_a_square_by_hand() -> None:
    # A square from 250 to 750 units of 1000 is 12 px wide at 24 px per em, from 6 px to 18 px.
    pen = TTGlyphPen(None)
    pen.moveTo((250, 250))
    for point in ((250, 750), (750, 750), (750, 250)):
        pen.lineTo(point)
    pen.closePath()
    field = distance_field(pen.glyph(), 1000)
    assert (field.width, field.height, field.left, field.top) == (12, 12, 6, 18)
    pixels = np.frombuffer(field.pixels, np.uint8).reshape(12 + 2 * BUFFER, 12 + 2 * BUFFER)
    # Pixel centres lie half a pixel off the edge: 255 · 0.75 ∓ 255 / 8 · 0.5.
    assert pixels[9, BUFFER] == round(255 * 0.75 + 255 / 8 * 0.5)
    assert pixels[9, BUFFER - 1] == round(255 * 0.75 - 255 / 8 * 0.5)
    assert pixels[0, 0] == round(255 * 0.75 - 255 / 8 * 2.5 * 2**0.5)  # the corner is away by the diagonal
    assert pixels[9, 9] == round(min(255, 255 * 0.75 + 255 / 8 * 5.5))
    assert np.array_equal(pixels, pixels[::-1]) and np.array_equal(pixels, pixels.T)


def test_a_hole_is_outside_and_a_space_is_empty() -> None:
    pen = TTGlyphPen(None)
    for low, high, order in ((0, 1000, 1), (250, 750, -1)):
        corners = [(low, low), (low, high), (high, high), (high, low)][::order]
        pen.moveTo(corners[0])
        for corner in corners[1:]:
            pen.lineTo(corner)
        pen.closePath()
    field = distance_field(pen.glyph(), 1000)
    size = 24 + 2 * BUFFER
    middle = field.pixels[size * (size // 2) + size // 2]
    assert middle < 192 <= field.pixels[size * (size // 2) + BUFFER + 1]
    assert distance_field(TTGlyphPen(None).glyph(), 1000) == (b"", 0, 0, 0, 0)


def test_a_contour_without_any_point_on_the_curve() -> None:
    # TrueType's special case: the points on the curve lie halfway between its four corners.
    pen = TTGlyphPen(None)
    pen.qCurveTo((0, 0), (0, 1000), (1000, 1000), (1000, 0), None)
    pen.closePath()
    field = distance_field(pen.glyph(), 1000)
    assert (field.width, field.height, field.left, field.top) == (24, 24, 0, 24)
    pixels = np.frombuffer(field.pixels, np.uint8).reshape(24 + 2 * BUFFER, 24 + 2 * BUFFER)
    assert pixels[15, 15] == 255 and pixels[BUFFER, BUFFER] < 192  # the middle inside, the corner rounded off
    assert np.array_equal(pixels, pixels.T)


def test_glyph_files_follow_the_protocol(outlines: Outlines) -> None:
    # Decoded by hand with the field numbers of glyphs.proto; the protobuf wire format's own rules.
    files = dict(glyphs.glyph_files("Noto Sans SC Regular", outlines))
    assert list(files) == [f"assets/glyphs/Noto Sans SC Regular/{r}.pbf" for r in ("0-255", "256-511", "8192-8447")]
    [(_, stack)] = _message(files["assets/glyphs/Noto Sans SC Regular/0-255.pbf"])
    fields = _message(stack)
    assert fields[:2] == [(1, b"Noto Sans SC Regular"), (2, b"0-255")]
    decoded = {dict(_message(glyph))[1]: dict(_message(glyph)) for number, glyph in fields[2:] if number == 3}
    assert set(decoded) == {ord(c) for c in "Lo 1·"}
    one = decoded[ord("L")]
    assert len(one[2]) == (one[3] + 2 * BUFFER) * (one[4] + 2 * BUFFER)
    assert one[4] == 18  # a capital of 733 units is 17.6 px high
    assert (one[6] >> 1) ^ -(one[6] & 1) == 18 - 28  # its top, counted from an ascender of 27.84 px
    assert 2 not in decoded[0x20] and decoded[0x20][7] == 5  # a space of 224 units has an advance and no picture


def _message(data: bytes) -> list[tuple[int, bytes | int]]:
    fields: list[tuple[int, bytes | int]] = []
    at = 0

    def varint() -> int:
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while at < len(data):
        key = varint()
        if key & 7 == 0:
            fields.append((key >> 3, varint()))
        else:
            assert key & 7 == 2
            length = varint()
            fields.append((key >> 3, data[at : at + length]))
            at += length
    return fields
