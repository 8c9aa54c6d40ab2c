"""Numbers out of encoded attribute values."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.kernels._jit import kernel


@kernel
def number_bits(
    offsets: NDArray[np.int64], values: NDArray[np.uint8], kinds: NDArray[np.uint8], bits: NDArray[np.uint64]
) -> None:
    """Bits and kind of every value: `offsets` [n + 1] into whole Layer.values fields as this package writes them.

    Outputs: `kinds` [n] 0 no number, 1 float, 2 double, 3 unsigned, 4 zigzag; `bits` [n]. Source: MVT 2.1 §4.1.
    """
    for i in range(len(kinds)):
        at = offsets[i] + 2  # behind the field's tag and its length, one byte for numbers
        tag = values[at]
        kinds[i] = 0
        bits[i] = 0
        if tag == 0x15 or tag == 0x19:
            size = 4 if tag == 0x15 else 8
            kinds[i] = 1 if tag == 0x15 else 2
            for b in range(size):
                bits[i] |= np.uint64(values[at + 1 + b]) << np.uint64(8 * b)
        elif tag == 0x28 or tag == 0x30:
            kinds[i] = 3 if tag == 0x28 else 4
            shift = np.uint64(0)
            for b in range(at + 1, offsets[i + 1]):
                bits[i] |= np.uint64(values[b] & 127) << shift
                shift += np.uint64(7)
