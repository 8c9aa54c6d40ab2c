"""Tables without coordinates: each row gets the place of the point whose address is the same text."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from pipeline.editions.cast import cast
from pipeline.editions.redact import MASKED
from pipeline.sources.ragged import points
from pipeline.types import POINT, FeatureBatch, Tally

NOT_FOUND = "address-not-found"  # no point has this text
AMBIGUOUS = "address-ambiguous"  # points at different places have it; the first of the file is taken
MISSING = "address-missing"  # the row has no text


@dataclass(frozen=True, slots=True)
class Places:
    """Points by their normalised text."""

    lng: dict[str, float]
    lat: dict[str, float]
    ambiguous: frozenset[str]
    hidden: frozenset[str] = frozenset()  # there, but not to be shown: whoever stands there has no place either


def normalise(text: str) -> str:
    """The text as it is compared: NFKC (full width = half width), case folded, runs of blanks as one."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def gather_places(
    batches: Iterable[FeatureBatch], column: str, shown: Callable[[FeatureBatch], FeatureBatch] | None = None
) -> Places:
    """The points of another dataset by the text of one of its columns; features that are no points are passed over.

    `shown` gives a batch's points as they may be shown, and none to those that may not.
    """
    lng: dict[str, float] = {}
    lat: dict[str, float] = {}
    ambiguous: set[str] = set()
    hidden: set[str] = set()
    for batch in batches:
        g = batch.geometries if shown is None else shown(batch).geometries
        texts = _texts(batch.attributes, column)
        gone = (batch.geometries.kinds == POINT) & (g.kinds != POINT)
        hidden.update(text for row in np.flatnonzero(gone).tolist() if (text := texts[row]) is not None)
        first = g.vertex_offsets[g.part_offsets[:-1]]
        for row in np.flatnonzero(g.kinds == POINT).tolist():
            text = texts[row]
            if text is None:
                continue
            x, y = float(g.x[first[row]]), float(g.y[first[row]])
            if text not in lng:
                lng[text], lat[text] = x, y
            elif (lng[text], lat[text]) != (x, y):
                ambiguous.add(text)
    return Places(lng, lat, frozenset(ambiguous), frozenset(hidden - lng.keys()))


def locate(batch: FeatureBatch, column: str, places: Places, tally: Tally) -> FeatureBatch:
    """The same rows with points where their text is known, and without geometry elsewhere, which is counted."""
    texts = _texts(batch.attributes, column)
    found = [text if text is not None and text in places.lng else None for text in texts]
    lost = [text for text in texts if text is not None and text not in places.lng and text not in places.hidden]
    twice = [text for text in found if text is not None and text in places.ambiguous]
    tally.add(MASKED, sum(text in places.hidden for text in texts))
    tally.add(NOT_FOUND, len(lost), lost[0] if lost else "")
    tally.add(AMBIGUOUS, len(twice), twice[0] if twice else "")
    tally.add(MISSING, sum(text is None for text in texts), column)
    nowhere = float("nan")
    x = np.array([nowhere if text is None else places.lng[text] for text in found], np.float64)
    y = np.array([nowhere if text is None else places.lat[text] for text in found], np.float64)
    return FeatureBatch(points(x, y, ~np.isnan(x)), batch.attributes)


def _texts(table: pa.Table, column: str) -> list[str | None]:
    values, _lost = cast(table.column(column), "string")
    return [None if text is None else normalise(text) for text in values.to_pylist()]
