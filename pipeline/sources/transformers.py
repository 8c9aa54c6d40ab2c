"""From one reference system to another, without asking PROJ's database twice.

Between systems of different datums, CGCS2000 and WGS 84 as well, `Transformer.from_crs` looks through the database for
80 ms, and does so again in every thread. What it finds is a line of text, of which one is made in 0.7 ms.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyproj


def transformer_between(source: pyproj.CRS | str, target: pyproj.CRS | str) -> pyproj.Transformer:
    """A transformer, x before y, for the thread that asks. Heights are left alone.

    Where PROJ chooses among several ways by the place, it is PROJ's own. Raises pyproj.exceptions.CRSError.
    """
    from pyproj import CRS, Transformer

    start, end = CRS.from_user_input(source).to_2d(), CRS.from_user_input(target).to_2d()
    text = _steps(start, end)
    return Transformer.from_crs(start, end, always_xy=True) if text is None else Transformer.from_pipeline(text)


@lru_cache(256)
def _steps(source: pyproj.CRS, target: pyproj.CRS) -> str | None:
    """The operation as PROJ writes it; None where there are several, or it cannot be made of its text."""
    from pyproj import Transformer
    from pyproj.exceptions import ProjError

    found = str(Transformer.from_crs(source, target, always_xy=True).definition)
    try:
        Transformer.from_pipeline(found)
    except ProjError:
        return None
    return found
