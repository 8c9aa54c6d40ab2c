"""A picture of the finished map without a browser: its own style and tiles as SVG, rendered to PNG.

Drawn are backgrounds, areas, lines, circles, images, icons and texts with halos, in the style's order and colours.
Left aside is what changes no content: shading of heights, texts bent along lines (they lie straight), smooth zooms.
"""

from __future__ import annotations

import base64
import json
import math
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from pipeline.review.expressions import Asked, evaluate, is_expression
from pipeline.review.lettering import BOLD, Lettering
from pipeline.review.sources import Cell, Frame, Sources, cells

_ANCHORS: Final = {
    "center": (0.5, 0.5),
    "top": (0.5, 0.0),
    "bottom": (0.5, 1.0),
    "left": (0.0, 0.5),
    "right": (1.0, 0.5),
}
_THROUGH: Final = re.compile(r'opacity="0|stroke-dasharray')  # a margin that is drawn twice would be seen
_LINE_HEIGHT: Final = 1.2  # ems
_ASCENT: Final = 0.88  # of an em, from the top of a line to its baseline
_GEOMETRIES: Final = {"Point": "Point", "LineString": "LineString", "Polygon": "Polygon"}

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class _Symbol:
    """A text, an icon or both that may be drawn, where nothing is in its way."""

    order: tuple[int, float, int]  # layer from the top, sort key, number
    svg: str
    boxes: tuple[Box, ...]
    always: bool  # may lie over others


