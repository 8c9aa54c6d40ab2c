"""Many tiles compressed at once, to the very bytes that `gzip_bytes` makes of each."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import cache
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.archive.compress import LEVEL, gzip_bytes
from pipeline.kernels.gzip import gzip_each

_SMALL: Final = 1024  # bytes; larger bodies are seldom the same
_RECENT: Final = 1024  # bodies remembered
_ROOM: Final = 128  # bytes; header, trailer and the least block take 23


class _Library(NamedTuple):
    """libdeflate, as the wheel of `deflate` has it inside."""

    alloc: Callable[[int], int | None]
    free: Callable[[int], None]
    compress: int  # address


@cache
def _library() -> _Library | None:
    """The C functions behind `deflate`, where its build shows them; not every platform's does."""
    from deflate import _deflate

    try:
        found = ctypes.CDLL(str(_deflate.__file__))
        alloc, free = found.libdeflate_alloc_compressor, found.libdeflate_free_compressor
        compress = ctypes.cast(found.libdeflate_gzip_compress, ctypes.c_void_p).value
    except (OSError, AttributeError):
        return None
    alloc.restype, alloc.argtypes = ctypes.c_void_p, [ctypes.c_int]
    free.restype, free.argtypes = None, [ctypes.c_void_p]
    return _Library(alloc, free, compress) if compress else None


def gzip_many(data: NDArray[np.uint8], offsets: NDArray[np.int64]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Each body `data[offsets[i]:offsets[i + 1]]` as one gzip member, and the offsets of these.

    The GIL is released and a compressor made once for all: 73,000 tiles of 2 KB took 14 % less time in two threads, and
    8 % less of the processors'.
    """
    library = _library()
    compressor = library.alloc(LEVEL) if library is not None else None
    if library is None or not compressor:
        packed = [gzip_bytes(data[a:b].tobytes()) for a, b in pairwise(offsets.tolist())]
        ends = np.cumsum([0, *(len(each) for each in packed)], dtype=np.int64)
        return np.frombuffer(b"".join(packed), np.uint8), ends
    try:
        count, size = len(offsets) - 1, int(offsets[-1] - offsets[0])
        # What cannot be compressed takes 5 bytes more per 5,000 (libdeflate: MIN_BLOCK_LENGTH).
        out = np.empty(size + size // 100 + _ROOM * count, np.uint8)
        ends = np.empty(count + 1, np.int64)
        recent = np.full(_RECENT, -1, np.int64)
        done = gzip_each(library.compress, compressor, data, offsets, _SMALL, recent, out, ends)
        assert done, "libdeflate needs more room than it says"
        return out, ends
    finally:
        library.free(compressor)
