"""Tables with coordinates in their columns → points."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipeline.sources.options import ReadOptions
from pipeline.sources.ragged import points
from pipeline.sources.wkb import Parser, Place, geometries
from pipeline.types import Geometries, Tally

# Pairs of names, easting or longitude first, in small letters. Surveyors call the northing X: where a table does, the
# digits give it away (detective) and the columns have to be named.
_PAIRS: Final = (
    ("lng", "lat"), ("lon", "lat"), ("long", "lat"), ("longitude", "latitude"), ("经度", "纬度"), ("东经", "北纬"),
    ("easting", "northing"), ("东坐标", "北坐标"), ("x", "y"), ("x坐标", "y坐标"), ("point_x", "point_y"),
    ("xcoord", "ycoord"), ("x_coord", "y_coord"),
)  # fmt: skip
_WKT: Final = ("wkt", "geometry", "geom", "the_geom")


def table_parser(schema: pa.Schema, options: ReadOptions, tally: Tally) -> Parser | None:
    """A parser for what places a table's rows: named columns, columns of telling names, or well-known text."""
    pair = (options.x, options.y) if options.x and options.y else coordinate_columns(schema.names)
    if pair is not None:
        return from_columns(pair[0], pair[1], tally)
    column = wkt_column(schema)
    return from_wkt(column, tally) if column is not None else None


def coordinate_columns(names: Sequence[str]) -> tuple[str, str] | None:
    """The columns of eastings and northings (or longitudes and latitudes), if names tell."""
    known = {name.strip().lower(): name for name in reversed(names)}
    for x, y in _PAIRS:
        if x in known and y in known:
            return known[x], known[y]
    return None


def wkt_column(schema: pa.Schema) -> str | None:
    """The column of well-known text, if a name tells."""
    known = {f.name.strip().lower(): f.name for f in schema if pa.types.is_string(f.type)}
    return next((known[name] for name in _WKT if name in known), None)


def from_columns(x: str, y: str, tally: Tally) -> Parser:
    """A parser of points from two columns of numbers or of texts that are numbers.

    Rows with neither are counted "null-geometry", those with anything else "bad-coordinates".
    """

    def parse(table: pa.Table, place: Place) -> Geometries:
        (xs, no_x), (ys, no_y) = numbers_of(table.column(x)), numbers_of(table.column(y))
        present = np.isfinite(xs) & np.isfinite(ys)
        for kind, rows in (("null-geometry", no_x & no_y), ("bad-coordinates", ~present & ~(no_x & no_y))):
            if rows.any():
                tally.add(kind, int(rows.sum()), place(int(np.flatnonzero(rows)[0])))
        return points(xs, ys, present)

    return parse


def from_wkt(column: str, tally: Tally) -> Parser:
    """A parser of well-known text; what is none is counted "malformed-geometry"."""

    def parse(table: pa.Table, place: Place) -> Geometries:
        import shapely

        texts = table.column(column).to_pylist()
        shapes = shapely.from_wkt([text or None for text in texts], on_invalid="ignore")
        binary = shapely.to_wkb(shapes).tolist()
        for row, text in enumerate(texts):
            if text and shapes[row] is None:
                binary[row] = b""  # malformed, not missing
        return geometries(pa.array(binary, pa.binary()), tally, place)

    return parse


def numbers_of(column: pa.ChunkedArray) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """The values as float64 (NaN where there is no number), and where there is nothing at all."""
    values = column.combine_chunks()
    if pa.types.is_string(values.type) or pa.types.is_large_string(values.type):
        text = pc.utf8_trim_whitespace(values)
        nothing = pc.or_kleene(pc.is_null(text), pc.equal(text, ""))
        number = pc.match_substring_regex(text, r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$")
        values = pc.if_else(number, pc.utf8_ltrim(text, "+"), None).cast(pa.float64())
    else:
        nothing = values.is_null()
        values = values.cast(pa.float64(), safe=False)
    empty = nothing.fill_null(True).to_numpy(zero_copy_only=False)
    return pc.fill_null(values, float("nan")).to_numpy(zero_copy_only=False), empty
