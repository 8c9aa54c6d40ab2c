"""Outlines out of the font's published slices: a big font cut into about a hundred WOFF files by code point."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fontTools.ttLib.tables._g_l_y_f import Glyph  # type: ignore[import-untyped]

FAMILY = "Noto Sans SC"
WEIGHTS = {"Regular": 400, "Bold": 700}


@dataclass(frozen=True, slots=True, eq=False)
class Outline:
    """One character's outline in font units (y up), without hints or components, and its advance width.

    A character of a font has one of them in a process, so that what is made of it can be remembered by it.
    """

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


@dataclass(slots=True)
class _Font:
    """What was read of one weight so far: editions of a city share most of their characters."""

    folder: Path
    weight: int
    metrics: tuple[int, int, int] | None = None
    missing: Outline | None = None
    found: dict[int, Outline] = field(default_factory=dict)
    asked: dict[str, set[int]] = field(default_factory=dict)  # slice → code points that were looked for in it

    def read(self, wanted: set[int]) -> None:
        """Read what is not there yet of the code points `wanted`."""
        from fontTools.pens.ttGlyphPen import TTGlyphPen  # type: ignore[import-untyped]
        from fontTools.ttLib import TTFont  # type: ignore[import-untyped]

        for name, codes in _slices(self.folder):
            asked = self.asked.setdefault(name, set())
            here = sorted((wanted & codes) - self.found.keys() - asked)
            if not here and self.metrics is not None:
                continue
            file = self.folder / f"noto-sans-sc-{name}-{self.weight}-normal.woff"
            with TTFont(file, lazy=True, recalcTimestamp=False) as font:
                glyphs: Any = font.getGlyphSet()
                cmap = font.getBestCmap()

                def outline(glyph_name: str, glyphs: Any = glyphs) -> Outline:
                    pen = TTGlyphPen(None)
                    glyphs[glyph_name].draw(_Decomposing(glyphs, pen))
                    return Outline(pen.glyph(), int(glyphs[glyph_name].width))

                if self.metrics is None:
                    hhea: Any = font["hhea"]
                    head: Any = font["head"]
                    self.metrics = (int(head.unitsPerEm), int(hhea.ascent), int(hhea.descent))
                    self.missing = outline(font.getGlyphOrder()[0])
                self.found.update({code: outline(cmap[code]) for code in here if code in cmap})
            asked.update(here)


@lru_cache(maxsize=4)
def _font(folder: Path, weight: int, _changed: int) -> _Font:
    return _Font(folder, weight)


def read_outlines(folder: Path, weight: int, characters: Iterable[str]) -> Outlines:
    """The outlines of `characters` in the weight, out of `folder`; characters the font lacks are left out.

    `folder` holds `noto-sans-sc-<slice>-<weight>-normal.woff` and `unicode.json` (slice → CSS unicode-range).
    """
    wanted = {ord(c) for c in characters}
    font = _font(folder, weight, (folder / "unicode.json").stat().st_mtime_ns)
    font.read(wanted)
    assert font.metrics is not None and font.missing is not None  # the built site always carries at least one slice
    found = {chr(code): font.found[code] for code in sorted(wanted & font.found.keys())}
    return Outlines(*font.metrics, font.missing, found)


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
