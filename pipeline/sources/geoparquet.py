"""What a Parquet file says of its geometries: GeoParquet 1.1.0, GeoArrow extension types, Parquet's own GEOMETRY.

(Parquet's logical types GEOMETRY and GEOGRAPHY: Parquet format 2.11.)
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.errors import InputError
from pipeline.i18n import _
from pipeline.sources.files import Dataset, damaged
from pipeline.sources.geoarrow import ENCODINGS, fits
from pipeline.sources.options import GeometryName

WKB: Final = "wkb"
# The columns of a box, as the standard's covering, Overture and others name them.
_BOXES: Final = (("xmin", "ymin", "xmax", "ymax"), ("minx", "miny", "maxx", "maxy"))
_KINDS: Final[tuple[tuple[str, GeometryName], ...]] = (
    ("point", "point"), ("linestring", "line"), ("polygon", "polygon"), ("", "mixed"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class GeometryColumn:
    """The geometries that a file is about, and what else of its columns are geometries or made from them."""

    name: str
    encoding: str  # "wkb", else one of geoarrow.ENCODINGS
    crs: str | None  # "EPSG:4549", JSON or WKT; None where it is not known
    geometry: GeometryName
    box: tuple[str, str, str, str] | None  # the columns of west, south, east, north, "bbox.xmin"
    hidden: frozenset[str]  # columns that are no attributes


def geometry_column(file: pq.ParquetFile, dataset: Dataset) -> GeometryColumn | None:
    """The file's geometries; None for a plain table. Raises InputError where the metadata contradict the file."""
    schema = file.schema_arrow
    found = _declared(schema, dataset) or _extension(schema) or _logical(file)
    if found is not None and found.encoding != WKB:
        _check_encoding(schema, found, dataset)
    return found


def attributes(schema: pa.Schema, column: GeometryColumn | None) -> tuple[str, ...]:
    """All columns but geometries, the boxes that cover them and pandas' row numbers."""
    hidden = column.hidden if column is not None else frozenset()
    return tuple(name for name in schema.names if name not in hidden and not name.startswith("__index_level_"))


def _declared(schema: pa.Schema, dataset: Dataset) -> GeometryColumn | None:
    """By the "geo" metadata."""
    text = (schema.metadata or {}).get(b"geo")
    if text is None:
        return None
    try:
        columns: dict[str, dict[str, Any]] = json.loads(text)["columns"]
        name: str = json.loads(text)["primary_column"]
        about = columns[name]
        encoding: str = about["encoding"].lower()
        schema.field(name)
        declared = {c: _covering(a) for c, a in columns.items()}
        geometry = _geometry_name(about.get("geometry_types") or [])
        crs = crs_text(about["crs"]) if "crs" in about else "OGC:CRS84"  # § crs: longitude and latitude by default
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise damaged(dataset, _('its "geo" metadata break the GeoParquet standard')) from error
    sides = declared[name]
    box = (sides[0], sides[1], sides[2], sides[3]) if len(sides) == 4 else _box(schema, encoding, name)
    hidden = {*columns, *(path.partition(".")[0] for paths in (*declared.values(), box or ()) for path in paths)}
    return GeometryColumn(name, encoding, crs, geometry, box, frozenset(hidden))


def _extension(schema: pa.Schema) -> GeometryColumn | None:
    """By the name of a GeoArrow extension type."""
    for field in schema:
        about = field.metadata or {}
        encoding = about.get(b"ARROW:extension:name", b"").decode().removeprefix("geoarrow.")
        if isinstance(field.type, pa.BaseExtensionType):  # the process knows the type, GeoArrow's package for one
            encoding = field.type.extension_name.removeprefix("geoarrow.")
            about = {b"ARROW:extension:metadata": field.type.__arrow_ext_serialize__()}
        if encoding == WKB or encoding in ENCODINGS:
            try:
                crs = json.loads(about.get(b"ARROW:extension:metadata") or b"{}").get("crs")
            except (ValueError, AttributeError):
                crs = None
            return _plain(schema, field.name, encoding, crs_text(crs))
    return None


def _logical(file: pq.ParquetFile) -> GeometryColumn | None:
    """By Parquet's logical type; CRS84 where it names no CRS."""
    for at in range(len(file.schema)):
        column = file.schema.column(at)
        if column.logical_type.type in ("GEOMETRY", "GEOGRAPHY") and "." not in column.path:
            crs = json.loads(column.logical_type.to_json()).get("crs") or "OGC:CRS84"
            kind, _colon, key = crs.partition(":")
            if kind == "srid":
                crs = f"EPSG:{key}" if key != "0" else None
            elif kind == "projjson":
                crs = (file.schema_arrow.metadata or {}).get(key.encode(), b"").decode() or None
            return _plain(file.schema_arrow, column.path, WKB, crs_text(crs))
    return None


def _plain(schema: pa.Schema, name: str, encoding: str, crs: str | None) -> GeometryColumn:
    box = _box(schema, encoding, name)
    hidden = frozenset({name, *(path.partition(".")[0] for path in box or ())})
    kind = _geometry_name([] if encoding == WKB else [encoding])
    return GeometryColumn(name, encoding, crs, kind, box, hidden)


def _covering(about: dict[str, Any]) -> tuple[str, ...]:
    """The columns of the declared box (§ covering), west, south, east, north; fewer of half a declaration."""
    declared = about.get("covering", {}).get("bbox", {})
    return tuple(".".join(declared[side]) for side in _BOXES[0] if side in declared)


def _box(schema: pa.Schema, encoding: str, name: str) -> tuple[str, str, str, str] | None:
    """The columns of a box that nobody declared: a struct "bbox", or the coordinates of points themselves."""
    if encoding == "point" and pa.types.is_struct(schema.field(name).type):
        return f"{name}.x", f"{name}.y", f"{name}.x", f"{name}.y"
    index = schema.get_field_index("bbox")
    if index >= 0 and pa.types.is_struct(schema.field(index).type):
        sides = {field.name for field in schema.field(index).type if pa.types.is_floating(field.type)}
        for names in _BOXES:
            if sides >= set(names):
                return tuple(f"bbox.{side}" for side in names)  # type: ignore[return-value]
    return None


def _check_encoding(schema: pa.Schema, column: GeometryColumn, dataset: Dataset) -> None:
    if column.encoding not in ENCODINGS:
        raise InputError(
            _('The geometries are stored as "{encoding}".').format(encoding=column.encoding),
            where=dataset.name,
            expected=_("GeoParquet with geometries as WKB or in a GeoArrow encoding"),
            hint=_("write the file again with geometry encoding WKB, the default of most programs"),
        )
    type = schema.field(column.name).type
    if not fits(type.storage_type if isinstance(type, pa.BaseExtensionType) else type, column.encoding):
        raise damaged(dataset, _('its "geo" metadata break the GeoParquet standard'))


def crs_text(crs: object) -> str | None:
    """A CRS in PROJJSON or text as one text, short where it has a code."""
    if isinstance(crs, dict) and isinstance(crs.get("id"), dict) and {"authority", "code"} <= crs["id"].keys():
        return f"{crs['id']['authority']}:{crs['id']['code']}"
    if isinstance(crs, str) and crs.startswith("{"):
        try:
            return crs_text(json.loads(crs))
        except ValueError:
            return crs
    return crs if crs is None or isinstance(crs, str) else json.dumps(crs)


def _geometry_name(types: list[str]) -> GeometryName:
    names = {next(name for word, name in _KINDS if word in text.lower()) for text in types}
    return names.pop() if len(names) == 1 else "mixed"
