"""What `longquan archive show` says, as one object for machines and as text for people."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from pipeline.cli._size import size_text
from pipeline.cli._table import count_text, cut_text, pairs, titled_table
from pipeline.i18n import _

if TYPE_CHECKING:
    from pipeline.archive.reader import Archive
    from pipeline.archive.summary import Summary

_VALUE_SHOWN: Final = 100  # columns of a metadata value; the whole is in --json
_FIELDS_SHOWN: Final = 60
_SOURCES_SHOWN: Final = 20
_IN_TABLES: Final = frozenset({"vector_layers", "tilestats"})  # members of the metadata that the table of layers shows


def described(
    archive: Archive,
    summary: Summary,
    layers: Mapping[int, Mapping[str, tuple[int, int]]],
    content: Mapping[str, Any],
) -> dict[str, Any]:
    """An archive as a JSON object."""
    h = archive.header
    return {
        "path": archive.source.name,
        "bytes": summary.bytes,
        "content": dict(content),
        "header": {
            "version": h.version,
            "tile_type": h.tile_type.name.lower(),
            "tile_compression": h.tile_compression.name.lower(),
            "internal_compression": h.internal_compression.name.lower(),
            "clustered": h.clustered,
            "min_zoom": h.min_zoom,
            "max_zoom": h.max_zoom,
            "bounds": list(h.bounds),
            "center": list(h.center),
            "addressed_tiles": h.addressed_tiles,
            "tile_entries": h.tile_entries,
            "tile_contents": h.tile_contents,
        },
        "sections": {
            name: {"offset": section.offset, "length": section.length}
            for name, section in (("root", h.root), ("metadata", h.metadata), ("leaves", h.leaves), ("data", h.data))
        },
        "metadata": archive.metadata,
        "zooms": [
            zoom._asdict()
            | {
                "layers": {
                    name: {"contents": n, "bytes": size} for name, (n, size) in layers.get(zoom.zoom, {}).items()
                }
            }
            for zoom in summary.zooms
        ],
        "layers": _layers(layers),
        "largest": [tile._asdict() for tile in summary.largest],
    }


def written(shown: Mapping[str, Any]) -> str:
    """What `described` says, for a terminal."""
    h = shown["header"]
    blocks = [
        f"{shown['path']} · {size_text(shown['bytes'])}",
        pairs(
            [
                (_("type"), f"{h['tile_type']}, {h['tile_compression']}"),
                *_content_rows(shown["content"]),
                (_("zooms"), f"{h['min_zoom']} – {h['max_zoom']}"),
                (_("bounds"), _("west {} south {} east {} north {}").format(*h["bounds"])),
                (_("centre"), _("{} {} at zoom {}").format(*h["center"])),
                (
                    _("tiles"),
                    _("{tiles} addressed, {entries} entries, {contents} different").format(
                        tiles=count_text(h["addressed_tiles"]),
                        entries=count_text(h["tile_entries"]),
                        contents=count_text(h["tile_contents"]),
                    ),
                ),
                (_("clustered"), _("yes") if h["clustered"] else _("no")),
            ]
        ),
        titled_table(_("Sections"), _section_rows(shown["sections"]), left=(0, 2)),
    ]
    plain = {key: value for key, value in shown["metadata"].items() if key not in _IN_TABLES}
    sources = _source_rows(plain)
    if sources:
        del plain["sources"]
    if plain:
        rows = [
            (
                str(key),
                cut_text(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False), _VALUE_SHOWN),
            )
            for key, value in plain.items()
        ]
        blocks.append(_("Metadata") + "\n" + pairs(rows))
    if sources:
        blocks.append(titled_table(_("Sources"), sources, left=(0, 2)))
    zooms = [
        (z["zoom"], count_text(z["tiles"]), count_text(z["contents"]), size_text(z["bytes"]), size_text(z["largest"]))
        for z in shown["zooms"]
    ]
    blocks.append(titled_table(_("Zooms"), [(_("zoom"), _("tiles"), _("bodies"), _("size"), _("largest")), *zooms]))
    if shown["layers"]:
        blocks.append(titled_table(_("Layers"), _layer_rows(shown), left=(0, 6)))
    largest = [(f"{t['z']}/{t['x']}/{t['y']}", size_text(t["bytes"]), count_text(t["tiles"])) for t in shown["largest"]]
    blocks.append(titled_table(_("Largest tiles"), [(_("tile"), _("size"), _("times shown")), *largest], left=(0,)))
    return "\n\n".join(blocks)


def _content_rows(content: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What the tiles of a raster archive are; of others their type says it."""
    if content["kind"] not in ("imagery", "terrain"):
        return []
    kinds = {"imagery": _("imagery"), "terrain": _("terrain")}
    parts = [kinds[content["kind"]], *(content[key] for key in ("product", "encoding") if content[key])]
    images = ", ".join(
        "{format} {width} × {height}".format(**image)
        + (" " + _("lossless") if image["lossless"] and image["format"] == "webp" else "")
        for image in content["images"]
    )
    return [
        (_("content"), ", ".join(part for part in dict.fromkeys(parts))),
        (_("images"), images or _("none that can be recognised")),
    ]


