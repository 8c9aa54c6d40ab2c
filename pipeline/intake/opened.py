"""The sources of a build's datasets; a database is opened once, so that all that is read of it is of one moment."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from pipeline.editions import DatasetView
from pipeline.framework import Dataset
from pipeline.sources import Database, ReadOptions, Source, open_source


class OpenSources:
    """Sources by what datasets say of them, from the workspace's folder `root`; leaving closes the databases."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._databases: dict[str, Database] = {}

    def __enter__(self) -> OpenSources:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for database in self._databases.values():
            database.close()
        self._databases.clear()

    def of(self, dataset: Dataset) -> Source:
        """Where a dataset is read from. Raises InputError for the address of a database that cannot be understood."""
        if dataset.source not in self._databases:
            source = open_source(dataset.source, self.root)
            if isinstance(source, Path):
                return source
            self._databases[dataset.source] = source
        return self._databases[dataset.source]

    def options(self, view: DatasetView, columns: Sequence[str]) -> ReadOptions:
        """How it is read, and which columns of it."""
        dataset = view.dataset
        return ReadOptions(
            layer=dataset.layer,
            crs=dataset.crs,
            encoding=dataset.encoding,
            columns=tuple(columns),
            x=dataset.coordinates.x if dataset.coordinates else None,
            y=dataset.coordinates.y if dataset.coordinates else None,
            self_contained=True,
            rules=self.root / dataset.rules if dataset.rules else None,
        )
