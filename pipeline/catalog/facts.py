"""What a finished archive is: the part of a build's result that descriptions need."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.types import Bounds


@dataclass(frozen=True, slots=True)
class LayerFacts:
    """One layer as it turned out."""

    name: str
    dataset: str
    geometry: str  # point, line, polygon or mixed; none where no feature has a geometry
    features: int
    bounds: Bounds | None  # west, south, east, north; None without features
    min_zoom: int
    max_zoom: int
    labels: bool  # whether `<name>_label` stands beside it


@dataclass(frozen=True, slots=True)
class RasterFacts:
    """Tiles of pixels as they turned out."""

    product: str  # imagery, terrain, hillshade, tint, slope or aspect
    format: str  # webp, png or jpeg
    tile_size: int  # pixels
    encoding: str | None  # of heights: terrarium or mapbox
    date: str  # currency, ISO 8601: that of the oldest dataset in it
    datasets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ArchiveFacts:
    """One archive as it turned out."""

    id: str
    file: str  # below dist/<edition>/
    bytes: int
    sha256: str
    min_zoom: int
    max_zoom: int
    bounds: Bounds
    center: tuple[float, float, int]
    vector_layers: tuple[Mapping[str, Any], ...]  # as in the archive's own metadata
    layers: tuple[LayerFacts, ...]
    features: Mapping[str, int]  # dataset → its features in this archive, each counted once
    raster: RasterFacts | None = None  # of an archive of pixels, which has no layers

    @property
    def datasets(self) -> tuple[str, ...]:
        """What it is made of."""
        return self.raster.datasets if self.raster else tuple(self.features)


@dataclass(frozen=True, slots=True)
class TileCopy:
    """The tiles of an archive as single files."""

    tiles: str  # below dist/<edition>/, with {z}, {x} and {y}
    max_zoom: int  # the largest that was copied


@dataclass(frozen=True, slots=True)
class VersionFacts:
    """One accepted version of a dataset: what its history may tell everyone who sees the dataset.

    Counts and extents stay out: they are those of all features, among them what an edition takes out.
    """

    version: str  # period and number, such as 2026-Q3.1
    period: str
    currency: str  # ISO 8601 date
    accepted: str  # ISO 8601 date
    score: float | None  # of the quality report, 0 … 100


@dataclass(frozen=True, slots=True)
class SequenceFacts:
    """Features that changed in one way, as a file."""

    kind: str  # added, removed, changed, moved
    file: str  # below the published folder
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class ChangeFacts:
    """What changed in a dataset from one version to the next, as an archive of layers added, removed and changed."""

    number: int  # 1: the newest
    before: VersionFacts
    after: VersionFacts
    added: int  # features
    removed: int
    changed: int
    archive: ArchiveFacts | None  # None: nothing that has a place is different
    sequences: tuple[SequenceFacts, ...] = ()  # where the edition hands out features


def union(bounds: Iterable[Bounds | None]) -> Bounds | None:
    """The smallest box around all; None around nothing."""
    known = [b for b in bounds if b is not None]
    if not known:
        return None
    west, south, east, north = zip(*known, strict=True)
    return min(west), min(south), max(east), max(north)