def _source_rows(metadata: Mapping[str, Any]) -> list[tuple[object, ...]]:
    """The files that pixels came from, as `longquan tile` lists them; empty when the metadata says it otherwise."""
    listed = metadata.get("sources")
    if not isinstance(listed, list) or not listed:
        return []
    rows: list[tuple[object, ...]] = []
    for each in listed:
        if not (isinstance(each, dict) and isinstance(each.get("name"), str) and isinstance(each.get("bytes"), int)):
            return []
        rows.append((cut_text(each["name"], _FIELDS_SHOWN), size_text(each["bytes"]), str(each.get("sha256", ""))[:12]))
    more = len(rows) - _SOURCES_SHOWN
    return rows[:_SOURCES_SHOWN] + ([(_("… and {n} more").format(n=count_text(more)), "", "")] if more > 0 else [])


def _layers(layers: Mapping[int, Mapping[str, tuple[int, int]]]) -> dict[str, dict[str, int]]:
    """Layer → bodies that hold it and its bytes, over all zooms, in alphabetical order."""
    totals: dict[str, dict[str, int]] = {}
    for here in layers.values():
        for name, (count, size) in here.items():
            total = totals.setdefault(name, {"contents": 0, "bytes": 0})
            total["contents"] += count
            total["bytes"] += size
    return dict(sorted(totals.items()))


def _section_rows(sections: Mapping[str, Mapping[str, int]]) -> list[tuple[object, ...]]:
    names = {
        "root": _("root directory"),
        "metadata": _("metadata"),
        "leaves": _("leaf directories"),
        "data": _("tiles"),
    }
    return [
        (names[name], size_text(place["length"]), _("from byte {n}").format(n=f"{place['offset']:,}"))
        for name, place in sections.items()
        if place["length"]
    ]


def _layer_rows(shown: Mapping[str, Any]) -> list[tuple[object, ...]]:
    listed = shown["metadata"].get("vector_layers")
    declared = {
        layer["id"]: layer
        for layer in (listed if isinstance(listed, list) else ())
        if isinstance(layer, dict) and isinstance(layer.get("id"), str)
    }
    counts = _feature_counts(shown["metadata"])
    whole = sum(layer["bytes"] for layer in shown["layers"].values()) or 1
    rows: list[tuple[object, ...]] = [
        (_("layer"), _("zooms"), _("features"), _("bodies"), _("size"), _("share"), _("fields")),
    ]
    for name, layer in sorted(shown["layers"].items(), key=lambda item: (-item[1]["bytes"], item[0])):
        said = declared.get(name, {})
        fields = said.get("fields")
        rows.append(
            (
                name,
                f"{said.get('minzoom', '?')} – {said.get('maxzoom', '?')}",
                counts.get(name, ""),
                count_text(layer["contents"]),
                size_text(layer["bytes"]),
                f"{layer['bytes'] / whole:.1%}",
                cut_text(", ".join(fields), _FIELDS_SHOWN) if isinstance(fields, dict) else "",
            )
        )
    return rows


def _feature_counts(metadata: Mapping[str, Any]) -> dict[str, str]:
    """Layer → features of its source, as far as the metadata tells (tilestats, a habit of tippecanoe's)."""
    stats = metadata.get("tilestats")
    layers = stats.get("layers") if isinstance(stats, dict) else None
    return {
        str(layer.get("layer")): count_text(layer["count"])
        for layer in (layers if isinstance(layers, list) else ())
        if isinstance(layer, dict) and isinstance(layer.get("count"), int)
    }
