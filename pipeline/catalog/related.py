"""Which datasets belong with which: what a reader of one may want to see next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipeline.editions import DatasetView
from pipeline.types import Bounds

MOST = 6  # more would be the list of the theme once more
_JOINED, _SAME_SCHEMA, _SAME_THEME = 4, 2, 1


def related_datasets(views: Sequence[DatasetView], extents: Mapping[str, Bounds | None]) -> dict[str, tuple[str, ...]]:
    """Dataset → up to six others of the edition, nearest first, the order of the catalogue among equals.

    A table belongs with the dataset that locates it, datasets of one schema belong together, and so do datasets of
    one theme whose extents meet. `extents` are west, south, east, north by dataset.
    """
    order = {view.dataset.id: n for n, view in enumerate(views)}
    points: dict[str, dict[str, int]] = {id: {} for id in order}

    def tie(one: str, other: str, weight: int) -> None:
        if one != other:
            points[one][other] = points[one].get(other, 0) + weight
            points[other][one] = points[other].get(one, 0) + weight

    themes: dict[str, list[str]] = {}
    schemas: dict[str, list[str]] = {}
    for view in views:
        dataset = view.dataset
        themes.setdefault(dataset.theme, []).append(dataset.id)
        schemas.setdefault(dataset.schema_name, []).append(dataset.id)
        if dataset.join is not None and dataset.join.dataset in order:
            tie(dataset.id, dataset.join.dataset, _JOINED)
    for weight, groups in ((_SAME_SCHEMA, schemas), (_SAME_THEME, themes)):
        for group in groups.values():
            for n, one in enumerate(group):
                for other in group[n + 1 :]:
                    if weight != _SAME_THEME or _meet(extents.get(one), extents.get(other)):
                        tie(one, other, weight)
    return {
        id: tuple(sorted(found, key=lambda other: (-found[other], order[other]))[:MOST]) for id, found in points.items()
    }


def _meet(one: Bounds | None, other: Bounds | None) -> bool:
    if one is None or other is None:
        return False
    return one[0] <= other[2] and other[0] <= one[2] and one[1] <= other[3] and other[1] <= one[3]
