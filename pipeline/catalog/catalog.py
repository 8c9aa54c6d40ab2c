"""catalog.json: every dataset of an edition, its owner, its fields and where its tiles are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from pipeline.catalog.coverage import FOLDER as COVERAGES
from pipeline.catalog.facts import ArchiveFacts, ChangeFacts, LayerFacts, RasterFacts, TileCopy, VersionFacts, union
from pipeline.catalog.related import related_datasets
from pipeline.catalog.styles import styles_of
from pipeline.catalog.tilejson import FOLDER, attribution_of, notice_of
from pipeline.editions import DatasetView, EditionView
from pipeline.framework import Application, ArchiveSpec, Dataset, Framework, SchemaField
from pipeline.intake.freshness import Freshness, freshness
from pipeline.types import Bounds

VERSION = 1
PAGES = "data"  # the folder of the datasets' pages
VERSIONS_TOLD = 12  # the newest: three years of quarters; ten years of a thousand datasets would be megabytes


def build_catalog(
    framework: Framework,
    view: EditionView,
    archives: Sequence[ArchiveFacts],
    *,
    as_of: date,
    versions: Mapping[str, Sequence[VersionFacts]] | None = None,
    changes: Mapping[str, Sequence[ChangeFacts]] | None = None,
    confirmed: Mapping[str, date] | None = None,
    review_number: str | None = None,
    search: Mapping[str, Any] | None = None,
    copies: Mapping[str, TileCopy] | None = None,
) -> dict[str, Any]:
    """The content of catalog.json, made from what the edition may show and from nothing else.

    `versions` are those accepted into the store, by dataset, the one that is published last; `confirmed` says up
    to when nil returns confirm datasets. Those of datasets that the edition does not show are left aside.
    `changes` are the newest steps between versions, by dataset, the newest first.
    `review_number` is the number of the map review that covers what is shown; `search` tells of the search index,
    `copies` of archives whose tiles are there as single files too.
    """
    city = framework.city
    specs = {archive.id: archive for archive in view.archives}
    made = {shown.dataset.id: _made_of(shown.dataset, archives) for shown in view.datasets}
    related = related_datasets(view.datasets, {id: found.extent for id, found in made.items()})
    applications = [entry for entry in framework.applications if view.edition.id in entry.audiences]
    return {
        "version": VERSION,
        "platform": city.platform.model_dump(),
        "city": {"code": city.code, "name": city.name.model_dump()},
        "edition": {
            "id": view.edition.id,
            "title": view.edition.title.model_dump(),
            "public": view.edition.public,
        },
        "sample": city.sample,
        "notice": notice_of(framework),
        "attribution": city.attribution.model_dump(),
        "review": {"number": review_number},
        "crs": city.crs,
        "bounds": list(city.bounds),
        "center": list(city.center),
        "as_of": as_of.isoformat(),
        "site": framework.site.model_dump(mode="json"),
        "themes": [{"id": theme.id, "title": theme.title.model_dump()} for theme in view.themes],
        "archives": [
            _archive(framework, specs[archive.id], archive, (copies or {}).get(archive.id)) for archive in archives
        ],
        "datasets": [
            {
                **_dataset(framework, shown, made[shown.dataset.id]),
                "freshness": _freshness(
                    framework,
                    shown.dataset,
                    (confirmed or {}).get(shown.dataset.id),
                    there=not shown.dataset.handed_in or bool((versions or {}).get(shown.dataset.id)),
                ),
                **_history((versions or {}).get(shown.dataset.id, ())),
                **_changes((changes or {}).get(shown.dataset.id, ())),
                "related": list(related[shown.dataset.id]),
                "applications": [_application(entry) for entry in applications if shown.dataset.id in entry.datasets],
            }
            for shown in view.datasets
        ],
        "styles": styles_of(framework.publish.styles, archives),
        "search": dict(search) if search is not None else None,
    }


def _archive(framework: Framework, spec: ArchiveSpec, archive: ArchiveFacts, copy: TileCopy | None) -> dict[str, Any]:
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
        **({"zxy": {"tiles": copy.tiles, "max_zoom": copy.max_zoom}} if copy else {}),
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


@dataclass(frozen=True, slots=True)
class _Made:
    """Where a dataset is found in the archives."""

    layers: tuple[tuple[ArchiveFacts, LayerFacts], ...]
    pictures: tuple[ArchiveFacts, ...]
    extent: Bounds | None
    features: int | None


def _made_of(dataset: Dataset, archives: Sequence[ArchiveFacts]) -> _Made:
    layers = tuple(
        (archive, layer)
        for archive in archives
        for layer in archive.layers
        if layer.dataset == dataset.id and layer.features
    )
    pictures = tuple(archive for archive in archives if archive.raster and dataset.id in archive.raster.datasets)
    extent = union((*(layer.bounds for _archive, layer in layers), *(archive.bounds for archive in pictures)))
    counts = [archive.features[dataset.id] for archive in archives if dataset.id in archive.features]
    if dataset.kind == "raster":
        counts = []  # lines that were drawn of it are not its features
    return _Made(layers, pictures, extent, max(counts, default=None))  # archives may hold different parts of it


def _dataset(framework: Framework, view: DatasetView, made: _Made) -> dict[str, Any]:
    dataset, department = view.dataset, view.department
    return {
        "id": dataset.id,
        "title": dataset.title.model_dump(),
        "description": dataset.description.model_dump() if dataset.description else None,
        "theme": dataset.theme,
        "kind": dataset.kind,
        "page": f"{PAGES}/{dataset.id}.html",
        "department": {
            "id": department.id,
            "name": department.name.model_dump(),
            "contact": department.contact.model_dump(),
        },
        "currency": dataset.currency.isoformat(),
        "cycle": dataset.cycle,
        "licence": dataset.licence,
        "share": dataset.share,
        "lineage": dataset.lineage.model_dump() if dataset.lineage else None,
        "accuracy_m": dataset.accuracy_m,
        "scale": dataset.scale,
        "features": made.features,
        "extent": list(made.extent) if made.extent else None,
        "coverage": f"{COVERAGES}/{dataset.id}.json",
        "sample": framework.city.sample,
        "style": {"colour": dataset.style.colour, "icon": dataset.style.icon},
        "layers": [
            *(_layer(dataset, archive, layer) for archive, layer in made.layers),
            *(_picture(archive, archive.raster) for archive in made.pictures if archive.raster),
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
        "required": field.required,
        "domain": domain,
    }


def _freshness(framework: Framework, dataset: Dataset, confirmed: date | None, *, there: bool) -> dict[str, str | None]:
    """The last green and the last yellow day; null without a cycle or while there is nothing of it yet.

    From them pages and browsers tell the light.
    """
    day = max(dataset.currency, confirmed or dataset.currency)
    fresh = freshness(day, dataset.cycle, framework.intake.grace_days) if there else Freshness(None, None)
    return {
        "confirmed": day.isoformat(),  # the currency, or the later day up to which a nil return says it still holds
        "fresh_until": fresh.fresh_until.isoformat() if fresh.fresh_until else None,
        "stale_after": fresh.stale_after.isoformat() if fresh.stale_after else None,
    }


def _history(versions: Sequence[VersionFacts]) -> dict[str, Any]:
    """What was accepted, newest first, and the quality of the newest."""
    told = [
        {"version": v.version, "period": v.period, "currency": v.currency, "accepted": v.accepted, "score": v.score}
        for v in versions[: -VERSIONS_TOLD - 1 : -1]
    ]
    return {"versions": told, "versions_total": len(versions), "quality": told[0]["score"] if told else None}


def _changes(steps: Sequence[ChangeFacts]) -> dict[str, Any]:
    """Where the maps of changes are, the newest first; nothing of a dataset that has none."""
    return {"changes": [_change(step) for step in steps]} if steps else {}


def _change(step: ChangeFacts) -> dict[str, Any]:
    archive = step.archive
    told: dict[str, Any] = {
        "from": {"version": step.before.version, "currency": step.before.currency},
        "to": {"version": step.after.version, "currency": step.after.currency},
        "added": step.added,
        "removed": step.removed,
        "changed": step.changed,
    }
    if step.sequences:
        told["sequences"] = [
            {"kind": each.kind, "file": each.file, "bytes": each.bytes, "sha256": each.sha256}
            for each in step.sequences
        ]
    if archive is None:
        return told
    return told | {
        "id": archive.id,
        "file": archive.file,
        "bytes": archive.bytes,
        "sha256": archive.sha256,
        "min_zoom": archive.min_zoom,
        "max_zoom": archive.max_zoom,
        "bounds": list(archive.bounds),
        "layers": [layer.name for layer in archive.layers],
    }


def _application(entry: Application) -> dict[str, Any]:
    return {
        "id": entry.id,
        "title": entry.title.model_dump(),
        "owner": entry.owner.model_dump(),
        "description": entry.description.model_dump() if entry.description else None,
        "address": entry.address,
        "registered": entry.registered.isoformat(),
    }
