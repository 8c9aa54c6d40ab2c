"""Some layers of an archive: tiles without the others, and metadata that says what is left."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from pipeline.archive.claims import Reach
from pipeline.archive.compress import decompress, gzip_bytes
from pipeline.archive.header import Compression
from pipeline.archive.reader import Archive
from pipeline.archive.spans import Body, Shown
from pipeline.archive.tileids import zxy_of
from pipeline.errors import ArchiveError, UsageError
from pipeline.i18n import _
from pipeline.vector.wire import layers_of


class LayerPick:
    """What becomes of the tiles of an MVT archive when only some layers, or only some tiles, are kept.

    With `layers`, tiles lose all others, byte for byte; tiles that none of them is in are left out. Without, tiles
    stay as they are and are only looked into until every layer of the metadata has been seen: which layers remain in
    part of an archive, no directory tells.
    """

    def __init__(self, archive: Archive, layers: Collection[str] | None = None) -> None:
        """Raises UsageError for a layer that the metadata does not list."""
        self._compression = archive.header.tile_compression
        self._declared = _declared(archive.metadata)
        if layers is not None and self._declared:
            for name in sorted(set(layers) - set(self._declared)):
                raise UsageError(
                    _("The archive has no layer {name}.").format(name=name),
                    where=archive.source.name,
                    expected=", ".join(self._declared),
                )
        self._kept = None if layers is None else frozenset(name.encode() for name in layers)
        self._unseen = {name.encode() for name in self._declared}
        self._sound = True  # no tile that could not be looked into

    def change(self, shown: Shown) -> Body | None:
        """The tile with the layers that are kept; raises ArchiveError when it cannot be read and must be changed."""
        body = shown.bodies[0]
        if self._kept is None:
            if self._unseen and self._sound:
                self._look(body)
            return body
        try:
            plain = decompress(body, self._compression)
            layers = layers_of(plain)
        except ArchiveError as err:
            err.where = "/".join(map(str, zxy_of(shown.tile_id)))
            raise
        kept = [layer for layer in layers if layer.name in self._kept]
        self._unseen.difference_update([layer.name for layer in kept])
        if len(kept) == len(layers):
            return body if kept else None
        if not kept:
            return None
        sliced = b"".join([layer.whole for layer in kept])
        return gzip_bytes(sliced) if self._compression is Compression.GZIP else sliced

    def describe(self, metadata: dict[str, Any], reach: Reach, whole: bool) -> dict[str, Any]:
        """The metadata of the layers that are left, their zooms within those of the tiles.

        tilestats speak of the features of whole layers: they stay only when the tiles are all there (`whole`).
        """
        gone = {name.decode(errors="replace") for name in self._unseen} if self._sound else set()
        if self._kept is not None:
            gone |= {name for name in self._declared if name.encode() not in self._kept}
        return reduced(metadata, gone, reach.min_zoom, reach.max_zoom, stats=whole)

    def _look(self, body: Body) -> None:
        try:
            names = [layer.name for layer in layers_of(decompress(body, self._compression))]
        except ArchiveError:
            self._sound = False  # nothing is known of it: then every layer stays in the metadata
            return
        self._unseen.difference_update(names)


def reduced(
    metadata: dict[str, Any], gone: Collection[str], min_zoom: int, max_zoom: int, *, stats: bool
) -> dict[str, Any]:
    """Metadata without the layers that are `gone`, the zooms of the others within the range given."""
    out = dict(metadata)
    listed = metadata.get("vector_layers")
    if isinstance(listed, list):
        kept = [layer for layer in listed if not (isinstance(layer, dict) and _named(layer.get("id"), gone))]
        out["vector_layers"] = [
            _within(layer, min_zoom, max_zoom) if isinstance(layer, dict) else layer for layer in kept
        ]
    told = metadata.get("tilestats")
    if not stats or not isinstance(told, dict) or not isinstance(told.get("layers"), list):
        out.pop("tilestats", None)
    else:
        rest = [one for one in told["layers"] if not (isinstance(one, dict) and _named(one.get("layer"), gone))]
        out["tilestats"] = {**told, "layerCount": len(rest), "layers": rest}
    return out


def merged_layers(metadatas: Sequence[dict[str, Any]], agreed: dict[str, Any]) -> dict[str, Any]:
    """`agreed` with the layers of several archives: zooms and fields united, in the order they first appear.

    A field of different types becomes "Mixed". tilestats stay for layers that a single archive has: how many features
    or values two archives share, metadata does not tell.
    """
    layers: dict[str, dict[str, Any]] = {}
    owners: dict[str, int] = {}
    for metadata in metadatas:
        listed = metadata.get("vector_layers")
        for layer in listed if isinstance(listed, list) else ():
            if isinstance(layer, dict) and isinstance(layer.get("id"), str):
                before = layers.get(layer["id"])
                layers[layer["id"]] = dict(layer) if before is None else _both(before, layer)
                owners[layer["id"]] = owners.get(layer["id"], 0) + 1
    stats = []
    for metadata in metadatas:
        told = metadata.get("tilestats")
        if isinstance(told, dict) and isinstance(told.get("layers"), list):
            stats += [one for one in told["layers"] if isinstance(one, dict) and owners.get(str(one.get("layer"))) == 1]
    out = {key: value for key, value in agreed.items() if key != "tilestats"}
    out["vector_layers"] = list(layers.values())
    if stats:
        out["tilestats"] = {"layerCount": len(stats), "layers": stats}
    return out


def _both(one: dict[str, Any], two: dict[str, Any]) -> dict[str, Any]:
    out = {**two, **one}
    for key, choose in (("minzoom", min), ("maxzoom", max)):
        numbers = [layer[key] for layer in (one, two) if isinstance(layer.get(key), int)]
        if numbers:
            out[key] = choose(numbers)
    fields: dict[str, Any] = {}
    for layer in (one, two):
        said = layer.get("fields")
        for name, kind in said.items() if isinstance(said, dict) else ():
            fields[name] = kind if fields.get(name, kind) == kind else "Mixed"
    out["fields"] = fields
    out["description"] = one.get("description") or two.get("description") or ""
    return out


def _named(value: object, names: Collection[str]) -> bool:
    return isinstance(value, str) and value in names  # metadata of other tools may hold anything


def _within(layer: dict[str, Any], min_zoom: int, max_zoom: int) -> dict[str, Any]:
    zooms = {
        key: min(max(layer[key], min_zoom), max_zoom)
        for key in ("minzoom", "maxzoom")
        if isinstance(layer.get(key), int)
    }
    return {**layer, **zooms}


def _declared(metadata: dict[str, Any]) -> tuple[str, ...]:
    listed = metadata.get("vector_layers")
    return tuple(
        layer["id"] for layer in (listed if isinstance(listed, list) else ())
        if isinstance(layer, dict) and isinstance(layer.get("id"), str)
    )  # fmt: skip
