"""The search index: every entry, house number and word of it, and that the file holds nothing besides."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa

from pipeline.audit.against import Against
from pipeline.audit.document import Document, value_document
from pipeline.audit.rules import Finding, Rule, Severity
from pipeline.audit.tables import Batch
from pipeline.errors import LongquanError
from pipeline.i18n import _
from pipeline.portal.search.again import written_again
from pipeline.portal.search.numbers import COARSE
from pipeline.portal.search.reader import Index, degrees, open_index
from pipeline.sources.ragged import points
from pipeline.types import FeatureBatch

_AT_ONCE: Final = 50_000  # entries


@dataclass(frozen=True, slots=True)
class SearchFile:
    """A search index in a published folder."""

    path: Path
    file: str
    against: Against


def parts_of(found: SearchFile) -> Iterator[Document | Batch]:
    """What an index says of itself, then its entries and house numbers as features. Raises ArchiveError, InputError."""
    with open_index(found.path) as index:
        told = {key: value for key, value in index.told.items() if key != "fold"}  # neighbours there mean nothing
        yield value_document(told, f"{found.file}#description")
        yield from _features(index, found)


def strange_index(found: SearchFile) -> Iterator[Finding]:
    """An index that cannot be read, kinds of datasets that are not allowed, bytes that no entry accounts for."""
    try:
        with open_index(found.path) as index:
            for dataset in sorted({kind.dataset for kind in index.description.kinds} - {""}):
                if dataset not in found.against.allowed.datasets:
                    yield Finding(_("dataset {name} is not allowed").format(name=dataset), found.file)
            if written_again(index) != found.path.read_bytes():
                yield Finding(_("it holds bytes that none of its entries accounts for"), found.file)
    except (LongquanError, LookupError, ValueError) as error:
        reason = error.message if isinstance(error, LongquanError) else error
        yield Finding(_("it cannot be read: {reason}").format(reason=reason), found.file)


def _features(index: Index, found: SearchFile) -> Iterator[Batch]:
    kinds = index.description.kinds
    rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
    waiting = 0
    for block in index.blocks():
        for entry in block:
            row = {"name": entry.name, "other": entry.other, "codes": " ".join(entry.codes), "id": entry.id}
            rows[kinds[entry.kind].dataset].append(
                {**row, "suffix": "", "x": degrees(entry.lng), "y": degrees(entry.lat)}
            )
            for door in index.doors(entry):
                row = {"name": f"{entry.name}{door.number}{door.suffix}号", "other": "", "codes": "", "id": door.id}
                x, y = door.lng / COARSE, door.lat / COARSE
                rows[kinds[door.kind].dataset].append({**row, "suffix": door.suffix, "x": x, "y": y})
                waiting += 1
            waiting += 1
        if waiting >= _AT_ONCE:
            yield from _batches(rows, found)
            rows.clear()
            waiting = 0
    yield from _batches(rows, found)


def _batches(rows: dict[str, list[dict[str, Any]]], found: SearchFile) -> Iterator[Batch]:
    for dataset, some in sorted(rows.items()):
        x, y = (np.array([row[axis] for row in some], np.float64) for axis in ("x", "y"))
        texts = {
            name: pa.array([row[name] for row in some], pa.large_string())
            for name in ("name", "other", "codes", "suffix")
        }
        table = pa.table({**texts, "id": pa.array([row["id"] for row in some], pa.int64())})
        # Places in an index are anywhere on a feature: where they lie says nothing of another that may not be shown.
        features = FeatureBatch(points(x, y, np.zeros(len(some), bool)), table)
        yield Batch(found.file, dataset, features, found.against)


SEARCH_RULE: Final = Rule(
    "search-index",
    Severity.LEAK,
    "A search index holds what its entries say of allowed datasets, and nothing else.",
    "Build the edition again.",
    strange_index,
)
