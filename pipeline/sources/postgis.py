"""A PostGIS database → layers and batches.

A layer is a table or view with geometries, by the name schema.table; any other table can be read by its name, as a
table without geometries or with columns of coordinates.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Final, NamedTuple

import pyarrow as pa

from pipeline.errors import InputError
from pipeline.i18n import _
from pipeline.sources.arrow import whole
from pipeline.sources.assemble import assemble
from pipeline.sources.choose import check_columns, no_such_layer, which_layer
from pipeline.sources.coordinates import table_parser
from pipeline.sources.crs import Locator
from pipeline.sources.database import Database
from pipeline.sources.options import GeometryName, ReadOptions, SourceLayer
from pipeline.sources.pace import ahead
from pipeline.sources.postgis_catalog import Catalog, Relation, Shape, read_catalog
from pipeline.sources.postgis_columns import column_sql
from pipeline.sources.postgis_session import Connection, no_permission, quoted
from pipeline.sources.wkb import from_wkb
from pipeline.types import Bounds, FeatureBatch, Tally

_KINDS: Final[tuple[tuple[str, GeometryName], ...]] = (
    ("point", "point"), ("polygon", "polygon"), ("surface", "polygon"), ("tin", "polygon"), ("triangle", "polygon"),
    ("line", "line"), ("curve", "line"), ("circularstring", "line"),
)  # fmt: skip
# An index scan would give the rows in the index's order, a bitmap scan of the same index gives them in the table's.
_IN_ORDER: Final = "SET LOCAL enable_indexscan = off"
_FAULTS: Final = (pa.ArrowException, OSError)


def layers(database: Database) -> tuple[SourceLayer, ...]:
    """The tables and views with geometries that may be read, by name. Raises InputError."""
    catalog = database.catalog(read_catalog)
    if not catalog.layers:
        raise InputError(
            _("The database has no tables with geometries that may be read."),
            where=database.name,
            expected=_("at least one column of type geometry or geography, and the right to SELECT it"),
            hint=_("check the name of the database and the rights of the user"),
        )
    found = [(relation, relation.shape) for relation in catalog.layers if relation.shape is not None]
    srids = [_srid(catalog, relation, shape) for relation, shape in found]
    names = _crs_names(catalog, srids)
    return tuple(
        SourceLayer(
            name=relation.name,
            geometry=_geometry_name(shape.kind),
            features=None,
            crs=names.get(srid),
            fields={column.name: column_sql(column, catalog.types)[1] for column in relation.columns},
            driver="PostgreSQL",
        )
        for (relation, shape), srid in zip(found, srids, strict=True)
    )


def batches(database: Database, options: ReadOptions, tally: Tally) -> Iterator[FeatureBatch]:
    """The features of one layer in longitude and latitude, all layers of one moment. Raises InputError."""
    catalog = database.catalog(read_catalog)
    relation = _chosen(database, catalog, options.layer)
    source = f"{database.stem}, {relation.name}"
    there = [column.name for column in relation.columns]
    kept = there if options.columns is None else list(options.columns)
    check_columns([*kept, *(c for c in (options.x, options.y) if c)], there, source)
    shape = relation.shape
    if shape is None:
        schema = pa.schema([pa.field(name, pa.string()) for name in there])
        parse, selected = table_parser(schema, options, tally), there
        locator = Locator(source, None, options.crs, options.areas)
        windows, srid = None, None
    else:
        parse, selected = from_wkb(shape.name, tally), list(dict.fromkeys(kept))
        srid = _srid(catalog, relation, shape)
        locator = Locator(source, _crs_names(catalog, [srid]).get(srid), options.crs, options.areas)
        windows = locator.windows()
    query = _query(catalog, relation, selected, shape, windows)
    # The tables are closed first, on which the connection's statement ends.
    with closing(catalog.snapshot.connect()) as connection:
        if windows is not None:
            connection.ask(_IN_ORDER)
        found = _tables(connection, query, source, None if shape is None or shape.srid else srid)
        with closing(ahead(found, connection.cancel)) as tables:
            yield from assemble(tables, parse, kept, locator, tally)


class Opened(NamedTuple):
    """A layer as the database holds it."""

    source: str  # for people
    layer: str
    crs: str | None
    shape: str | None  # the column of WKB, the last of each table
    tables: Iterator[pa.Table]


@contextmanager
def open_tables(database: Database, options: ReadOptions) -> Iterator[Opened]:
    """Open one layer with all its columns, in its own coordinates. Raises InputError, also while reading."""
    catalog = database.catalog(read_catalog)
    relation = _chosen(database, catalog, options.layer)
    source = f"{database.stem}, {relation.name}"
    shape, crs, srid = relation.shape, None, None
    if shape is not None:
        srid = _srid(catalog, relation, shape)
        crs = _crs_names(catalog, [srid]).get(srid)
    query = _query(catalog, relation, [column.name for column in relation.columns], shape, None)
    with closing(catalog.snapshot.connect()) as connection:
        found = _tables(connection, query, source, None if shape is None or shape.srid else srid)
        with closing(ahead(found, connection.cancel)) as tables:
            yield Opened(source, relation.name, crs, shape.name if shape else None, tables)


def _tables(connection: Connection, query: str, source: str, srid: int | None) -> Iterator[pa.Table]:
    """The rows as they come; with `srid` their last column tells that of each, which has to be the same."""
    with connection.stream(query, source) as reader:
        while True:
            try:
                batch = reader.read_next_batch()
            except StopIteration:
                return
            except _FAULTS as error:
                raise connection.refused(error, source) from None
            table = pa.Table.from_arrays(batch.columns, names=batch.schema.names)  # without the driver's notes on types
            if srid is not None:
                last = table.num_columns - 1
                _check_srids(whole(table.column(last)), srid, source)
                table = table.remove_column(last)
            yield table


def _check_srids(found: pa.Array, srid: int, source: str) -> None:
    others = sorted({value for value in found.unique().to_pylist() if value is not None} - {srid})
    if others:
        raise InputError(
            _("The geometries of this layer have several SRIDs: {first}, {other}.").format(first=srid, other=others[0]),
            where=source,
            expected=_("one SRID for all geometries of a column"),
            hint=_("make a view with ST_Transform(…) and read that"),
        )


def _chosen(database: Database, catalog: Catalog, name: str | None) -> Relation:
    """The layer asked for: by its whole name, or that of its table where no other has it."""
    names = [relation.name for relation in catalog.layers]
    if name is None:
        if len(names) == 1:
            return catalog.layers[0]
        if not names:
            raise no_such_layer("", names, database.name)
        raise which_layer(names, database.name)
    found = [r for r in catalog.relations if r.name == name]
    found = found or [r for r in catalog.relations if r.table == name or r.name.partition(".")[2] == name]
    if len(found) != 1:
        raise no_such_layer(name, [r.name for r in found] or names, database.name)
    if not found[0].readable:
        raise no_permission(database.name, found[0].name)
    return found[0]


def _query(
    catalog: Catalog,
    relation: Relation,
    selected: Sequence[str],
    shape: Shape | None,
    windows: tuple[Bounds, ...] | None,
) -> str:
    columns = {column.name: column for column in relation.columns}
    terms = [f"{column_sql(columns[name], catalog.types)[0]} AS {quoted(name)}" for name in selected]
    where = ""
    if shape is not None:
        geometry = quoted(shape.name)
        terms.append(f"{quoted(catalog.postgis, 'st_asbinary')}({geometry}) AS {geometry}")
        if not shape.srid:
            terms.append(f"{quoted(catalog.postgis, 'st_srid')}({geometry}) AS {quoted('srid of ' + shape.name)}")
        if windows is not None:
            where = " WHERE " + _near(catalog.postgis, geometry, shape, windows)
    # A table of no columns would have no rows either.
    return f"SELECT {', '.join(terms) or 'true'} FROM {quoted(relation.schema, relation.table)}{where}"


def _near(postgis: str, geometry: str, shape: Shape, windows: tuple[Bounds, ...]) -> str:
    """The condition that a geometry's box meets a window; an index on geometries answers it.

    Boxes are in single precision there, rounded outwards (PostGIS manual, § Spatial indexes).
    """
    if not windows:
        return "false"
    kind = quoted(postgis, "geometry")
    value = f"{geometry}::{kind}" if shape.geography else geometry
    meets = f"OPERATOR({quoted(postgis)}.&&)"
    make = quoted(postgis, "st_makeenvelope")
    boxes = [f"{make}({w!r}, {s!r}, {e!r}, {n!r}, {shape.srid:d})" for w, s, e, n in windows]
    west, south, east, north = zip(*windows, strict=True)
    around = f"{make}({min(west)!r}, {min(south)!r}, {max(east)!r}, {max(north)!r}, {shape.srid:d})"
    if len(boxes) == 1:
        return f"{value} {meets} {around}"
    return f"{value} {meets} {around} AND {value} {meets} ANY (ARRAY[{', '.join(boxes)}])"


def _srid(catalog: Catalog, relation: Relation, shape: Shape) -> int:
    """The SRID of a layer; where its type does not tell, as in views of ST_Transform(…), that of its first geometry."""
    if shape.srid:
        return shape.srid
    geometry = quoted(shape.name)
    found = catalog.snapshot.ask(
        f"SELECT {quoted(catalog.postgis, 'st_srid')}({geometry})::int4 AS srid "
        f"FROM {quoted(relation.schema, relation.table)} WHERE {geometry} IS NOT NULL LIMIT 1"
    ).to_pylist()
    return int(found[0]["srid"]) if found else 0


def _crs_names(catalog: Catalog, srids: Sequence[int]) -> dict[int, str]:
    """The CRS of each SRID that PostGIS knows: its code, else its well-known text."""
    used = sorted({srid for srid in srids if srid > 0})
    if not used:
        return {}
    rows = catalog.snapshot.ask(
        "SELECT srid::int4 AS srid, auth_name::text AS authority, auth_srid::int4 AS code, srtext::text AS text "
        f"FROM {quoted(catalog.postgis, 'spatial_ref_sys')} WHERE srid IN ({', '.join(map(str, used))})"
    ).to_pylist()
    found = {}
    for row in rows:
        if (row["authority"] or "").upper() in ("EPSG", "ESRI") and row["code"]:
            found[row["srid"]] = f"{row['authority'].upper()}:{row['code']}"
        elif row["text"]:
            found[row["srid"]] = row["text"]
    return found


def _geometry_name(kind: str) -> GeometryName:
    text = kind.lower()
    return next((name for word, name in _KINDS if word in text), "mixed")
