"""Arrays in files, mapped into memory when they are read: what a build puts aside when memory is short."""

from __future__ import annotations

import json
import mmap
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import deflate
import numpy as np
from numpy.typing import NDArray

from pipeline.archive.staging import StagedFile
from pipeline.errors import OutputError
from pipeline.i18n import _

_MAGIC: Final = b"LQARRAYS"
_ALIGNED: Final = 64  # bytes; a cache line
_SEAL: Final = 4  # bytes at the end: CRC-32 of all before, little-endian


def save(
    path: Path, arrays: Mapping[str, NDArray[Any]], extra: Mapping[str, Any] | None = None, *, sealed: bool = False
) -> None:
    """Write named arrays and a small JSON value; the file appears whole or not at all. Raises OutputError.

    A `sealed` file ends with a checksum, for what lies on a disk for weeks.
    """
    places, at = [], 0
    for name, array in arrays.items():
        places.append((name, array.dtype.str, array.shape, at))
        at += -(-array.nbytes // _ALIGNED) * _ALIGNED
    head = json.dumps({"arrays": places, "extra": extra or {}}).encode()
    front = _MAGIC + len(head).to_bytes(8, "little") + head
    check = 0
    with StagedFile(path, durable=False) as staged:

        def put(data: bytes | memoryview) -> None:
            nonlocal check
            staged.file.write(data)
            check = deflate.crc32(data, check) if sealed else 0

        put(front + bytes(-len(front) % _ALIGNED))
        for array in arrays.values():
            put(np.ascontiguousarray(array).data.cast("B") if array.size else b"")
            put(bytes(-array.nbytes % _ALIGNED))
        staged.file.write(check.to_bytes(_SEAL, "little") if sealed else b"")
        staged.commit()


def load(path: Path, *, sealed: bool = False) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """The arrays and the JSON value of a file that `save` wrote; pages are read when they are looked at.

    Arrays are writable, so that kernels compile once for them and for arrays in memory, but what is written into them
    stays with the reader. Raises OutputError when the file is not whole, and, where it is `sealed`, when one bit of it
    is not as it was: libdeflate looks through 134 MB in 0.013 s, zlib in 0.05 s, SHA-256 in 0.1 s.
    """
    try:
        with path.open("rb") as file:
            whole = mmap.mmap(file.fileno(), os.fstat(file.fileno()).st_size, access=mmap.ACCESS_COPY)
        size = int.from_bytes(whole[8:16], "little")
        if whole[:8] != _MAGIC or size > len(whole):
            raise ValueError
        if sealed and deflate.crc32(memoryview(whole)[:-_SEAL]) != int.from_bytes(whole[-_SEAL:], "little"):
            raise ValueError
        head = json.loads(whole[16 : 16 + size])
        base = -(-(16 + size) // _ALIGNED) * _ALIGNED
        return {
            name: np.frombuffer(whole, dtype, int(np.prod(shape, dtype=np.int64)), base + at).reshape(shape)
            for name, dtype, shape, at in head["arrays"]
        }, head["extra"]
    except (OSError, ValueError, KeyError, TypeError) as err:  # gone, empty, cut off, or something else
        raise OutputError(
            _("A file of unfinished work is damaged."), where=str(path), hint=_("Delete the folder it lies in.")
        ) from err


def remove(path: Path) -> None:
    """Delete a file that `save` wrote; where there is none, or the file is another's, nothing happens."""
    try:
        with path.open("rb") as file:
            mine = file.read(len(_MAGIC)) == _MAGIC
    except OSError:
        return
    if mine:
        path.unlink()
