"""Made data that breaks one rule each, and what else is known of it; places are in the middle of Longquan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio.raw
import shapely

from pipeline.framework.base import Text
from pipeline.framework.check_limits import CheckLimits
from pipeline.framework.city import City
from pipeline.framework.department import Contact, Dataset, Department
from pipeline.framework.schema import Schema, SchemaField
from pipeline.intake.checks import Subject
from pipeline.sources import ReadOptions

# In EPSG:4549 (3° zone, meridian 120° E): 119.13° E 28.07° N is about 85.5 km west of the meridian.
X, Y = 414_500.0, 3_106_000.0
DAY = date(2026, 11, 23)
CITY = City(
    code="331181",
    name=Text(zh="龙泉市", en="Longquan"),
    platform=Text(zh="数字龙泉", en="Digital Longquan"),
    bounds=(118.7, 27.7, 119.42, 28.34),
    center=(119.13, 28.07, 12.0),
    crs="EPSG:4549",
    attribution=Text(zh="甲", en="A"),
)
DEPARTMENT = Department(
    id="transport",
    name=Text(zh="交通运输局", en="Transport"),
    contact=Contact(person="张三", phone="0578-1"),
    calendar="quarterly",
)


def dataset(id: str = "things", **changed: Any) -> Dataset:
    """A dataset with everything said of it."""
    known: dict[str, Any] = {
        "id": id,
        "title": Text(zh="东西", en="Things"),
        "description": Text(zh="说明", en="Description"),
        "theme": "transport",
        "source": "inbox/things.gpkg",
        "key": "ID",
        "currency": date(2026, 9, 30),
        "cycle": "quarterly",
        "licence": "open",
        "share": "unconditional",
        "accuracy_m": 2.0,
        "scale": 10_000,
        "lineage": Text(zh="实测", en="Surveyed"),
    }
    return Dataset(**{**known, **changed})


def field(name: str, type: str = "string", **more: Any) -> SchemaField:
    """A field of a schema."""
    return SchemaField(name=name, type=type, title=Text(zh=name, en=name), **more)  # type: ignore[arg-type]


def schema(*fields: SchemaField) -> Schema:
    """A schema of these fields."""
    return Schema(id="things", field=fields)


def subject(**known: Any) -> Subject:
    """What is known where nothing is missing; `limits` may be a dict."""
    limits = known.pop("limits", {})
    base = Subject(as_of=DAY, dataset=dataset(), department=DEPARTMENT, city=CITY, limits=CheckLimits(**limits))
    return replace(base, **known)


def write(
    path: Path, shapes: Sequence[Any], crs: str | None = "EPSG:4549", layer: str | None = None, **columns: Sequence[Any]
) -> Path:
    """Write features with columns (by default ID = 1, 2 …); a Shapefile without `crs` gets no .prj."""
    columns = {"ID": range(1, len(shapes) + 1), **columns}
    data = []
    for values in columns.values():
        kinds = {type(value) for value in values} - {type(None)}
        missing = any(value is None for value in values)
        if kinds <= {int} and not missing:
            data.append(np.array(list(values), np.int64))
        elif kinds <= {int, float}:
            data.append(np.array([np.nan if value is None else value for value in values], np.float64))
        else:
            data.append(np.array(list(values), object))
    pyogrio.raw.write(
        str(path),
        geometry=np.array(
            [shape if shape is None or isinstance(shape, bytes) else shapely.to_wkb(shape) for shape in shapes], object
        ),
        field_data=data,
        fields=list(columns),
        layer=layer or path.stem,
        driver={".gpkg": "GPKG", ".shp": "ESRI Shapefile", ".geojson": "GeoJSON"}[path.suffix],
        geometry_type="Unknown" if path.suffix != ".shp" else next(s for s in shapes if s is not None).geom_type,
        crs=crs,
        encoding="UTF-8",
    )
    return path


def box(x: float, y: float, width: float = 100.0, height: float = 100.0) -> shapely.Polygon:
    """A rectangle by its south-western corner, metres from the middle."""
    return shapely.box(X + x, Y + y, X + x + width, Y + y + height)


def line(*places: tuple[float, float]) -> shapely.LineString:
    """A line through places, metres from the middle."""
    return shapely.LineString([(X + x, Y + y) for x, y in places])


def point(x: float, y: float) -> shapely.Point:
    """A point, metres from the middle."""
    return shapely.Point(X + x, Y + y)


def grid(columns: int = 5, rows: int = 4, step: float = 100.0) -> list[shapely.Polygon]:
    """Squares that cover a rectangle, from south-west, row by row."""
    return [box(step * c, step * r, step, step) for r in range(rows) for c in range(columns)]


def reading(**said: Any) -> ReadOptions:
    """Options of reading."""
    return ReadOptions(**said)
