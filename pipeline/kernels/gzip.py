"""Many bodies through libdeflate in one call."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.kernels._jit import call_compress, kernel


@kernel
def gzip_each(
    compress: int,
    compressor: int,
    data: NDArray[np.uint8],
    offsets: NDArray[np.int64],
    small: int,
    recent: NDArray[np.int64],
    out: NDArray[np.uint8],
    out_offsets: NDArray[np.int64],
) -> bool:
    """Compress every body `data[offsets[i]:offsets[i + 1]]` to `out[out_offsets[i]:out_offsets[i + 1]]`.

    `compress` is the address of a function like libdeflate_gzip_compress, `compressor` its first argument. Bodies below
    `small` bytes that were seen a short time ago are copied: `recent` is scratch for that, a power of two long, filled
    with -1. Returns false where `out` is too short. Source: libdeflate.h, 1.x.
    """
    at = 0
    out_offsets[0] = 0
    mask = len(recent) - 1
    for i in range(len(offsets) - 1):
        start, size = offsets[i], offsets[i + 1] - offsets[i]
        slot = np.int64(0)
        if size < small:
            h = np.uint64(0xCBF29CE484222325)  # FNV-1a
            for b in range(start, start + size):
                h = (h ^ np.uint64(data[b])) * np.uint64(0x100000001B3)
            slot = np.int64((h ^ (h >> np.uint64(32))) & np.uint64(mask))
            k = recent[slot]
            same = k >= 0 and offsets[k + 1] - offsets[k] == size
            if same:
                for b in range(size):
                    if data[offsets[k] + b] != data[start + b]:
                        same = False
                        break
            if same:
                packed = out_offsets[k + 1] - out_offsets[k]
                if at + packed > len(out):
                    return False
                for b in range(packed):
                    out[at + b] = out[out_offsets[k] + b]
                at += packed
                out_offsets[i + 1] = at
                continue
        written = call_compress(
            compress, compressor, data.ctypes.data + start, size, out.ctypes.data + at, len(out) - at
        )
        if written == 0:
            return False
        at += written
        out_offsets[i + 1] = at
        if size < small:
            recent[slot] = i
    return True
