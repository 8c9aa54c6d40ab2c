"""The files of the other datasets that a submission is held against, found when a rule asks for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pipeline.framework import Dataset, Framework
from pipeline.intake.checks.shelf import Sibling
from pipeline.intake.checks.subject import read_options
from pipeline.intake.store import stored_source
from pipeline.sources import is_database


@dataclass(frozen=True)
class Siblings(Mapping[str, Path | Sibling]):
    """Layer names and dataset ids → the latest version in the store, or the source that lies in the workspace.

    Nothing is looked for before it is asked for: a city has a thousand datasets, and rules ask for three of them.
    """

    framework: Framework
    of: str  # the dataset that is handed in, which is not its own sibling
    as_of: date

    def __getitem__(self, name: str) -> Path | Sibling:
        for dataset in self._named(name):
            file = self._file(dataset)
            if file is not None:
                return file
        raise KeyError(name)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and any(self._file(dataset) is not None for dataset in self._named(name))

    def __iter__(self) -> Iterator[str]:
        names = [layer.name for archive in self.framework.archives for layer in archive.layers]
        names += [dataset.id for _owner, dataset in self.framework.datasets]
        return (name for name in dict.fromkeys(names) if name in self)

    def __len__(self) -> int:
        return sum(1 for _name in self)

    def _named(self, name: str) -> Iterator[Dataset]:
        """Datasets that are called so in an archive, then the one whose id it is."""
        ids = [layer.dataset for archive in self.framework.archives for layer in archive.layers if layer.name == name]
        known = {dataset.id: dataset for _owner, dataset in self.framework.datasets}
        for id in dict.fromkeys((*ids, name)):
            if id in known and id != self.of and known[id].kind == "vector":
                yield known[id]

    def _file(self, dataset: Dataset) -> Path | Sibling | None:
        if dataset.handed_in:
            return stored_source(self.framework.root, dataset, self.as_of)
        if is_database(dataset.source):
            return None
        path = self.framework.root / dataset.source
        return Sibling(path, read_options(self.framework, dataset)) if path.exists() else None
