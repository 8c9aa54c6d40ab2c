"""What an explanation file says: its rows, a summary, and the story of single features."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.errors import InputError
from pipeline.i18n import _
from pipeline.vector.explain import RULES, SCHEMA


@dataclass(frozen=True, slots=True)
class Asked:
    """Which rows are wanted; None: all."""

    layer: str | None = None
    zoom: int | None = None
    rule: str | None = None
    id: int | None = None


@dataclass(frozen=True, slots=True)
class Chapter:
    """What became of a feature of a layer at some zooms running."""

    layer: str
    first: int
    last: int
    rule: str
    into: tuple[int, ...]  # features in whose place it is drawn, in order
    tiles: int  # how many tiles it is missing from; 0: from the zoom


def read_explained(path: Path, asked: Asked | None = None) -> Iterator[pa.Table]:
    """The rows asked for, a row group at a time, in the file's order; only groups that may hold some are read.

    Raises InputError where the file is missing or none of this kind.
    """
    wanted = {
        name: value for name in ("layer", "zoom", "rule", "id") if (value := getattr(asked, name, None)) is not None
    }
    with _opened(path) as file:
        for number in range(file.num_row_groups):
            if not _may_hold(file.metadata.row_group(number), wanted):
                continue
            table = file.read_row_group(number)
            for name, value in wanted.items():
                column = table.column(name)
                kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
                table = table.filter(pc.equal(column.cast(kind), pa.scalar(value, kind)))
            if table.num_rows:
                yield table


def summarise(path: Path, asked: Asked | None = None) -> dict[tuple[str, str], Mapping[int, int]]:
    """How often each rule was applied, by layer and rule, then by zoom; layers by name, rules as in `RULES`."""
    counts: dict[tuple[str, str], Counter[int]] = {}
    for table in read_explained(path, asked):
        grouped = table.group_by(["layer", "rule", "zoom"]).aggregate([([], "count_all")])
        for row in grouped.to_pylist():
            counts.setdefault((row["layer"], row["rule"]), Counter())[row["zoom"]] += row["count_all"]
    order = sorted(counts, key=lambda group: (group[0], _rank(group[1])))
    return {group: dict(sorted(counts[group].items())) for group in order}


def tell_story(path: Path, asked: Asked) -> tuple[Chapter, ...]:
    """What became of one feature: by layer, then by zoom, zooms of the same fate together."""
    rows = [row for table in read_explained(path, asked) for row in table.to_pylist()]
    rows.sort(key=lambda row: (row["layer"], row["zoom"], _rank(row["rule"])))
    chapters: list[Chapter] = []
    for layer, zoom, rule in dict.fromkeys((row["layer"], row["zoom"], row["rule"]) for row in rows):
        same = [row for row in rows if (row["layer"], row["zoom"], row["rule"]) == (layer, zoom, rule)]
        into = tuple(sorted({row["into"] for row in same if row["into"] is not None}))
        tiles = len({row["tile"] for row in same if row["tile"] is not None})
        before = _continued(chapters, layer, rule, zoom)
        if before is not None and into == chapters[before].into and not tiles and not chapters[before].tiles:
            chapters[before] = Chapter(layer, chapters[before].first, zoom, rule, into, 0)
        else:
            chapters.append(Chapter(layer, zoom, zoom, rule, into, tiles))
    return tuple(chapters)


def _continued(chapters: list[Chapter], layer: str, rule: str, zoom: int) -> int | None:
    """The chapter of the zoom before, of the same layer and rule."""
    for number, chapter in enumerate(chapters):
        if (chapter.layer, chapter.rule, chapter.last) == (layer, rule, zoom - 1):
            return number
    return None


def _rank(rule: str) -> int:
    return RULES.index(rule) if rule in RULES else len(RULES)


def _opened(path: Path) -> pq.ParquetFile:
    try:
        file = pq.ParquetFile(path)
    except FileNotFoundError as error:
        raise InputError(
            _("There is no explanation beside the archive."),
            where=str(path),
            hint=_("It is written when the archive is made; make the archive again."),
        ) from error
    except (OSError, pa.ArrowException) as error:
        raise InputError(
            _("The explanation cannot be read: {reason}.").format(reason=error), where=str(path)
        ) from error
    if not set(SCHEMA.names) <= set(file.schema_arrow.names):
        file.close()
        raise InputError(
            _("This Parquet file explains no archive."),
            where=str(path),
            expected=_("the columns {names}").format(names=", ".join(SCHEMA.names)),
        )
    return file


def _may_hold(group: Any, wanted: Mapping[str, Any]) -> bool:
    """Whether a row group's statistics allow the values."""
    for number in range(group.num_columns):
        column = group.column(number)
        value = wanted.get(column.path_in_schema)
        known = column.statistics
        if value is not None and known is not None and known.has_min_max and not known.min <= value <= known.max:
            return False
    return True
