"""The rules for what lies inside vector tiles, one function each; `TILE_RULES` names them all."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

import numpy as np

from pipeline.archive.rules import Finding, Rule, Severity
from pipeline.i18n import _
from pipeline.kernels import decode_mvt as col
from pipeline.kernels.decode_geometry import (
    COMMAND,
    COUNT,
    NO_GEOMETRY,
    PARAMETERS,
    SOUND,
    SPLIT,
    TRUNCATED,
    UNKNOWN_KIND,
    WIRE_TYPE,
)
from pipeline.types import POLYGON
from pipeline.vector.tile_batch import ANY_TYPE, UNDECLARED, Batch, Found, each

EXTENT: Final = 4096
MVT_VERSION: Final = 2
SAFE_ID: Final = 1 << 53  # JavaScript's integers are exact below
_CLASSES: Final = np.array([0, 1, 2, 2, 2, 2, 2, 3, 0])  # type class of each field of Value; −1 (several) → 0
_STRING: Final = 1  # field of Value

Declared = tuple[Mapping[str, Mapping[str, int] | None], set[str]]  # by the metadata; layers that appear


# --- tiles and layers


def tile_readable(b: Batch) -> Found:
    yield from (Finding(message, b.tiles[i]) for i, message in b.damaged.items())
    reasons = {TRUNCATED: _("its bytes make no protobuf message"), WIRE_TYPE: _("a field has the wrong wire type")}
    yield from each(b.t.faults != SOUND, lambda i: Finding(reasons[int(b.t.faults[i])], b.tiles[i]))


def tile_filled(b: Batch) -> Found:
    empty = np.bincount(b.t.layers[:, col.TILE], minlength=len(b.tiles)) == 0
    empty &= b.t.faults == SOUND
    empty[list(b.damaged)] = False
    yield from each(empty, lambda i: Finding(_("the tile has no layer"), b.tiles[i]))


def layer_named(b: Batch) -> Found:
    missing = np.array([not name for name in b.names], dtype=bool)
    yield from b.layers_where(missing, lambda i: _("a layer has no name, or one that is not UTF-8"))


def layer_once(b: Batch) -> Found:
    tiles = b.t.layers[:, col.TILE].tolist()
    seen: set[tuple[int, str | None]] = set()
    for i, place in enumerate(zip(tiles, b.names, strict=True)):
        if place in seen and place[1]:
            yield b.in_layer(i, _("two layers have this name"))
        seen.add(place)


def layer_declared(b: Batch) -> Found:
    unknown = np.array([bool(name) and name not in b.declared for name in b.names], dtype=bool)
    yield from b.layers_where(unknown, lambda i: _("the metadata does not list this layer"))


def layer_version(b: Batch) -> Found:
    versions = b.t.layers[:, col.VERSION]
    yield from b.layers_where(
        versions != MVT_VERSION,
        lambda i: _("the version is missing") if versions[i] < 0 else _("the version is {v}").format(v=versions[i]),
    )


def layer_extent(b: Batch) -> Found:
    extents = b.t.layers[:, col.EXTENT]
    yield from b.layers_where(extents != EXTENT, lambda i: _("the extent is {extent}").format(extent=extents[i]))


def layer_filled(b: Batch) -> Found:
    empty = b.t.layers[:, col.FEATURE0] == b.t.layers[:, col.FEATURE1]
    yield from b.layers_where(empty, lambda i: _("the layer has no feature"))


# --- keys, values, attributes


def text_readable(b: Batch) -> Found:
    bad = np.array([key is None for key in b.keys], dtype=bool)
    yield from each(bad, lambda i: b.in_layer(int(b.key_layers[i]), _("a key is not UTF-8")))
    high = np.zeros(len(b.decoded.data) + 1, dtype=np.int64)
    np.cumsum(np.frombuffer(b.decoded.data, dtype=np.uint8) >= 0x80, out=high[1:])
    starts, stops = b.t.values[:, col.START], b.t.values[:, col.STOP]
    suspects = np.flatnonzero((b.t.values[:, col.TYPE] == _STRING) & (high[stops] > high[starts]))
    bad = np.zeros(len(b.t.values), dtype=bool)
    bad[suspects] = [b.decoded.text(int(starts[i]), int(stops[i])) is None for i in suspects]
    yield from each(bad, lambda i: b.in_layer(int(b.value_layers[i]), _("a value is not UTF-8")))


def keys_once(b: Batch) -> Found:
    seen: set[tuple[int, str | None]] = set()
    for layer, key in zip(b.key_layers.tolist(), b.keys, strict=True):
        if (layer, key) in seen:
            yield b.in_layer(layer, _("key {key} is listed twice").format(key=key))
        seen.add((layer, key))


def values_once(b: Batch) -> Found:
    data, layers, values = b.decoded.data, b.value_layers, b.t.values
    order = np.lexsort((values[:, col.BITS], values[:, col.TYPE], layers))
    rows = np.stack([layers, values[:, col.TYPE], values[:, col.BITS]], axis=1)[order]
    same = (rows[1:] == rows[:-1]).all(axis=1)
    suspects = np.flatnonzero(np.append(same, False) | np.append(False, same))
    seen: set[tuple[int, int, bytes]] = set()
    for i in order[suspects].tolist():  # a hash may be shared by different texts
        kind, start, stop, _bits = values[i].tolist()
        value = (int(layers[i]), kind, data[start:stop])
        if value in seen:
            yield b.in_layer(int(layers[i]), _("a value is listed twice"))
        seen.add(value)


def value_typed(b: Batch) -> Found:
    kinds = b.t.values[:, col.TYPE]
    yield from each(
        kinds <= 0,
        lambda i: b.in_layer(
            int(b.value_layers[i]), _("a value has no known type") if kinds[i] == 0 else _("a value has several types")
        ),
    )


def tags_paired(b: Batch) -> Found:
    odd = (b.t.features[:, col.TAG1] - b.t.features[:, col.TAG0]) % 2 != 0
    yield from b.features_where(odd, lambda i: _("a key has no value"))


def tags_in_range(b: Batch) -> Found:
    features, keys, values, fits = b.pairs
    yield from each(
        ~fits,
        lambda i: b.in_feature(
            int(features[i]), _("key {key} or value {value} does not exist").format(key=keys[i], value=values[i])
        ),
    )


def tags_once(b: Batch) -> Found:
    features, keys, _values, _fits = b.pairs
    order = np.lexsort((keys, features))
    twice = np.zeros(len(order), dtype=bool)
    twice[1:] = (np.diff(features[order]) == 0) & (np.diff(keys[order]) == 0)
    yield from each(twice, lambda i: b.in_feature(int(features[order[i]]), _("an attribute appears twice")))


def fields_declared(b: Batch) -> Found:
    yield from each(
        b.key_types == UNDECLARED,
        lambda i: b.in_layer(
            int(b.key_layers[i]), _("the metadata does not list field {field}").format(field=b.keys[i])
        ),
    )


def fields_typed(b: Batch) -> Found:
    features, keys, values, fits = b.pairs
    features, keys, values = features[fits], keys[fits], values[fits]
    layers = b.t.layers[b.t.features[features, col.LAYER]]
    key_rows, value_rows = layers[:, col.KEY0] + keys, layers[:, col.VALUE0] + values
    wanted, found = b.key_types[key_rows], _CLASSES[b.t.values[value_rows, col.TYPE]]
    yield from each(
        (wanted > ANY_TYPE) & (found > 0) & (wanted != found),
        lambda i: b.in_feature(
            int(features[i]),
            _("field {field} holds a {found}, the metadata says {wanted}").format(
                field=b.keys[key_rows[i]], found=_type_name(found[i]), wanted=_type_name(wanted[i])
            ),
        ),
    )


def _type_name(code: int) -> str:
    return (_("string"), _("number"), _("boolean"))[int(code) - 1]


# --- features


def id_present(b: Batch) -> Found:
    yield from b.features_where(b.t.features[:, col.HAS_ID] == 0, lambda i: _("the feature has no id"))


def id_safe(b: Batch) -> Found:
    ids = b.t.features[:, col.ID]
    yield from b.features_where((ids < 0) | (ids >= SAFE_ID), lambda i: _("the id is not below 2^53"))


def id_once(b: Batch) -> Found:
    layers, ids, has = (b.t.features[:, column] for column in (col.LAYER, col.ID, col.HAS_ID))
    order = np.lexsort((ids, layers))
    order = order[has[order] == 1]
    twice = np.zeros(len(layers), dtype=bool)
    twice[order[1:]] = (np.diff(layers[order]) == 0) & (np.diff(ids[order]) == 0)
    yield from b.features_where(twice, lambda i: _("another feature of this layer and tile has the same id"))


def _coded(*faults: int) -> Callable[[Batch], Found]:
    def find(b: Batch) -> Found:
        reasons = {
            SPLIT: _("tags or geometry stand in more than one field"),
            NO_GEOMETRY: _("the feature has no geometry"),
            UNKNOWN_KIND: _("the geometry type is missing or unknown"),
            COMMAND: _("a geometry command does not belong where it stands"),
            COUNT: _("a geometry command has a count it may not have"),
            PARAMETERS: _("the parameters of a geometry command are cut off or too large"),
        }
        found = b.t.features[:, col.FAULT]
        yield from b.features_where(np.isin(found, faults), lambda i: reasons[int(found[i])])

    return find


def steps_move(b: Batch) -> Found:
    zeros = b.t.features[:, col.ZEROS]
    yield from b.features_where(zeros > 0, lambda i: _("{n} segments of length zero").format(n=zeros[i]))


def coordinates_near(b: Batch) -> Found:
    """Within one tile's width around the tile."""
    far = np.flatnonzero((b.t.xy < -EXTENT).any(axis=1) | (b.t.xy > 2 * EXTENT).any(axis=1))
    parts = np.searchsorted(b.t.parts, far, side="right") - 1
    wrong = np.zeros(len(b.t.features), dtype=bool)
    wrong[b.part_features[parts]] = True
    yield from b.features_where(wrong, lambda i: _("coordinates lie more than a tile outside the tile"))


