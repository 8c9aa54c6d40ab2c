"""What a GeoPackage's own tables say, read with SQLite: opening it with GDAL once per layer costs far more.

Tables and columns: OGC 12-128r19, clauses 1.1.3, 2.1.5; `gpkg_ogr_contents` is GDAL's count of rows.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from functools import lru_cache
from pathlib import Path
from typing import Final

from pipeline.sources.files import Dataset, damaged
from pipeline.sources.options import GeometryName, SourceLayer

# Clause 1.1.1.1.3 → Arrow, as GDAL reads them; anything else is text.
_TYPES: Final = {
    "BOOLEAN": "bool", "TINYINT": "int16", "SMALLINT": "int16", "MEDIUMINT": "int32", "INT": "int64",
    "INTEGER": "int64", "FLOAT": "float", "DOUBLE": "double", "REAL": "double", "BLOB": "binary",
    "DATE": "date32[day]", "DATETIME": "timestamp[ms, tz=UTC]",
}  # fmt: skip
_GEOMETRIES: Final[dict[str, GeometryName]] = {
    "POINT": "point", "MULTIPOINT": "point", "LINESTRING": "line", "MULTILINESTRING": "line", "CIRCULARSTRING": "line",
    "COMPOUNDCURVE": "line", "CURVE": "line", "MULTICURVE": "line", "POLYGON": "polygon", "MULTIPOLYGON": "polygon",
    "CURVEPOLYGON": "polygon", "SURFACE": "polygon", "MULTISURFACE": "polygon",
}  # fmt: skip

_SHAPES: Final = (
    "SELECT g.table_name, g.column_name, g.geometry_type_name, s.organization, s.organization_coordsys_id, "
    "s.definition FROM gpkg_geometry_columns g LEFT JOIN gpkg_spatial_ref_sys s USING (srs_id)"
)


def layers(dataset: Dataset, names: list[str]) -> tuple[SourceLayer, ...]:
    """The named layers, described. Raises InputError where the file is damaged."""
    counted = counts(dataset)
    try:
        with closing(_open(dataset.path)) as file:
            shapes = {row[0]: row[1:] for row in file.execute(_SHAPES)}
            return tuple(_layer(file, name, shapes.get(name), counted.get(name)) for name in names)
    except sqlite3.Error as error:
        raise damaged(dataset, str(error)) from error


def describe(file: sqlite3.Connection, name: str) -> tuple[SourceLayer, str | None]:
    """One layer of an open file, and its column of geometries; the rows are not counted."""
    row = file.execute(_SHAPES + " WHERE g.table_name = ?", (name,)).fetchone()
    return _layer(file, name, row and row[1:], None), row and row[1]


def counts(dataset: Dataset) -> dict[str, int]:
    """How many rows each layer has, where the file says so; {} for files of other writers."""
    state = dataset.path.stat()
    try:
        return _counts(dataset.path, state.st_size, state.st_mtime_ns)
    except sqlite3.Error as error:
        raise damaged(dataset, str(error)) from error


@lru_cache(maxsize=4)  # 120 layers are read one by one; parsing the schema takes 50 ms each time
def _counts(path: Path, size: int, changed: int) -> dict[str, int]:
    with closing(_open(path)) as file:
        if not file.execute("SELECT 1 FROM sqlite_master WHERE name = 'gpkg_ogr_contents'").fetchone():
            return {}
        rows = file.execute("SELECT table_name, feature_count FROM gpkg_ogr_contents WHERE feature_count IS NOT NULL")
        return {str(name): int(count) for name, count in rows}


def _open(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)


def _layer(
    file: sqlite3.Connection, name: str, shape: tuple[str, str, str | None, int, str | None] | None, count: int | None
) -> SourceLayer:
    column, kind, organization, code, definition = shape or ("", "", None, 0, None)
    fields = {}
    for _cid, field, declared, _notnull, _default, key in file.execute(f"PRAGMA table_info({quoted(name)})"):
        if field != column and not (key and declared.upper() == "INTEGER"):
            fields[str(field)] = _TYPES.get(str(declared).upper().split("(")[0].strip(), "string")
    return SourceLayer(
        name=name,
        geometry="none" if shape is None else _GEOMETRIES.get(kind.upper(), "mixed"),
        features=count,
        crs=_crs(organization, code, definition),
        fields=fields,
        driver="GPKG",
    )


def _crs(organization: str | None, code: int, definition: str | None) -> str | None:
    if organization is None or organization.upper() == "NONE":  # the two undefined ones, -1 and 0
        return None
    if organization.upper() == "EPSG":
        return f"EPSG:{code}"
    return definition


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
