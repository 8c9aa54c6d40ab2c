"""Other datasets that rules compare with, each read once and only when a rule asks for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

import numpy as np
import pyarrow as pa
import shapely
from numpy.typing import NDArray

from pipeline.errors import InputError
from pipeline.intake.checks.message import Message
from pipeline.intake.checks.message import lazy as _
from pipeline.intake.checks.parse import finite, parse
from pipeline.intake.checks.placing import Placing, settle
from pipeline.sources.database import Database, Source
from pipeline.sources.detective import digits
from pipeline.sources.options import ReadOptions
from pipeline.sources.written import open_written
from pipeline.types import Bounds, Tally

if TYPE_CHECKING:
    from pipeline.framework.department import Dataset
    from pipeline.framework.workspace import Framework

T = TypeVar("T")
_NAMES: Final = ("NAME", "名称", "name")


@dataclass(frozen=True, slots=True)
class Sibling:
    """Where another dataset is, and how it is to be read."""

    path: Path | Database
    read: ReadOptions = field(default_factory=ReadOptions)


class Reference(NamedTuple):
    """The features of another dataset that have a geometry."""

    shapes: NDArray[np.object_]  # longitude and latitude
    names: tuple[str, ...]  # of each, "" where it has none
    table: pa.Table


class Shelf:
    """The other datasets of a subject, and what several rules make of a layer."""

    def __init__(self, siblings: Mapping[str, Path | Sibling], city: Bounds | None) -> None:
        self._siblings = siblings
        self._city = city
        self._read: dict[str, Reference | None] = {}
        self._kept: dict[str, object] = {}

    def keep(self, name: str, make: Callable[[], T]) -> T:
        """What `make` gives, made once for all rules that ask for it."""
        if name not in self._kept:
            self._kept[name] = make()
        return self._kept[name]  # type: ignore[return-value]

    def areas(self, name: str) -> Reference | None:
        """The areas of a dataset; None where there is no such dataset, or it cannot be read."""
        found = self.features(name)
        if found is None:
            return None
        areal = np.isin(shapely.get_type_id(found.shapes), (3, 6))
        if not areal.any():
            return None
        kept = np.flatnonzero(areal)
        return Reference(found.shapes[kept], tuple(found.names[at] for at in kept), found.table.take(pa.array(kept)))

    def features(self, name: str) -> Reference | None:
        """All features of a dataset that have a geometry."""
        if name not in self._read:
            sibling = self._siblings.get(name)
            if sibling is None:
                self._read[name] = None
            else:
                one = sibling if isinstance(sibling, Sibling) else Sibling(sibling)
                try:
                    self._read[name] = read_reference(one.path, one.read, self._city)
                except InputError:  # that dataset's own check tells
                    self._read[name] = None
        return self._read[name]


def read_reference(source: Source, options: ReadOptions, city: Bounds | None = None) -> Reference:
    """Read a dataset into longitude and latitude. Raises InputError where it cannot be read or placed."""
    shapes: list[NDArray[np.object_]] = []
    tables: list[pa.Table] = []
    placing = None
    with open_written(source, options, Tally()) as written:
        for portion in written.rows:
            if portion.shapes is None:
                continue
            made, _odd = parse(portion.shapes)
            there = np.flatnonzero(~shapely.is_missing(made) & ~shapely.is_empty(made) & finite(made))
            made = made[there]
            if placing is None and len(made):
                xy = shapely.get_coordinates(made)
                placing = settle(written.source, written.crs, options.crs, digits(xy[:, 0], xy[:, 1]), city)
            if placing is None or placing.crs is None:
                continue
            shapes.append(placed(made, placing))
            tables.append(portion.attributes.take(pa.array(there)))
    table = pa.concat_tables(tables, promote_options="permissive") if tables else pa.table({})
    every = np.concatenate(shapes) if shapes else np.empty(0, object)
    column = next((name for name in _NAMES if name in table.column_names), None)
    texts = table.column(column).to_pylist() if column else [None] * len(every)
    return Reference(every, tuple("" if text is None else str(text) for text in texts), table)


def placed(shapes: NDArray[np.object_], placing: Placing) -> NDArray[np.object_]:
    """Geometries in a source's units → longitude and latitude."""

    def degrees(xy: NDArray[np.float64]) -> NDArray[np.float64]:
        x, y = (xy[:, 1], xy[:, 0]) if placing.swapped else (xy[:, 0], xy[:, 1])
        return np.column_stack(placing.degrees(x.copy(), y.copy()))

    return shapely.transform(shapes, degrees)


def siblings_of(
    framework: Framework, id: str, find: Callable[[Dataset], Path | Database | None]
) -> dict[str, Path | Sibling]:
    """The other vector datasets of a workspace by the names of their layers and by their ids.

    `find` says where a dataset is to be read, None where it is nowhere yet. Files of the store are in degrees and need
    nothing said; of others the workspace knows layer, CRS and encoding.
    """
    from pipeline.intake.checks.subject import layer_names, read_options

    found: dict[str, Path | Sibling] = {}
    for _department, dataset in framework.datasets:
        if dataset.id == id or dataset.kind != "vector" or (path := find(dataset)) is None:
            continue
        stored = isinstance(path, Path) and path.name == "data.parquet"
        sibling = Sibling(path, ReadOptions() if stored else read_options(framework, dataset))
        for name in (*layer_names(framework, dataset.id), dataset.id):
            found.setdefault(name, sibling)
    return found


def no_sibling(name: str) -> Message:
    """Why rules on another dataset do not apply."""
    return _("{name} is not there to compare with").format(name=name)
