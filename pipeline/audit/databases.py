"""Files that are SQLite databases: GeoPackage and MBTiles, read with Python's own SQLite, table by table.

Rows that were deleted stay in the file until it is rewritten; whole pages of them are counted, and the bytes of all
pages are looked through as they are.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from pipeline.audit.allowed import Allowed
from pipeline.audit.rules import Finding, Rule, Severity
from pipeline.errors import InputError
from pipeline.i18n import _

_ROWS: Final = 1 << 14  # read at a time
# Tables of the formats themselves: GeoPackage 1.4 (OGC 12-128r19), its extensions, SQLite's R-trees, MBTiles 1.3.
_OWN: Final = ("sqlite_", "gpkg_", "rtree_")
_MBTILES: Final = frozenset({"tiles", "metadata", "map", "images", "grids", "grid_data", "keymap", "grid_key"})
_KEYS: Final = frozenset({"fid", "geom", "geometry", "ogc_fid", "id", "shape"})  # columns that carry no attribute


@dataclass(frozen=True, slots=True)
class Table:
    """A table and its columns, with the names of those that hold geometries."""

    name: str
    columns: tuple[str, ...]
    geometry: frozenset[str]


@dataclass(frozen=True, slots=True)
class Database:
    """An SQLite file of a published folder."""

    file: str
    path: Path
    tables: tuple[Table, ...]
    free_pages: int
    programs: tuple[str, ...]  # views and triggers that the formats do not know
    allowed: Allowed
    tiles: bool  # whether it is an MBTiles

    @property
    def data(self) -> Iterator[Table]:
        """Tables that are not of the format itself."""
        for table in self.tables:
            own = table.name.startswith(_OWN) or (self.tiles and table.name in _MBTILES)
            if not own:
                yield table


def open_database(path: Path, file: str, allowed: Allowed) -> Database:
    """What an SQLite file holds. Raises InputError where it is none."""
    try:
        with closing(_connect(path)) as connection:
            rows = connection.execute("SELECT type, name, tbl_name FROM sqlite_master ORDER BY name").fetchall()
            tables = [name for kind, name, _table in rows if kind == "table"]
            geometry = _geometry_columns(connection) if "gpkg_geometry_columns" in tables else {}
            found = tuple(
                Table(name, _columns(connection, name), geometry.get(name.lower(), frozenset())) for name in tables
            )
            free = int(connection.execute("PRAGMA freelist_count").fetchone()[0])
            names = {name for _kind, name, _table in rows}
            tiles = {"metadata", "tiles"} <= names and "gpkg_contents" not in names
            programs = tuple(
                f"{kind} {name}"
                for kind, name, _table in rows
                if kind in ("view", "trigger") and not name.startswith(_OWN) and not (tiles and name in _MBTILES)
                and not name.startswith(("trigger_insert_feature_count_", "trigger_delete_feature_count_"))
            )  # fmt: skip
    except sqlite3.Error as error:
        raise InputError(_("The database cannot be read: {reason}.").format(reason=error), where=file) from error
    return Database(file, path, found, free, programs, allowed, tiles)


def columns_of(database: Database, table: Table) -> Iterator[tuple[str, pa.Array]]:
    """The values of every column but geometries, some rows at a time, by the kind they are of."""
    names = [name for name in table.columns if name not in table.geometry]
    if not names:
        return
    with closing(_connect(database.path)) as connection:
        quoted = ", ".join(_quoted(name) for name in names)
        cursor = connection.execute(f"SELECT {quoted} FROM {_quoted(table.name)}")
        while rows := cursor.fetchmany(_ROWS):
            for name, values in zip(names, zip(*rows, strict=True), strict=True):
                for kind, arrow in ((str, pa.large_string()), (float, pa.float64()), (int, pa.int64())):
                    same = [value for value in values if type(value) is kind]
                    if same:
                        yield name, pa.array(same, arrow)


def tiles_of(database: Database) -> Iterator[tuple[int, int, int, bytes]]:
    """z, x, y (from the north) and body of every tile of an MBTiles."""
    with closing(_connect(database.path)) as connection:
        query = "SELECT zoom_level, tile_column, tile_row, tile_data FROM tiles"
        for z, x, y, body in connection.execute(query):
            if isinstance(body, bytes) and 0 <= z <= 31:
                yield z, x, (1 << z) - 1 - y, body


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False)
    connection.text_factory = lambda data: data.decode("utf-8", "replace")
    return connection


def _columns(connection: sqlite3.Connection, table: str) -> tuple[str, ...]:
    rows: list[Any] = connection.execute(f"PRAGMA table_info({_quoted(table)})").fetchall()
    return tuple(str(row[1]) for row in rows)


def _geometry_columns(connection: sqlite3.Connection) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for table, column in connection.execute("SELECT table_name, column_name FROM gpkg_geometry_columns"):
        found.setdefault(str(table).lower(), set()).add(str(column))
    return {table: frozenset(columns) for table, columns in found.items()}


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def strange_tables(database: Database) -> Iterator[Finding]:
    """Tables that are no allowed dataset or layer."""
    known = {*database.allowed.datasets, *database.allowed.layers}
    for table in database.data:
        if table.name not in known:
            yield Finding(_("table {name} is no allowed dataset or layer").format(name=table.name), database.file)


def strange_columns(database: Database) -> Iterator[Finding]:
    """Columns that are no allowed field of their dataset or layer."""
    for table in database.data:
        right = fields_of(database.allowed, table.name)
        for column in table.columns:
            if column not in right and column not in table.geometry and column.lower() not in _KEYS:
                text = _("column {name} is no allowed field").format(name=column)
                yield Finding(text, database.file, table.name)


def fields_of(allowed: Allowed, name: str) -> frozenset[str]:
    """The fields of a dataset or layer; of a name that is neither, all that are allowed anywhere."""
    if name in allowed.datasets:
        return frozenset(allowed.datasets[name])
    if name in allowed.layers:
        return allowed.layers[name].names
    return allowed.fields


def left_over(database: Database) -> Iterator[Finding]:
    """Pages that are free: what was deleted is still in them."""
    if database.free_pages:
        text = _("{n} free pages, in which deleted rows remain").format(n=database.free_pages)
        yield Finding(text, database.file)


def programs(database: Database) -> Iterator[Finding]:
    """Views and triggers, which may say what was not to be told."""
    for name in database.programs:
        yield Finding(_("it has a {name}").format(name=name), database.file)


DATABASE_RULES: Final[tuple[Rule[Database], ...]] = (
    Rule(
        "table-known",
        Severity.LEAK,
        "Downloads hold tables of allowed datasets and layers only.",
        "Correct what is offered for download, and build again.",
        strange_tables,
    ),
    Rule(
        "table-field",
        Severity.LEAK,
        "Tables have columns of allowed fields only.",
        "Correct the audiences of the field in its schema, and build again.",
        strange_columns,
    ),
    Rule(
        "database-free",
        Severity.LEAK,
        "A database has no free pages.",
        "Write it anew, or run VACUUM on it.",
        left_over,
    ),
    Rule(
        "database-program",
        Severity.LEAK,
        "A database has no views or triggers but those of its format.",
        "Write it anew without them.",
        programs,
    ),
)
