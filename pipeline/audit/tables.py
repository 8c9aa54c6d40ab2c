"""Downloads that are read as features: FlatGeobuf, GeoPackage, GeoJSON, GeoParquet, CSV, Shapefile, Excel …"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.audit.against import Against
from pipeline.audit.databases import fields_of
from pipeline.audit.denied import shape_hashes
from pipeline.audit.rules import Finding, Rule, Severity
from pipeline.audit.values import denied_values
from pipeline.errors import LongquanError
from pipeline.i18n import _
from pipeline.kernels.audit_words import look_up
from pipeline.sources import ReadOptions, SourceLayer, list_layers, read_batches
from pipeline.types import FeatureBatch, Tally

SUFFIXES: Final = frozenset(
    {"fgb", "geojson", "geojsonl", "geojsonseq", "geoparquet", "parquet", "csv", "gpkg", "xlsx"}
)
EXPLAINED: Final = ".explain.parquet"
_EXPLAINED: Final = ("layer", "id", "zoom", "rule", "into", "tile")
_IDS: Final = frozenset({"fid", "ogc_fid", "id"})
_PLACES: Final = frozenset({"bbox", "geometry", "lng", "lon", "lat", "x", "y"})


@dataclass(frozen=True, slots=True)
class Batch:
    """Some features of one layer of a download."""

    file: str
    layer: str
    features: FeatureBatch
    against: Against

    @property
    def dataset(self) -> str | None:
        """The dataset whose layer it is, as far as names tell."""
        allowed = self.against.allowed
        for name in (self.layer, PurePosixPath(self.file).name.partition(".")[0]):
            if name in allowed.datasets:
                return name
            if name in allowed.layers:
                return allowed.layers[name].dataset
        return None


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer of a download as the file describes it."""

    file: str
    about: SourceLayer
    against: Against


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A download that cannot be read."""

    file: str
    reason: str


def layers_of(path: Path, file: str, against: Against) -> tuple[Layer, ...]:
    """The layers of a download. Raises InputError where it cannot be read."""
    return tuple(Layer(file, about, against) for about in list_layers(path))


def batches_of(path: Path, layer: Layer) -> Iterator[Batch]:
    """The features of a layer. Raises InputError where it cannot be read."""
    for batch in read_batches(path, ReadOptions(layer=layer.about.name), Tally()):
        yield Batch(layer.file, layer.about.name, batch, layer.against)


@dataclass(frozen=True, slots=True)
class Explanation:
    """The file that explains an archive."""

    path: Path
    file: str
    against: Against


def strange_explanation(explanation: Explanation) -> Iterator[Finding]:
    """Columns, layers and features that are not shown."""
    import pyarrow.parquet as pq

    file, against = explanation.file, explanation.against
    with pq.ParquetFile(explanation.path) as parquet:
        names = tuple(parquet.schema_arrow.names)
        if names != _EXPLAINED:
            yield Finding(_("columns {names}").format(names=", ".join(names)), file)
            return
        layers = against.allowed.layers
        for group in range(parquet.num_row_groups):
            table = parquet.read_row_group(group, columns=["layer", "id", "into"])
            for layer in sorted(set(table.column("layer").unique().to_pylist())):
                known = layers.get(str(layer))
                if known is None:
                    yield Finding(_("layer {name} is not allowed in this archive").format(name=layer), file)
                    continue
                for column in ("id", "into"):
                    ids = table.column(column).combine_chunks().drop_null().to_numpy().astype(np.int64)
                    for id in _denied_ids(ids, known.dataset, against)[:20]:
                        yield Finding(_("feature {id} may not be shown").format(id=id), file, str(layer))


def _denied_ids(ids: NDArray[np.int64], dataset: str | None, against: Against) -> list[int]:
    if dataset is None or dataset not in against.ids:
        return []
    return np.intersect1d(ids, against.ids[dataset]).tolist()  # type: ignore[no-any-return]


def unreadable(found: Unreadable) -> Iterator[Finding]:
    """Downloads that cannot be read."""
    yield Finding(_("it cannot be read: {reason}").format(reason=found.reason), found.file)


def strange_fields(layer: Layer) -> Iterator[Finding]:
    """Fields that are not allowed in the layer, or anywhere where it has no name that is known."""
    right = fields_of(layer.against.allowed, layer.about.name)
    for name in layer.about.fields:
        if name not in right and name.lower() not in _IDS and name.lower() not in _PLACES:
            yield Finding(
                _("field {name} is not allowed in this layer").format(name=name), layer.file, layer.about.name
            )


def denied_attributes(batch: Batch) -> Iterator[Finding]:
    """Values that occur in nothing that may be shown."""
    for name in batch.features.attributes.column_names:
        for chunk in batch.features.attributes.column(name).chunks:
            for text, times in denied_values(chunk, batch.against.secrets):
                yield Finding(text, batch.file, f"{batch.layer}.{name}", times)


def denied_features(batch: Batch) -> Iterator[Finding]:
    """Features that may not be shown, by their ids or their places."""
    table, dataset = batch.features.attributes, batch.dataset
    for name in table.column_names:
        if name.lower() in _IDS and pa.types.is_integer(table.schema.field(name).type):
            ids = table.column(name).combine_chunks().drop_null().to_numpy(zero_copy_only=False).astype(np.int64)
            for id in _denied_ids(ids, dataset, batch.against)[:20]:
                yield Finding(_("feature {id} may not be shown").format(id=id), batch.file, batch.layer)
    if len(batch.against.shapes) < 2:
        return
    hashes = shape_hashes(batch.features.geometries)
    at = np.empty(len(hashes), np.int64)
    look_up(batch.against.shapes, hashes, at)
    if count := int(np.count_nonzero((at >= 0) & (hashes != 0))):
        text = _("a feature lies exactly where one that may not be shown lies")
        yield Finding(text, batch.file, batch.layer, count)


def read_download(path: Path, file: str, against: Against) -> Iterator[Layer | Batch | Unreadable]:
    """Everything of a download, one thing after the other."""
    try:
        for layer in layers_of(path, file, against):
            yield layer
            yield from batches_of(path, layer)
    except LongquanError as error:
        yield Unreadable(file, error.message)


UNREADABLE_RULE: Final = Rule(
    "download-readable",
    Severity.LEAK,
    "Downloads can be read.",
    "Write the download again; what cannot be read cannot be proved to hold nothing.",
    unreadable,
)
EXPLAINED_RULE: Final = Rule(
    "explained",
    Severity.LEAK,
    "What explains an archive names layers and features that are shown.",
    "Build the archive again, or with --no-explain.",
    strange_explanation,
)
LAYER_RULES: Final[tuple[Rule[Layer], ...]] = (
    Rule(
        "download-field",
        Severity.LEAK,
        "Downloads have allowed fields only.",
        "Correct the audiences of the field in its schema, and build again.",
        strange_fields,
    ),
)
BATCH_RULES: Final[tuple[Rule[Batch], ...]] = (
    Rule(
        "download-value",
        Severity.LEAK,
        "No value of a download occurs in denied data only.",
        "Find out how the value came in, and build again.",
        denied_attributes,
    ),
    Rule(
        "download-feature",
        Severity.LEAK,
        "Downloads hold no feature that may not be shown.",
        "Correct the filter or the audiences of the dataset, and build again.",
        denied_features,
    ),
)
