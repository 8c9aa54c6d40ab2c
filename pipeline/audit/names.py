"""Which datasets, layers and fields a document speaks of, by what kind of document it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from pipeline.audit.document import Document
from pipeline.i18n import _

_READERS: Final = ("get", "has")  # MapLibre expressions that look at a field
_OWN: Final = frozenset({"id", "name", "point_count", "cluster", "cluster_id", "point_count_abbreviated"})


class Name(NamedTuple):
    """A name, and what it is a name of: dataset, archive, layer or field."""

    kind: str
    name: str
    of: str = ""  # the layer or dataset of a field, where the document says so


def names_in(document: Document) -> Iterator[Name]:
    """The names in a document; of a kind that is not known there are none."""
    value, path = document.value, document.name.removeprefix("hotlink/")
    if not isinstance(value, dict):
        return
    if path == "catalog.json":
        yield from _catalog(value)
    elif path == "release.json":
        yield from _release(value)
    elif path.startswith("styles/"):
        yield from _style(value)
    elif value.get("type") in ("FeatureCollection", "Feature"):
        yield from _features(value)
    yield from _layers(value)


def _catalog(value: dict[str, Any]) -> Iterator[Name]:
    for archive in _list(value, "archives"):
        yield Name("archive", str(archive.get("id")))
    for dataset in _list(value, "datasets"):
        id = str(dataset.get("id"))
        yield Name("dataset", id)
        for field in _list(dataset, "fields"):
            yield Name("field", str(field.get("name")), id)
        for layer in _list(dataset, "layers"):
            yield Name("archive", str(layer.get("archive")))
            if layer.get("layer") is not None:
                yield Name("layer", str(layer["layer"]))


def _release(value: dict[str, Any]) -> Iterator[Name]:
    for dataset in _list(value, "datasets"):
        yield Name("dataset", str(dataset.get("id")))
        yield from (Name("field", str(name), str(dataset.get("id"))) for name in dataset.get("fields", ()))
    yield from (Name("archive", str(archive.get("id"))) for archive in _list(value, "archives"))
    yield from (Name("dataset", str(entry.get("dataset"))) for entry in _list(value, "inputs"))
    yield from (Name("dataset", str(id)) for file in _list(value, "files") for id in file.get("datasets", ()))


def _layers(value: dict[str, Any]) -> Iterator[Name]:
    """`vector_layers` of TileJSON and archives, and tilestats."""
    for layer in _list(value, "vector_layers"):
        yield Name("layer", str(layer.get("id")))
        fields = layer.get("fields")
        yield from (
            Name("field", str(name), str(layer.get("id"))) for name in (fields if isinstance(fields, dict) else ())
        )
    stats = value.get("tilestats")
    for layer in _list(stats if isinstance(stats, dict) else {}, "layers"):
        yield Name("layer", str(layer.get("layer")))
        yield from (Name("field", str(a.get("attribute")), str(layer.get("layer"))) for a in _list(layer, "attributes"))


def _style(value: dict[str, Any]) -> Iterator[Name]:
    for layer in _list(value, "layers"):
        if isinstance(layer.get("source-layer"), str):
            yield Name("layer", layer["source-layer"])
        about = layer.get("metadata")
        if not isinstance(about, dict) or "longquan:dataset" not in about:
            continue
        yield Name("dataset", str(about["longquan:dataset"]))
        if "longquan:part" in about:
            continue  # drawn by the software's own style, which looks at fields whether they are there or not
        for key in ("filter", "layout", "paint"):
            yield from (Name("field", name) for name in _looked_at(layer.get(key)))


def _looked_at(expression: Any) -> Iterator[str]:
    if isinstance(expression, dict):
        for part in expression.values():
            yield from _looked_at(part)
    elif isinstance(expression, list):
        if len(expression) == 2 and expression[0] in _READERS and isinstance(expression[1], str):
            if expression[1] not in _OWN:
                yield expression[1]
            return
        for part in expression:
            yield from _looked_at(part)


def _features(value: dict[str, Any]) -> Iterator[Name]:
    """Fields of GeoJSON; STAC items are Features too, with properties of their own."""
    if "stac_version" in value:
        return
    keys: dict[str, None] = {}
    for feature in _list(value, "features") if value["type"] == "FeatureCollection" else [value]:
        properties = feature.get("properties")
        keys.update(dict.fromkeys(properties if isinstance(properties, dict) else ()))
    yield from (Name("field", str(key)) for key in keys)


def _list(value: dict[str, Any], key: str) -> list[dict[str, Any]]:
    found = value.get(key)
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def kind_text(name: Name) -> str:
    """What a name is, in words."""
    words = {
        "dataset": _("dataset {name}"),
        "archive": _("archive {name}"),
        "layer": _("layer {name}"),
        "field": _("field {name}"),
    }
    return words[name.kind].format(name=name.name)
