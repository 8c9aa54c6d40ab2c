"""What can be drawn from heights, each a raster archive of its own: heights themselves, light, colours, slopes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from pipeline.raster.height_tiles import HeightTiles
from pipeline.raster.plan import ImageFormat

Picture = NDArray[np.uint8]  # [rows, columns, 4] red, green, blue, alpha
Draw = Callable[[HeightTiles, int, int, int], Picture | None]  # heights, zoom, x, y; None: none is known


@dataclass(frozen=True, slots=True)
class Product:
    """How tiles of heights become pictures. Whatever decides over the bytes is in `name`, `form` and `facts`."""

    name: str  # terrain, hillshade, tint, slope or aspect
    form: ImageFormat
    draw: Draw
    reach: int = 0  # how many pixels beyond a tile its picture depends on: 0 or 1
    kind: Literal["baselayer", "overlay"] = "overlay"
    encoding: str | None = None  # of heights in pictures: "terrarium" or "mapbox"
    facts: Mapping[str, Any] = field(default_factory=dict)  # for the metadata
