"""What an edition takes from one vector dataset: all of its rules for it put together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from pipeline.framework import Dataset, EditionRule, LayerSpec
from pipeline.framework.filter import Filter
from pipeline.i18n import _


@dataclass(frozen=True, slots=True)
class VectorPolicy:
    """Rules in force; nothing is taken where nothing is said. Each rule only ever takes more."""

    filters: tuple[Filter, ...] = ()  # a feature passes all of them
    intervals: tuple[tuple[str, float], ...] = ()  # field, metres: it is a multiple of each
    grid: float | None = None  # metres on the ground that coordinates are rounded to
    masks: tuple[tuple[str, str], ...] = ()  # file below the workspace, remove or cut
    max_zoom: int | None = None
    fields: frozenset[str] | None = None  # only these, None: no rule says so

    @property
    def judges(self) -> tuple[str, ...]:
        """The fields that decide which features enter; they need not be shown."""
        names = [name for filter in self.filters for name in sorted(filter.fields)]
        return tuple(dict.fromkeys((*names, *(field for field, _metres in self.intervals))))

    @property
    def changes_features(self) -> bool:
        """Whether features are taken out or moved."""
        return bool(self.filters or self.intervals or self.grid or self.masks)

    @property
    def words(self) -> dict[str, Any]:
        """What decides over features, for hashing; masks are named apart, by what is in them."""
        return {
            "filters": [filter.text for filter in self.filters],
            "intervals": [list(each) for each in self.intervals],
            "grid": self.grid,
        }

    def with_places_of(self, other: VectorPolicy) -> VectorPolicy:
        """The same for a dataset that has its places from the other's: they are hidden and coarsened alike."""
        grids = [grid for grid in (self.grid, other.grid) if grid is not None]
        masks = tuple(dict.fromkeys((*self.masks, *other.masks)))
        return replace(self, grid=max(grids, default=None), masks=masks)


AS_IT_IS: Final = VectorPolicy()


def vector_policy(dataset: Dataset, rules: Sequence[EditionRule]) -> VectorPolicy:
    """All `rules` that apply to a dataset as one: filters all hold, the coarsest grid, the lowest zoom, every mask."""
    if dataset.kind == "raster":
        return AS_IT_IS
    named = [frozenset(rule.fields) for rule in rules if rule.fields is not None]
    return VectorPolicy(
        filters=tuple(filter for rule in rules if (filter := rule.filter) is not None),
        intervals=tuple(dict.fromkeys((each.field, each.metres) for rule in rules if (each := rule.interval))),
        grid=max((rule.grid_m for rule in rules if rule.grid_m is not None), default=None),
        masks=tuple(dict.fromkeys((rule.masks, rule.mask_mode) for rule in rules if rule.masks is not None)),
        max_zoom=min((rule.max_zoom for rule in rules if rule.max_zoom is not None), default=None),
        fields=frozenset.intersection(*named) if named else None,
    )


def limited(layer: LayerSpec, max_zoom: int | None) -> LayerSpec | None:
    """The layer up to a zoom at most, None where it begins beyond; features that appear later never do."""
    if max_zoom is None or layer.max_zoom <= max_zoom:
        return layer
    if layer.min_zoom > max_zoom:
        return None
    changes: dict[str, Any] = {
        "max_zoom": max_zoom,
        "simplification_by_zoom": {z: t for z, t in layer.simplification_by_zoom.items() if z <= max_zoom},
    }
    clusters = layer.clusters
    if clusters is not None and clusters.max_zoom is not None and clusters.max_zoom >= max_zoom:
        changes["clusters"] = clusters.model_copy(update={"max_zoom": None}) if max_zoom > layer.min_zoom else None
    return layer.model_copy(update=changes)


def told_policy(policy: VectorPolicy) -> Iterator[str]:
    """For the operator's eyes: what is taken from a dataset's features."""
    for filter in policy.filters:
        yield _("only features with {filter}").format(filter=filter.text)
    for field, metres in policy.intervals:
        yield _("only features whose {field} is a multiple of {metres:g} m").format(field=field, metres=metres)
    for path, mode in policy.masks:
        if mode == "cut":
            yield _("without what lies inside the areas of {path}").format(path=path)
        else:
            yield _("without features that meet the areas of {path}").format(path=path)
    if policy.grid is not None:
        yield _("coordinates rounded to a grid of {metres:g} m").format(metres=policy.grid)
