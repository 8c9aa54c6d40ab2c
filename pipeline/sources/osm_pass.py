"""One reading of an OpenStreetMap file, for all layers of its rules at once, into files on disk.

libosmium puts areas together (closed ways and the relations `type=multipolygon` and `type=boundary`) in two passes over
the file, the first over its relations only. Objects are told apart in Python by the tags that rules ask for; what has
none of those tags never leaves the C++ side.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import numpy as np
import osmium
import pyarrow as pa
from numpy.typing import NDArray
from osmium.filter import EntityFilter, KeyFilter
from osmium.osm import AREA, NODE, RELATION, WAY

from pipeline.i18n import _
from pipeline.sources.osm_rules import ARROW, ID, Condition, Get, LayerRule, Origin, Rules
from pipeline.sources.osm_values import typed
from pipeline.sources.spill import Spill
from pipeline.types import Tally

BATCH: Final = 65_536  # features
SHAPE: Final = "geometry"  # the column of WKB; prefixed until no field has that name
_HELD: Final = 1 << 26  # hexadecimal digits of geometry held before a batch is written although it is not full
_IN_MEMORY: Final = 1 << 26  # bytes of file up to which places of nodes stay in memory: two for each
_LETTER: Final = {"node": 0, "way": 1, "relation": 2}
_ASSEMBLED: Final = ("multipolygon", "boundary")  # types of relations that libosmium makes areas of


class OsmPass:
    """The layers of one file, kept in a temporary folder as long as this object lives."""

    def __init__(self, path: Path, format: str, name: str, rules: Rules) -> None:
        """Read the file; `format` is "pbf", "osm", "osm.gz" or "osm.bz2", `name` what people call it.

        Raises RuntimeError in libosmium's words.
        """
        self._folder = TemporaryDirectory(prefix="longquan-osm-")
        folder = Path(self._folder.name)
        self.layers: Mapping[str, _Layer] = {
            rule.name: _Layer(rule, name, folder / f"{number}.arrow") for number, rule in enumerate(rules.layers)
        }
        try:
            storage = "flex_mem" if path.stat().st_size <= _IN_MEMORY else f"sparse_file_array,{folder / 'nodes'}"
            _read(osmium.io.File(path, format), storage, tuple(self.layers.values()))
        finally:
            for layer in self.layers.values():
                layer.close()


def osm_id(kind: str, number: int) -> int:
    """One number for an object of any kind: its id · 4, plus 0 for a node, 1 for a way, 2 for a relation."""
    return number * 4 + _LETTER[kind]


class _Layer:
    """One layer while it is being gathered."""

    def __init__(self, rule: LayerRule, source: str, path: Path) -> None:
        self.rule = rule
        self.tally = Tally()
        self.awaited: set[int] = set()  # relations that should become areas
        self._source = source
        self._ids: list[int] = []
        self._shapes: list[str] = []
        self._keys = rule.tags
        self._tags: list[list[str | None]] = []
        self._conditions: list[Condition] = []
        self._held = 0
        self._areas = False  # whether there are any among points
        names = {field.name for field in rule.fields}
        self.shape = next(name for n in range(len(names) + 1) if (name := "_" * n + SHAPE) not in names)
        fields = [pa.field(ID, pa.int64()), *(pa.field(f.name, ARROW[f.type]) for f in rule.fields)]
        self.spill = Spill(path, pa.schema([*fields, pa.field(self.shape, pa.binary())]))

    def add(self, kind: str, number: int, shape: str, get: Get, condition: Condition, area: bool) -> None:
        """Append a feature; `shape` is its WKB in hexadecimal digits."""
        self._ids.append(osm_id(kind, number))
        self._shapes.append(shape)
        self._tags.append([get(key) for key in self._keys])
        self._conditions.append(condition)
        self._held += len(shape)
        self._areas |= area
        if len(self._ids) == BATCH or self._held >= _HELD:
            self._write()

    def fault(self, fault: str, kind: str, number: int, n: int = 1) -> None:
        """Count a feature that could not be made."""
        self.tally.add(fault, n, f"{self._source}, {self.rule.name}, {kind}/{number}")

    def close(self) -> None:
        """Write what is left."""
        if self._ids:
            self._write()
        self.spill.close()

    def _write(self) -> None:
        columns = [pa.array(self._ids, pa.int64())]
        tags = dict(zip(self._keys, zip(*self._tags, strict=True), strict=True))
        for field in self.rule.fields:
            texts = field.texts(tags, self._conditions)
            column, bad = typed(texts, field.type, field.unit)
            if bad:
                where = _("{source}, field {field}: {value}").format(
                    source=f"{self._source}, {self.rule.name}, {_named(self._ids[bad[0]])}",
                    field=field.name,
                    value=texts[bad[0]],
                )
                self.tally.add("osm-bad-value", len(bad), where)
            columns.append(column)
        shapes = _binary(self._shapes)
        columns.append(_inner_points(shapes) if self._areas and self.rule.geometry == "point" else shapes)
        self.spill.add(pa.table(columns, schema=self.spill.schema))
        self._ids, self._shapes, self._tags, self._conditions = [], [], [], []
        self._held, self._areas = 0, False


_Match = tuple[_Layer, Condition]
_Index = tuple[tuple[str, tuple[_Layer, ...]], ...]


def _read(source: osmium.io.File, storage: str, layers: tuple[_Layer, ...]) -> None:
    of: dict[Origin, list[_Layer]] = {
        origin: [layer for layer in layers if origin in layer.rule.origins]
        for origin in ("node", "way", "area", "member")
    }
    keys = {origin: _triggers(found) for origin, found in of.items()}
    members = _relations(source, of, keys)
    file = osmium.FileProcessor(source)
    if of["way"] or of["area"] or members:
        file.with_locations(storage)
    if of["area"]:
        file.with_areas(KeyFilter(*keys["area"]))
    file.with_filter(EntityFilter(NODE | WAY | AREA))
    outlines = tuple(dict.fromkeys((*keys["way"], *keys["area"])))
    for bits, wanted in ((NODE, keys["node"]), (AREA, keys["area"]), (WAY, outlines)):
        if not (bits == WAY and members):  # members need no tags of their own
            keyed = KeyFilter(*wanted or ("",))
            keyed.enable_for(bits)
            file.with_filter(keyed)
    factory = osmium.geom.WKBFactory()
    nodes, ways, areas = _index(of["node"]), _index(of["way"]), _index(of["area"])
    closed: dict[int, list[_Match]] = {}  # ways that should become areas
    thing: Any
    for thing in file:
        if thing.is_area():
            _area(thing, closed, areas, factory.create_multipolygon)
        elif thing.is_way():
            _simple("way", thing, ways, factory.create_linestring)
            if areas:
                _outline(thing, closed, areas)
            for layer, get, condition in members.get(thing.id, ()):
                _add(layer, "way", thing, get, condition, factory.create_linestring)
        else:
            _simple("node", thing, nodes, factory.create_point)
    for number, found in closed.items():
        for layer, _condition in found:
            layer.fault("osm-missing-nodes", "way", number)
    for layer in of["area"]:
        if layer.awaited:
            layer.fault("osm-incomplete-relation", "relation", min(layer.awaited), len(layer.awaited))


def _relations(
    source: osmium.io.File, of: Mapping[Origin, list[_Layer]], keys: Mapping[Origin, tuple[str, ...]]
) -> dict[int, list[tuple[_Layer, Get, Condition]]]:
    """Which areas to expect, and which ways are lines because a relation has them, with that relation's tags.

    Of several relations of one layer that share a way the one with the smallest admin_level counts, then the smallest
    id: a border of the country is no border of the county.
    """
    wanted = {*keys["area"], *keys["member"]}
    found: dict[tuple[int, int], tuple[float, int, _Layer, Get, Condition]] = {}
    if not wanted:
        return {}
    relation: Any
    for relation in osmium.FileProcessor(source, RELATION).with_filter(KeyFilter(*sorted(wanted))):
        tags = dict(relation.tags)
        if tags.get("type") in _ASSEMBLED:
            for layer in of["area"]:
                if layer.rule.matching(tags.get):
                    layer.awaited.add(relation.id)
        for number, layer in enumerate(of["member"]):
            condition = layer.rule.matching(tags.get)
            if condition is None:
                continue
            level = tags.get("admin_level", "")
            rank = float(level) if level.isdecimal() else np.inf
            for member in relation.members:
                key = (member.ref, number)
                if member.type == "w" and (key not in found or (rank, relation.id) < found[key][:2]):
                    found[key] = (rank, relation.id, layer, tags.get, condition)
    ways: dict[int, list[tuple[_Layer, Get, Condition]]] = {}
    for way, number in sorted(found):
        ways.setdefault(way, []).append(found[way, number][2:])
    return ways


def _triggers(layers: Iterable[_Layer]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(key for layer in layers for key in layer.rule.triggers))


def _index(layers: Iterable[_Layer]) -> _Index:
    """For each tag that may make a feature, the layers to ask."""
    layers = tuple(layers)
    return tuple((key, tuple(x for x in layers if key in x.rule.triggers)) for key in _triggers(layers))


def _matching(get: Get, index: _Index) -> list[_Match]:
    """The layers an object with these tags belongs to."""
    found: list[_Match] = []
    asked: set[str] = set()
    for key, layers in index:
        if get(key) is None:
            continue
        for layer in layers:
            name = layer.rule.name
            if name not in asked:
                asked.add(name)
                if condition := layer.rule.matching(get):
                    found.append((layer, condition))
    return found


def _simple(kind: str, thing: Any, index: _Index, shape: Callable[[Any], str]) -> None:
    get = thing.tags.get
    for layer, condition in _matching(get, index):
        _add(layer, kind, thing, get, condition, shape)


def _add(layer: _Layer, kind: str, thing: Any, get: Get, condition: Condition, shape: Callable[[Any], str]) -> None:
    try:
        line = shape(thing)
    except osmium.InvalidLocationError:
        layer.fault("osm-missing-nodes", kind, thing.id)
    except RuntimeError:  # fewer than two nodes in different places
        layer.fault("part-too-short", kind, thing.id)
    else:
        layer.add(kind, thing.id, line, get, condition, area=False)


def _outline(way: Any, closed: dict[int, list[_Match]], index: _Index) -> None:
    """Note which areas a closed way should become: libosmium says nothing of those whose nodes are missing."""
    get = way.tags.get
    if way.is_closed() and get("area") != "no" and (found := _matching(get, index)):
        if len(way.nodes) > 3:
            closed[way.id] = found
        else:
            for layer, _condition in found:
                layer.fault("part-too-short", "way", way.id)


def _area(thing: Any, closed: dict[int, list[_Match]], index: _Index, shape: Callable[[Any], str]) -> None:
    get, number = thing.tags.get, thing.orig_id()
    kind = "way" if thing.from_way() else "relation"
    known = closed.pop(number, None) if kind == "way" else None
    for layer, condition in known or _matching(get, index):
        if kind == "relation":
            layer.awaited.discard(number)
        try:
            area = shape(thing)
        except RuntimeError:  # its lines cross, touch in the wrong places or do not close
            layer.fault("osm-broken-area", kind, number)
        else:
            layer.add(kind, number, area, get, condition, area=True)


def _binary(shapes: list[str]) -> pa.Array:
    """An Arrow array of what hexadecimal digits say."""
    lengths = np.fromiter(map(len, shapes), np.int32, len(shapes)) // 2
    offsets: NDArray[np.int32] = np.concatenate((np.zeros(1, np.int32), np.cumsum(lengths, dtype=np.int32)))
    data = bytes.fromhex("".join(shapes))
    return pa.Array.from_buffers(pa.binary(), len(shapes), [None, pa.py_buffer(offsets), pa.py_buffer(data)])


def _inner_points(shapes: pa.Array) -> pa.Array:
    """A point on the surface of each area; points stay as they are."""
    import shapely

    points = shapely.point_on_surface(shapely.from_wkb(shapes.to_pylist()))
    return pa.array(shapely.to_wkb(points).tolist(), pa.binary())


def _named(key: int) -> str:
    return f"{next(kind for kind, low in _LETTER.items() if low == key & 3)}/{key >> 2}"
