"""catalog.json: every dataset of an edition, its owner, its fields and where its tiles are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from pipeline.catalog.facts import ArchiveFacts, union
from pipeline.catalog.tilejson import FOLDER, notice_of
from pipeline.editions import DatasetView, EditionView
from pipeline.framework import Framework, SchemaField

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
    titles = {archive.id: archive.title for archive in view.archives}
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
        "archives": [
            {
                "id": archive.id,
                "title": titles[archive.id].model_dump(),
                "tilejson": f"{FOLDER}/{archive.id}.json",
                "file": archive.file,
                "bytes": archive.bytes,
                "sha256": archive.sha256,
                "type": "vector",
                "min_zoom": archive.min_zoom,
                "max_zoom": archive.max_zoom,
                "bounds": list(archive.bounds),
            }
            for archive in archives
        ],
        "datasets": [_dataset(framework, dataset, archives) for dataset in view.datasets],
        "styles": [dict(style) for style in styles],
    }


def _dataset(framework: Framework, view: DatasetView, archives: Sequence[ArchiveFacts]) -> dict[str, Any]:
    dataset, department = view.dataset, view.department
    layers = [
        (archive, layer)
        for archive in archives
        for layer in archive.layers
        if layer.dataset == dataset.id and layer.features
    ]
    extent = union(layer.bounds for _archive, layer in layers)
    counts = [archive.features[dataset.id] for archive in archives if dataset.id in archive.features]
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
            {
                "archive": archive.id,
                "layer": layer.name,
                "geometry": layer.geometry,
                "min_zoom": layer.min_zoom,
                "max_zoom": layer.max_zoom,
                "labels": layer.labels,
            }
            for archive, layer in layers
        ],
        "fields": [_field(field) for field in view.fields],
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
