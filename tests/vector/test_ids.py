"""Feature ids: declared keys, hashes of content, and what happens when they are not unique."""

from __future__ import annotations

import random
from time import perf_counter

import numpy as np
import pyarrow as pa
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import InputError
from pipeline.types import Tally
from pipeline.vector.ids import base_ids, told_apart
from pipeline.vector.plan import LayerPlan
from tests.shapes import batch
from tests.vector.prepared import held, prepared

TOP = 2**53 - 1


def ids(keys: pa.Array | list[object] | None, contents: list[int], visible: list[int] | None = None) -> list[int]:
    table = pa.table({"k": keys}) if keys is not None else pa.table({})
    hashes = np.array(contents, np.uint64)
    asked, _keyed = base_ids(table, None if keys is None else "k", hashes)
    return told_apart(asked, hashes, np.array(visible or [0] * len(contents), np.uint32)).tolist()


def test_whole_numbers_are_taken_as_they_are() -> None:
    assert ids([7, 1, TOP], [0, 0, 0]) == [7, 1, TOP]
    assert ids(pa.array([7, 255], pa.uint8()), [0, 0]) == [7, 255]


@pytest.mark.parametrize(
    ("keys", "name"),
    [
        (pa.array([[1], [2]]), "list"),
        (pa.array([{"a": 1}, {"a": 2}]), "struct"),
        (pa.array([b"\xff", b"\xfe"]), "binary"),
    ],
)
def test_values_without_a_text_are_refused(keys: pa.Array, name: str) -> None:
    with pytest.raises(InputError, match=f"The key field k cannot identify features: it is of type {name}"):
        ids(keys, [11, 12])


def test_numbers_that_are_no_ids_are_hashed_and_leave_the_others_alone() -> None:
    for odd in (-1, 0, TOP + 1, 2**63 - 1, -(2**63)):
        first, second = ids([7, odd], [11, 12])
        assert first == 7
        assert 1 <= second <= TOP and second not in (odd, 7, 12)
    first, second = ids(pa.array([7, 2**64 - 1], pa.uint64()), [11, 12])
    assert first == 7 and 1 <= second <= TOP


def test_a_row_without_a_key_takes_its_content() -> None:
    assert ids([7, None], [11, 12]) == [7, 12]
    assert ids(["a", None], [11, 12])[1] == 12
    assert ids(pa.nulls(2), [11, 12]) == [11, 12]
    assert ids(None, [11, 12]) == [11, 12]


def test_texts_are_hashed_the_same_in_every_type_of_text() -> None:
    texts = ["龙泉-1", "龙泉-2", ""]
    plain = ids(texts, [1, 2, 3])
    assert len(set(plain)) == 3 and all(1 <= i <= TOP for i in plain)
    for kind in (pa.large_string(), pa.string_view()):
        assert ids(pa.array(texts, kind), [1, 2, 3]) == plain
    assert ids(pa.array(texts).dictionary_encode(), [1, 2, 3]) == plain
    assert ids(pa.chunked_array([texts[:1], texts[1:]]), [1, 2, 3]) == plain
    assert ids(pa.array(["x", *texts])[1:], [1, 2, 3]) == plain


def test_content_is_cut_to_35_bits_and_never_0() -> None:
    """Five bytes as a varint; what is told apart keeps to it too."""
    assert ids(None, [2**63 + 5]) == [5]
    assert ids(None, [2**34 + 5]) == [2**34 + 5]
    assert ids(None, [0]) == [1]
    assert ids(None, [2**35]) == [1]
    twins = ids(None, [2**60 + 3] * 50)
    assert len(set(twins)) == 50 and max(twins) < 2**35 and 3 in twins


def test_repeated_keys_are_counted_and_told_apart_by_content() -> None:
    found = ids([7, 8, 7, 7], [30, 31, 10, 20])
    assert found[1] == 8 and found[2] == 7, "the smallest content keeps the key"
    assert len(set(found)) == 4
    tally = Tally()
    points = batch([shapely.Point(n, 0) for n in range(5)], k=[7, 8, 7, 7, None])
    layer = prepared(LayerPlan("a", 0, 0, key="k"), points, tally=tally)
    assert tally.counts == {"duplicate-key": 2} and tally.samples == {"duplicate-key": "k"}
    assert len(set(held(layer).ids.tolist())) == 5


def test_a_number_between_2_35_and_2_53_may_be_a_key() -> None:
    assert ids([2**40, 2**40 + 1, 2**40], [1, 2, 3])[:2] == [2**40, 2**40 + 1]


def test_twins_with_other_zooms_are_told_apart_by_them() -> None:
    """Attributes that only a rule of zooms sees are no content."""
    first, second = ids(None, [42, 42], [0b10, 0b01])
    assert second == 42 != first
    assert ids(None, [42, 42], [0b01, 0b10]) == [second, first]


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(st.none() | st.integers(-3, 5), st.integers(100, 106)), min_size=1, max_size=40), st.randoms()
)
def test_ids_are_unique_and_free_of_the_order_of_the_rows(
    rows: list[tuple[int | None, int]], draw: random.Random
) -> None:
    def by_row(rows: list[tuple[int | None, int]]) -> list[tuple[int | None, int, int]]:
        keys = pa.array([key for key, _ in rows], pa.int64())
        found = ids(keys, [content for _, content in rows])
        assert len(set(found)) == len(found) and all(1 <= i <= TOP for i in found)
        return sorted(((k, c, i) for (k, c), i in zip(rows, found, strict=True)), key=str)

    shuffled = list(rows)
    draw.shuffle(shuffled)
    assert by_row(rows) == by_row(shuffled)


def test_twins_by_the_thousand_do_not_take_long() -> None:
    start = perf_counter()
    found = ids(None, [42] * 30_000)
    assert len(set(found)) == 30_000
    assert perf_counter() - start < 5


def test_an_unknown_key_is_an_input_error() -> None:
    with pytest.raises(InputError, match="nix") as caught:
        base_ids(pa.table({"a": [1]}), "nix", np.zeros(1, np.uint64))
    assert "a" in str(caught.value.expected)
