"""One file of a delta: what makes a file of the newer release, out of one of the older or of nothing.

A part of either kind is a delta as docs/delta.md describes it; of a file that is new it starts from an empty one.
"""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from pipeline.archive.delta import Identity
from pipeline.archive.delta_writer import write_delta, write_file_delta
from pipeline.archive.patch import apply_delta
from pipeline.archive.reader import open_archive
from pipeline.archive.source import FileSource, MemorySource, Source
from pipeline.errors import ArchiveError


def write_part(base: Path | None, file: Path, out: Path, *, repack: bool, threads: int | None) -> None:
    """Write what makes `file` out of `base`; archives tile by tile, other files block by block."""
    if base is not None and file.suffix == base.suffix == ".pmtiles":
        try:
            with open_archive(base) as a, open_archive(file) as b:
                write_delta(a, b, out, repack=repack, threads=threads)
                return
        except ArchiveError:  # it is an archive by its name alone, and any other file to us
            out.unlink(missing_ok=True)
    nothing: Source = MemorySource(b"")
    with closing(FileSource(base) if base is not None else nothing) as before, closing(FileSource(file)) as after:
        write_file_delta(before, after, out, threads=threads)


def apply_part(base: Path | None, part: Path, place: Path, *, size: int, sha256: str, threads: int | None) -> None:
    """Make `place`, of `size` bytes with this sha256, from a part and the file that it starts from.

    Raises InputError when the part is damaged or leads to another file, OutputError when there is no room.
    """
    target = Identity(size, bytes.fromhex(sha256))
    apply_delta(base, part, place, target=target, check_base=False, threads=threads)