@dataclass(slots=True)
class Drawing:
    """One picture of an edition."""

    sources: Sources
    style: Mapping[str, Any]
    frame: Frame
    letters: Lettering
    shown: Collection[str] = ()  # datasets that are drawn though the style begins with them hidden
    sprite: Mapping[str, Any] = field(default_factory=dict)  # name → its place in the image
    image: str = ""  # of the sprite, a data address
    size: tuple[int, int] = (0, 0)  # of that image
    _drawn: set[Cell] = field(default_factory=set)

    def svg(self, caption: str = "") -> str:
        """The whole picture; `caption` is SVG that lies over it."""
        body: list[str] = []
        symbols: list[_Symbol] = []
        layers = [layer for layer in self.style["layers"] if self._visible(layer)]
        for number, layer in enumerate(layers):
            if layer["type"] == "symbol":
                symbols += self._symbols(layer, len(layers) - number)
            else:
                body.append(self._layer(layer, number))
        body.append(_placed(symbols, self.frame))
        clips = "".join(
            f'<clipPath id="c{cell.z}-{cell.x}-{cell.y}"><rect x="{cell.left}" y="{cell.top}" '
            f'width="{cell.side}" height="{cell.side}"/></clipPath>'
            for cell in sorted(self._drawn)
        )
        content = "".join(body) + caption
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{self.frame.width}" height="{self.frame.height}">'
            f"<defs>{clips}{self.letters.definitions()}</defs>{content}</svg>"
        )

    def _visible(self, layer: Mapping[str, Any]) -> bool:
        zoom = self.frame.zoom
        if not layer.get("minzoom", 0) <= zoom < layer.get("maxzoom", 99):
            return False
        hidden = layer.get("layout", {}).get("visibility") == "none"
        return not hidden or layer.get("metadata", {}).get("longquan:dataset") in self.shown

    def _layer(self, layer: Mapping[str, Any], number: int) -> str:
        if layer["type"] == "background":
            asked = Asked(self.frame.zoom, {})
            colour = evaluate(layer.get("paint", {}).get("background-color", "#000000"), asked)
            return f'<rect width="100%" height="100%" fill="{colour}"/>'
        draw = {"fill": self._fill, "line": self._line, "circle": self._circle, "raster": self._raster}.get(
            layer["type"]
        )
        if draw is None:
            return ""
        return "".join(_clipped(drawn, cell) for cell in self._cells(layer["source"]) if (drawn := draw(layer, cell)))

    def _cells(self, source: str) -> Iterator[Cell]:
        if source not in self.sources.files:
            return
        header = self.sources.archive(source).header
        yield from cells(self.frame, header.min_zoom, header.max_zoom)

    def _features(self, layer: Mapping[str, Any], cell: Cell) -> Iterator[tuple[dict[str, Any], Asked]]:
        """The features of a layer in a tile that pass its filter, in the order in which they are drawn."""
        self._drawn.add(cell)
        found = []
        for feature in self.sources.features(layer["source"], cell).get(layer["source-layer"], ()):
            kind = feature["geometry"]["type"].removeprefix("Multi")
            asked = Asked(self.frame.zoom, feature["properties"], _GEOMETRIES.get(kind, ""))
            if "filter" not in layer or evaluate(layer["filter"], asked):
                found.append((feature, asked))
        sort = layer.get("layout", {}).get(f"{layer['type']}-sort-key")
        if sort is not None and layer["type"] != "symbol":
            found.sort(key=lambda pair: _float(evaluate(sort, pair[1])))
        yield from found

    def _fill(self, layer: Mapping[str, Any], cell: Cell) -> str:
        parts = []
        for feature, asked in self._features(layer, cell):
            if asked.geometry == "Polygon":
                paint = _paint(layer, asked)
                outline = paint("fill-outline-color", None)
                data = self._path(feature["geometry"], closed=True)
                stroke = f' stroke="{outline}" stroke-width="1"' if outline else ""
                opacity = _float(paint("fill-opacity", 1))
                parts.append(
                    f'<path d="{data}" fill="{paint("fill-color", "#000000")}" fill-rule="evenodd" '
                    f'fill-opacity="{opacity:.3g}"{stroke}/>'
                )
        return "".join(parts)

    def _line(self, layer: Mapping[str, Any], cell: Cell) -> str:
        layout = layer.get("layout", {})
        parts: dict[str, list[str]] = {}
        for feature, asked in self._features(layer, cell):
            if asked.geometry == "Point":
                continue
            paint = _paint(layer, asked)
            width, opacity = _float(paint("line-width", 1)), _float(paint("line-opacity", 1))
            if width <= 0 or opacity <= 0:
                continue
            dashes = paint("line-dasharray", None)
            look = (
                f'fill="none" stroke="{paint("line-color", "#000000")}" stroke-width="{width:.2f}" '
                f'stroke-linejoin="{evaluate(layout.get("line-join", "miter"), asked)}" '
                f'stroke-linecap="{evaluate(layout.get("line-cap", "butt"), asked)}" stroke-opacity="{opacity:.3g}"'
            )
            if dashes:
                look += f' stroke-dasharray="{" ".join(f"{dash * width:.2f}" for dash in dashes)}"'
            parts.setdefault(look, []).append(self._path(feature["geometry"], closed=asked.geometry == "Polygon"))
        return "".join(f'<path d="{"".join(data)}" {look}/>' for look, data in parts.items())

    def _circle(self, layer: Mapping[str, Any], cell: Cell) -> str:
        parts = []
        for feature, asked in self._features(layer, cell):
            paint = _paint(layer, asked)
            look = f'fill="{paint("circle-color", "#000000")}" opacity="{_float(paint("circle-opacity", 1)):.3g}"'
            for x, y in self._points(feature["geometry"]):
                stroke = ""
                if wide := _float(paint("circle-stroke-width", 0)):
                    stroke = f' stroke="{paint("circle-stroke-color", "#000000")}" stroke-width="{wide:.2f}"'
                parts.append(
                    f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{_float(paint("circle-radius", 5)):.2f}" {look}{stroke}/>'
                )
        return "".join(parts)

    def _raster(self, layer: Mapping[str, Any], cell: Cell) -> str:
        address = self.sources.image(layer["source"], cell)
        if address is None:
            return ""
        opacity = _float(_paint(layer, Asked(self.frame.zoom, {}))("raster-opacity", 1))
        return (
            f'<image href="{address}" x="{cell.left}" y="{cell.top}" width="{cell.side}" height="{cell.side}" '
            f'opacity="{opacity:.3g}"/>'
        )

    def _symbols(self, layer: Mapping[str, Any], order: int) -> Iterator[_Symbol]:
        layout, number = layer.get("layout", {}), 0
        for cell in self._cells(layer["source"]):
            for feature, asked in self._features(layer, cell):
                key = _float(evaluate(layout.get("symbol-sort-key", 0), asked))
                for x, y, angle, room in self._anchors(feature["geometry"], layout, asked):
                    inside = cell.left <= x < cell.left + cell.side and cell.top <= y < cell.top + cell.side
                    if inside and (drawn := self._symbol(layer, asked, x, y, angle, room)) is not None:
                        number += 1
                        yield _Symbol((order, key, number), *drawn)

    def _anchors(
        self, geometry: Mapping[str, Any], layout: Mapping[str, Any], asked: Asked
    ) -> Iterator[tuple[float, float, float, float]]:
        """Where symbols of a feature stand: x, y, degrees, and the length of the line they have."""
        if evaluate(layout.get("symbol-placement", "point"), asked) == "point":
            if asked.geometry == "Point":
                yield from ((x, y, 0.0, math.inf) for x, y in self._points(geometry))
            return
        for line in self._lines(geometry):
            lengths = [math.dist(a, b) for a, b in pairwise(line)]
            total, walked = sum(lengths), 0.0
            for (a, b), length in zip(pairwise(line), lengths, strict=True):
                if walked + length >= total / 2 and length > 0:
                    share = (total / 2 - walked) / length
                    angle = math.degrees(math.atan2(b[1] - a[1], b[0] - a[0]))
                    angle = angle - 180 if angle > 90 else angle + 180 if angle < -90 else angle
                    yield a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share, angle, total
                    break
                walked += length

    def _symbol(
        self, layer: Mapping[str, Any], asked: Asked, x: float, y: float, angle: float, room: float
    ) -> tuple[str, tuple[Box, ...], bool] | None:
        """The SVG of a symbol, the boxes that it takes, and whether it may lie over others."""
        layout = layer.get("layout", {})

        def say(name: str, default: Any) -> Any:
            return evaluate(layout.get(name, default), asked)

        text = str(say("text-field", "") or "").strip()
        size = _float(say("text-size", 16))
        fonts = layout.get("text-font", [""])
        weight = BOLD if "Bold" in str((evaluate(fonts, asked) if is_expression(fonts) else fonts)[0]) else "Regular"
        spacing = _float(say("text-letter-spacing", 0))
        lines = _wrapped(text, _float(say("text-max-width", 10)) if math.isinf(room) else 1e9)
        widths = [self.letters.width(line, size, weight, spacing) for line in lines]
        wide, high = max(widths, default=0.0), len(lines) * size * _LINE_HEIGHT
        if wide > room:
            return None
        flat = say("text-rotation-alignment", "auto") == "viewport"
        turned = 0.0 if flat else angle
        share_x, share_y = _ANCHORS.get(say("text-anchor", "center"), (0.5, 0.5))
        offset = say("text-offset", [0, 0])
        left = x + offset[0] * size - wide * share_x
        top = y + offset[1] * size - high * share_y
        icon = self._icon(say("icon-image", None), say, x, y, (left, top, wide, high))
        if not text and icon is None:
            return None
        boxes = [icon[1]] if icon is not None else []
        svg = icon[0] if icon is not None else ""
        if text:
            pad = _float(say("text-padding", 2))
            across = (math.hypot(wide, high) - wide) / 2 if turned else 0.0
            boxes.append((left - pad, top - pad - across, left + wide + pad, top + high + pad + across))
            drawn = "".join(
                self.letters.line(
                    line, left + (wide - width) / 2, top + (i + _ASCENT) * size * _LINE_HEIGHT, size, weight, spacing
                )
                for i, (line, width) in enumerate(zip(lines, widths, strict=True))
            )
            paint = _paint(layer, asked)
            halo = self.letters.stroke(2 * _float(paint("text-halo-width", 0)), size, weight)
            if halo:
                colour = paint("text-halo-color", "#ffffff")
                svg += _turn(
                    f'<g fill="{colour}" stroke="{colour}" stroke-width="{halo:.1f}">{drawn}</g>', turned, x, y
                )
            svg += _turn(f'<g fill="{paint("text-color", "#000000")}">{drawn}</g>', turned, x, y)
        return svg, tuple(boxes), bool(say("icon-allow-overlap", False)) and not text

    def _icon(self, name: Any, say: Any, x: float, y: float, text: Box) -> tuple[str, Box] | None:
        """An icon of the sprite, around the text where it grows with it."""
        place = self.sprite.get(name) if name else None
        if place is None:
            return None
        ratio = place.get("pixelRatio", 1)
        scale = _float(say("icon-size", 1))
        wide, high = place["width"] / ratio * scale, place["height"] / ratio * scale
        left, top = x - wide / 2, y - high / 2
        if say("icon-text-fit", "none") != "none":
            above, right, below, before = say("icon-text-fit-padding", [0, 0, 0, 0])
            left, top = text[0] - before, text[1] - above
            wide, high = text[2] + before + right, text[3] + above + below
        picture = (
            f'<svg x="{left:.1f}" y="{top:.1f}" width="{wide:.1f}" height="{high:.1f}" preserveAspectRatio="none" '
            f'viewBox="{place["x"]} {place["y"]} {place["width"]} {place["height"]}">'
            f'<image href="{self.image}" width="{self.size[0]}" height="{self.size[1]}"/></svg>'
        )
        return picture, (left, top, left + wide, top + high)

    def _path(self, geometry: Mapping[str, Any], *, closed: bool) -> str:
        end = "Z" if closed else ""
        return "".join(
            "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in line) + end for line in self._lines(geometry) if len(line) > 1
        )

    def _lines(self, geometry: Mapping[str, Any]) -> Iterator[list[tuple[float, float]]]:
        """Every line or ring in pixels."""
        kind, coordinates = geometry["type"], geometry["coordinates"]
        if kind == "LineString":
            coordinates = [coordinates]
        elif kind == "MultiPolygon":
            coordinates = [ring for polygon in coordinates for ring in polygon]
        elif kind.endswith("Point"):
            return
        yield from ([self.frame.place(*place) for place in line] for line in coordinates)

    def _points(self, geometry: Mapping[str, Any]) -> Iterator[tuple[float, float]]:
        kind, coordinates = geometry["type"], geometry["coordinates"]
        if kind.endswith("Point"):
            yield from (self.frame.place(*place) for place in ([coordinates] if kind == "Point" else coordinates))


