"""Folders of Parquet files that are one data set: parts as Spark, Dask and DuckDB write them, Hive partitions too."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final
from urllib.parse import unquote

SUFFIXES: Final = (".parquet", ".geoparquet")
_NULL: Final = "__HIVE_DEFAULT_PARTITION__"
_INTEGER: Final = re.compile(r"0|-?[1-9][0-9]{0,17}")  # "007" is a code, not a number


def find_parts(folder: Path) -> tuple[Path, ...]:
    """The Parquet files in a folder and below, by path; what begins with "_" or "." is a note of the writer."""
    found = []
    for path in folder.rglob("*"):
        inside = path.relative_to(folder).parts
        if path.suffix.lower() in SUFFIXES and not any(part[0] in "_." for part in inside) and path.is_file():
            found.append((inside, path))
    return tuple(path for _inside, path in sorted(found))


def partition_values(folder: Path, parts: tuple[Path, ...]) -> dict[str, list[int | None] | list[str | None]]:
    """The values that folders named `key=value` give the rows of each part: key → one per part.

    Integers where all of them are, else texts.
    """
    rows = [dict(_pairs(path.relative_to(folder).parts[:-1])) for path in parts]
    keys = list(dict.fromkeys(key for row in rows for key in row))
    found: dict[str, list[int | None] | list[str | None]] = {}
    for key in keys:
        values = [row.get(key) for row in rows]
        whole = any(values) and all(value is None or _INTEGER.fullmatch(value) for value in values)
        found[key] = [None if value is None else int(value) for value in values] if whole else values
    return found


def _pairs(folders: tuple[str, ...]) -> list[tuple[str, str | None]]:
    pairs = [name.partition("=") for name in folders if "=" in name]
    return [(unquote(key), None if value == _NULL else unquote(value)) for key, _equals, value in pairs]
