"""The gate: what an edition is about to show, judged by the rules of maps, from what datasets declare.

Rules of public maps stop public editions; those of state secrets stop every edition. What a rule cannot judge because a
dataset does not declare it counts as forbidden. Nothing here reads data: what had to be measured is handed in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from pipeline.editions.area_scale import Continuum
from pipeline.editions.coarsen_vector import mean_error
from pipeline.editions.policy import DatasetView, EditionView
from pipeline.framework import Number, Override, SchemaField, numbers_in_force, read_map_rules
from pipeline.framework.map_rules import Forbidden, contains
from pipeline.i18n import _

_HAIR: Final = 1e-6  # relative: numbers this near to a limit keep to it


@dataclass(frozen=True, slots=True)
class ShownRaster:
    """What an archive of rasters is going to show, all in metres on the ground."""

    archive: str
    product: str  # imagery, terrain, contours, hillshade, tint, slope or aspect
    datasets: tuple[str, ...]
    resolution: float | None = None  # of imagery: the side of a pixel at the last zoom
    grid: float | None = None  # of what is made of heights: between those that are independent
    interval: float | None = None  # of contours: the finest


@dataclass(frozen=True, slots=True)
class Breach:
    """Something that a rule does not allow."""

    rule: str
    dataset: str
    found: str  # in words
    allowed: str  # in words, with the document
    stops: bool  # whether it stops this edition
    field: str | None = None
    override: Override | None = None

    @property
    def words(self) -> str:
        """One line for people."""
        subject = f"{self.dataset}.{self.field}" if self.field else self.dataset
        return _("{rule} · {subject}: {found}; {allowed}").format(
            rule=self.rule, subject=subject, found=self.found, allowed=self.allowed
        )


@dataclass(frozen=True, slots=True)
class Case:
    """All that the rules look at."""

    view: EditionView
    numbers: Mapping[str, Number]
    mapped: Sequence[Continuum]  # by the datasets of `large_scale`
    rasters: Sequence[ShownRaster]

    def layers_of(self, dataset: str) -> tuple[str, ...]:
        """The names of the layers that show a dataset."""
        return tuple(
            layer.name for archive in self.view.archives for layer in archive.layers if layer.dataset == dataset
        )


def large_scale(view: EditionView) -> tuple[str, ...]:
    """The datasets whose area counts: of a scale larger than the law's, or of none that they declare."""
    limit = numbers_in_force(view.confirmed)["mapped-scale"].value
    shown = {id for archive in view.archives for id in archive.made_of}
    return tuple(
        each.dataset.id
        for each in view.datasets
        if each.dataset.id in shown and (each.dataset.scale is None or each.dataset.scale < limit)
    )


def judge(
    view: EditionView, overrides: Sequence[Override], mapped: Sequence[Continuum], rasters: Sequence[ShownRaster]
) -> tuple[Breach, ...]:
    """Every breach of a rule, by rule and dataset, with the override that lets it through where there is one.

    `mapped` is what the datasets of `large_scale` cover without gaps; `rasters` the archives that are to be made.
    """
    case = Case(view, numbers_in_force(view.confirmed), mapped, rasters)
    found = [breach for rule in RULES.values() for breach in rule(case)]
    return tuple(_with_override(breach, view.edition.id, overrides) for breach in found)


def _with_override(breach: Breach, edition: str, overrides: Sequence[Override]) -> Breach:
    for each in overrides:
        same = (each.rule, each.dataset, each.field) == (breach.rule, breach.dataset, breach.field)
        if same and each.edition in (None, edition):
            return replace(breach, override=each)
    return breach


def _mapped_area(case: Case) -> Iterator[Breach]:
    """Continuous mapping of more than so many km² at a scale larger than the law's."""
    limit, scale = case.numbers["mapped-area"], case.numbers["mapped-scale"]
    areas: dict[str, float] = {}
    for each in case.mapped:
        for dataset in each.datasets if each.area > limit.value else ():
            areas[dataset] = max(areas.get(dataset, 0.0), each.area)
    for dataset, area in sorted(areas.items()):
        yield _breach(
            case,
            limit,
            dataset,
            _("{scale}, part of {area:.1f} km² mapped without a gap").format(
                scale=_scale(case.view.dataset(dataset)), area=area
            ),
            _("at most {limit:g} km² at scales larger than 1:{scale:,.0f}").format(
                limit=limit.value, scale=scale.value
            ),
        )


