"""What changed in a dataset from one version to another: features added, removed, changed, and in which fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.intake.changes_pairs import Rows, pair_by_content, pair_by_key
from pipeline.intake.changes_side import Side, differing, row_numbers

_BLOCK = 1 << 18  # geometries compared at a time


@dataclass(frozen=True, slots=True)
class Changes:
    """The differences of two versions as row numbers; the values are read from the versions when they are told."""

    before: Side
    after: Side
    key: str | None  # the field by which features were found again; None: by all that they are
    added: Rows  # of `after`, ascending
    removed: Rows  # of `before`, ascending
    changed_before: Rows  # [changed]
    changed_after: Rows  # [changed], ascending
    fields: Mapping[str, NDArray[np.bool_]]  # name → [changed]; fields that no feature changed are left out
    geometry: NDArray[np.bool_]  # [changed]
    unchanged: int
    ambiguous: int  # features of either version whose key is missing or not unique: found again by all that they are

    @property
    def any(self) -> bool:
        """Whether anything changed, be it only the fields there are."""
        return bool(len(self.added) or len(self.removed) or len(self.changed_after) or self.schema)

    @property
    def schema(self) -> dict[str, tuple[str | None, str | None]]:
        """Fields that came, went or changed their type: name → old and new type."""
        old, new = self.before.types, self.after.types
        return {
            name: (str(old[name]) if name in old else None, str(new[name]) if name in new else None)
            for name in dict.fromkeys((*old, *new))
            if old.get(name) != new.get(name)
        }


def find_changes(before: Side, after: Side, key: str | None) -> Changes:
    """Compare two versions; one column of each is in memory at a time.

    With a `key` (a field of both) features are found again by its value, and without one, or where the value is
    missing or not unique, by all that they are: then nothing is changed, only removed and added. A value that is
    missing in both is the same, as is NaN; a geometry is the same whatever its rings begin with and turn.
    """
    pairs = pair_by_content(before, after) if key is None else pair_by_key(before, after, key)
    changed = np.zeros(len(pairs.after), np.bool_)
    fields: dict[str, NDArray[np.bool_]] = {}
    shifted = np.zeros(0, np.bool_)
    if len(changed):
        old_rows, new_rows = row_numbers(pairs.before), row_numbers(pairs.after)
        for name in dict.fromkeys((*before.types, *after.types)):
            differs = differing(before.column(name).take(old_rows), after.column(name).take(new_rows))
            if differs.any():
                fields[name] = differs
                changed |= differs
        shifted = _moved(before.shapes(), after.shapes(), pairs.before, pairs.after)
        changed |= shifted
    return Changes(
        before,
        after,
        key,
        added=pairs.added,
        removed=pairs.removed,
        changed_before=pairs.before[changed],
        changed_after=pairs.after[changed],
        fields={name: differs[changed] for name, differs in fields.items()},
        geometry=shifted[changed] if len(changed) else shifted,
        unchanged=pairs.same + int((~changed).sum()),
        ambiguous=pairs.ambiguous,
    )


def _moved(old: pa.Array, new: pa.Array, old_rows: Rows, new_rows: Rows) -> NDArray[np.bool_]:
    """Where the geometry of a pair is another, [pairs]: as bytes, and where these differ, as points."""
    import shapely

    moved = np.zeros(len(old_rows), np.bool_)
    for start in range(0, len(old_rows), _BLOCK):
        block = slice(start, start + _BLOCK)
        one, other = old.take(row_numbers(old_rows[block])), new.take(row_numbers(new_rows[block]))
        apart = np.flatnonzero(differing(one, other))
        if len(apart):
            shapes = [shapely.from_wkb(side.take(row_numbers(apart)).to_pylist()) for side in (one, other)]
            same = shapely.equals_exact(shapes[0], shapes[1], tolerance=0.0, normalize=True)
            moved[start + apart[~same]] = True
    return moved
