"""The store: every accepted version of every dataset, never changed once written.

store/<dataset>/<version>/    version = "<period>.<n>", n = 1, 2 … within the period
    data.parquet              GeoParquet 1.1; of a raster dataset data/*.tif, Cloud Optimized GeoTIFFs
    package.toml              as it was handed in
    report.json               what the checks found
    version.json              what `StoredVersion` says
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final, Literal, cast

from pipeline.errors import InputError
from pipeline.framework import Dataset
from pipeline.i18n import _
from pipeline.types import Bounds

STORE: Final = "store"
VERSION_FILE: Final = "version.json"
DATA_FILE: Final = "data.parquet"
RASTER_FOLDER: Final = "data"
REPORT_FILE: Final = "report.json"


@dataclass(frozen=True, slots=True)
class StoredVersion:
    """One accepted version of a dataset."""

    dataset: str
    version: str  # "2026-Q3.1"
    folder: Path
    period: str
    currency: date
    accepted: str  # ISO 8601 instant
    number: int  # order of acceptance in the dataset, 1 …; numbers of purged versions are not given again
    kind: Literal["vector", "raster"]
    data: tuple[Path, ...]
    features: int | None  # None of rasters
    bounds: Bounds | None  # degrees; None where nothing has a place
    sha256: str  # of the package: its identity, whatever folder or zip it came in
    score: float | None  # of its report, where it has one


def versions(root: Path, dataset: str) -> tuple[StoredVersion, ...]:
    """The versions of a dataset in the order of acceptance; none where there is none yet.

    Raises InputError for a version whose description is missing or damaged.
    """
    folder = root / STORE / dataset
    try:
        names = sorted(child.name for child in folder.iterdir() if not child.name.startswith("."))
    except (FileNotFoundError, NotADirectoryError):
        return ()
    return tuple(sorted((read_version(folder / name) for name in names), key=lambda version: version.number))


def latest(root: Path, dataset: str, as_of: date | None = None) -> StoredVersion | None:
    """The version that describes the latest day, of those the one that was accepted last; None without any.

    A correction of an old period that is handed in late does not take the place of newer data. With `as_of` only what
    was accepted on that day or before counts, by the clock where it was accepted.
    """
    known = [each for each in versions(root, dataset) if as_of is None or accepted_on(each) <= as_of]
    return max(known, key=lambda version: (version.currency, version.number), default=None)


def stored_source(root: Path, dataset: Dataset, as_of: date | None = None) -> Path | None:
    """What a dataset that is handed in is read from: a file, of rasters a folder; None without any version."""
    version = latest(root, dataset.id, as_of)
    return None if version is None else source_of(version)


def source_of(version: StoredVersion) -> Path:
    """What a version is read from: a file, of rasters a folder."""
    return version.folder / (DATA_FILE if version.kind == "vector" else RASTER_FOLDER)


def accepted_on(version: StoredVersion) -> date:
    """The day a version was accepted, by the clock where it was."""
    return datetime.fromisoformat(version.accepted).date()


def read_version(folder: Path) -> StoredVersion:
    """The version in a folder of the store. Raises InputError."""
    path = folder / VERSION_FILE
    try:
        said: Mapping[str, Any] = json.loads(path.read_bytes())
        bounds = said["bounds"]
        return StoredVersion(
            dataset=str(said["dataset"]),
            version=str(said["version"]),
            folder=folder,
            period=str(said["period"]),
            currency=date.fromisoformat(said["currency"]),
            accepted=str(said["accepted"]),
            number=int(said["number"]),
            kind=cast(Literal["vector", "raster"], str(said["kind"])),
            data=tuple(folder / name for name in said["data"]),
            features=None if said["features"] is None else int(said["features"]),
            bounds=None if bounds is None else cast(Bounds, tuple(float(side) for side in bounds)),
            sha256=str(said["sha256"]),
            score=None if said["score"] is None else float(said["score"]),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            _("The description of a stored version is missing or damaged."),
            where=str(path),
            expected=_("the file as submit wrote it"),
            hint=_("restore the folder from a copy, or remove the version: longquan store purge"),
        ) from error
