"""One layer as it was handed in, read once: attributes, geometries as WKB, and what was measured of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import shapely
from numpy.typing import NDArray

from pipeline.errors import InputError
from pipeline.i18n import _
from pipeline.intake.checks.measures import AREAS, LINES, Measures, joined, measure
from pipeline.intake.checks.parse import finite, parse
from pipeline.intake.checks.placing import Placing, settle
from pipeline.intake.checks.roles import Role, field_in_role
from pipeline.intake.checks.shelf import Shelf
from pipeline.machine import machine_memory
from pipeline.sources.arrow import whole
from pipeline.sources.database import Source
from pipeline.sources.detective import digits
from pipeline.sources.written import Portion, open_written
from pipeline.types import Bounds, Tally

if TYPE_CHECKING:
    from pipeline.framework.schema import SchemaField
    from pipeline.intake.checks.pixels import Sheet
    from pipeline.intake.checks.subject import Subject
    from pipeline.progress import Progress

Shapes = NDArray[np.object_]
Rows = NDArray[np.int64]
_SAMPLE: Final = 65_536  # features whose digits are looked at
_ROOM: Final = (
    5  # times as much as features take is needed to check them: 2 million points hold 300 MB, 1.26 GB at most
)


@dataclass(frozen=True, slots=True)
class Layer:
    """What rules look at. Coordinates are metres on the ground unless it says otherwise: true near the data's middle,
    whatever the CRS, with x east or nearly so; the origin is that of the source."""

    source: str  # for people
    name: str
    table: pa.Table  # attributes, columns as in the source
    shapes_wkb: pa.ChunkedArray | None  # in the source's units; None: the source has no place for geometries
    measures: Measures
    placing: Placing
    tally: Tally  # what reading had to change
    schema: tuple[SchemaField, ...] | None
    key: str | None  # the column that identifies a feature
    shelf: Shelf  # other datasets
    pixels: bool = False  # its features are the outlines of rasters
    sheets: tuple[Sheet, ...] = ()  # these rasters, as many as features

    @property
    def features(self) -> int:
        """How many rows there are; a table without columns has forgotten them."""
        return max(int(self.table.num_rows), len(self.measures.kind))

    @property
    def kind(self) -> str | None:
        """ "point", "line" or "polygon" where nothing else occurs."""
        kinds = {_kind(int(kind)) for kind in np.unique(self.measures.kind) if kind >= 0}
        return kinds.pop() if len(kinds) == 1 else None

    def rows_of(self, kinds: Sequence[int]) -> Rows:
        """The rows whose geometries are of these GEOS types, not empty, and have no NaN among their coordinates."""
        return np.flatnonzero(np.isin(self.measures.kind, kinds) & ~self.measures.empty & self.measures.finite)

    def shapes(self, rows: Rows) -> Shapes:
        """The geometries of some rows, in metres."""
        return self.scaled(self.original(rows))

    def original(self, rows: Rows) -> Shapes:
        """The geometries of some rows in the source's units, easting first."""
        assert self.shapes_wkb is not None
        return _turned(parse(whole(self.shapes_wkb.take(pa.array(rows))))[0], self.placing)

    def scaled(self, shapes: Shapes) -> Shapes:
        """Geometries in the source's units → metres."""
        return _scaled(shapes, self.placing.scale)

    def degrees(self, shapes: Shapes) -> Shapes:
        """Geometries in metres → longitude and latitude; those that have none become None."""
        a, b = self.placing.scale

        def back(xy: NDArray[np.float64]) -> NDArray[np.float64]:
            lng, lat = self.placing.degrees(xy[:, 0] / a, xy[:, 1] / b)
            return np.column_stack((lng, lat))

        made = shapely.transform(shapes, back)
        made[~finite(made)] = None
        return made

    def plane(self, shapes: Shapes) -> Shapes:
        """Geometries in longitude and latitude → metres."""
        a, b = self.placing.scale

        def there(degrees: NDArray[np.float64]) -> NDArray[np.float64]:
            x, y = self.placing.units(degrees[:, 0], degrees[:, 1])
            return np.column_stack((x * a, y * b))

        return shapely.transform(shapes, there)

    def box_in_metres(self, box: Bounds) -> Bounds:
        """The box around a box of degrees."""
        outline = shapely.segmentize(shapely.box(*box), max((box[2] - box[0]) / 16, 1e-9))
        west, south, east, north = shapely.bounds(self.plane(np.array([outline], object)))[0]
        return float(west), float(south), float(east), float(north)

    def column(self, name: str) -> pa.ChunkedArray | None:
        """A column by its name in the source, else None."""
        return self.table.column(name) if name in self.table.column_names else None

    def field(self, field: SchemaField) -> pa.ChunkedArray | None:
        """The column of a field of the schema: by its name in the source, else by its name in archives."""
        found = self.column(field.column)
        return found if found is not None else self.column(field.name)

    def role(self, role: Role) -> str | None:
        """The column that plays a role: NAME, PAC, …"""
        return field_in_role(role, self.table.column_names, self.schema)

    def texts(self, name: str) -> pa.Array:
        """A column as texts without blanks around them, null where there is nothing; 12.0 is "12"."""
        from pipeline.editions.cast import cast as cast_column

        return whole(cast_column(self.table.column(name), "string")[0])

    def names(self, rows: Rows) -> tuple[str | int, ...]:
        """What people call some rows: their key, else their number from 1."""
        numbers = [int(row) + 1 for row in rows]
        if self.key is None:
            return tuple(numbers)
        keys = self.table.column(self.key).take(pa.array(rows)).to_pylist()
        return tuple(number if key is None else _spelled(key) for key, number in zip(keys, numbers, strict=True))

    def same(self, rows: Rows) -> pa.Table:
        """The attributes of some rows but their key."""
        kept = [name for name in self.table.column_names if name != self.key]
        return self.table.select(kept).take(pa.array(rows))


