"""Texts of a picture as outlines of the portal's own font: no font of the machine, the same pixels everywhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from pipeline.portal.built_site import PRIVATE, built_site
from pipeline.portal.font_slices import WEIGHTS, Outlines, read_outlines

BOLD: Final = "Bold"


@dataclass(slots=True)
class Lettering:
    """Glyphs of both weights for all characters that a picture may need."""

    outlines: Mapping[str, Outlines]
    used: dict[str, str]  # id → path data, in the order of use

    def width(self, text: str, size: float, weight: str, spacing: float = 0.0) -> float:
        """Pixels that a line takes; `spacing` in ems between characters."""
        return sum(self._advance(character, weight) + spacing for character in text) * size

    def line(self, text: str, x: float, y: float, size: float, weight: str, spacing: float = 0.0) -> str:
        """A line of `<use>` elements whose baseline begins at x, y; their fill and stroke are the group's."""
        scale = size / self.outlines[weight].units_per_em
        parts = []
        for character in text:
            id = self._glyph(character, weight)
            if id is not None:
                parts.append(
                    f'<use href="#{id}" transform="translate({x:.2f} {y:.2f}) scale({scale:.5f} {-scale:.5f})"/>'
                )
            x += (self._advance(character, weight) + spacing) * size
        return "".join(parts)

    def stroke(self, width: float, size: float, weight: str) -> float:
        """The stroke width in font units that makes `width` pixels."""
        return width * self.outlines[weight].units_per_em / size

    def definitions(self) -> str:
        """The glyphs that were used."""
        return "".join(f'<path id="{id}" d="{data}"/>' for id, data in self.used.items())

    def _advance(self, character: str, weight: str) -> float:
        outlines = self.outlines[weight]
        return outlines.by_character.get(character, outlines.missing).advance / outlines.units_per_em

    def _glyph(self, character: str, weight: str) -> str | None:
        id = f"{weight[0]}{ord(character):x}"
        if id not in self.used:
            outlines = self.outlines[weight]
            data = _path(outlines.by_character.get(character, outlines.missing).glyph)
            if not data:
                return None  # a blank
            self.used[id] = data
        return id


def lettering(characters: Iterable[str]) -> Lettering:
    """Letters for these characters. Raises ConfigError where the site has not been built."""
    return Lettering(_outlines("".join(sorted(set(characters)))), {})


@cache
def _outlines(characters: str) -> dict[str, Outlines]:
    folder = built_site() / PRIVATE / "fonts"
    return {name: read_outlines(folder, weight, characters) for name, weight in WEIGHTS.items()}


def _path(glyph: Any) -> str:
    from fontTools.pens.svgPathPen import SVGPathPen  # type: ignore[import-untyped]

    pen = SVGPathPen(None)
    glyph.draw(pen, None)
    return str(pen.getCommands())
