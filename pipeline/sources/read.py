"""The two doors of the room: what layers a file has, and its features."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from pipeline.sources import referring
from pipeline.sources.choose import no_such_layer, which_layer
from pipeline.sources.database import Database, Source, check_path
from pipeline.sources.files import Dataset, datasets
from pipeline.sources.options import ReadOptions, SourceLayer
from pipeline.types import FeatureBatch, Tally


class Reader(Protocol):
    """What the module of a family of formats offers."""

    def layers(self, dataset: Dataset) -> tuple[SourceLayer, ...]:
        """The data set's layers, in its own order."""

    def batches(self, dataset: Dataset, options: ReadOptions, tally: Tally) -> Iterator[FeatureBatch]:
        """The features of one layer in longitude and latitude."""


def list_layers(path: Source, options: ReadOptions | None = None) -> tuple[SourceLayer, ...]:
    """The layers of any vector file or table, in the file's order; of a zip, of all data sets in it; of a database.

    The path "-" is standard input, GeoJSON features line by line; nothing of it is read here. `options` matter only
    where the layers depend on them: on the rules of OpenStreetMap data, on the encoding of lines of GeoJSON. Raises
    InputError where the file is missing, damaged or none that can be read, ConfigError where the rules are wrong.
    """
    chosen = options or ReadOptions()
    if isinstance(path, Database):
        from pipeline.sources import postgis

        return postgis.layers(path)
    return tuple(layer for dataset in datasets(check_path(path)) for layer in _plain(dataset, chosen).layers(dataset))


def read_batches(path: Source, options: ReadOptions, tally: Tally) -> Iterator[FeatureBatch]:
    """The features of one layer in longitude and latitude degrees, in the file's order.

    A table without coordinates gives features of kind NONE. What had to be changed or left out is counted in `tally`,
    the first of each kind with its place. Raises InputError, some of it only while reading.
    """
    if isinstance(path, Database):
        from pipeline.sources import postgis

        return postgis.batches(path, options, tally)
    dataset = _dataset(datasets(check_path(path)), path, options)
    return _plain(dataset, options).batches(dataset, options, tally)


def _dataset(found: tuple[Dataset, ...], path: Path, options: ReadOptions) -> Dataset:
    """The data set that holds the layer asked for."""
    if len(found) == 1:
        return found[0]
    names = [(item.name, dataset) for dataset in found for item in _plain(dataset, options).layers(dataset)]
    layer = options.layer
    if layer is None:
        raise which_layer([name for name, _dataset in names], path.name)
    for name, dataset in names:
        if name == layer:
            return dataset
    raise no_such_layer(layer, [name for name, _dataset in names], path.name)


def _plain(dataset: Dataset, options: ReadOptions) -> Reader:
    """The reader of a data set, which is refused where it refers to others and may not."""
    reader = _reader(dataset, options)
    if options.self_contained and not dataset.stdin:
        referring.refuse_signs(dataset)
        if not (dataset.osm or dataset.parts or referring.says_its_format(dataset)):
            drivers = [layer.driver for layer in reader.layers(dataset)]
            referring.refuse_formats(drivers, referring.VECTORS, dataset.name)
    return reader


def _reader(dataset: Dataset, options: ReadOptions) -> Reader:
    """The module that reads this format; imported now, because GDAL and Arrow take their time."""
    if dataset.osm:
        from pipeline.sources.osm import OsmReader

        return OsmReader(options.rules)
    if dataset.stdin or dataset.suffix in (".geojsonl", ".geojsons", ".geojsonseq"):
        from pipeline.sources.geojsonseq import SequenceReader

        return SequenceReader(options.encoding)
    if dataset.suffix in (".parquet", ".geoparquet"):
        from pipeline.sources import parquet

        return parquet
    if dataset.suffix in (".csv", ".tsv"):
        from pipeline.sources import table

        return table
    from pipeline.sources import vector

    return vector
