"""What a dataset was read from, with its hash: files, or what was read of a database."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipeline.editions import DatasetView
from pipeline.errors import InputError
from pipeline.framework import Dataset, Department
from pipeline.i18n import _
from pipeline.sources import Database, ReadOptions, read_batches
from pipeline.types import Tally

# What belongs to a Shapefile; a change in any of them changes what is read.
_SHAPEFILE = (".shp", ".shx", ".dbf", ".prj", ".cpg", ".qpj")
_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class InputFile:
    """One file, or one folder that is a format (File Geodatabase), taken as a whole."""

    dataset: str
    path: str  # below the workspace
    bytes: int
    sha256: str


def input_files(root: Path, department: Department, dataset: Dataset) -> tuple[InputFile, ...]:
    """The files of a dataset's source, in order of their names, then the rules by which OpenStreetMap data are read.

    Raises InputError when the source is missing or cannot be read.
    """
    source = root / dataset.source
    parts = _parts(source) if source.exists() else []
    return digest_files(root, department, dataset, (*parts, *((root / dataset.rules,) if dataset.rules else ())))


def digest_files(root: Path, department: Department, dataset: Dataset, files: Sequence[Path]) -> tuple[InputFile, ...]:
    """Files that a dataset is read from, with their hashes. Raises InputError when its source is missing, too."""
    source = root / dataset.source
    if not files and not source.exists():
        raise InputError(
            _("dataset {id}: the source file is missing").format(id=dataset.id),
            where=str(source),
            expected=_("a file handed in by {department}").format(department=f"{department.name.zh} ({department.id})"),
            hint=_("put the file there, or correct source in departments/{id}.toml").format(id=department.id),
        )
    try:
        return tuple(
            InputFile(dataset.id, path.relative_to(root).as_posix(), size, digest)
            for path in files
            for size, digest in [_digest(path)]
        )
    except OSError as error:
        raise InputError(
            _("dataset {id}: the source cannot be read: {reason}").format(
                id=dataset.id, reason=error.strerror or str(error)
            ),
            where=str(error.filename or source),
        ) from error


def database_input(database: Database, view: DatasetView, options: ReadOptions) -> InputFile:
    """What `options` read of a layer of a database, as if it were a file; its address is not told.

    Everything is read for that, at the moment at which the database was opened. Raises InputError.
    """
    digest = hashlib.sha256()
    size = 0
    for batch in read_batches(database, options, Tally()):
        parts = [np.ascontiguousarray(array).tobytes() for array in batch.geometries]
        parts += [rows.serialize().to_pybytes() for rows in batch.attributes.to_batches()]
        for part in parts:
            digest.update(f"{len(part)}\0".encode())
            digest.update(part)
            size += len(part)
    return InputFile(view.dataset.id, f"postgresql:{options.layer}", size, digest.hexdigest())


def _parts(source: Path) -> list[Path]:
    """The source and, beside a .shp, the files that belong to it whatever the case of their suffixes."""
    if source.suffix.lower() != ".shp":
        return [source]
    beside = [p for p in source.parent.iterdir() if p.stem == source.stem and p.suffix.lower() in _SHAPEFILE]
    return sorted(beside, key=lambda path: path.name.encode())


def _digest(path: Path) -> tuple[int, str]:
    """Size and sha256; of a folder, over the names, sizes and contents of its files."""
    digest = hashlib.sha256()
    if path.is_file():
        return _feed(digest, path), digest.hexdigest()
    total = 0
    for file in sorted((p for p in path.rglob("*") if p.is_file()), key=lambda p: p.as_posix().encode()):
        digest.update(f"{file.relative_to(path).as_posix()}\0{file.stat().st_size}\0".encode())
        total += _feed(digest, file)
    return total, digest.hexdigest()


def _feed(digest: hashlib._Hash, path: Path) -> int:
    size = 0
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
            size += len(block)
    return size
