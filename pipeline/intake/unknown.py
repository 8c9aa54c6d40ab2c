"""What nobody has declared, so that it stays out: columns without a field, versions of datasets without an owner."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from pipeline.errors import LongquanError
from pipeline.framework import Dataset, Framework, Schema
from pipeline.sources import ReadOptions, list_layers

_STORE: Final = "store"
_DRAWINGS: Final = (".dxf",)  # every drawing has the same columns
_TEXTS: Final = (".csv", ".tsv", ".geojson", ".json", ".geojsonl", ".geojsons", ".geojsonseq")
_LONG: Final = 256 << 20  # bytes: longer texts would have to be read through for the names of their columns


def unknown_columns(source: Path, dataset: Dataset, schema: Schema) -> tuple[str, ...]:
    """The columns of a file that no field of the dataset's schema is read from, in the file's order.

    Of files whose columns are not to be had without reading them through, or that cannot be read (which is told where
    they are), nothing is said.
    """
    suffix = source.suffix.lower()
    if dataset.rules is not None or suffix in _DRAWINGS or not source.exists():
        return ()
    if suffix in _TEXTS and source.stat().st_size > _LONG:
        return ()
    try:
        layers = list_layers(source, ReadOptions(encoding=dataset.encoding))
    except LongquanError:
        return ()
    mine = [layer for layer in layers if dataset.layer in (None, layer.name)]
    known = {field.column for field in schema.entries} | {dataset.key}
    if dataset.coordinates is not None:
        known |= {dataset.coordinates.x, dataset.coordinates.y}
    if dataset.join is not None:
        known.add(dataset.join.on.source_field)
    return tuple(name for name in mine[0].fields if name not in known) if len(mine) == 1 else ()


def unknown_datasets(framework: Framework) -> Iterator[str]:
    """The datasets of which the store has versions though no department declares them, in order."""
    known = {dataset.id for _owner, dataset in framework.datasets}
    store = framework.root / _STORE
    if store.is_dir():
        for folder in sorted(store.iterdir(), key=lambda path: path.name):
            if folder.is_dir() and not folder.name.startswith(".") and folder.name not in known:
                yield folder.name
