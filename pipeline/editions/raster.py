"""What an edition may show of rasters: what it says itself, and where it says nothing the public-map rules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.framework import Edition, read_raster_rules
from pipeline.i18n import _


@dataclass(frozen=True, slots=True)
class RasterPolicy:
    """Limits in metres, None where there is none; and a file of areas that are not shown."""

    ground_resolution: float | None = None  # a pixel of imagery measures at least this
    contour_interval: float | None = None
    dem_grid: float | None = None  # heights are means of cells of at least this
    masks: str | None = None  # below the workspace
    blur: float | None = None  # metres of the cells that masked areas are blurred to; None: they are taken out


def raster_policy(edition: Edition) -> RasterPolicy:
    """The limits of an edition. One that it does not name is the strictest public rule's, where the edition is public.

    Zero lifts a limit. Pure but for the file of rules, which comes along.
    """
    said = edition.raster
    strictest = read_raster_rules().strictest if edition.public else {}

    def limit(key: str) -> float | None:
        value: float | None = getattr(said, key)
        if value is None:
            return strictest[key].metres if key in strictest else None
        return value or None

    return RasterPolicy(
        limit("min_ground_resolution_m"),
        limit("min_contour_interval_m"),
        limit("min_dem_grid_m"),
        said.masks,
        said.blur_m if said.masks is not None and said.mask_mode == "blur" else None,
    )


def told_rules(edition: Edition) -> Iterator[str]:
    """For the operator's eyes: the public rules that hold because the edition says nothing, with their sources."""
    if not edition.public:
        return
    for key, rule in sorted(read_raster_rules().strictest.items()):
        if getattr(edition.raster, key) is None:
            yield _("{key} = {metres:g}, the public rule ({source}, {date})").format(
                key=key, metres=rule.metres, source=rule.source, date=rule.date
            )
