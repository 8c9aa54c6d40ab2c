"""What reading a layer told besides its features: counts, faults, and the characters its texts are written in."""

from __future__ import annotations

import unicodedata
from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.types import NONE, FeatureBatch, Tally

# What is mended, converted or assumed without losing anything a map shows; told, but not held against the data.
HARMLESS = frozenset(
    {
        "antimeridian",
        "binary-column",
        "crs-assumed",
        "curve-to-chords",
        "gdal-warning",
        "invalid-area",
        "m-dropped",
        "masked-by-edition",
        "outside-crs-area",
        "ring-closed",
        "surface-to-polygons",
        "too-small-for-grid",
        "z-dropped",
    }
)


@dataclass(slots=True)
class Harvest:
    """Filled while a layer's batches pass by; belongs to one reader, so threads do not share it."""

    dataset: str
    rows: int = 0  # read from the source
    source: Tally = field(default_factory=Tally)  # faults of the source, the same for every layer made from it
    layer: Tally = field(default_factory=Tally)  # faults in what this layer keeps
    kept: list[NDArray[np.bool_]] = field(default_factory=list)  # [rows] per batch: has a place and may enter
    characters: Counter[str] = field(default_factory=Counter)
    finished: bool = False

    def note(self, batch: FeatureBatch, admitted: NDArray[np.bool_] | None) -> None:
        """Count a batch as read, and which of its features the layer keeps."""
        present = batch.geometries.kinds != NONE
        self.rows += batch.geometries.features
        self.kept.append(present if admitted is None else present & admitted)

    def spell(self, table: pa.Table) -> None:
        """Count the characters of all texts of a redacted table."""
        for column in table.columns:
            if pa.types.is_large_string(column.type):
                text = "".join(column.drop_null().to_pylist())
                self.characters.update(unicodedata.normalize("NFC", text))

    @property
    def features(self) -> NDArray[np.bool_]:
        """Which rows of the source became features of the layer [rows]."""
        return np.concatenate(self.kept) if self.kept else np.zeros(0, np.bool_)
