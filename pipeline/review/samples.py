"""Sample pictures of an edition (样图) at places that follow from its content: the same files, the same pictures."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any, Final

from pipeline.archive.tileids import zoom_of, zxy_of
from pipeline.errors import InputError
from pipeline.i18n import _
from pipeline.progress import Progress
from pipeline.review.drawing import Drawing, png, sprite_of
from pipeline.review.lettering import BOLD, Lettering, lettering
from pipeline.review.scope import read_json
from pipeline.review.sources import Frame, Sources, cells

WIDTH: Final = 1200  # pixels
HEIGHT: Final = 900
_STRIP: Final = 46  # pixels of the caption below
_CLOSE: Final = 14  # zoom at which datasets are looked at, where they have it
_PLAIN: Final = "".join(map(chr, range(32, 127))) + "·°–"
_INK: Final = "#26312d"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a sample is taken, and what is drawn besides what the map begins with."""

    name: str  # of the file
    title: Mapping[str, str]
    lng: float
    lat: float
    zoom: int
    dataset: str | None = None
    archive: str | None = None  # only its pixels


@dataclass(frozen=True, slots=True)
class Sample:
    """One picture."""

    place: Place
    file: str
    png: bytes


def sample_places(folder: Path, extra: Sequence[tuple[float, float, int]] = ()) -> tuple[Place, ...]:
    """The whole city, its middle nearer and nearer, each dataset that one can switch on, each imagery, then `extra`."""
    catalog = read_json(folder / "catalog.json")
    style = read_json(folder / catalog["styles"][0]["href"])
    with _sources(folder, catalog) as sources:
        places = [*_overviews(catalog), *_switched(catalog, style, sources), *_images(catalog, sources)]
    for lng, lat, zoom in extra:
        places.append(Place("place", {"zh": "指定位置", "en": "As asked"}, lng, lat, zoom))
    return tuple(places)


def draw_samples(folder: Path, places: Sequence[Place], progress: Progress) -> Iterator[Sample]:
    """The pictures of a published folder in the order of the places. Raises InputError, ConfigError."""
    catalog = read_json(folder / "catalog.json")
    href = catalog["styles"][0]["href"]
    style = read_json(folder / href)
    sprite, image, size = sprite_of(folder, style, href)
    progress.start(_("drawing samples"), len(places), _("pictures"))
    with _sources(folder, catalog) as sources:
        for number, place in enumerate(places, 1):
            frame = Frame.around(place.lng, place.lat, place.zoom, WIDTH, HEIGHT - _STRIP)
            drawn = style if place.archive is None else _only_pixels(style, place.archive)
            shown = () if place.dataset is None else (place.dataset,)
            letters = lettering(
                _characters(drawn, frame, sources, shown)
                | set(_PLAIN)
                | set(_words(catalog, place))
                | set(place.title["en"])
            )
            frame_of_map = frame._replace(height=HEIGHT)
            drawing = Drawing(sources, drawn, frame_of_map, letters, shown, sprite, image, size)
            svg = drawing.svg(_caption(catalog, place, letters))
            sources.forget()
            yield Sample(place, f"samples/{number:02d}-{place.name}-z{place.zoom}.png", png(svg))
            progress.advance()
    progress.done()


def _sources(folder: Path, catalog: Mapping[str, Any]) -> Sources:
    files = {archive["id"]: archive["file"] for archive in catalog["archives"]}
    for file in files.values():
        if not (folder / file).is_file():
            raise InputError(_("an archive of the edition is missing"), where=str(folder / file))
    return Sources(folder, files)


def _overviews(catalog: Mapping[str, Any]) -> Iterator[Place]:
    west, south, east, north = catalog["bounds"]
    lng, lat, zoom = catalog["center"]
    last = max((a["max_zoom"] for a in catalog["archives"] if a["type"] == "vector"), default=round(zoom))
    fit = _fitting(west, south, east, north)
    yield Place("city", {"zh": "全市", "en": "The whole city"}, (west + east) / 2, (south + north) / 2, fit)
    titles = {fit + 2: ("中心城区周边", "Around the centre"), round(zoom): ("地图打开处", "As the map opens"),
              _CLOSE: ("中心城区", "The centre"), last: ("最大级", "The last zoom")}  # fmt: skip
    for z in sorted(z for z in titles if fit < z <= last):
        yield Place("centre", {"zh": titles[z][0], "en": titles[z][1]}, lng, lat, z)


def _switched(catalog: Mapping[str, Any], style: Mapping[str, Any], sources: Sources) -> Iterator[Place]:
    """Datasets whose layers the map begins without: where the archive's tiles hold most."""
    hidden: dict[str, dict[str, Any]] = {}
    for layer in style["layers"]:
        dataset = layer.get("metadata", {}).get("longquan:dataset")
        if dataset and layer.get("layout", {}).get("visibility") == "none" and layer["type"] != "raster":
            hidden.setdefault(dataset, layer)
    for entry in catalog["datasets"]:
        if entry["id"] not in hidden:
            continue
        source = hidden[entry["id"]]["source"]
        header = sources.archive(source).header
        place = _fullest(sources, source, max(header.min_zoom, min(_CLOSE, header.max_zoom)))
        if place is not None:
            yield Place(entry["id"], entry["title"], *place, dataset=entry["id"])


