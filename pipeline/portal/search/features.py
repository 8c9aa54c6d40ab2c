"""What of a dataset can be found: its named features and its addresses, by columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.framework import SchemaField
from pipeline.portal.thematic import name_field
from pipeline.types import LINE, POINT, POLYGON, Bounds, FeatureBatch, Geometries
from pipeline.vector.ids import base_ids

_CLASSES: Final = ("CLASS", "TYPE", "KIND", "LEVEL", "USE")
_OTHER: Final = ("NAME_EN", "name_en", "name:en", "NAMEEN", "ENAME")
_PINYIN: Final = ("PINYIN", "pinyin", "拼音")
_RANK: Final = ("RANK", "rank")
_CODES: Final = ("RN", "PAC", "ref")
_ADDRESS: Final = ("ADDRESS", "address", "标准地址", "地址")
_STREET: Final = ("STREET", "addr:street", "街路巷", "ROAD")
_NUMBER: Final = ("NUMBER", "addr:housenumber", "门牌号", "HOUSE_NO")
_TOWN: Final = ("TOWN", "乡镇街道", "addr:suburb")
_GROUPS: Final = {"BOU": "area", "LRD": "road", "LRR": "rail", "HYD": "water", "AGN": "place", "AAN": "address"}
METRES: Final = 111_320.0


@dataclass(frozen=True, slots=True)
class Source:
    """A dataset as an edition shows it."""

    dataset: str
    title: Mapping[str, str]  # zh, en
    icon: str | None
    layers: tuple[str, ...]  # what it is called in archives
    fields: tuple[SchemaField, ...]
    key: str | None  # the field that identifies a feature

    def first(self, names: Iterable[str]) -> SchemaField | None:
        """The first of some fields that it has."""
        return next((found for name in names for found in self.fields if found.name == name), None)

    @property
    def name(self) -> SchemaField | None:
        """The field that names a feature."""
        texts = [f.name for f in self.fields if f.type == "string" and f.domain is None]
        other = {*_OTHER, *_PINYIN}
        found = name_field([name for name in texts if name not in other])
        return self.first((found,)) if found is not None else None

    @property
    def address(self) -> bool:
        """Whether its features are house numbers."""
        return self.name is None and (
            self.first(_ADDRESS) is not None or (self.first(_STREET) is not None and self.first(_NUMBER) is not None)
        )

    @property
    def searchable(self) -> bool:
        """Whether anything of it can be found."""
        return self.name is not None or self.address or self.first(_CODES) is not None

    @property
    def classes(self) -> SchemaField | None:
        """The field that says what a feature is."""
        return next((field for name in _CLASSES if (field := self.first((name,))) is not None and field.domain), None)

    @property
    def layer(self) -> str:
        """The first three letters of its layer's standard name, BOU of BOUA; "" for others."""
        return next((name[:3] for name in self.layers if len(name) == 4 and name[:3] in _GROUPS), "")

    @property
    def group(self) -> str:
        """What sort of thing its features are."""
        return _GROUPS.get(self.layer, "address" if self.address else "poi")


@dataclass(frozen=True, slots=True)
class Named:
    """Features of one dataset that have a name or a code [n]; places in degrees."""

    source: Source
    name: list[str]
    other: list[str]
    pinyin: list[str]
    codes: list[tuple[str, ...]]
    kind: list[str | None]  # class
    rank: NDArray[np.int64]  # 0: none
    geometry: NDArray[np.uint8]
    lng: NDArray[np.float64]  # a place on the feature
    lat: NDArray[np.float64]
    ends: NDArray[np.float64]  # [n, 4] where it begins and where it ends
    box: NDArray[np.float64]  # [n, 4]
    size: NDArray[np.float64]  # metres of lines, square metres of areas
    id: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Addressed:
    """House numbers of one dataset [n]; places in degrees."""

    source: Source
    address: pa.Array  # texts, or nulls
    street: pa.Array
    number: pa.Array
    town: pa.Array
    lng: NDArray[np.float64]
    lat: NDArray[np.float64]
    id: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Area:
    """A town and its shape."""

    name: str
    shape: Any  # shapely
    bounds: Bounds


def take_named(source: Source, batches: Iterable[FeatureBatch]) -> tuple[list[Named], list[Area]]:
    """The features of a dataset that can be found by name or code; of layer BOUA also their shapes."""
    found, areas = [], []
    for batch in batches:
        named = _named(source, batch)
        if named is not None:
            found.append(named[0])
            if source.layer == "BOU":
                areas += _areas(named[0], named[1])
    return found, areas


def take_addresses(source: Source, batches: Iterable[FeatureBatch]) -> list[Addressed]:
    """The house numbers of a dataset that have a place."""
    found = []
    for batch in batches:
        rows = np.flatnonzero(batch.geometries.kinds != 0)
        if not len(rows):
            continue
        table = batch.attributes.take(pa.array(rows))
        lng, lat, _ends, _box, _size, _shapes = _places(_some(batch.geometries, rows))
        found.append(
            Addressed(
                source,
                _text(table, source.first(_ADDRESS)),
                _text(table, source.first(_STREET)),
                _text(table, source.first(_NUMBER)),
                _text(table, source.first(_TOWN)),
                lng,
                lat,
                _ids(table, source.key),
            )
        )
    return found