def rings_have_area(b: Batch) -> Found:
    flat = np.zeros(len(b.t.features), dtype=bool)
    rings = b.t.features[b.part_features, col.KIND] == POLYGON
    flat[b.part_features[rings & (b.t.areas == 0)]] = True
    yield from b.features_where(flat, lambda i: _("a ring has no area"))


def rings_wound(b: Batch) -> Found:
    chosen, _shapes, _valid = b.polygons
    wrong = np.zeros(len(b.t.features), dtype=bool)
    wrong[chosen] = b.t.areas[b.t.features[chosen, col.PART0]] < 0
    yield from b.features_where(wrong, lambda i: _("the first ring runs counter-clockwise"))


def polygons_valid(b: Batch) -> Found:
    import shapely

    chosen, shapes, valid = b.polygons
    yield from each(~valid, lambda i: b.in_feature(int(chosen[i]), str(shapely.is_valid_reason(shapes[i]))))


# --- the archive as a whole


def layers_used(subject: Declared) -> Iterator[Finding]:
    declared, seen = subject
    for name in declared:
        if name not in seen:
            yield Finding(_("no tile holds this layer"), layer=name)


_BUILD: Final = "Build the archive again with a tool that follows MVT 2.1, such as this one."
_DAMAGED: Final = "Copy or download the file again; if that does not help, build it again."
_METADATA: Final = "Correct `vector_layers` in the metadata, or build the archive again."
_GEOMETRY: Final = "Repair the source geometry or build with this tool, which mends polygons in every tile."
_IDS: Final = "Declare the field that identifies a feature (`key`) and build again."

