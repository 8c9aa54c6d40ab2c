"""Features → a GeoPackage with one table for each layer, and a style that QGIS takes up by itself."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import OutputError
from pipeline.i18n import _

# OGC 12-128r19 knows nothing of styles; QGIS and GeoServer look for this table.
_STYLES: Final = """
CREATE TABLE layer_styles (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, f_table_catalog TEXT(256), f_table_schema TEXT(256),
  f_table_name TEXT(256), f_geometry_column TEXT(256), styleName TEXT(30), styleQML TEXT, styleSLD TEXT,
  useAsDefault BOOLEAN, description TEXT, owner TEXT(30), ui TEXT(30), update_time DATETIME)
"""


@dataclass(frozen=True, slots=True)
class FeatureTable:
    """One layer to be written."""

    name: str
    geometry: str  # GDAL's name of the type: "Point", "Unknown"
    shapes: NDArray[np.object_]  # [features] shapely
    fields: Mapping[str, Sequence[Any]]  # name → values [features], all texts, all integers or all numbers
    style: str = ""  # QML


def write_geopackage(path: Path, layers: Sequence[FeatureTable], crs: str, day: date) -> None:
    """Write layers in `crs` into a new file, whole or not at all; `day` is the date of its contents.

    Raises OutputError where it cannot be written.
    """
    import pyogrio
    import pyogrio.raw
    import shapely

    partial = path.with_name(f".{path.stem}.{os.getpid()}.partial.gpkg")  # GDAL wants it to be called so
    try:
        # GDAL stamps each table with the time otherwise.
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": f"{day.isoformat()}T00:00:00.000Z"})
        for at, layer in enumerate(layers):
            pyogrio.raw.write(
                str(partial),
                geometry=np.asarray(shapely.to_wkb(layer.shapes), object),
                field_data=[_column(values) for values in layer.fields.values()],
                fields=list(layer.fields),
                layer=layer.name,
                driver="GPKG",
                geometry_type=layer.geometry,
                crs=crs,
                append=at > 0,
            )
        _write_styles(partial, [layer for layer in layers if layer.style], day)
        _flush(partial)
        partial.replace(path)
    except (OSError, RuntimeError, ValueError, sqlite3.Error) as error:
        raise OutputError(
            _("The GeoPackage cannot be written: {reason}").format(reason=error), where=str(path)
        ) from error
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})
        for left in path.parent.glob(f"{partial.name}*"):
            left.unlink(missing_ok=True)


def _column(values: Sequence[Any]) -> NDArray[Any]:
    kinds = {type(value) for value in values}
    if kinds <= {int}:
        return np.array(values, np.int64)
    return np.array(values, np.float64) if kinds <= {int, float} else np.array(values, object)


def _write_styles(path: Path, layers: Sequence[FeatureTable], day: date) -> None:
    if not layers:
        return
    with closing(sqlite3.connect(path)) as file, file:
        file.execute(_STYLES)
        file.executemany(
            "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column, styleName, "
            "styleQML, useAsDefault, update_time) VALUES ('', '', ?, 'geom', 'default', ?, 1, ?)",
            [(layer.name, layer.style, f"{day.isoformat()}T00:00:00.000Z") for layer in layers],
        )
        file.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier, last_change) "
            "VALUES ('layer_styles', 'attributes', 'layer_styles', ?)",
            (f"{day.isoformat()}T00:00:00.000Z",),
        )


def _flush(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())
