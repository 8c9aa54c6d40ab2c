"""Well-known binary → shapely, without stumbling over what GEOS cannot take: broken bytes, arcs, surfaces."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pyarrow as pa
import shapely
from numpy.typing import NDArray

from pipeline.intake.checks.measures import BROKEN, CURVED, finite_of
from pipeline.sources.arrow import offsets, valid

_COLLECTION: Final = 7  # in OGC 06-103r4 and in GEOS
_PLAIN: Final = 7  # types up to the collection; beyond are arcs, surfaces, TINs, triangles
_KNOWN: Final = 17
_HIGH: Final = 0x1FFFFFFF  # below EWKB's flags of Z, M and SRID


def parse(binary: pa.Array) -> tuple[NDArray[np.object_], NDArray[np.int8]]:
    """Geometries [values], None where there is none, and which are BROKEN or CURVED, else 0."""
    there = valid(binary)
    present = there if len(there) else np.ones(len(binary), np.bool_)
    values = np.asarray(binary.to_numpy(zero_copy_only=False), object)
    odd = np.zeros(len(values), np.int8)
    odd[present & _is_curved(binary)] = CURVED
    if (odd == CURVED).any():
        values = values.copy()
        values[odd == CURVED] = None
    with np.errstate(invalid="ignore"):  # NaN among the coordinates, which the rule on validity tells
        shapes: Any = np.asarray(shapely.from_wkb(values, on_invalid="ignore"), object)
    for at in np.flatnonzero(shapely.get_type_id(shapes) == _COLLECTION).tolist():  # rare
        if not _is_plain(shapes[at]):
            shapes[at], odd[at] = None, CURVED
    odd[shapely.is_missing(shapes) & present & (odd == 0)] = BROKEN
    return shapes, odd


def _is_plain(collection: shapely.Geometry) -> bool:
    """Whether all members are points, lines and areas."""
    try:
        return all(kind < _COLLECTION for kind in shapely.get_type_id(shapely.get_parts(collection)))
    except NotImplementedError:
        return False


def finite(shapes: NDArray[np.object_]) -> NDArray[np.bool_]:
    """Which shapes [shapes] have no coordinate that is NaN or infinite."""
    coordinates, owner = shapely.get_coordinates(shapes, return_index=True)
    return finite_of(coordinates, owner, len(shapes))


def _is_curved(binary: pa.Array) -> NDArray[np.bool_]:
    """Which values say in their first five bytes that they are of a type that GEOS cannot take."""
    starts, content = offsets(binary), binary.buffers()[2]
    data = np.frombuffer(content if content is not None else b"", np.uint8)
    found = np.zeros(len(binary), np.bool_)
    whole = np.flatnonzero(np.diff(starts) >= 5)
    if not len(whole):
        return found
    head = data[starts[whole][:, None] + np.arange(5)].astype(np.int64)
    scale = 1 << (8 * np.arange(4))
    little = head[:, 0] == 1
    kind = np.where(little, (head[:, 1:] * scale).sum(1), (head[:, 1:] * scale[::-1]).sum(1)) & _HIGH
    kind %= 1000  # ISO's Z, M and ZM
    found[whole] = (kind > _PLAIN) & (kind <= _KNOWN)
    return found
