"""What a vector archive is to become: one plan per layer, one per archive."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from pipeline.types import Bounds, FeatureBatch, Tally


@dataclass(frozen=True, slots=True)
class ZoomByField:
    """Each feature's first zoom, looked up by the text of one of its attributes."""

    field: str
    zooms: Mapping[str, int]
    default: int


@dataclass(frozen=True, slots=True)
class Clusters:
    """Points of one cell are drawn as one, at the middle of them, below the last zoom."""

    cell: int = 256  # tile units, a power of two
    max_zoom: int | None = None  # the last zoom with clusters; None: all below the layer's last
    sums: tuple[str, ...] = ()  # number fields that are added up, as `<field>_sum`; `point_count` is always there


Simplify = Literal["distance", "area", "right-angle"]


@dataclass(frozen=True, slots=True)
class LayerPlan:
    """How one layer is tiled; amounts are in tile units, 4096 to a tile."""

    name: str  # the layer's name in the archive
    min_zoom: int
    max_zoom: int
    fields: tuple[str, ...] | None = None  # kept, in this order; None keeps all
    key: str | None = None  # the field that identifies a feature; None: a hash of its content
    # Which features, at which zoom.
    where: str | None = None  # CQL2 text; the property `zoom` stands for the tile's zoom
    zoom_by: ZoomByField | None = None  # features may appear later than min_zoom
    min_length: float = 0.0  # shorter lines are left out below max_zoom
    min_area: float = 0.0  # smaller areas are left out below max_zoom
    tiny_area: float = 3.0  # smaller areas below max_zoom are gathered into squares of at least this area
    rate: float = 1.0  # points: every zoom below max_zoom keeps one in `rate` of the next
    density: int | None = None  # points: at most one in each cell of this edge (a power of two) below max_zoom
    clusters: Clusters | None = None  # points: drawn together below max_zoom
    priority: str | None = None  # number field; where something must give way, the smallest goes first
    budget: int | None = None  # compressed bytes that this layer may take in a tile
    # How they look.
    simplify: Simplify = "distance"  # Douglas–Peucker, effective area, or keeping right angles (buildings)
    simplification: float = 1.0  # tolerance below max_zoom; 0 keeps every vertex
    simplification_by_zoom: Mapping[int, float] = field(default_factory=dict)  # tolerances of single zooms
    coverage: str | None = None  # layers that name the same coverage share borders: the finest of their tolerances
    merge_lines: tuple[str, ...] | None = None  # lines equal in these fields become one below max_zoom; (): in all
    dissolve: tuple[str, ...] | None = None  # areas equal in these fields become one below max_zoom; (): in all
    merge_near: float = 0.0  # areas nearer than this are drawn as one below max_zoom
    buffer: int = 80  # around each tile
    labels: bool = False  # also write `<name>_label`, one anchor point per feature
    label_fields: tuple[str, ...] | None = None  # fields the label layer carries; None: as `fields`
    description: str = ""


@dataclass(frozen=True, slots=True)
class Changes:
    """What changed of a layer since its archive was built; a feature that was edited is in both."""

    removed: Sequence[FeatureBatch]  # as they were
    added: Sequence[FeatureBatch]  # as they are


@dataclass(frozen=True, slots=True)
class LayerInput:
    """A layer's plan and where its features come from; what reads may be called once, in any thread."""

    plan: LayerPlan
    read: Callable[[Tally], Iterable[FeatureBatch]]
    read_near: Callable[[Tally, tuple[Bounds, ...]], Iterable[FeatureBatch]] | None = None  # what meets these areas
    changes: Changes | None = None
    features: int | None = None  # how many there are, where the source knows


def known_features(layers: Iterable[LayerInput]) -> int | None:
    """How many features the layers have together; None where one of their sources does not know."""
    counts = [layer.features for layer in layers]
    return None if None in counts else sum(count or 0 for count in counts)


@dataclass(frozen=True, slots=True)
class Previous:
    """An archive of the features before their changes, built with its state kept."""

    archive: Path
    code: str  # what stands for the code; a state of other code is of no use


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
    dropped: Mapping[str, int]  # rule (of explain.RULES) → features × zooms
    copied: int = 0  # tiles that are the previous archive's


def explained_path(archive: Path) -> Path:
    """Where the explanation of an archive lies."""
    return archive.with_name(archive.stem + ".explain.parquet")