def _secret_contours(case: Case) -> Iterator[Breach]:
    """Contours of an interval and a scale that are classified."""
    limit = case.numbers["secret-contour-interval"]
    largest = case.numbers["secret-contour-largest-scale"].value
    smallest = case.numbers["secret-contour-smallest-scale"].value
    for dataset, interval in _contours(case):
        scale = case.view.dataset(dataset).dataset.scale
        fine = interval is None or interval <= limit.value * (1 + _HAIR)
        if fine and (scale is None or largest <= scale <= smallest):
            yield _breach(
                case,
                limit,
                dataset,
                _("{interval}, {scale}").format(interval=_interval(interval), scale=_scale(case.view.dataset(dataset))),
                _("more than {limit:g} m at scales of 1:{largest:,.0f} to 1:{smallest:,.0f}").format(
                    limit=limit.value, largest=largest, smallest=smallest
                ),
                rule="secret-contours",
            )


def _contour_interval(case: Case) -> Iterator[Breach]:
    """Contours that lie closer than public maps may show."""
    limit = case.numbers["contour-interval"]
    for dataset, interval in _contours(case):
        if interval is None or interval < limit.value * (1 - _HAIR):
            allowed = _("at least {limit:g} m").format(limit=limit.value)
            yield _breach(case, limit, dataset, _interval(interval), allowed)


def _plane_accuracy(case: Case) -> Iterator[Breach]:
    """Places that are known better than public maps may tell; rounding to a grid counts."""
    limit = case.numbers["plane-accuracy"]
    heights = {id for raster in case.rasters if raster.product != "imagery" for id in raster.datasets}
    heights -= {id for raster in case.rasters if raster.product == "imagery" for id in raster.datasets}
    shown = {id for archive in case.view.archives for id in archive.made_of}
    for each in case.view.datasets:
        accuracy, grid = each.dataset.accuracy_m, each.policy.grid
        if each.dataset.id in heights or each.dataset.id not in shown:
            continue
        if accuracy is None:
            found = _("it declares no accuracy")
        elif (error := mean_error(accuracy, grid)) < limit.value * (1 - _HAIR):
            found = _("{accuracy:g} m").format(accuracy=accuracy)
            if grid is not None:
                found = _("{accuracy:g} m, on a grid of {grid:g} m: {error:.1f} m").format(
                    accuracy=accuracy, grid=grid, error=error
                )
        else:
            continue
        yield _breach(case, limit, each.dataset.id, found, _("not better than {limit:g} m").format(limit=limit.value))


def _dem_grid(case: Case) -> Iterator[Breach]:
    """Heights that lie closer than public maps may show, or something made of them."""
    limit = case.numbers["dem-grid"]
    for raster in case.rasters:
        if raster.grid is not None and raster.grid < limit.value * (1 - _HAIR):
            found = _("{archive} ({product}): {grid:.1f} m").format(
                archive=raster.archive, product=raster.product, grid=raster.grid
            )
            for dataset in raster.datasets:
                yield _breach(case, limit, dataset, found, _("at least {limit:g} m").format(limit=limit.value))


def _ground_resolution(case: Case) -> Iterator[Breach]:
    """Imagery that is finer than public maps may show."""
    limit = case.numbers["ground-resolution"]
    for raster in case.rasters:
        if raster.resolution is not None and raster.resolution < limit.value * (1 - _HAIR):
            found = _("{archive}: {resolution:.3f} m").format(archive=raster.archive, resolution=raster.resolution)
            for dataset in raster.datasets:
                yield _breach(case, limit, dataset, found, _("at least {limit:g} m").format(limit=limit.value))


