"""What a workspace knows of a file that is to be checked: whose data it is, its last version, the other datasets."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.intake.checks.shelf import siblings_of
from pipeline.intake.checks.subject import Subject, subject_of
from pipeline.intake.store import latest, source_of, stored_source
from pipeline.sources.database import Source

if TYPE_CHECKING:
    from pipeline.framework.department import Dataset
    from pipeline.framework.workspace import Framework


def known_of(framework: Framework | None, dataset: str | None, source: Source, base: Subject) -> Subject:
    """`base` with what the workspace knows of the dataset that was named, else of the one that the file seems to be of.

    What `base` says itself counts for more.
    """
    if framework is None:
        return base
    layer = base.read.layer
    id = dataset or dataset_of(framework, source, layer)
    base = with_workspace(framework, id, base)
    if id is None:
        return replace(base, city=framework.city)
    subject = subject_of(
        framework,
        id,
        base.as_of,
        previous=base.previous,
        previous_currency=base.previous_currency,
        siblings=base.siblings,
        control=base.control,
    )
    read = subject.read
    if not _is_source(framework, id, source):
        read = replace(read, layer=None)  # another file calls it as it likes
    asked = base.read
    read = replace(
        read,
        layer=layer or read.layer,
        crs=asked.crs or read.crs,
        encoding=asked.encoding or read.encoding,
        x=asked.x or read.x,
        y=asked.y or read.y,
    )
    return replace(subject, schema=base.schema or subject.schema, read=read, read_control=base.read_control)


def with_workspace(framework: Framework | None, id: str | None, base: Subject) -> Subject:
    """`base` with the other datasets of the workspace, and the last version of the dataset `id`."""
    if framework is None:
        return base
    root = framework.root

    def find(dataset: Dataset) -> Path | None:
        if dataset.handed_in:
            return stored_source(root, dataset, base.as_of)
        path = root / dataset.source
        return path if path.exists() else None

    siblings = {**siblings_of(framework, id or "", find), **base.siblings}
    before = latest(root, id, base.as_of) if id is not None and base.previous is None else None
    if before is None or before.kind != "vector":
        return replace(base, siblings=siblings)
    return replace(base, siblings=siblings, previous=source_of(before), previous_currency=before.currency)


def dataset_of(framework: Framework, source: Source, layer: str | None) -> str | None:
    """The dataset that a file is of: by its place, by the name of its layer, or by its own."""
    datasets = [each for _owner, each in framework.datasets if each.kind == "vector"]
    for each in datasets:
        if _is_source(framework, each.id, source) and (layer is None or each.layer in (None, layer)):
            return each.id
    named = {each.id.casefold(): each.id for each in datasets}
    for archive in framework.archives:
        named |= {entry.name.casefold(): entry.dataset for entry in archive.layers}
    asked = (layer, source.stem)
    return next((named[name.casefold()] for name in asked if name and name.casefold() in named), None)


def _is_source(framework: Framework, id: str, source: Source) -> bool:
    """Whether a file is the very one that the workspace reads the dataset from."""
    _owner, dataset = framework.dataset(id)
    return (
        isinstance(source, Path)
        and not dataset.handed_in
        and (framework.root / dataset.source).resolve() == source.resolve()
    )
