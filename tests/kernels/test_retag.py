"""Features renumbered: every tag looked up, every other byte as it was."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from pipeline.kernels.retag import ROOM, feature_ids, retag
from tests.broken.archive.tiles import SQUARE, feature, message, number
from tests.oracles import mvt


def run(features: list[bytes], keys: list[int], values: list[int]) -> tuple[int, bytes]:
    data = np.frombuffer(b"".join(features), dtype=np.uint8)
    ends = np.cumsum([len(each) for each in features], dtype=np.int64)
    starts = ends - np.array([len(each) for each in features], dtype=np.int64)
    out = np.zeros(ROOM * len(data) + 24 * len(features), dtype=np.uint8)
    size = retag(data, starts, ends, np.array(keys, np.int64), np.array(values, np.int64), out)
    return size, out[: max(size, 0)].tobytes()


def test_by_hand() -> None:
    # id 7, tags 0 1, point: the second value becomes number 300, two bytes long
    before = feature(ident=7, tags=[0, 1])
    after = feature(ident=7, tags=[2, 300])
    assert run([before], [2], [5, 300]) == (len(message(2, after)), message(2, after))


index = st.integers(0, 9)
tag_lists = st.lists(st.lists(st.tuples(index, index), max_size=9), min_size=1, max_size=5)
targets = st.lists(st.integers(0, 1 << 40), min_size=10, max_size=10)


@settings(max_examples=80, deadline=None)
@given(
    tags=st.lists(st.lists(st.tuples(index, index), max_size=9), min_size=1, max_size=5), keys=targets, values=targets
)
def test_tags_are_looked_up_and_nothing_else_changes(
    tags: list[list[tuple[int, int]]], keys: list[int], values: list[int]
) -> None:
    features = [
        feature(SQUARE, 3, ident=i << 50, tags=[n for pair in pairs for n in pair]) for i, pairs in enumerate(tags)
    ]
    size, out = run(features, keys, values)
    expected = b"".join(
        message(2, feature(SQUARE, 3, ident=i << 50, tags=[n for k, v in pairs for n in (keys[k], values[v])]))
        for i, pairs in enumerate(tags)
    )
    assert (size, out) == (len(expected), expected)
    assert [mvt.fields(body)[0] for _number, body in mvt.fields(out)] == [(1, i << 50) for i in range(len(tags))]


@pytest.mark.parametrize(
    "broken",
    [
        feature(tags=[0]),  # odd
        feature(tags=[1, 0]),  # no such key
        feature(tags=[0, 1]),  # no such value
        feature(tags=[0, 0])[:-1],  # cut off
        number(1, 1) + b"\x12\x05\x00",  # tags longer than the feature
        b"\x12\x02\x00\x80",  # a varint without an end
        b"\x12\x0b\x00" + b"\xff" * 9 + b"\x01",  # an index beyond 2⁶³
    ],
)
def test_what_cannot_be_read(broken: bytes) -> None:
    assert run([feature(tags=[0, 0]), broken], [0], [0])[0] == -1


def test_the_empty_list_and_the_empty_feature() -> None:
    assert run([], [], []) == (0, b"")
    assert run([b""], [], []) == (2, b"\x12\x00")


def test_indices_may_grow_to_their_largest() -> None:
    features = [feature(None, None, None, tags=[0, 0] * 50)]
    size, out = run(features, [(1 << 35) - 1], [(1 << 35) - 1])
    assert out == message(2, feature(None, None, None, tags=[(1 << 35) - 1] * 100)) and size == len(out)


def test_ids() -> None:
    features = [feature(ident=5), feature(ident=None), feature(ident=(1 << 64) - 1), number(3, 1) + number(1, 9)]
    data = np.frombuffer(b"".join(features), dtype=np.uint8)
    ends = np.cumsum([len(each) for each in features], dtype=np.int64)
    out: NDArray[np.int64] = np.zeros(4, dtype=np.int64)
    count = feature_ids(data, ends - [len(each) for each in features], ends, out)
    assert out[:count].astype(np.uint64).tolist() == [5, (1 << 64) - 1, 9]
