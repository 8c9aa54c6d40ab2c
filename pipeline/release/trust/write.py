"""Small files that appear whole or not at all; light, so that an office's `sign` starts at once."""

from __future__ import annotations

from pathlib import Path

from pipeline.archive.staging import StagedFile, cannot_write


def write_whole(path: Path, data: bytes, *, no_clobber: bool = False) -> None:
    """Write `data` to `path` under a temporary name, synced before the rename; the folder is made where it is missing.

    Raises OutputError when it cannot be written, or with `no_clobber` when the name is taken.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(path, error) from error
    with StagedFile(path, no_clobber=no_clobber) as staged:
        staged.file.write(data)
        staged.commit()
