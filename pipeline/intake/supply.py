"""Datasets that are handed in get their source: the version of the store that a build as of a date uses."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from pipeline.framework import Dataset, Framework
from pipeline.intake.store import StoredVersion, latest, source_of


@dataclass(frozen=True, slots=True)
class Supplied:
    """A framework all of whose datasets have a source, and the datasets that it therefore lacks."""

    framework: Framework
    missing: tuple[str, ...]  # nothing was handed in by that date


def supply(framework: Framework, as_of: date) -> Supplied:
    """Give every dataset without a source its latest version in the store, with that version's currency.

    Those without any version are left out, with all that would be made of them. How files are read that were handed in
    (layer, CRS, encoding, coordinates) no longer matters: the store has one form. Raises InputError where the
    description of a version is damaged.
    """
    missing: list[str] = []
    departments = []
    for department in framework.departments:
        datasets = []
        for dataset in department.datasets:
            if not dataset.handed_in:
                datasets.append(dataset)
            elif (version := latest(framework.root, dataset.id, as_of)) is not None:
                datasets.append(_from_version(framework, dataset, version))
            else:
                missing.append(dataset.id)
        departments.append(department.model_copy(update={"datasets": tuple(datasets)}))
    return Supplied(replace(framework, departments=tuple(departments)), tuple(missing))


def _from_version(framework: Framework, dataset: Dataset, version: StoredVersion) -> Dataset:
    return dataset.model_copy(
        update={
            "source": source_of(version).relative_to(framework.root).as_posix(),
            "currency": version.currency,
            "layer": None,
            "crs": None,
            "encoding": None,
            "coordinates": None,
            "rules": None,
        }
    )