def _images(catalog: Mapping[str, Any], sources: Sources) -> Iterator[Place]:
    for archive in catalog["archives"]:
        if archive.get("product") == "imagery":
            header = sources.archive(archive["id"]).header
            place = _fullest(sources, archive["id"], max(header.min_zoom, header.max_zoom - 1))
            if place is not None:
                yield Place(archive["id"], archive["title"], *place, archive=archive["id"])


def _fullest(sources: Sources, id: str, zoom: int) -> tuple[float, float, int] | None:
    """The middle of the largest tile of a zoom, of equal ones the first."""
    found = max(
        ((entry.length, -entry.tile_id) for entry in sources.archive(id).entries() if zoom_of(entry.tile_id) == zoom),
        default=None,
    )
    if found is None:
        return None
    _z, x, y = zxy_of(-found[1])
    lat = math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * (y + 0.5) / (1 << zoom)))))
    return (x + 0.5) / (1 << zoom) * 360 - 180, lat, zoom


def _fitting(west: float, south: float, east: float, north: float) -> int:
    """The last zoom at which a box lies inside a picture."""
    for zoom in range(18, 0, -1):
        frame = Frame.around(west, north, zoom, 0, 0)
        x, y = frame.place(east, south)
        if x <= WIDTH and y <= HEIGHT - _STRIP:
            return zoom
    return 0


def _only_pixels(style: Mapping[str, Any], archive: str) -> dict[str, Any]:
    ground = {"id": "ground", "type": "background", "paint": {"background-color": "#ffffff"}}
    return {**style, "layers": [ground, {"id": archive, "type": "raster", "source": archive}]}


def _characters(style: Mapping[str, Any], frame: Frame, sources: Sources, shown: Collection[str]) -> set[str]:
    """All characters of the texts that tiles in the picture hold."""
    found: set[str] = set()
    names = {
        layer["source"]
        for layer in style["layers"]
        if layer["type"] == "symbol"
        and layer["source"] in sources.files
        and (layer.get("layout", {}).get("visibility") != "none" or layer["metadata"].get("longquan:dataset") in shown)
    }
    for source in sorted(names):
        header = sources.archive(source).header
        for cell in cells(frame._replace(height=HEIGHT), header.min_zoom, header.max_zoom):
            for features in sources.features(source, cell).values():
                for feature in features:
                    found.update(*(value for value in feature["properties"].values() if isinstance(value, str)))
    return found


def _words(catalog: Mapping[str, Any], place: Place) -> str:
    """The first line of a caption."""
    number = catalog["review"]["number"]
    public = catalog["edition"].get("public", True)
    standing = f"审图号：{number}" if number else "待审核" if public else "内部使用"
    notice = catalog["notice"]["zh"] if catalog["sample"] else ""
    parts = ("样图", catalog["platform"]["zh"], catalog["edition"]["title"]["zh"], place.title["zh"], standing, notice)
    return " · ".join(part for part in parts if part)


def _caption(catalog: Mapping[str, Any], place: Place, letters: Lettering) -> str:
    """What the picture is, where, at which zoom, and a scale bar."""
    top = HEIGHT - _STRIP
    where = (
        f"{abs(place.lng):.4f}°{'E' if place.lng >= 0 else 'W'} {abs(place.lat):.4f}°{'N' if place.lat >= 0 else 'S'}"
    )
    second = f"{place.title['en']} · {where} · z{place.zoom} · {catalog['as_of']}"
    metres = 2 * math.pi * 6378137 * math.cos(math.radians(place.lat)) / (512 << place.zoom)
    length = next(n for n in _lengths() if n / metres <= 180)
    bar = length / metres
    text = f"{length / 1000:g} km" if length >= 1000 else f"{length:g} m"
    right = WIDTH - 16
    ruler = f"M{right - bar:.1f} {top + 14}v6H{right}v-6"
    first = letters.line(_words(catalog, place), 14, top + 20, 15, BOLD)
    below = letters.line(second, 14, top + 38, 12, "Regular")
    scale = letters.line(text, right - letters.width(text, 12, "Regular"), top + 38, 12, "Regular")
    return (
        f'<rect y="{top}" width="{WIDTH}" height="{_STRIP}" fill="#ffffff"/>'
        f'<path d="M0 {top}.5H{WIDTH}" stroke="{_INK}"/><title>{escape(_words(catalog, place))}</title>'
        f'<g fill="{_INK}">{first}{below}{scale}</g><path d="{ruler}" fill="none" stroke="{_INK}" stroke-width="1.5"/>'
    )


def _lengths() -> Iterator[float]:
    """1, 2 and 5 times powers of ten, from the longest."""
    for power in range(7, -3, -1):
        yield from (factor * 10.0**power for factor in (5, 2, 1))