E, W = Severity.ERROR, Severity.WARNING

TILE_RULES: Final[tuple[Rule[Batch], ...]] = (
    Rule("tile-readable", E, "Every tile can be decompressed and decoded.", _DAMAGED, tile_readable),
    Rule("tile-filled", W, "A tile has at least one layer.", _BUILD, tile_filled),
    Rule("layer-named", E, "Every layer has a name.", _BUILD, layer_named),
    Rule("layer-once", E, "No two layers of a tile share a name.", _BUILD, layer_once),
    Rule("layer-declared", E, "The metadata lists every layer.", _METADATA, layer_declared),
    Rule("layer-version", E, "Layers follow MVT version 2.", _BUILD, layer_version),
    Rule("layer-extent", W, "The extent of every layer is 4096.", _BUILD, layer_extent),
    Rule("layer-filled", W, "A layer has at least one feature.", _BUILD, layer_filled),
    Rule("text-readable", E, "Keys and values are UTF-8.", _BUILD, text_readable),
    Rule("keys-once", W, "A layer lists each key once.", _BUILD, keys_once),
    Rule("values-once", W, "A layer lists each value once.", _BUILD, values_once),
    Rule("value-typed", E, "A value has exactly one type.", _BUILD, value_typed),
    Rule("tags-paired", E, "Every key of a feature has a value.", _BUILD, tags_paired),
    Rule("tags-in-range", E, "Attributes point at keys and values of their layer.", _BUILD, tags_in_range),
    Rule("tags-once", E, "A feature has each attribute once.", _BUILD, tags_once),
    Rule("fields-declared", E, "The metadata lists every field.", _METADATA, fields_declared),
    Rule("fields-typed", E, "Values have the types the metadata says.", _METADATA, fields_typed),
    Rule("id-present", W, "Every feature has an id.", _IDS, id_present),
    Rule("id-safe", E, "Ids are below 2^53, where JavaScript counts exactly.", _IDS, id_safe),
    Rule("id-once", E, "An id appears once in a layer of a tile.", _IDS, id_once),
    Rule("feature-encoded", E, "A feature has one geometry field.", _BUILD, _coded(SPLIT, NO_GEOMETRY)),
    Rule("geometry-type", E, "A geometry is points, lines or polygons.", _BUILD, _coded(UNKNOWN_KIND)),
    Rule(
        "geometry-commands",
        E,
        "Geometry commands follow the grammar of their type.",
        _BUILD,
        _coded(COMMAND, COUNT, PARAMETERS),
    ),
    Rule("steps-move", E, "No segment has length zero.", _BUILD, steps_move),
    Rule("coordinates-near", W, "Geometry is clipped to the tile and its surroundings.", _BUILD, coordinates_near),
    Rule("rings-have-area", E, "Every ring has an area.", _GEOMETRY, rings_have_area),
    Rule("rings-wound", E, "Exterior rings run clockwise, y down.", _GEOMETRY, rings_wound),
    Rule("polygons-valid", E, "Every polygon is valid.", _GEOMETRY, polygons_valid),
)

ARCHIVE_RULES: Final[tuple[Rule[Declared], ...]] = (
    Rule("layers-used", W, "Every layer of the metadata appears in some tile.", _METADATA, layers_used),
)
