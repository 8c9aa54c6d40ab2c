"""What `longquan archive show` and `verify` say, as one object for machines and as text for people."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from pipeline.cli._format import columns
from pipeline.cli._size import size_text
from pipeline.i18n import _, ngettext

if TYPE_CHECKING:
    from pipeline.archive.reader import Archive
    from pipeline.archive.summary import Summary

_VALUE_SHOWN: Final = 100  # columns of a metadata value; the whole is in --json
_FIELDS_SHOWN: Final = 60


def described(
    archive: Archive, summary: Summary, layers: Mapping[int, Mapping[str, tuple[int, int]]]
) -> dict[str, Any]:
    """An archive as a JSON object."""
    h = archive.header
    return {
        "path": archive.source.name,
        "bytes": summary.bytes,
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
        _pairs(
            [
                (_("type"), f"{h['tile_type']}, {h['tile_compression']}"),
                (_("zooms"), f"{h['min_zoom']} – {h['max_zoom']}"),
                (_("bounds"), _("west {} south {} east {} north {}").format(*h["bounds"])),
                (_("centre"), _("{} {} at zoom {}").format(*h["center"])),
                (
                    _("tiles"),
                    _("{tiles} addressed, {entries} entries, {contents} different").format(
                        tiles=_count(h["addressed_tiles"]),
                        entries=_count(h["tile_entries"]),
                        contents=_count(h["tile_contents"]),
                    ),
                ),
                (_("clustered"), _("yes") if h["clustered"] else _("no")),
            ]
        ),
        _titled(_("Sections"), _section_rows(shown["sections"]), left=(0, 2)),
    ]
    plain = {key: value for key, value in shown["metadata"].items() if key != "vector_layers"}
    if plain:
        rows = [
            (str(key), _cut(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False), _VALUE_SHOWN))
            for key, value in plain.items()
        ]
        blocks.append(_("Metadata") + "\n" + _pairs(rows))
    zooms = [
        (z["zoom"], _count(z["tiles"]), _count(z["contents"]), size_text(z["bytes"]), size_text(z["largest"]))
        for z in shown["zooms"]
    ]
    blocks.append(_titled(_("Zooms"), [(_("zoom"), _("tiles"), _("bodies"), _("size"), _("largest")), *zooms]))
    if shown["layers"]:
        blocks.append(_titled(_("Layers"), _layer_rows(shown), left=(0, 5)))
    largest = [(f"{t['z']}/{t['x']}/{t['y']}", size_text(t["bytes"]), _count(t["tiles"])) for t in shown["largest"]]
    blocks.append(_titled(_("Largest tiles"), [(_("tile"), _("size"), _("times shown")), *largest], left=(0,)))
    return "\n\n".join(blocks)


def judged(result: Mapping[str, Any]) -> str:
    """What `verify` found in one archive."""
    tiles = sum(zoom["tiles"] for zoom in result["zooms"])
    verdict = _("accepted") if result["accepted"] else _("refused")
    if result["errors"] or result["warnings"]:
        errors, warnings = result["errors"], result["warnings"]
        verdict += " · " + ngettext("{n} error", "{n} errors", errors).format(n=_count(errors))
        verdict += " · " + ngettext("{n} warning", "{n} warnings", warnings).format(n=_count(warnings))
    if result["looked_inside"]:
        verdict += " · " + ngettext("{n} tile decoded", "{n} tiles decoded", tiles).format(n=_count(tiles))
    elif result["tile_type"]:
        verdict += " · " + _("structure only, tiles are {type}").format(type=result["tile_type"])
    lines = [f"{result['path']}: {verdict}"]
    told: dict[str, int] = {}
    previous = None
    for fault in sorted(result["faults"], key=lambda fault: fault["severity"]):  # errors first
        if previous is not None and fault["rule"] != previous["rule"]:
            lines += _closing(previous, told[previous["rule"]], result["counts"])
        place = " ".join(
            part
            for part in ("/".join(map(str, fault["tile"])) if fault["tile"] else None, fault["layer"], fault["feature"])
            if part
        )
        severity = _("error") if fault["severity"] == "error" else _("warning")
        lines.append(f"  {severity} {fault['rule']}{'  ' + place if place else ''}: {fault['message']}")
        told[fault["rule"]] = told.get(fault["rule"], 0) + 1
        previous = fault
    if previous is not None:
        lines += _closing(previous, told[previous["rule"]], result["counts"])
    if result["looked_inside"]:
        header = (_("zoom"), _("tiles"), _("features"), _("vertices"), _("polygons"), _("invalid"))
        rows = [
            (z["zoom"], *(_count(z[key]) for key in ("tiles", "features", "vertices", "polygons", "invalid")))
            for z in result["zooms"]
        ]
        lines.append(_table([header, *rows]))
    return "\n".join(lines)


def _closing(fault: Mapping[str, Any], told: int, counts: Mapping[str, int]) -> list[str]:
    """After the faults of one rule: how many were not told, what is right, and what to do."""
    rest = counts[fault["rule"]] - told
    more = ["    " + _("… and {n} more of these").format(n=_count(rest))] if rest > 0 else []
    return [
        *more,
        "    " + _("expected:") + " " + fault["expected"],
        "    " + _("what to do:") + " " + fault["remedy"],
    ]


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
    declared = {
        layer["id"]: layer
        for layer in shown["metadata"].get("vector_layers", [])
        if isinstance(layer, dict) and isinstance(layer.get("id"), str)
    }
    whole = sum(layer["bytes"] for layer in shown["layers"].values()) or 1
    rows: list[tuple[object, ...]] = [
        (_("layer"), _("zooms"), _("bodies"), _("size"), _("share"), _("fields")),
    ]
    for name, layer in sorted(shown["layers"].items(), key=lambda item: (-item[1]["bytes"], item[0])):
        said = declared.get(name, {})
        fields = said.get("fields")
        rows.append(
            (
                name,
                f"{said.get('minzoom', '?')} – {said.get('maxzoom', '?')}",
                _count(layer["contents"]),
                size_text(layer["bytes"]),
                f"{layer['bytes'] / whole:.1%}",
                _cut(", ".join(fields), _FIELDS_SHOWN) if isinstance(fields, dict) else "",
            )
        )
    return rows


def _count(n: int) -> str:
    return f"{n:,}"


def _cut(text: str, width: int) -> str:
    text = " ".join(text.split())
    while columns(text) > width:
        text = text[: -max(2, len(text) // 50)].rstrip("… ") + "…"
    return text


def _pairs(rows: Sequence[tuple[str, str]]) -> str:
    width = max(columns(name) for name, _value in rows)
    return "\n".join(f"  {name}{' ' * (width - columns(name))}  {value}".rstrip() for name, value in rows)


def _titled(title: str, rows: Sequence[Sequence[object]], left: Sequence[int] = (0,)) -> str:
    return f"{title}\n{_table(rows, left)}"


def _table(rows: Sequence[Sequence[object]], left: Sequence[int] = ()) -> str:
    """Columns that line up in a terminal, where a Chinese character takes two; numbers right, `left` ones left."""
    texts = [[str(cell) for cell in row] for row in rows]
    widths = [max(columns(cell) for cell in column) for column in zip(*texts, strict=True)]
    lines = []
    for row in texts:
        cells = []
        for i, (cell, width) in enumerate(zip(row, widths, strict=True)):
            pad = " " * (width - columns(cell))
            cells.append(cell + pad if i in left else pad + cell)
        lines.append(("  " + "  ".join(cells)).rstrip())
    return "\n".join(lines)
