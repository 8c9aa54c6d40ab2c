"""What cannot be seen takes the colours beside it."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from pipeline.kernels.spread import spread_colours


def spread(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    out = np.full_like(pixels, 99)
    spread_colours(pixels, out)
    return out


def test_by_hand() -> None:
    """One band is looked at; . cannot be seen. Nearest in the row, the left one of two; rows take the nearest row."""
    rows = [". . . . . .", ". 1 . . 2 .", ". . . . . .", ". . . . . .", "3 . . . . .", ". . . . . ."]
    expected = ["1 1 1 2 2 2", "1 1 1 2 2 2", "1 1 1 2 2 2", "3 3 3 3 3 3", "3 3 3 3 3 3", "3 3 3 3 3 3"]
    pixels = np.zeros((6, 6, 4), np.uint8)
    for i, row in enumerate(rows):
        for j, each in enumerate(row.split()):
            pixels[i, j] = (0, 77, 0, 0) if each == "." else (int(each), 5, 6, 1)
    out = spread(pixels)
    assert [" ".join(str(v) for v in row) for row in out[..., 0]] == expected
    assert (out[..., 1:3] == (5, 6)).all() and np.array_equal(out[..., 3], pixels[..., 3])


@given(arrays.arrays(np.uint8, st.tuples(st.integers(0, 5), st.integers(0, 6), st.just(4)), elements=st.integers(0, 3)))
def test_as_the_naive_search(pixels: NDArray[np.uint8]) -> None:
    out = spread(pixels)
    rows, columns = pixels.shape[:2]
    seen = {i: [j for j in range(columns) if pixels[i, j, 3]] for i in range(rows)}
    full = [i for i in range(rows) if seen[i]]
    for i in range(rows):
        for j in range(columns):
            if not full:
                assert (out[i, j, 3]) == 0
                continue
            row = min(full, key=lambda each: (abs(each - i), each))
            column = min(seen[row], key=lambda each: (abs(each - j), each))
            assert out[i, j].tolist() == [*pixels[row, column, :3].tolist(), pixels[i, j, 3]]
