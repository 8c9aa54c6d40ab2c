"""A dataset's features as one layer of one edition may have them: read, located, inside the city, redacted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.editions import DatasetView, EditionView, Redaction, admits, placed, redact
from pipeline.editions.coarsen_vector import grid_of
from pipeline.editions.mask_vector import VectorMask
from pipeline.errors import InputError
from pipeline.framework import Framework, LayerSpec, Where
from pipeline.framework.filter import Filter
from pipeline.i18n import _
from pipeline.intake.harvest import Harvest
from pipeline.intake.locate import Places, gather_places, locate
from pipeline.intake.opened import OpenSources
from pipeline.sources import Source, read_batches
from pipeline.sources.area import read_area
from pipeline.sources.ragged import features_of, only, without
from pipeline.types import Bounds, FeatureBatch, Geometries, Tally

OUTSIDE = "outside-city"  # a feature that leaves the city's bounds by more than the margin; it is left out
MARGIN = 1.0  # degrees, or the size of the city's own box where that is larger

Passes = Callable[[Filter, pa.Table], NDArray[np.bool_]]  # which rows a filter without zoom lets through


@dataclass(frozen=True, slots=True)
class LayerReader:
    """Reads one layer of one edition; opens no source but the dataset's own and the one that locates it."""

    framework: Framework
    edition: EditionView
    view: DatasetView
    spec: LayerSpec
    sources: OpenSources
    choose: Callable[[pa.Table], NDArray[np.bool_]] | None = None  # of the redacted rows, those that ever appear
    passes: Passes | None = None  # needed where the edition has filters

    def read(self, harvest: Harvest) -> Iterator[FeatureBatch]:
        """The layer's batches, all that an edition may show and nothing else; counts go to `harvest`.

        Raises InputError for a source that cannot be read, a column that is missing, a table whose points are
        missing, and when most features lie outside the city (a wrong CRS).
        """
        redaction = self._redaction()
        fence = _Fence(widened(self.framework.city.bounds), self.view, str(self._source))
        places = self._places()
        for batch in self._batches(redaction, harvest.source):
            if places is not None and (join := self.view.dataset.join) is not None:
                batch = locate(batch, join.on.source_field, places, harvest.source)
            batch = batch._replace(geometries=fence.inside(batch.geometries))
            admitted = admits(batch.attributes, redaction)
            if self.view.policy.changes_features:
                batch = batch._replace(geometries=_placed(batch.geometries, admitted, redaction, harvest.layer))
            shown = redact(batch, redaction, harvest.layer)
            if self.choose is not None:
                chosen = self.choose(shown.attributes)
                shown = FeatureBatch(only(shown.geometries, chosen), shown.attributes.filter(pa.array(chosen)))
                admitted = chosen if admitted is None else _among(admitted, chosen)
            harvest.note(batch, admitted)
            harvest.spell(shown.attributes)
            yield shown if shown.attributes.num_columns else _counted(shown)
        fence.judge(harvest.source)
        harvest.finished = True

    @property
    def _source(self) -> Source:
        return self.sources.of(self.view.dataset)

    def _redaction(self) -> Redaction:
        where = self.spec.where if isinstance(self.spec.where, Where) else None
        schema = self.framework.schema_of(self.view.dataset)
        return replace(
            self._rules_of(self.view),
            fields=self.view.fields,
            where=where,
            where_field=schema.get(where.field) if where else None,
        )

    def _rules_of(self, view: DatasetView) -> Redaction:
        """What the edition takes from a dataset, whichever layer it becomes."""
        policy, by_name = view.policy, {field.name: field for field in view.judged}
        return Redaction(
            dataset=view.dataset.id,
            source=view.dataset.source,
            fields=(),
            judged=tuple(by_name[name] for filter in policy.filters for name in sorted(filter.fields)),
            passes=self._all_of(policy.filters) if policy.filters else None,
            intervals=tuple((by_name[name], metres) for name, metres in policy.intervals),
            grid=grid_of(policy.grid, self.framework.city.bounds) if policy.grid is not None else None,
            masks=tuple(VectorMask(read_area(self.sources.root / path), mode == "cut") for path, mode in policy.masks),
        )

    def _all_of(self, filters: Sequence[Filter]) -> Callable[[pa.Table], NDArray[np.bool_]]:
        passes = self.passes
        assert passes is not None, "a reader of a dataset with filters needs to be told how they are asked"
        return lambda table: np.logical_and.reduce([passes(filter, table) for filter in filters])

    def _batches(self, redaction: Redaction, tally: Tally) -> Iterator[FeatureBatch]:
        columns = redaction.columns
        if self.view.dataset.join is not None:
            columns = tuple(dict.fromkeys((*columns, self.view.dataset.join.on.source_field)))
        dataset, department = self.view.dataset, self.view.department
        try:
            yield from read_batches(self._source, self.sources.options(self.view, columns), tally)
        except InputError as error:
            raise InputError(
                _("dataset {id}: {message}").format(id=dataset.id, message=error.message),
                where=_("{path}, handed in by {department}").format(
                    path=error.where if error.where and dataset.source in error.where else self._source,
                    department=f"{department.name.zh} ({department.id})",
                ),
                expected=error.expected,
                hint=error.hint,
            ) from error

    def _places(self) -> Places | None:
        """The points that locate the dataset's rows; the edition's rules have let their dataset in."""
        join = self.view.dataset.join
        if join is None:
            return None
        target = self.edition.dataset(join.dataset)
        column = next(field.column for field in target.fields if field.name == join.on.target_field)
        source = self.sources.of(target.dataset)
        # Faults of the other dataset are told where it is read for itself. Points that it must not show locate nothing.
        rules = self._rules_of(target)
        columns = tuple(dict.fromkeys((column, *rules.columns)))
        batches = read_batches(source, self.sources.options(target, columns), Tally())
        places = gather_places(batches, column, partial(_allowed, rules))
        if not places.lng and not places.hidden:
            raise InputError(
                _("dataset {id}: {target} has no points to locate it by").format(
                    id=self.view.dataset.id, target=target.dataset.id
                ),
                where=str(source),
                expected=_("point features with a text in {column}").format(column=column),
            )
        return places


