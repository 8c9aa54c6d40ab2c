"""What `longquan archive verify` says of one archive, for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.cli._table import count_text, table
from pipeline.i18n import _, ngettext


def judged(result: Mapping[str, Any]) -> str:
    """What `verify` found in one archive."""
    tiles = sum(zoom["tiles"] for zoom in result["zooms"])
    verdict = _("accepted") if result["accepted"] else _("refused")
    if result["errors"] or result["warnings"]:
        errors, warnings = result["errors"], result["warnings"]
        verdict += " · " + ngettext("{n} error", "{n} errors", errors).format(n=count_text(errors))
        verdict += " · " + ngettext("{n} warning", "{n} warnings", warnings).format(n=count_text(warnings))
    if result["looked_inside"]:
        verdict += " · " + ngettext("{n} tile decoded", "{n} tiles decoded", tiles).format(n=count_text(tiles))
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
        lines.append(table(_vector_rows(result) if result["tile_type"] == "mvt" else _raster_rows(result)))
    return "\n".join(lines)


def _vector_rows(result: Mapping[str, Any]) -> list[Sequence[object]]:
    header = (_("zoom"), _("tiles"), _("features"), _("vertices"), _("polygons"), _("invalid"))
    keys = ("tiles", "features", "vertices", "polygons", "invalid")
    return [header, *((zoom["zoom"], *(count_text(zoom[key]) for key in keys)) for zoom in result["zooms"])]


def _raster_rows(result: Mapping[str, Any]) -> list[Sequence[object]]:
    header = [_("zoom"), _("tiles"), _("images"), _("decoded"), _("transparent in places")]
    keys = ("tiles", "images", "decoded", "transparent")
    rows: list[list[object]] = [[zoom["zoom"], *(count_text(zoom[key]) for key in keys)] for zoom in result["zooms"]]
    if any(zoom["low"] is not None for zoom in result["zooms"]):
        header += [_("lowest"), _("highest")]
        for row, zoom in zip(rows, result["zooms"], strict=True):
            row += [
                "" if zoom[key] is None else _("{height:.1f} m").format(height=zoom[key]) for key in ("low", "high")
            ]
    return [header, *rows]


def _closing(fault: Mapping[str, Any], told: int, counts: Mapping[str, int]) -> list[str]:
    """After the faults of one rule: how many were not told, what is right, and what to do."""
    rest = counts[fault["rule"]] - told
    more = ["    " + _("… and {n} more of these").format(n=count_text(rest))] if rest > 0 else []
    return [
        *more,
        "    " + _("expected:") + " " + fault["expected"],
        "    " + _("what to do:") + " " + fault["remedy"],
    ]