def sprite_of(folder: Path, style: Mapping[str, Any], href: str) -> tuple[dict[str, Any], str, tuple[int, int]]:
    """The index of a style's sprite, its image as a data address, and the size of that; nothing without one."""
    if "sprite" not in style:
        return {}, "", (0, 0)
    stem = (folder / href).parent / (style["sprite"] + "@2x")
    index, image = stem.with_name(stem.name + ".json"), stem.with_name(stem.name + ".png")
    if not index.is_file() or not image.is_file():
        return {}, "", (0, 0)
    data = image.read_bytes()
    size = int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")  # PNG: IHDR
    return json.loads(index.read_text("utf-8")), f"data:image/png;base64,{base64.b64encode(data).decode()}", size


def png(svg: str) -> bytes:
    """The picture rendered."""
    from resvg_py import svg_to_bytes

    return bytes(svg_to_bytes(svg_string=svg))


def _clipped(drawn: str, cell: Cell) -> str:
    """What a tile holds without its margin, where that would show: what is opaque is drawn twice the same there."""
    if not _THROUGH.search(drawn):
        return drawn
    return f'<g clip-path="url(#c{cell.z}-{cell.x}-{cell.y})">{drawn}</g>'


def _placed(symbols: Sequence[_Symbol], frame: Frame) -> str:
    """Those that do not lie over one another: those of upper layers first, then by their sort keys."""
    taken: dict[tuple[int, int], list[Box]] = {}
    kept = []
    for symbol in sorted(symbols, key=lambda each: each.order):
        if not symbol.always and any(_meets(box, taken) for box in symbol.boxes):
            continue
        if any(box[2] < 0 or box[3] < 0 or box[0] > frame.width or box[1] > frame.height for box in symbol.boxes):
            continue
        for box in symbol.boxes:
            for square in _squares(box):
                taken.setdefault(square, []).append(box)
        kept.append(symbol)
    return "".join(symbol.svg for symbol in reversed(kept))


