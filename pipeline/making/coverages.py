"""What datasets cover, worked out once and kept in `.cache/coverage/` until something it depends on changes.

Of an edition from what its rules leave of the features, so that nothing they deny shows; of the workspace, for formal
opinions, from all there is.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from pipeline import catalog
from pipeline.catalog.coverage import (
    INDEX,
    Coverage,
    coverage_bytes,
    coverage_from,
    coverage_of_extent,
    coverage_of_features,
    coverage_of_pixels,
    index_of,
)
from pipeline.editions import DatasetView, EditionView
from pipeline.errors import InputError
from pipeline.framework import Dataset, Department, Edition, Framework, LayerSpec
from pipeline.i18n import _
from pipeline.intake.features import LayerReader
from pipeline.intake.harvest import Harvest
from pipeline.intake.opened import OpenSources
from pipeline.making.archives import choice, passes
from pipeline.making.inputs import InputFile, database_input, digest_files, input_files
from pipeline.making.raster_inputs import RasterFile, raster_inputs
from pipeline.making.software import code_digest
from pipeline.portal.files import json_bytes, write_file
from pipeline.progress import Progress
from pipeline.types import Geometries


@dataclass(frozen=True, slots=True)
class KnownCoverage:
    """What a dataset of the workspace covers, and what that was read from."""

    coverage: Coverage
    sha256: str  # of coverage_bytes
    inputs: tuple[InputFile, ...]


def write_coverages(
    folder: Path,
    framework: Framework,
    view: EditionView,
    recipes: Mapping[str, str],
    *,
    sources: OpenSources,
    pixels: Mapping[str, Sequence[RasterFile]],
    progress: Progress,
) -> None:
    """Write `coverage/` of an edition: a file for each dataset, and the index.

    `recipes` are those of the edition's archives, which name all that decides over what they show; `pixels` are the
    raster datasets' files. Raises InputError for an extent that cannot be read.
    """
    cache = framework.root / ".cache" / "coverage" / view.edition.id
    progress.start(_("coverage of {edition}").format(edition=view.edition.id), len(view.datasets), _("datasets"))
    made = []
    for shown in view.datasets:
        dataset = shown.dataset
        of = [archive for archive in view.archives if dataset.id in archive.made_of]
        extent = _extent(framework, shown.department, dataset)
        words: list[Any] = [dataset.id, dataset.reach, [file.sha256 for file in extent]]
        if not extent:
            words.append(sorted(recipes[archive.id] for archive in of))
        layers = [layer for archive in of for layer in archive.layers if layer.dataset == dataset.id]
        readers = [
            LayerReader(framework, view, shown, layer, sources, choice(layer), passes) for layer in _different(layers)
        ]
        make = _maker(framework, dataset, readers, pixels.get(dataset.id, ()))
        made.append(_kept(cache / f"{dataset.id}.json", words, make))
        progress.advance()
    index = index_of(made)
    for entry, (_coverage, data) in zip(index["datasets"], made, strict=True):
        write_file(folder / entry["file"], data)
    write_file(folder / INDEX, json_bytes(index))
    progress.done()


def workspace_coverages(framework: Framework, datasets: Sequence[str], progress: Progress) -> dict[str, KnownCoverage]:
    """What datasets of the workspace cover, by id, whatever edition may show them. Raises InputError."""
    view = _everything(framework)
    cache, code = framework.root / ".cache" / "coverage" / ".all", code_digest()
    found = {}
    progress.start(_("what there is"), len(datasets), _("datasets"))
    with OpenSources(framework.root) as sources:
        for id in datasets:
            found[id] = _known(framework, view, id, sources, cache, code)
            progress.advance()
    progress.done()
    return found


def _known(
    framework: Framework, view: EditionView, id: str, sources: OpenSources, cache: Path, code: str
) -> KnownCoverage:
    shown = view.dataset(id)
    dataset = shown.dataset
    extent = _extent(framework, shown.department, dataset)
    inputs, pixels = (extent, ()) if extent else _inputs(framework, shown, sources)
    if not inputs and dataset.join is not None:
        inputs = _inputs(framework, view.dataset(dataset.join.dataset), sources)[0]
    words = [dataset.model_dump(mode="json"), [file.sha256 for file in inputs], code]
    readers = [LayerReader(framework, view, shown, LayerSpec(name=id, dataset=id), sources)]
    coverage, data = _kept(cache / f"{id}.json", words, _maker(framework, dataset, readers, pixels))
    return KnownCoverage(coverage, hashlib.sha256(data).hexdigest(), inputs)


def _inputs(
    framework: Framework, shown: DatasetView, sources: OpenSources
) -> tuple[tuple[InputFile, ...], tuple[RasterFile, ...]]:
    if shown.dataset.kind == "raster":
        pixels, inputs = raster_inputs(framework.root, shown)
        return inputs, pixels
    source = sources.of(shown.dataset)
    if isinstance(source, Path):
        return input_files(framework.root, shown.department, shown.dataset), ()
    columns = tuple(field.column for field in shown.fields)
    return (database_input(source, shown, sources.options(shown, columns)),), ()


def _extent(framework: Framework, department: Department, dataset: Dataset) -> tuple[InputFile, ...]:
    """The file of a declared extent with its hash; none where none is declared."""
    if dataset.extent is None:
        return ()
    path = framework.root / dataset.extent
    if not path.exists():
        raise InputError(
            _("dataset {id}: the file of its extent is missing").format(id=dataset.id),
            where=str(path),
            expected=_("a vector file with the area that was surveyed"),
            hint=_("put the file there, or correct extent in departments/{id}.toml").format(id=department.id),
        )
    return digest_files(framework.root, department, dataset.model_copy(update={"source": dataset.extent}), (path,))


def _maker(
    framework: Framework, dataset: Dataset, readers: Sequence[LayerReader], pixels: Sequence[RasterFile]
) -> Callable[[], Coverage]:
    def make() -> Coverage:
        if dataset.extent is not None:
            return coverage_of_extent(dataset.id, framework.root / dataset.extent)
        if dataset.kind == "raster":
            cutline = framework.root / dataset.cutline if dataset.cutline else None
            return coverage_of_pixels(dataset.id, [file.info for file in pixels], cutline)
        return coverage_of_features(dataset.id, _geometries(readers), dataset.reach)

    return make


def _geometries(readers: Sequence[LayerReader]) -> Iterator[Geometries]:
    for reader in readers:
        for batch in reader.read(Harvest(reader.view.dataset.id)):
            yield batch.geometries


def _kept(path: Path, words: Sequence[Any], make: Callable[[], Coverage]) -> tuple[Coverage, bytes]:
    """What was made of the same before, else made now; damaged files of the cache are made anew."""
    key = hashlib.sha256(json_bytes([_counting(), *words])).hexdigest().encode()
    try:
        before, _newline, data = path.read_bytes().partition(b"\n")
        if before == key:
            return coverage_from(data, str(path)), data
    except (OSError, InputError):
        pass
    coverage = make()
    data = coverage_bytes(coverage)
    write_file(path, key + b"\n" + data)
    return coverage, data


@lru_cache
def _counting() -> str:
    """The sha256 of the modules that say which cells something covers."""
    folder = Path(catalog.__file__).parent
    texts = [(folder / f"{name}.py").read_bytes() for name in ("grid", "cells", "shapes", "coverage")]
    return hashlib.sha256(b"\0".join(texts)).hexdigest()


def _different(layers: Sequence[LayerSpec]) -> list[LayerSpec]:
    """Layers that show different features of their dataset: one without a filter shows all of them."""
    plain = [layer for layer in layers if layer.where is None]
    if plain:
        return plain[:1]
    by_rule = {
        json.dumps(layer.model_dump(mode="json", include={"where", "min_zoom", "max_zoom"})): layer for layer in layers
    }
    return list(by_rule.values())


def _everything(framework: Framework) -> EditionView:
    """All datasets, of their fields only those that locate others."""
    wanted = {
        (dataset.join.dataset, dataset.join.on.target_field)
        for _department, dataset in framework.datasets
        if dataset.join is not None
    }
    views = tuple(
        DatasetView(
            department,
            dataset,
            tuple(f for f in framework.schema_of(dataset).entries if (dataset.id, f.name) in wanted),
        )
        for department, dataset in framework.datasets
    )
    edition = Edition(id="all", title=framework.city.platform, shares=("unconditional", "conditional"))
    return EditionView(edition, framework.themes, views, (), ())
