"""What tables and views a database has, by PostgreSQL's own catalogue, and where PostGIS says their geometries lie."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

import pyarrow as pa

from pipeline.errors import InputError
from pipeline.i18n import _
from pipeline.sources.database import Database
from pipeline.sources.postgis_columns import Column, Type
from pipeline.sources.postgis_session import Snapshot, literal, quoted

# Tables, views, materialised views, foreign and partitioned tables; neither partitions nor what extensions made.
_COLUMNS: Final = """
SELECT n.nspname::text AS schema, c.relname::text AS relation, a.attname::text AS name, a.atttypid::int8 AS type,
  a.atttypmod AS modifier, t.typname::text AS typename,
  has_schema_privilege(n.oid, 'USAGE') AND has_column_privilege(c.oid, a.attnum, 'SELECT') AS readable
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid
JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
WHERE c.relkind IN ('r', 'v', 'm', 'f', 'p') AND NOT c.relispartition AND a.attnum > 0 AND NOT a.attisdropped
  AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
    WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
ORDER BY n.nspname::text COLLATE "C", c.relname::text COLLATE "C", a.attnum
"""
_TYPES: Final = """
SELECT t.oid::int8 AS oid, t.typname::text AS name, n.nspname::text AS schema, t.typbasetype::int8 AS base,
  t.typtypmod AS modifier, t.typelem::int8 AS element, t.typcategory = 'A' AND t.typelem <> 0 AS is_array
FROM pg_catalog.pg_type t
JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
"""
_POSTGIS: Final = """
SELECT n.nspname::text AS schema FROM pg_catalog.pg_extension e
JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'postgis'
"""
SHAPES: Final = ("geometry", "geography")
_WGS84: Final = 4326
_LEFT_OUT: Final = frozenset({*SHAPES, "raster", "topogeometry"})


@dataclass(frozen=True, slots=True)
class Shape:
    """A column of geometries."""

    name: str
    geography: bool
    kind: str  # "MultiPolygonZ"; "Geometry" where it may be any
    srid: int  # 0 where it may be any


@dataclass(frozen=True, slots=True)
class Relation:
    """A table or view, and one of its columns of geometries."""

    name: str  # schema.table, with .column where it has several of geometries
    schema: str
    table: str
    shape: Shape | None
    columns: tuple[Column, ...]  # that may be read, without geometries and rasters
    readable: bool  # at least some of it


@dataclass(frozen=True, slots=True)
class Catalog:
    """All that may be named, at one moment."""

    snapshot: Snapshot
    postgis: str  # the schema of the extension
    relations: tuple[Relation, ...]  # by name; a table without geometries has one too
    types: dict[int, Type]

    @property
    def layers(self) -> tuple[Relation, ...]:
        """Those with geometries that may be read."""
        return tuple(relation for relation in self.relations if relation.shape is not None and relation.readable)


def read_catalog(database: Database, address: str) -> Catalog:
    """Everything the database offers. Raises InputError where it cannot be reached or has no PostGIS."""
    snapshot = Snapshot(database, address)
    try:
        return _read(database, snapshot)
    except BaseException:
        snapshot.close()
        raise


def _read(database: Database, snapshot: Snapshot) -> Catalog:
    extension = snapshot.ask(_POSTGIS).to_pylist()
    if not extension:
        raise InputError(
            _("The database has no PostGIS."),
            where=database.name,
            expected=_("a database with the extension postgis"),
            hint=_("check the name of the database; its owner adds PostGIS with CREATE EXTENSION postgis"),
        )
    postgis = str(extension[0]["schema"])
    rows = snapshot.ask(_COLUMNS)
    shapes = _shapes(snapshot, postgis, rows)
    types = {
        row["oid"]: Type(row["name"], row["schema"], row["base"], row["modifier"], row["element"], row["is_array"])
        for row in snapshot.ask(_TYPES).to_pylist()
    }
    tables: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in rows.to_pylist():
        tables.setdefault((row["schema"], row["relation"]), []).append(row)
    relations = [r for (schema, table), columns in tables.items() for r in _relations(schema, table, columns, shapes)]
    return Catalog(snapshot, postgis, tuple(relations), types)


def _relations(
    schema: str, table: str, rows: list[dict[str, Any]], shapes: dict[tuple[str, int], Shape]
) -> list[Relation]:
    columns = tuple(
        Column(row["name"], row["type"], row["modifier"])
        for row in rows
        if row["readable"] and row["typename"] not in _LEFT_OUT
    )
    readable = any(row["readable"] for row in rows)
    found = [row for row in rows if row["typename"] in SHAPES and row["readable"]]
    if not found:
        return [Relation(f"{schema}.{table}", schema, table, None, columns, readable)]
    return [
        Relation(
            f"{schema}.{table}" + (f".{row['name']}" if len(found) > 1 else ""), schema, table,
            replace(shapes[row["typename"], row["modifier"]], name=row["name"]), columns, readable,
        )
        for row in found
    ]  # fmt: skip


def _shapes(snapshot: Snapshot, postgis: str, rows: pa.Table) -> dict[tuple[str, int], Shape]:
    """What PostGIS' type modifiers mean."""
    pairs = {(row["typename"], row["modifier"]) for row in rows.to_pylist() if row["typename"] in SHAPES}
    if not pairs:
        return {}
    values = ", ".join(f"({literal(name)}, {modifier:d})" for name, modifier in sorted(pairs))
    kind, srid = quoted(postgis, "postgis_typmod_type"), quoted(postgis, "postgis_typmod_srid")
    asked = snapshot.ask(
        f"SELECT name, modifier, {kind}(modifier)::text AS kind, {srid}(modifier)::int4 AS srid "
        f"FROM (VALUES {values}) AS used(name, modifier)"
    )
    return {
        (row["name"], row["modifier"]): Shape("", row["name"] == "geography", row["kind"], _srid(row))
        for row in asked.to_pylist()
    }


def _srid(row: dict[str, Any]) -> int:
    """The SRID of a type modifier; that of a geography is WGS 84 where nothing is said."""
    return int(row["srid"]) or (_WGS84 if row["name"] == "geography" else 0)
