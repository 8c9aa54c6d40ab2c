"""OpenStreetMap files (PBF or XML) as the layers of a rules file."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import osmium

from pipeline.errors import InputError
from pipeline.i18n import _
from pipeline.sources.assemble import assemble
from pipeline.sources.choose import check_columns, no_such_layer, which_layer
from pipeline.sources.crs import Locator
from pipeline.sources.files import OSM, Dataset, damaged
from pipeline.sources.options import ReadOptions, SourceLayer
from pipeline.sources.osm_pass import OsmPass
from pipeline.sources.osm_rules import ARROW, ID, Rules, osm_rules
from pipeline.sources.wkb import from_wkb
from pipeline.types import FeatureBatch, Tally

_CRS: Final = "OGC:CRS84"
_READING: Final = threading.Lock()  # whoever asks for a second layer meanwhile waits for the one reading


@dataclass(frozen=True, slots=True)
class OsmReader:
    """Reads by the rules in a file; None: by those that come with the program."""

    rules: Path | None = None

    def layers(self, dataset: Dataset) -> tuple[SourceLayer, ...]:
        """The layers that the rules make, without reading more than the file's header. Raises InputError."""
        rules = osm_rules(self.rules)
        _check(dataset)
        return tuple(
            SourceLayer(
                name=layer.name,
                geometry=layer.geometry,
                features=None,
                crs=_CRS,
                fields={ID: "int64", **{field.name: ARROW[field.type] for field in layer.fields}},
                driver="OSM",
            )
            for layer in rules.layers
        )

    def batches(self, dataset: Dataset, options: ReadOptions, tally: Tally) -> Iterator[FeatureBatch]:
        """The features of one layer; the first call reads the whole file for all of them. Raises InputError."""
        rules = osm_rules(self.rules)
        names = [layer.name for layer in rules.layers]
        if options.layer is None and len(names) > 1:
            raise which_layer(names, dataset.name)
        name = options.layer or names[0]
        if name not in names:
            raise no_such_layer(name, names, dataset.name)
        fields = next((ID, *(field.name for field in layer.fields)) for layer in rules.layers if layer.name == name)
        check_columns(options.columns or (), fields, f"{dataset.name}, {name}")
        _check(dataset)
        read = _whole(dataset, rules)
        layer = read.layers[name]
        tally.merge(layer.tally)
        attributes = fields if options.columns is None else options.columns
        locator = Locator(f"{dataset.name}, {name}", _CRS, options.crs, options.areas)
        tables = layer.spill.tables(tuple(dict.fromkeys((*attributes, layer.shape))))
        yield from assemble(tables, from_wkb(layer.shape, tally), attributes, locator, tally)


def _whole(dataset: Dataset, rules: Rules) -> OsmPass:
    state = dataset.path.stat()
    with _READING:
        return _kept(dataset, rules, state.st_size, state.st_mtime_ns)


@lru_cache(maxsize=2)  # a file's layers are asked for one after the other
def _kept(dataset: Dataset, rules: Rules, size: int, changed: int) -> OsmPass:
    try:
        if dataset.inner is None:
            return OsmPass(dataset.path, _format(dataset), dataset.name, rules)
        with TemporaryDirectory(prefix="longquan-osm-") as folder:
            path = Path(folder) / "unpacked"
            dataset.unpack(path)
            return OsmPass(path, _format(dataset), dataset.name, rules)
    except RuntimeError as error:
        raise damaged(dataset, str(error)) from error


def _format(dataset: Dataset) -> str:
    """What osmium calls the format."""
    return next(suffix for suffix in OSM if dataset.name.lower().endswith(suffix)).removeprefix(".")


def _check(dataset: Dataset) -> None:
    """The header says that it is such a file, with one version of each object."""
    if dataset.inner is not None:
        return  # found out when it is unpacked
    try:
        with osmium.io.Reader(osmium.io.File(dataset.path, _format(dataset)), osmium.osm.NOTHING) as file:
            history = file.header().has_multiple_object_versions
    except RuntimeError as error:
        raise InputError(
            _("This is no OpenStreetMap file: {reason}.").format(reason=str(error).rstrip(".")),
            where=dataset.name,
            expected=_("OpenStreetMap data as .osm.pbf, .osm, .osm.gz or .osm.bz2"),
            hint=_("a single vector tile also ends in .pbf, and is no map data; else ask for the file again"),
        ) from error
    if history:
        raise InputError(
            _("The file holds several versions of the same objects."),
            where=dataset.name,
            expected=_("OpenStreetMap data of one moment"),
            hint=_("cut one moment out of it: osmium time-filter"),
        )
