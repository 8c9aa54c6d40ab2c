"""What a vector archive is to become: one plan per layer, one per archive."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pipeline.types import FeatureBatch, Tally


@dataclass(frozen=True, slots=True)
class ZoomByField:
    """Each feature's first zoom, looked up by the text of one of its attributes."""

    field: str
    zooms: Mapping[str, int]
    default: int


@dataclass(frozen=True, slots=True)
class LayerPlan:
    """How one layer is tiled."""

    name: str  # the layer's name in the archive
    min_zoom: int
    max_zoom: int
    fields: tuple[str, ...] | None = None  # kept, in this order; None keeps all
    key: str | None = None  # the field that identifies a feature; None: a hash of its content
    zoom_by: ZoomByField | None = None  # features may appear later than min_zoom
    simplification: float = 1.0  # tolerance in tile units below max_zoom; 0 keeps every vertex
    tiny_area: float = 4.0  # tile units²; smaller polygons below max_zoom are merged into squares of this area
    buffer: int = 80  # tile units around each tile
    coverage: str | None = None  # layers that name the same coverage share borders: the finest of their tolerances
    labels: bool = False  # also write `<name>_label`, one anchor point per feature
    label_fields: tuple[str, ...] | None = None  # fields the label layer carries; None: as `fields`
    description: str = ""


@dataclass(frozen=True, slots=True)
class LayerInput:
    """A layer's plan and where its features come from; `read` may be called once, in any thread."""

    plan: LayerPlan
    read: Callable[[Tally], Iterable[FeatureBatch]]


@dataclass(frozen=True, slots=True)
class ArchivePlan:
    """What the archive says of itself; `extra` is merged into the PMTiles metadata."""

    name: str
    description: str = ""
    attribution: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LayerResult:
    """What became of one layer."""

    name: str
    features: int  # read with a geometry
    geometry: str  # point, line, polygon, mixed or none
    fields: Mapping[str, str]  # name → String, Number or Boolean
    bounds: tuple[float, float, float, float] | None  # west, south, east, north
    tally: Tally  # faults of the data, by kind
    min_zoom: int
    max_zoom: int


@dataclass(frozen=True, slots=True)
class ArchiveResult:
    """What became of an archive."""

    layers: tuple[LayerResult, ...]
    tiles: int
    bytes: int
    min_zoom: int
    max_zoom: int
    bounds: tuple[float, float, float, float] | None
    repairs: int  # polygons that GEOS had to mend
    dropped: Mapping[str, int]  # rule → features × zooms (tiny, collapsed …)
