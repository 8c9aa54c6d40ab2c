"""Distinct byte strings, against a Python dictionary."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipeline.kernels.distinct import gather_strings, settle
from pipeline.kernels.features import hash_texts


def _settled(texts: list[bytes], codes: list[list[int]], hashes: list[int] | None = None) -> tuple[object, list[bytes]]:
    offsets = np.cumsum([0, *(len(text) for text in texts)]).astype(np.int64)
    data = np.frombuffer(bytearray(b"".join(texts)), np.uint8)
    found = np.empty(len(texts), np.uint64)
    hash_texts(offsets, data, found)
    if hashes is not None:
        found[:] = hashes
    used = np.array(codes, np.int32).reshape(len(codes), len(codes[0]) if codes else 0)
    picks = np.empty(len(texts), np.int64)
    table = np.full(1 << len(texts).bit_length() + 1, -1, np.int32)
    n = settle(used, found, offsets, data, table, picks)
    out_offsets = np.cumsum([0, *np.diff(offsets)[picks[:n]]]).astype(np.int64)
    out = np.empty(out_offsets[-1], np.uint8)
    gather_strings(offsets, data, picks[:n], out_offsets, out)
    return used.tolist(), [out[a:b].tobytes() for a, b in pairwise(out_offsets.tolist())]


def test_features_number_what_they_use() -> None:
    """Two columns of three features; "b" is there twice, "d" is not used."""
    codes, values = _settled([b"a", b"b", b"", b"b", b"d"], [[3, 0, 1], [2, -1, 2]])
    assert codes == [[0, 2, 0], [1, -1, 1]]
    assert values == [b"b", b"", b"a"]


def test_strings_of_one_hash_stay_apart() -> None:
    """All hashes equal: only the bytes tell; one text begins like another."""
    codes, values = _settled([b"ab", b"ac", b"a", b"ab"], [[0, 1, 2, 3]], [7, 7, 7, 7])
    assert codes == [[0, 1, 2, 0]]
    assert values == [b"ab", b"ac", b"a"]


def test_nothing() -> None:
    """No strings, no features, no columns."""
    assert _settled([], [[]]) == ([[]], [])
    assert _settled([b"x"], [[]]) == ([[]], [])
    assert _settled([b"x"], [[-1, -1]]) == ([[-1, -1]], [])
    assert _settled([], []) == ([], [])


@given(st.data())
def test_as_a_dictionary_does(data: st.DataObject) -> None:
    """A dictionary keeps the order of first use; a second pass changes nothing."""
    texts = data.draw(st.lists(st.sampled_from([b"", b"a", b"b", b"ab", b"ba", b"\x00", b"\x00\x00"]), max_size=12))
    features = data.draw(st.integers(0, 8))
    code = st.integers(-1, len(texts) - 1)
    columns = data.draw(st.lists(st.lists(code, min_size=features, max_size=features), min_size=1, max_size=3))
    numbers: dict[bytes, int] = {}
    for f in range(features):
        for column in columns:
            if column[f] >= 0:
                numbers.setdefault(texts[column[f]], len(numbers))
    wanted = [[numbers[texts[i]] if i >= 0 else -1 for i in column] for column in columns]
    codes, values = _settled(texts, columns)
    assert (codes, values) == (wanted, list(numbers))
    assert _settled(values, wanted) == (wanted, values)
