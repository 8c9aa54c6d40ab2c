"""What a source is checked against: all that is known of it, much of which may be missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.framework.check_limits import CheckLimits
from pipeline.intake.checks.shelf import Sibling
from pipeline.sources.options import ReadOptions

if TYPE_CHECKING:
    from pipeline.framework.city import City
    from pipeline.framework.department import Dataset, Department
    from pipeline.framework.package import Package
    from pipeline.framework.schema import Schema
    from pipeline.framework.workspace import Framework


@dataclass(frozen=True, slots=True)
class Subject:
    """The knowledge that rules draw on; a rule whose knowledge is missing says so and does not run."""

    as_of: date
    dataset: Dataset | None = None
    schema: Schema | None = None
    city: City | None = None
    department: Department | None = None
    package: Package | None = None
    previous: Path | None = None  # data.parquet of the last version
    previous_currency: date | None = None
    siblings: Mapping[str, Path | Sibling] = field(default_factory=dict)  # layer name or dataset id → another dataset
    control: Path | None = None  # check points of known place, with the key of the feature that each belongs to
    read_control: ReadOptions = field(default_factory=ReadOptions)
    layers: tuple[str, ...] = ()  # what the dataset is called in archives: "LRDL"
    limits: CheckLimits = field(default_factory=CheckLimits)
    read: ReadOptions = field(default_factory=ReadOptions)

    @property
    def currency(self) -> date | None:
        """The date that the data shows the world at: the package's, else the dataset's."""
        if self.package is not None:
            return self.package.currency
        return self.dataset.currency if self.dataset is not None else None


def subject_of(
    framework: Framework,
    id: str,
    as_of: date,
    *,
    package: Package | None = None,
    previous: Path | None = None,
    previous_currency: date | None = None,
    siblings: Mapping[str, Path | Sibling] | None = None,
    control: Path | None = None,
) -> Subject:
    """What a workspace knows of its dataset `id`. Raises KeyError where it has none of that id.

    A package says more exactly than the workspace how its files are to be read.
    """
    department, dataset = framework.dataset(id)
    return Subject(
        as_of=as_of,
        dataset=dataset,
        schema=framework.schema_of(dataset) if dataset.kind == "vector" else None,
        city=framework.city,
        department=department,
        package=package,
        previous=previous,
        previous_currency=previous_currency,
        siblings=siblings or {},
        control=control,
        layers=layer_names(framework, id),
        limits=framework.checks.of(id),
        read=read_options(framework, dataset),
    )


def read_options(framework: Framework, dataset: Dataset) -> ReadOptions:
    """How a workspace says that a dataset is to be read."""
    return ReadOptions(
        layer=dataset.layer,
        crs=dataset.crs,
        encoding=dataset.encoding,
        x=dataset.coordinates.x if dataset.coordinates else None,
        y=dataset.coordinates.y if dataset.coordinates else None,
        self_contained=True,
        rules=framework.root / dataset.rules if dataset.rules else None,
    )


def layer_names(framework: Framework, id: str) -> tuple[str, ...]:
    """What a dataset is called in the archives of a workspace."""
    return tuple(
        dict.fromkeys(layer.name for archive in framework.archives for layer in archive.layers if layer.dataset == id)
    )
