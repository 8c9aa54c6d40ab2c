"""Icons packed into one image at two pixel densities, with the index every Mapbox-style renderer reads."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.errors import ConfigError
from pipeline.i18n import _
from pipeline.portal.files import content_hash, json_bytes

FOLDER = "assets/sprites"
ROW = 128  # px: the width at which a new row begins
DISC = "maki-"  # prefix of icons that stand on a disc; most of them are Maki's
GAP = 1  # px between icons, so that smoothing never mixes neighbours

_TAG = re.compile(r"<svg\b[^>]*>")
_SIZES = {side: re.compile(rf'\s{side}="([\d.]+)"') for side in ("width", "height")}


@dataclass(frozen=True, slots=True)
class Icon:
    """One icon: its SVG, its size in px and the parts that may stretch (`stretchX`, `stretchY`, `content`)."""

    name: str
    svg: str
    width: int
    height: int
    stretch: Mapping[str, Any]


def own_icons(folder: Path) -> list[Icon]:
    """The icons of `styles/icons`, with `stretch.json` for those that grow with their text."""
    import json

    stretch = json.loads((folder / "stretch.json").read_text("utf-8"))
    return [
        _icon(path.stem, path.read_text("utf-8"), stretch.get(path.stem, {})) for path in sorted(folder.glob("*.svg"))
    ]


def disc_icon(folders: Sequence[Path], name: str) -> Icon | None:
    """The icon `name` of the first folder that has it, in white, to stand on a coloured disc; None when none has it."""
    if re.fullmatch(r"[a-z0-9-]+", name):
        for folder in folders:
            path = folder / f"{name}.svg"
            if path.is_file():
                return _icon(DISC + name, path.read_text("utf-8").replace("<svg ", '<svg fill="#ffffff" ', 1), {})
    return None


def disc_icons_in(value: Any) -> Iterator[str]:
    """The names of all disc icons that style layers ask for, without their prefix."""
    if isinstance(value, str) and value.startswith(DISC):
        yield value.removeprefix(DISC)
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from disc_icons_in(item)


def sprite_files(icons: Sequence[Icon]) -> tuple[str, dict[str, bytes]]:
    """The sprite's address without suffix, relative to the published folder, and its four files.

    Icons lie in rows, tallest first; the same icons give the same bytes.
    """
    places, width, height = _pack(sorted(icons, key=lambda icon: (-icon.height, icon.name)))
    body = "".join(
        f'<image x="{x}" y="{y}" width="{icon.width}" height="{icon.height}" '
        f'href="data:image/svg+xml;base64,{base64.b64encode(icon.svg.encode()).decode()}"/>'
        for icon, x, y in places
    )
    sheet = f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}">{body}</svg>'
    images = {ratio: _render(sheet, ratio) for ratio in (1, 2)}
    indexes = {ratio: json_bytes(_index(places, ratio)) for ratio in (1, 2)}
    stem = f"{FOLDER}/sprite-{content_hash(b''.join([*images.values(), *indexes.values()]))}"
    return stem, {
        f"{stem}.png": images[1],
        f"{stem}.json": indexes[1],
        f"{stem}@2x.png": images[2],
        f"{stem}@2x.json": indexes[2],
    }


def _icon(name: str, svg: str, stretch: Mapping[str, Any]) -> Icon:
    tag = _TAG.search(svg)
    sizes = [size.search(tag[0]) if tag else None for size in _SIZES.values()]
    if tag is None or None in sizes:
        raise ConfigError(
            _("the icon {name} declares no size").format(name=name), expected='<svg width="…" height="…">', where=name
        )
    width, height = (round(float(size[1])) for size in sizes if size)
    return Icon(name, svg[tag.start() :], width, height, stretch)


def _pack(icons: Sequence[Icon]) -> tuple[list[tuple[Icon, int, int]], int, int]:
    places: list[tuple[Icon, int, int]] = []
    x = y = row = width = 0
    for icon in icons:
        if x and x + icon.width > ROW:
            x, y, row = 0, y + row + GAP, 0
        places.append((icon, x, y))
        row = max(row, icon.height)
        x += icon.width + GAP
        width = max(width, x - GAP)
    return places, max(width, 1), max(y + row, 1)


def _index(places: Sequence[tuple[Icon, int, int]], ratio: int) -> dict[str, Any]:
    def scaled(value: Any) -> Any:
        return [scaled(v) for v in value] if isinstance(value, list) else value * ratio

    return {
        icon.name: {
            "x": x * ratio,
            "y": y * ratio,
            "width": icon.width * ratio,
            "height": icon.height * ratio,
            "pixelRatio": ratio,
            **{key: scaled(value) for key, value in icon.stretch.items()},
        }
        for icon, x, y in sorted(places, key=lambda place: place[0].name)
    }


def _render(svg: str, ratio: int) -> bytes:
    from resvg_py import svg_to_bytes

    return bytes(svg_to_bytes(svg_string=svg, zoom=ratio))
