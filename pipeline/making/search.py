"""The search index of an edition, made from what its rules leave of the features and kept until that changes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline import portal
from pipeline.editions import DatasetView, EditionView
from pipeline.framework import Framework, LayerSpec
from pipeline.i18n import _
from pipeline.intake.features import LayerReader
from pipeline.intake.harvest import Harvest
from pipeline.intake.opened import OpenSources
from pipeline.making.archives import choice, passes
from pipeline.portal.files import content_hash, json_bytes, write_file
from pipeline.portal.search import (
    Addressed,
    Area,
    City,
    Findable,
    Named,
    Source,
    make_index,
    take_addresses,
    take_named,
)
from pipeline.progress import Progress

FOLDER = "search"


def write_search(
    folder: Path,
    framework: Framework,
    view: EditionView,
    recipes: Mapping[str, str],
    *,
    sources: OpenSources,
    progress: Progress,
) -> dict[str, Any] | None:
    """Write ``search/index-<hash12>.bin`` of an edition; what its catalogue tells of it, None where nothing has a name.

    `recipes` are those of the edition's archives: they name all that decides over what these show. Raises InputError
    for sources that cannot be read.
    """
    shown = [(dataset, _layers(view, dataset)) for dataset in view.datasets if dataset.dataset.kind == "vector"]
    wanted = [
        (dataset, layers, source)
        for dataset, layers in shown
        if layers and (source := _source(dataset, layers)).searchable
    ]
    if not wanted:
        return None
    cache = framework.root / ".cache" / "search" / f"{view.edition.id}.bin"
    words = [
        sorted(recipes.items()),
        [_told(s) for _d, _l, s in wanted],
        framework.city.model_dump(mode="json"),
        _making(),
    ]
    key = hashlib.sha256(json_bytes(words)).hexdigest().encode()
    kept = _kept(cache, key)
    if kept is None:
        data, told = _make(framework, view, wanted, sources, progress)
        write_file(cache, key + b"\n" + json.dumps(told).encode() + b"\n" + data)
    else:
        data, told = kept
    file = f"{FOLDER}/index-{content_hash(data, 12)}.bin"
    write_file(folder / file, data)
    return {"file": file, **told}


def _make(
    framework: Framework,
    view: EditionView,
    wanted: Sequence[tuple[DatasetView, Sequence[LayerSpec], Source]],
    sources: OpenSources,
    progress: Progress,
) -> tuple[bytes, dict[str, Any]]:
    named: list[Named] = []
    addressed: list[Addressed] = []
    areas: list[Area] = []
    progress.start(_("search of {edition}").format(edition=view.edition.id), len(wanted), _("datasets"))
    for dataset, layers, source in wanted:
        for layer in _different(layers):
            reader = LayerReader(framework, view, dataset, layer, sources, choice(layer), passes)
            batches = reader.read(Harvest(dataset.dataset.id))
            if source.address:
                addressed += take_addresses(source, batches)
            else:
                found, shapes = take_named(source, batches)
                named += found
                areas += shapes
        progress.advance()
    city = framework.city
    built = make_index(
        Findable(named, addressed, areas),
        City(city.name.model_dump(), city.code, city.bounds, (city.center[0], city.center[1])),
    )
    progress.done()
    told = {"bytes": len(built.data), "head": built.head, "entries": built.entries, "numbers": built.numbers}
    return built.data, told


def _source(shown: DatasetView, layers: Sequence[LayerSpec]) -> Source:
    dataset = shown.dataset
    return Source(
        dataset=dataset.id,
        title=dataset.title.model_dump(),
        icon=dataset.style.icon,
        layers=tuple(layer.name for layer in layers),
        fields=shown.fields,
        key=shown.key,
    )


def _told(source: Source) -> list[Any]:
    """What of a dataset the index tells besides its features."""
    fields = [field.model_dump(mode="json") for field in source.fields]
    return [source.dataset, dict(source.title), source.icon, source.layers, fields, source.key]


def _layers(view: EditionView, shown: DatasetView) -> list[LayerSpec]:
    return [layer for archive in view.archives for layer in archive.layers if layer.dataset == shown.dataset.id]


def _different(layers: Sequence[LayerSpec]) -> list[LayerSpec]:
    """Layers that show different features of their dataset: one without a filter shows all of them."""
    plain = [layer for layer in layers if layer.where is None]
    if plain:
        return plain[:1]
    by_rule = {
        json.dumps(each.model_dump(mode="json", include={"where", "min_zoom", "max_zoom"})): each for each in layers
    }
    return list(by_rule.values())


def _kept(path: Path, key: bytes) -> tuple[bytes, dict[str, Any]] | None:
    try:
        before, told, data = path.read_bytes().split(b"\n", 2)
        return (data, json.loads(told)) if before == key else None
    except (OSError, ValueError):
        return None


def _making() -> str:
    """The sha256 of the modules that make indexes."""
    room = Path(portal.__file__).parent / "search"
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in sorted(room.glob("*.py")))).hexdigest()