def _meets(box: Box, taken: Mapping[tuple[int, int], list[Box]]) -> bool:
    return any(
        box[0] < other[2] and other[0] < box[2] and box[1] < other[3] and other[1] < box[3]
        for square in _squares(box)
        for other in taken.get(square, ())
    )


def _squares(box: Box) -> Iterator[tuple[int, int]]:
    for row in range(int(box[1]) >> 6, (int(box[3]) >> 6) + 1):
        for column in range(int(box[0]) >> 6, (int(box[2]) >> 6) + 1):
            yield column, row


def _wrapped(text: str, ems: float) -> list[str]:
    """Lines of at most so many ems where that can be: Chinese breaks anywhere, other words at blanks."""
    lines: list[str] = []
    for given in text.split("\n"):
        line = ""
        words = given.split(" ") if given.isascii() else list(given)
        glue = " " if given.isascii() else ""
        for word in words:
            longer = f"{line}{glue}{word}" if line else word
            if line and sum(1.0 if ord(c) > 0x2E80 else 0.55 for c in longer) > ems:
                lines.append(line)
                line = word
            else:
                line = longer
        lines.append(line)
    return [line for line in lines if line]


def _paint(layer: Mapping[str, Any], asked: Asked) -> Any:
    paint = layer.get("paint", {})
    return lambda name, default: evaluate(paint[name], asked) if name in paint else default


def _turn(svg: str, angle: float, x: float, y: float) -> str:
    return f'<g transform="rotate({angle:.1f} {x:.1f} {y:.1f})">{svg}</g>' if angle else svg


def _float(value: Any) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
