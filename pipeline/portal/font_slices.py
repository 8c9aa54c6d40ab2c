"""Outlines out of the font's published slices: a big font cut into about a hundred WOFF files by code point."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fontTools.ttLib.tables._g_l_y_f import Glyph  # type: ignore[import-untyped]

FAMILY = "Noto Sans SC"
WEIGHTS = {"Regular": 400, "Bold": 700}


@dataclass(frozen=True, slots=True)
class Outline:
    """One character's outline in font units (y up), without hints or components, and its advance width."""

    glyph: Glyph
    advance: int


@dataclass(frozen=True, slots=True)
class Outlines:
    """Outlines of one weight by character, with the metrics all slices share."""

    units_per_em: int
    ascender: int  # font units above the baseline
    descender: int  # font units, negative below the baseline
    missing: Outline  # the box for characters the font does not have
    by_character: dict[str, Outline]


def read_outlines(folder: Path, weight: int, characters: Iterable[str]) -> Outlines:
    """The outlines of `characters` in the weight, out of `folder`; characters the font lacks are left out.

    `folder` holds `noto-sans-sc-<slice>-<weight>-normal.woff` and `unicode.json` (slice → CSS unicode-range).
    """
    from fontTools.pens.ttGlyphPen import TTGlyphPen  # type: ignore[import-untyped]
    from fontTools.ttLib import TTFont  # type: ignore[import-untyped]

    wanted = {ord(c) for c in characters}
    found: dict[str, Outline] = {}
    metrics: tuple[int, int, int] | None = None
    missing: Outline | None = None
    for name, codes in _slices(folder):
        here = sorted((wanted & codes) - {ord(c) for c in found})
        if not here and metrics is not None:
            continue
        with TTFont(folder / f"noto-sans-sc-{name}-{weight}-normal.woff", lazy=True, recalcTimestamp=False) as font:
            glyphs: Any = font.getGlyphSet()
            cmap = font.getBestCmap()

            def outline(glyph_name: str, glyphs: Any = glyphs) -> Outline:
                pen = TTGlyphPen(None)
                glyphs[glyph_name].draw(_Decomposing(glyphs, pen))
                return Outline(pen.glyph(), int(glyphs[glyph_name].width))

            if metrics is None:
                hhea: Any = font["hhea"]
                head: Any = font["head"]
                metrics = (int(head.unitsPerEm), int(hhea.ascent), int(hhea.descent))
                missing = outline(font.getGlyphOrder()[0])
            for code in here:
                if code in cmap:
                    found[chr(code)] = outline(cmap[code])
    assert metrics is not None and missing is not None  # the built site always carries at least one slice
    return Outlines(*metrics, missing, found)


def _Decomposing(glyphs: Any, pen: Any) -> Any:
    """A pen that draws components as outlines into `pen`."""
    from fontTools.pens.filterPen import DecomposingFilterPen  # type: ignore[import-untyped]

    return DecomposingFilterPen(pen, glyphs)


def _slices(folder: Path) -> list[tuple[str, set[int]]]:
    """Slice names and their code points; Latin slices first, then as published (rare characters first)."""
    published: dict[str, str] = json.loads((folder / "unicode.json").read_text("utf-8"))
    slices = [(name.strip("[]"), _codes(ranges)) for name, ranges in published.items()]
    return sorted(slices, key=lambda item: item[0].isdigit())


def _codes(ranges: str) -> set[int]:
    codes: set[int] = set()
    for entry in ranges.split(","):
        first, _, last = entry.strip()[2:].partition("-")
        codes.update(range(int(first, 16), int(last or first, 16) + 1))
    return codes
