"""catalog.json: every dataset of an edition, its owner, its fields and where its tiles are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from pipeline.catalog.facts import ArchiveFacts, LayerFacts, RasterFacts, union
from pipeline.catalog.tilejson import FOLDER, attribution_of, notice_of
from pipeline.editions import DatasetView, EditionView
from pipeline.framework import ArchiveSpec, Dataset, Framework, SchemaField

VERSION = 1

# The looks a portal offers; the files are written by the portal's room under these addresses.
STYLES: tuple[Mapping[str, Any], ...] = (
    {"id": "light", "title": {"zh": "浅色", "en": "Light"}, "href": "styles/light.json"},
)


def build_catalog(
    framework: Framework,
    view: EditionView,
    archives: Sequence[ArchiveFacts],
    *,
    as_of: date,
    styles: Sequence[Mapping[str, Any]] = STYLES,
) -> dict[str, Any]:
    """The content of catalog.json, made from what the edition may show and from nothing else."""
    city = framework.city
    specs = {archive.id: archive for archive in view.archives}
    return {
        "version": VERSION,
        "platform": city.platform.model_dump(),
        "city": {"code": city.code, "name": city.name.model_dump()},
        "edition": {"id": view.edition.id, "title": view.edition.title.model_dump()},
        "sample": city.sample,
        "notice": notice_of(framework),
        "attribution": city.attribution.model_dump(),
        "review": {"number": framework.publish.review_number or None},
        "crs": city.crs,
        "bounds": list(city.bounds),
        "center": list(city.center),
        "as_of": as_of.isoformat(),
        "themes": [{"id": theme.id, "title": theme.title.model_dump()} for theme in view.themes],
        "archives": [_archive(framework, specs[archive.id], archive) for archive in archives],
        "datasets": [_dataset(framework, dataset, archives) for dataset in view.datasets],
        "styles": [dict(style) for style in styles],
    }


def _archive(framework: Framework, spec: ArchiveSpec, archive: ArchiveFacts) -> dict[str, Any]:
    raster = archive.raster
    return {
        "id": archive.id,
        "title": spec.title.model_dump(),
        "tilejson": f"{FOLDER}/{archive.id}.json",
        "file": archive.file,
        "bytes": archive.bytes,
        "sha256": archive.sha256,
        "type": "raster" if raster else "vector",
        "product": raster.product if raster else "vector",
        "min_zoom": archive.min_zoom,
        "max_zoom": archive.max_zoom,
        "bounds": list(archive.bounds),
        **(_pixels(raster, spec.series, attribution_of(framework)) if raster else {}),
    }


def _pixels(raster: RasterFacts, series: str | None, attribution: str) -> dict[str, Any]:
    return {
        "format": raster.format,
        "tile_size": raster.tile_size,
        "encoding": raster.encoding,
        "date": raster.date,
        "series": series,
        "attribution": attribution,
    }


def _dataset(framework: Framework, view: DatasetView, archives: Sequence[ArchiveFacts]) -> dict[str, Any]:
    dataset, department = view.dataset, view.department
    layers = [
        (archive, layer)
        for archive in archives
        for layer in archive.layers
        if layer.dataset == dataset.id and layer.features
    ]
    pictures = [archive for archive in archives if archive.raster and dataset.id in archive.raster.datasets]
    extent = union((*(layer.bounds for _archive, layer in layers), *(archive.bounds for archive in pictures)))
    counts = [archive.features[dataset.id] for archive in archives if dataset.id in archive.features]
    if dataset.kind == "raster":
        counts = []  # lines that were drawn of it are not its features
    return {
        "id": dataset.id,
        "title": dataset.title.model_dump(),
        "description": dataset.description.model_dump() if dataset.description else None,
        "theme": dataset.theme,
        "kind": dataset.kind,
        "department": {"id": department.id, "name": department.name.model_dump()},
        "currency": dataset.currency.isoformat(),
        "cycle": dataset.cycle,
        "licence": dataset.licence,
        "share": dataset.share,
        "lineage": dataset.lineage.model_dump() if dataset.lineage else None,
        "accuracy_m": dataset.accuracy_m,
        "scale": dataset.scale,
        "features": max(counts, default=None),  # archives may hold different parts of it
        "extent": list(extent) if extent else None,
        "sample": framework.city.sample,
        "style": {"colour": dataset.style.colour, "icon": dataset.style.icon},
        "layers": [
            *(_layer(dataset, archive, layer) for archive, layer in layers),
            *(_picture(archive, archive.raster) for archive in pictures if archive.raster),
        ],
        "fields": [_field(field) for field in view.fields],
    }


def _layer(dataset: Dataset, archive: ArchiveFacts, layer: LayerFacts) -> dict[str, Any]:
    """A vector layer; of a raster dataset it says what it is, as pictures do."""
    return {
        "archive": archive.id,
        "layer": layer.name,
        "geometry": layer.geometry,
        **({"product": "contours"} if dataset.kind == "raster" else {}),
        "min_zoom": layer.min_zoom,
        "max_zoom": layer.max_zoom,
        "labels": layer.labels,
    }


def _picture(archive: ArchiveFacts, raster: RasterFacts) -> dict[str, Any]:
    return {
        "archive": archive.id,
        "layer": None,
        "geometry": "raster",
        "product": raster.product,
        "min_zoom": archive.min_zoom,
        "max_zoom": archive.max_zoom,
    }


def _field(field: SchemaField) -> dict[str, Any]:
    domain = None
    if field.domain is not None:
        domain = {code: meaning.model_dump() for code, meaning in field.domain.items()}
    return {
        "name": field.name,
        "title": field.title.model_dump(),
        "type": field.type,
        "unit": field.unit,
        "domain": domain,
    }