def _forbidden_fields(case: Case) -> Iterator[Breach]:
    """Fields that public maps do not show, by their names and titles."""
    entries = [entry for entry in read_map_rules().forbidden if entry.what == "field"]
    for each in case.view.datasets:
        layers = case.layers_of(each.dataset.id)
        applicable = [entry for entry in entries if _looks_at(entry, each, layers)]
        for field in each.fields:
            entry = next((e for e in applicable if e.matches((field.name, field.source), _titles(field))), None)
            if entry is not None:
                yield _forbidden(case, "forbidden-field", entry, each.dataset.id, field.title.zh, field.name)


def _forbidden_datasets(case: Case) -> Iterator[Breach]:
    """Datasets that public maps do not show, by their titles and layers."""
    entries = [entry for entry in read_map_rules().forbidden if entry.what == "dataset"]
    for each in case.view.datasets:
        layers = case.layers_of(each.dataset.id)
        for entry in entries:
            titles = (each.dataset.title.zh, each.dataset.title.en)
            if entry.matches((each.dataset.id,), titles) or not set(layers).isdisjoint(entry.layers):
                yield _forbidden(case, "forbidden-dataset", entry, each.dataset.id, each.dataset.title.zh)
                break


RULES: Final[Mapping[str, Callable[[Case], Iterator[Breach]]]] = {
    "mapped-area": _mapped_area,
    "secret-contours": _secret_contours,
    "plane-accuracy": _plane_accuracy,
    "contour-interval": _contour_interval,
    "dem-grid": _dem_grid,
    "ground-resolution": _ground_resolution,
    "forbidden-field": _forbidden_fields,
    "forbidden-dataset": _forbidden_datasets,
}


def _contours(case: Case) -> Iterator[tuple[str, float | None]]:
    """The datasets that are shown as contours, and how far apart these are; None: nobody declares it."""
    called = read_map_rules().contours.layers
    for each in case.view.datasets:
        layers = case.layers_of(each.dataset.id)
        if layers and (each.dataset.interval_m is not None or not set(layers).isdisjoint(called)):
            known = [metres for _field, metres in each.policy.intervals]
            if each.dataset.interval_m is not None:
                known.append(each.dataset.interval_m)
            yield each.dataset.id, max(known, default=None)
    for raster in case.rasters:
        if raster.product == "contours":
            yield from ((dataset, raster.interval) for dataset in raster.datasets)


def _breach(case: Case, number: Number, dataset: str, found: str, allowed: str, *, rule: str | None = None) -> Breach:
    document = _("{source}, {date}").format(source=number.source, date=number.date)
    if number.confirmed_by is not None:
        document = _("{document}, confirmed by {person}").format(document=document, person=number.confirmed_by)
    allowed = _("allowed: {limit} ({document})").format(limit=allowed, document=document)
    stops = number.editions == "all" or case.view.edition.public
    return Breach(rule or number.rule, dataset, found, allowed, stops)


def _forbidden(case: Case, rule: str, entry: Forbidden, dataset: str, title: str, field: str | None = None) -> Breach:
    allowed = _("public maps do not show: {what} ({source}, {date})").format(
        what=entry.title.zh, source=entry.source, date=entry.date
    )
    return Breach(rule, dataset, _("“{title}”").format(title=title), allowed, case.view.edition.public, field)


def _looks_at(entry: Forbidden, view: DatasetView, layers: Sequence[str]) -> bool:
    """Whether an entry about fields concerns a dataset: every one, or only those of its layers and words."""
    if not entry.layers and not entry.of:
        return True
    titles = (view.dataset.title.zh, view.dataset.title.en)
    return not set(layers).isdisjoint(entry.layers) or contains(entry.of, titles)


def _titles(field: SchemaField) -> tuple[str, ...]:
    return (field.title.zh, field.title.en, *((field.source,) if field.source else ()))


def _scale(view: DatasetView) -> str:
    scale = view.dataset.scale
    return _("it declares no scale") if scale is None else f"1:{scale:,}"


def _interval(interval: float | None) -> str:
    if interval is None:
        return _("it declares no interval")
    return _("an interval of {interval:g} m").format(interval=interval)
