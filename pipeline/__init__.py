"""Longquan: a city's geospatial framework as static files that anyone can serve.

The public Python interface; everything else is internal. Names are imported when first used, so that
``longquan --help`` stays instant.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.api import estimate, open_archive, tile

__all__ = ["__version__", "estimate", "open_archive", "tile"]
__version__ = "0.1.0"


def __getattr__(name: str) -> object:
    if name in {"estimate", "open_archive", "tile"}:
        from pipeline import api

        return getattr(api, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
