"""Results too large for memory, written piece by piece into a file that appears whole or not at all."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path


def write_pieces(path: Path, pieces: Iterable[str]) -> None:
    """Write text as UTF-8. Raises OutputError."""
    from pipeline.archive.staging import StagedFile

    with StagedFile(path) as staged:
        for piece in pieces:
            staged.file.write(piece.encode())
        staged.commit()