def _named(source: Source, batch: FeatureBatch) -> tuple[Named, NDArray[Any]] | None:
    table = batch.attributes
    names = _text(table, source.name).to_pylist()
    codes = _codes(table, source)
    there = batch.geometries.kinds != 0
    chosen = [
        i
        for i, (name, code) in enumerate(zip(names, codes, strict=True))
        if there[i] and ((name or "").strip() or code)
    ]
    if not chosen:
        return None
    rows = np.array(chosen, np.int64)
    table = table.take(pa.array(rows))
    geometries = _some(batch.geometries, rows)
    lng, lat, ends, box, size, shapes = _places(geometries)
    named = Named(
        source,
        [(names[i] or "").strip() or codes[i][0] for i in chosen],
        [text or "" for text in _text(table, source.first(_OTHER)).to_pylist()],
        [text or "" for text in _text(table, source.first(_PINYIN)).to_pylist()],
        [codes[i] for i in chosen],
        _text(table, source.classes).to_pylist(),
        _ranks(table, source),
        geometries.kinds,
        lng,
        lat,
        ends,
        box,
        size,
        _ids(table, source.key),
    )
    return named, shapes


def _codes(table: pa.Table, source: Source) -> list[tuple[str, ...]]:
    columns = [_text(table, found).to_pylist() for name in _CODES if (found := source.first((name,))) is not None]
    if not columns:
        return [()] * table.num_rows
    return [tuple(text.strip() for text in row if text and text.strip()) for row in zip(*columns, strict=True)]


def _ranks(table: pa.Table, source: Source) -> NDArray[np.int64]:
    field = source.first(_RANK)
    if field is None or not pa.types.is_integer(table.column(field.name).type):
        return np.zeros(table.num_rows, np.int64)
    return np.asarray(table.column(field.name).fill_null(0).to_numpy(), np.int64)


def _text(table: pa.Table, field: SchemaField | None) -> pa.Array:
    """A column as texts; nothing but nulls where there is none."""
    if field is None or field.name not in table.column_names:
        return pa.nulls(table.num_rows, pa.large_string())
    return table.column(field.name).cast(pa.large_string()).combine_chunks()


def _ids(table: pa.Table, key: str | None) -> NDArray[np.int64]:
    """The ids that the features have in the tiles, 0 where these come from no key."""
    ids, given = base_ids(table, key, np.zeros(table.num_rows, np.uint64))
    return np.where(given, ids.astype(np.int64), 0)


def _some(geometries: Geometries, rows: NDArray[np.int64]) -> Geometries:
    from pipeline.sources.ragged import only

    chosen = np.zeros(geometries.features, bool)
    chosen[rows] = True
    return geometries if chosen.all() else only(geometries, chosen)


def _places(
    g: Geometries,
) -> tuple[
    NDArray[np.float64],
    NDArray[np.float64],
    NDArray[np.float64],
    NDArray[np.float64],
    NDArray[np.float64],
    NDArray[Any],
]:
    """A place on each feature, where it begins and ends, its box, its size and, of areas, its shape."""
    first, last = g.vertex_offsets[g.part_offsets[:-1]], g.vertex_offsets[g.part_offsets[1:]]
    x, y = g.x, g.y
    box = np.stack(
        [
            np.minimum.reduceat(x, first),
            np.minimum.reduceat(y, first),
            np.maximum.reduceat(x, first),
            np.maximum.reduceat(y, first),
        ],
        axis=1,
    )
    ends = np.stack([x[first], y[first], x[last - 1], y[last - 1]], axis=1)
    middle = (first + last - 1) // 2
    lng, lat = np.where(g.kinds == POINT, x[first], x[middle]), np.where(g.kinds == POINT, y[first], y[middle])
    size = np.zeros(g.features)
    shapes = np.full(g.features, None, object)
    scale = METRES * np.cos(np.radians(lat))
    lines = g.kinds == LINE
    if lines.any():
        part = np.repeat(np.arange(len(g.roles)), np.diff(g.vertex_offsets))
        feature = np.repeat(np.arange(g.features), np.diff(g.part_offsets))[part]
        same = part[1:] == part[:-1]
        steps = np.hypot(np.diff(x) * scale[feature[1:]], np.diff(y) * METRES) * same
        size = np.bincount(feature[1:], steps, g.features) * lines
    areas = np.flatnonzero(g.kinds == POLYGON)
    if len(areas):
        import shapely

        from pipeline.sources.shapes import to_shapes

        shapes[areas] = to_shapes(g)[areas]
        inside = shapely.point_on_surface(shapes[areas])
        known = ~shapely.is_empty(inside)
        lng[areas[known]], lat[areas[known]] = shapely.get_x(inside[known]), shapely.get_y(inside[known])
        size[areas] = shapely.area(shapes[areas]) * scale[areas] * METRES
    return lng, lat, ends, box, size, shapes


def _areas(named: Named, shapes: NDArray[Any]) -> list[Area]:
    rows = np.flatnonzero(named.geometry == POLYGON)
    return [Area(named.name[i], shapes[i], tuple(named.box[i].tolist())) for i in rows.tolist()]
