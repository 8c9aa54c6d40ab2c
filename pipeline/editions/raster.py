"""What an edition may show of rasters: what it says itself, and where it says nothing the public-map rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from pipeline.framework import Confirmed, Edition, Number, numbers_in_force, read_map_rules
from pipeline.i18n import _

_NONE: Final[Mapping[str, Confirmed]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class RasterPolicy:
    """Limits in metres, None where there is none; and a file of areas that are not shown."""

    ground_resolution: float | None = None  # a pixel of imagery measures at least this
    contour_interval: float | None = None
    dem_grid: float | None = None  # heights are means of cells of at least this
    masks: str | None = None  # below the workspace
    blur: float | None = None  # metres of the cells that masked areas are blurred to; None: they are taken out


def raster_policy(edition: Edition, confirmed: Mapping[str, Confirmed] = _NONE) -> RasterPolicy:
    """The limits of an edition. One that it does not name is the public rule's in force, where the edition is public.

    Zero lifts a limit here; the gate judges what comes of it. Pure but for the file of rules, which comes along.
    """
    said = edition.raster
    in_force = _limits(confirmed) if edition.public else {}

    def limit(key: str) -> float | None:
        value: float | None = getattr(said, key)
        if value is None:
            return in_force[key].value if key in in_force else None
        return value or None

    return RasterPolicy(
        limit("min_ground_resolution_m"),
        limit("min_contour_interval_m"),
        limit("min_dem_grid_m"),
        said.masks,
        said.blur_m if said.masks is not None and said.mask_mode == "blur" else None,
    )


def told_rules(edition: Edition, confirmed: Mapping[str, Confirmed] = _NONE) -> Iterator[str]:
    """For the operator's eyes: the public rules that hold because the edition says nothing, with their sources."""
    if not edition.public:
        return
    for key, rule in sorted(_limits(confirmed).items()):
        if getattr(edition.raster, key) is None:
            yield _("{key} = {metres:g}, the public rule ({source}, {date})").format(
                key=key, metres=rule.value, source=rule.source, date=rule.date
            )


def _limits(confirmed: Mapping[str, Confirmed]) -> Mapping[str, Number]:
    """The numbers in force that are defaults of an edition's limits, by the key of the limit."""
    in_force = numbers_in_force(confirmed)
    return {rule.limit: in_force[id] for id, rule in read_map_rules().numbers.items() if rule.limit is not None}
