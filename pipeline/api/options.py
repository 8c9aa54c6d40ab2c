"""How `tile` reads and tiles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final

LAST_ZOOM: Final = 22


@dataclass(frozen=True, slots=True)
class TileOptions:
    """What `tile` may be told; None leaves a rule to the rules file, and without one to its default.

    Rules are named as in a workspace's files and mean the same (docs/layers.md); amounts are in tile units.
    """

    # The input.
    select: tuple[str, ...] = ()  # input layers to take; none: all
    s_srs: str | None = None  # source CRS, overriding the file's
    encoding: str | None = None  # of texts where the format leaves it open
    x: str | None = None  # a table's columns of coordinates
    y: str | None = None
    osm_rules: Path | None = None  # which OpenStreetMap objects make which layers
    # The layers.
    layer: str | None = None  # one output layer of this name for everything
    key: str | None = None  # the field that identifies a feature
    rules: Path | None = None  # a TOML file of [[layer]] tables, by the layers' names
    # Their rules, in the order of `pipeline.framework.LayerRules`.
    min_zoom: int | None = None  # None: 0
    max_zoom: int | None = None  # None: from the data's own precision
    fields: tuple[str, ...] | None = None  # NAME, NAME:TYPE, NEW=OLD or NEW=OLD:TYPE; None: all
    where: str | None = None  # CQL2 text
    zoom_by: Mapping[str, Any] | None = None  # field, default, zooms
    min_length: float | None = None
    min_area: float | None = None
    tiny_area: float | None = None
    rate: float | None = None
    density: int | None = None
    clusters: Mapping[str, Any] | None = None  # cell, max_zoom, sums
    priority: str | None = None
    budget: int | None = None  # bytes
    simplify: str | None = None  # distance, area or right-angle
    simplification: float | None = None
    simplification_by_zoom: Mapping[int, float] | None = None
    coverage: bool | None = None  # areas that share borders: keep them shared; each layer by itself
    merge_lines: tuple[str, ...] | None = None  # (): equal in all fields
    dissolve: tuple[str, ...] | None = None
    merge_near: float | None = None
    buffer: int | None = None
    labels: bool | None = None  # also write <layer>_label, one anchor per feature
    label_fields: tuple[str, ...] | None = None
    # The archive.
    name: str | None = None  # None: the file's
    attribution: str = ""
    description: str = ""


_NAMES = tuple(field.name for field in fields(TileOptions))
RULES: Final = _NAMES[_NAMES.index("min_zoom") : _NAMES.index("name")]


def said(options: TileOptions) -> dict[str, Any]:
    """The rules that were said, by name."""
    return {name: value for name in RULES if (value := getattr(options, name)) is not None}
