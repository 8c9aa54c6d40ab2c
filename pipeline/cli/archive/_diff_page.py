"""What `longquan archive diff` says, as one object for machines and as text for people."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pipeline.cli._size import size_text
from pipeline.cli._table import count_text, cut_text, pairs, titled_table
from pipeline.i18n import _

if TYPE_CHECKING:
    from pipeline.archive.delta_writer import WrittenDelta
    from pipeline.archive.diff import ArchiveDiff
    from pipeline.raster.pixel_diff import PixelDiff
    from pipeline.vector.diff import LayerDiff

_VALUE_SHOWN: Final = 40  # columns of a value before and after; the whole is in --json
_VALUES_SHOWN: Final = 20  # differences of the metadata
_TILES_SHOWN: Final = 10


def described(
    before: Path,
    after: Path,
    diff: ArchiveDiff,
    layers: Iterable[LayerDiff] | None = None,
    delta: WrittenDelta | None = None,
    pixels: PixelDiff | None = None,
) -> dict[str, Any]:
    """The differences as a JSON object; `tiles` are runs of consecutive tile ids, named by the first."""
    from pmtiles.tile import tileid_to_zxy

    from pipeline.archive.diff import Kind

    kinds = {kind.value: kind.name.lower() for kind in Kind}
    runs = zip(*(column.tolist() for column in diff.changes[:3]), strict=True)
    found: dict[str, Any] = {
        "before": str(before),
        "after": str(after),
        "identical": diff.identical,
        "same_content": diff.same_content,
        "header": [{key: _plain(value) for key, value in each.as_json().items()} for each in diff.header],
        "metadata": [difference.as_json() for difference in diff.metadata],
        "zooms": [zoom._asdict() for zoom in diff.zooms],
        "tiles": [
            {"change": kinds[kind], "tile": tileid_to_zxy(tile_id), "id": tile_id, "tiles": run}
            for tile_id, run, kind in runs
        ],
    }
    if layers is not None:
        found["layers"] = [layer._asdict() for layer in layers]
    if pixels is not None:
        found["pixels"] = {
            "unit": pixels.unit,
            "zooms": [zoom._asdict() for zoom in pixels.zooms],
            "tiles": [
                {
                    "tile": tileid_to_zxy(each.tile_id),
                    "tiles": each.tiles,
                    "largest": each.largest,
                    "differing": each.differing,
                }
                for each in pixels.changes
            ],
        }
    if delta is not None:
        found["delta"] = {
            "path": str(delta.path),
            "bytes": delta.bytes,
            "sha256": delta.sha256,
            "copied": delta.copied,
            "inserted": delta.inserted,
            "before": {"bytes": delta.base.size, "sha256": delta.base.sha256.hex()},
            "after": {"bytes": delta.target.size, "sha256": delta.target.sha256.hex()},
        }
    return found


def told(found: Mapping[str, Any]) -> str:
    """What `described` says, for a terminal."""
    blocks = [f"{found['before']} → {found['after']}: {_verdict(found)}"]
    for title, part in ((_("Header"), found["header"]), (_("Metadata"), found["metadata"])):
        if part:
            rows = [(each["path"], _change(each)) for each in part[:_VALUES_SHOWN]]
            blocks.append(f"{title}\n{pairs(rows)}{_more(len(part) - _VALUES_SHOWN)}")
    if found["tiles"]:
        names = {
            "zoom": _("zoom"),
            "before": _("before"),
            "after": _("after"),
            "added": _("added"),
            "removed": _("removed"),
            "changed": _("changed"),
            "repacked": _("repacked"),
        }
        zooms = [[count_text(zoom[name]) for name in names] for zoom in found["zooms"]]
        blocks.append(titled_table(_("Zooms"), [tuple(names.values()), *zooms], left=()))
        blocks.append(_tiles(found["tiles"]))
    if found.get("layers"):
        blocks.append(titled_table(_("Layers"), _layer_rows(found["layers"]), left=(0,)))
    if found.get("pixels", {}).get("tiles"):
        blocks += _pixel_blocks(found["pixels"])
    if "delta" in found:
        delta = found["delta"]
        blocks.append(
            _("{path}: {size}, makes the {after} of the newer archive from the older one").format(
                path=delta["path"], size=size_text(delta["bytes"]), after=size_text(delta["after"]["bytes"])
            )
        )
    return "\n\n".join(blocks)


def _verdict(found: Mapping[str, Any]) -> str:
    if found["identical"]:
        return _("the same, byte for byte")
    totals = {kind: sum(zoom[kind] for zoom in found["zooms"]) for kind in ("added", "removed", "changed", "repacked")}
    if found["same_content"]:
        return _("the same tiles and metadata, stored in other bytes")
    if not any(totals.values()):
        return _("the same tiles")
    return _("tiles: {added} added, {removed} removed, {changed} changed, {repacked} repacked").format(
        **{kind: count_text(n) for kind, n in totals.items()}
    )


def _change(difference: Mapping[str, Any]) -> str:
    before, after = (_value(difference[side]) if side in difference else "–" for side in ("before", "after"))
    return f"{before} → {after}"


def _value(value: object) -> str:
    """A value as JSON on one line."""
    return cut_text(json.dumps(value, ensure_ascii=False), _VALUE_SHOWN)


def _plain(value: object) -> object:
    """A field of the header for JSON: codes by their names."""
    return value.name.lower() if isinstance(value, Enum) else value


def _tiles(runs: Sequence[Mapping[str, Any]]) -> str:
    """Some of the tiles that differ, by name: those of the highest zooms, which show where to look."""
    words = {"added": _("added"), "removed": _("removed"), "changed": _("changed"), "repacked": _("repacked")}
    rows = []
    for run in runs[-_TILES_SHOWN:][::-1]:
        more = _("and {n} more after it").format(n=count_text(run["tiles"] - 1)) if run["tiles"] > 1 else ""
        rows.append(("/".join(map(str, run["tile"])), words[run["change"]], more))
    rest = sum(run["tiles"] for run in runs[:-_TILES_SHOWN])
    return titled_table(_("Tiles"), rows, left=(0, 1, 2)) + _more(rest)


def _layer_rows(layers: Sequence[Mapping[str, Any]]) -> list[tuple[object, ...]]:
    """One row per layer: features of the highest zoom that differs, where most of them stand in full."""
    by_name: dict[str, list[Mapping[str, Any]]] = {}
    for layer in layers:
        by_name.setdefault(layer["layer"], []).append(layer)
    rows: list[tuple[object, ...]] = [
        (_("layer"), _("zooms"), _("tiles"), _("features at zoom"), _("added"), _("removed"), _("changed"))
    ]
    for name in sorted(by_name):
        zooms = by_name[name]
        last = zooms[-1]
        rows.append(
            (
                name,
                f"{zooms[0]['zoom']} – {last['zoom']}",
                count_text(sum(zoom["tiles"] for zoom in zooms)),
                last["zoom"],
                *(count_text(last[kind]) for kind in ("added", "removed", "changed")),
            )
        )
    return rows


def _pixel_blocks(pixels: Mapping[str, Any]) -> list[str]:
    """By zoom, and the tiles that differ most."""
    unit = _("metres") if pixels["unit"] == "metres" else _("grey values")

    def size(largest: float | None) -> str:
        return _("other size") if largest is None else f"{largest:g}"

    zooms: list[Sequence[object]] = [
        (_("zoom"), _("changed"), _("same pixels"), _("other size"), _("largest difference"))
    ]
    for zoom in pixels["zooms"]:
        counts = (count_text(zoom[key]) for key in ("tiles", "same", "resized"))
        zooms.append((zoom["zoom"], *counts, "" if zoom["largest"] is None else f"{zoom['largest']:g}"))
    order = sorted(pixels["tiles"], key=lambda each: (each["largest"] is not None, -(each["largest"] or 0)))
    rows = [
        ("/".join(map(str, each["tile"])), size(each["largest"]), f"{each['differing']:.1%}")
        for each in order[:_TILES_SHOWN]
    ]
    head = (_("tile"), _("largest difference"), _("pixels that differ"))
    return [
        titled_table(_("Pixels, in {unit}").format(unit=unit), zooms, left=()),
        titled_table(_("Tiles that differ most"), [head, *rows]) + _more(len(order) - _TILES_SHOWN),
    ]


def _more(n: int) -> str:
    return "\n  " + _("… and {n} more").format(n=count_text(n)) if n > 0 else ""