def _placed(
    geometries: Geometries, admitted: NDArray[np.bool_] | None, redaction: Redaction, tally: Tally
) -> Geometries:
    """The places of the features that enter, as the edition may show them."""
    return placed(geometries if admitted is None else without(geometries, ~admitted), redaction, tally)


def _allowed(redaction: Redaction, batch: FeatureBatch) -> FeatureBatch:
    """The same rows; those that the edition does not show have no place."""
    return batch._replace(geometries=_placed(batch.geometries, admits(batch.attributes, redaction), redaction, Tally()))


def _among(rows: NDArray[np.bool_], chosen: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Of the rows that are set, those that are chosen [rows]; `chosen` has one entry per row that is set."""
    out = np.zeros(len(rows), np.bool_)
    out[rows] = chosen
    return out


def _counted(batch: FeatureBatch) -> FeatureBatch:
    """A batch without attributes, its rows counted by a column of nothing: Arrow's concat and take forget them else."""
    return batch._replace(attributes=pa.table({"": pa.nulls(batch.geometries.features)}))


def widened(bounds: Bounds) -> Bounds:
    """The box that features of a city may fill: its bounds and a generous margin on every side, in degrees."""
    west, south, east, north = bounds
    aside, beyond = max(MARGIN, east - west), max(MARGIN, north - south)
    return west - aside, south - beyond, east + aside, north + beyond


class _Fence:
    """Takes the geometry from features outside the box, and says at the end whether they were too many.

    One such polygon can cover the whole world, and tiling it would never end.
    """

    def __init__(self, box: Bounds, view: DatasetView, path: str) -> None:
        self._box = box
        self._view = view
        self._path = path
        self._seen = 0
        self._outside = 0
        self._reach: Bounds | None = None

    def inside(self, geometries: Geometries) -> Geometries:
        """The same features; those that leave the box have no geometry any more."""
        self._seen += int(np.count_nonzero(geometries.kinds))
        west, south, east, north = self._box
        x, y = geometries.x, geometries.y
        strays = ~((x >= west) & (x <= east) & (y >= south) & (y <= north))
        if not strays.any():
            return geometries
        rows = features_of(geometries, strays)
        self._outside += int(rows.sum())
        if self._reach is None:
            self._reach = (float(x.min()), float(y.min()), float(x.max()), float(y.max()))
        return without(geometries, rows)

    def judge(self, tally: Tally) -> None:
        """Count what was outside; InputError when it was more than half."""
        if 2 * self._outside <= self._seen:
            tally.add(OUTSIDE, self._outside, _box_text(self._reach) if self._reach else "")
            return
        dataset, department = self._view.dataset, self._view.department
        raise InputError(
            _("dataset {id}: {outside} of {all} features lie outside the city").format(
                id=dataset.id, outside=self._outside, all=self._seen
            ),
            where=_("{path}, coordinates {box}").format(
                path=self._path, box=_box_text(self._reach) if self._reach else ""
            ),
            expected=_("longitude and latitude within {box}").format(box=_box_text(self._box)),
            hint=_(
                "the coordinate reference system is probably another one: set crs of the dataset in "
                "departments/{department}.toml, or correct bounds in framework.toml"
            ).format(department=department.id),
        )


def _box_text(box: Bounds) -> str:
    return ", ".join(f"{value:.4f}" for value in box)
