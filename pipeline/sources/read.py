"""The two doors of the room: what layers a file has, and its features."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pipeline.sources.options import ReadOptions, SourceLayer
from pipeline.types import FeatureBatch, Tally


def list_layers(path: Path) -> tuple[SourceLayer, ...]:
    """The layers of any vector file or table, in the file's order. Raises InputError."""
    if path.suffix.lower() in {".parquet", ".geoparquet"}:
        from pipeline.sources import parquet

        return parquet.layers(path)
    from pipeline.sources import vector

    return vector.layers(path)


def read_batches(path: Path, options: ReadOptions, tally: Tally) -> Iterator[FeatureBatch]:
    """The features of one layer in longitude and latitude degrees, in the file's order.

    What had to be changed or left out is counted in `tally`. Raises InputError.
    """
    if path.suffix.lower() in {".parquet", ".geoparquet"}:
        from pipeline.sources import parquet

        return parquet.batches(path, options, tally)
    from pipeline.sources import vector

    return vector.batches(path, options, tally)