def read_layer(source: Source, subject: Subject, progress: Progress) -> Layer:
    """Read and measure one layer. Raises InputError where the source cannot be read."""
    tally = Tally()
    progress.start(_("reading"), None, _("features"))
    with open_written(source, subject.read, tally) as written:
        tables: list[pa.Table] = []
        binaries: list[pa.Array] = []
        measures: list[Measures] = []
        placing: Placing | None = None
        city = subject.city.bounds if subject.city else None
        room, features = machine_memory() // _ROOM, 0
        settled = partial(settle, written.source, written.crs, subject.read.crs, city=city)
        for portion in written.rows:
            tables.append(portion.attributes)
            if portion.shapes is not None:
                shapes, odd = parse(portion.shapes)
                if placing is None or placing.seen is None:
                    seen = _digits(shapes)
                    placing = settled(seen=seen)
                shapes = _turned(shapes, placing)
                measures.append(measure(shapes, odd, _scaled(shapes, placing.scale)))
                binaries.append(portion.shapes)
            features += portion.attributes.num_rows
            room -= _held(portion, measures)
            if room < 0:
                raise _too_much(written.source, features)
            progress.advance(portion.attributes.num_rows)
    progress.done()
    placing = placing or settled(seen=None)
    return _put_together(written.source, written.layer, tables, binaries, measures, placing, tally, subject)


def _held(portion: Portion, measures: Sequence[Measures]) -> int:
    """Bytes that some rows take, the last that were measured."""
    shapes = 0 if portion.shapes is None else portion.shapes.nbytes + sum(each.nbytes for each in measures[-1])
    return int(portion.attributes.nbytes + shapes)


def _too_much(source: str, features: int) -> InputError:
    return InputError(
        _("There is more of it than this machine can check: its memory ({size} GB) is full after {n} features.").format(
            size=f"{machine_memory() / (1 << 30):.1f}", n=f"{features:,}"
        ),
        where=source,
        expected=_("about a fifth of the memory for the features themselves; rules need the rest"),
        hint=_("check it on a machine with more memory, or agree on several datasets, by town for instance"),
    )


def _put_together(
    source: str,
    name: str,
    tables: list[pa.Table],
    binaries: list[pa.Array],
    measures: list[Measures],
    placing: Placing,
    tally: Tally,
    subject: Subject,
) -> Layer:
    table = pa.concat_tables(tables, promote_options="permissive") if tables else pa.table({})
    nothing = np.full(table.num_rows, None, object)
    schema = subject.schema.entries if subject.schema is not None and subject.schema.entries else None
    return Layer(
        source=source,
        name=name,
        table=table,
        shapes_wkb=pa.chunked_array(binaries, pa.large_binary()) if binaries else None,
        measures=joined(measures) if binaries else measure(nothing, np.zeros(table.num_rows, np.int8), nothing),
        placing=placing,
        tally=tally,
        schema=schema,
        key=_key(table, subject),
        shelf=Shelf(subject.siblings, subject.city.bounds if subject.city else None),
    )


def portions_of(rows: Rows, size: int = _SAMPLE) -> Iterator[Rows]:
    """Some rows, a bounded number at a time: what rules make of geometries need not all be there at once."""
    for begin in range(0, len(rows), size):
        yield rows[begin : begin + size]


def _spelled(key: object) -> str | int:
    """A key as people write it; 12.0 is how many formats hand over 12."""
    if isinstance(key, float) and key.is_integer():
        return int(key)
    return key if isinstance(key, int | str) else str(key)


def _kind(kind: int) -> str:
    return "polygon" if kind in AREAS else "line" if kind in LINES else "point" if kind in (0, 4) else "other"


def _key(table: pa.Table, subject: Subject) -> str | None:
    """The column that identifies features, if it is there."""
    name = subject.limits.key or (subject.dataset.key if subject.dataset is not None else None)
    if name is None:
        return None
    field = subject.schema.get(name) if subject.schema is not None else None
    for candidate in (name, field.column if field else name):
        if candidate in table.column_names:
            return str(candidate)
    return None


def _digits(shapes: Shapes) -> Any:
    coordinates = shapely.get_coordinates(shapes[:_SAMPLE])
    coordinates = coordinates[np.isfinite(coordinates).all(1)]
    return digits(coordinates[:, 0], coordinates[:, 1]) if len(coordinates) else None


def _turned(shapes: Shapes, placing: Placing) -> Shapes:
    """Easting first."""
    return shapely.transform(shapes, lambda xy: xy[:, ::-1]) if placing.swapped else shapes


def _scaled(shapes: Shapes, scale: tuple[float, float]) -> Shapes:
    if scale == (1.0, 1.0):
        return shapes
    return shapely.transform(shapes, lambda xy: xy * scale)
