"""Fingerprints: the same for what is the same, however it is written, and for nothing else."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.vector.fingerprint import fingerprints
from pipeline.vector.tables import decode_tables
from tests.broken.archive.forge import varints
from tests.broken.archive.tiles import (
    CLOSE,
    LINE,
    POINT,
    POLYGON,
    SQUARE,
    double,
    feature,
    layer,
    line,
    move,
    number,
    text,
)

INT, UINT, SINT, BOOL = 4, 5, 6, 7  # fields of Value


def of(*tiles: bytes) -> list[int]:
    return [int(value) for value in fingerprints(decode_tables(tiles))]


def one(geometry: list[int] | None = None, kind: int | None = POINT, *values: bytes, **options: object) -> int:
    """A feature with attributes k0, k1 … of these values."""
    tags = [n for i in range(len(values)) for n in (i, i)]
    made = feature([9, 50, 34] if geometry is None else geometry, kind, tags=tags)
    keys = [b"k%d" % i for i in range(len(values))]
    (found,) = of(layer([made], keys=keys, values=values, **options))  # type: ignore[arg-type]
    return found


def single(value: float) -> bytes:
    return varints([2 << 3 | 5]) + struct.pack("<f", value)


SQUARE_FROM_ANOTHER_CORNER = [*move((110, 10)), *line((0, 100), (-100, 0), (0, -100)), *CLOSE]
DIFFERENT = {
    "point": one(),
    "another point": one([9, 50, 36]),
    "swapped": one([9, 34, 50]),
    "two points": one(move((25, 17), (1, 1))),
    "two points the other way": one(move((26, 18), (-1, -1))),
    "line": one([*move((1, 1)), *line((1, 1), (1, 1))], LINE),
    "two lines": one([*move((1, 1)), *line((1, 1)), *move((1, 1)), *line((1, 1))], LINE),
    "two lines the other way": one([*move((3, 3)), *line((1, 1)), *move((-3, -3)), *line((1, 1))], LINE),
    "two lines that meet": one([*move((1, 1)), *line((1, 1)), *move((0, 0)), *line((1, 1))], LINE),
    "square": one(SQUARE, POLYGON),
    "square from another corner": one(SQUARE_FROM_ANOTHER_CORNER, POLYGON),
    "other extent": one(extent=512),
    "text": one(None, POINT, text("x")),
    "other text": one(None, POINT, text("y")),
    "empty text": one(None, POINT, text("")),
    "two texts": one(None, POINT, text("x"), text("y")),
    "two texts swapped": one(None, POINT, text("y"), text("x")),
    "equal texts": one(None, POINT, text("x"), text("x")),
    "long text": one(None, POINT, text("ab" * 99)),
    "long text rotated": one(None, POINT, text("ba" * 99)),
    "digit": one(None, POINT, text("1")),
    "integer": one(None, POINT, number(INT, 1)),
    "other integer": one(None, POINT, number(INT, 2)),
    "true": one(None, POINT, number(BOOL, 1)),
    "false": one(None, POINT, number(BOOL, 0)),
    "double": one(None, POINT, double(1.0)),
    "float": one(None, POINT, single(1.0)),
    "no value": one(None, POINT, b""),
    "no geometry field": of(layer([feature(None)]))[0],
    "line without a geometry field": of(layer([feature(None, LINE)]))[0],
    "damaged geometry": one([*move((1, 1)), *CLOSE], LINE),
}


def test_what_differs_has_another_fingerprint() -> None:
    assert len(set(DIFFERENT.values())) == len(DIFFERENT), {
        name for name, value in DIFFERENT.items() if list(DIFFERENT.values()).count(value) > 1
    }


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (number(INT, 5), number(UINT, 5)),
        (number(INT, 5), number(SINT, 10)),
        (number(INT, (1 << 64) - 3), number(SINT, 5)),  # −3 as two's complement and in zigzag
        (number(SINT, (1 << 64) - 1), number(INT, 1 << 63)),  # the smallest of 64 bits
    ],
)
def test_integers_are_the_same_however_written(first: bytes, second: bytes) -> None:
    assert one(None, POINT, first) == one(None, POINT, second)


def test_numbering_and_order_do_not_show() -> None:
    """Keys and values numbered otherwise, attributes in another order, unused values, another id, another name."""
    plain = feature(SQUARE, POLYGON, 7, tags=[0, 0, 1, 1])
    other = feature(SQUARE, POLYGON, 8, tags=[0, 2, 2, 1])
    a = layer([plain], keys=[b"n", b"m"], values=[text("x"), text("y")])
    b = layer([feature(), other], name=b"b", keys=[b"m", b"-", b"n"], values=[text("z"), text("x"), text("y")])
    assert of(a)[0] == of(b)[1]


def test_place_in_the_batch_does_not_show() -> None:
    tiles = [
        layer([feature(SQUARE, POLYGON, tags=[0, 0]), feature()], keys=[b"n"], values=[text("x")]),
        b"",
        layer([feature([*move((1, 1)), *line((1, 1))], LINE)])
        + layer([feature(tags=[0, 0])], keys=[b"k"], values=[b""]),
    ]
    assert of(*tiles) == of(tiles[0]) + of(tiles[2])
    assert of(*tiles[::-1]) == of(tiles[2]) + of(tiles[0])
    assert of() == of(b"") == []


def test_pairs_that_point_nowhere_are_left_out() -> None:
    keys, values = [b"n"], [text("x")]
    (bare,) = of(layer([feature()], keys=keys, values=values))
    for tags in ([0, 1], [1, 0], [0]):
        assert of(layer([feature(tags=tags)], keys=keys, values=values)) == [bare]


@settings(max_examples=100, deadline=None)
@given(
    rows=st.lists(
        st.tuples(
            st.lists(st.tuples(st.integers(-9, 9), st.integers(-9, 9)), min_size=1, max_size=3),
            st.dictionaries(st.sampled_from(["n", "名"]), st.text(max_size=2), max_size=2),
        ),
        min_size=1,
        max_size=20,
    )
)
def test_equal_exactly_when_the_features_are(rows: list[tuple[list[tuple[int, int]], dict[str, str]]]) -> None:
    keys = ["名", "n"]
    values = sorted({value for _steps, attributes in rows for value in attributes.values()})
    features = [
        feature(move(*steps), POINT, i, [n for k, v in attributes.items() for n in (keys.index(k), values.index(v))])
        for i, (steps, attributes) in enumerate(rows)
    ]
    found = of(layer(features, keys=[key.encode() for key in keys], values=[text(value) for value in values]))
    for i, one_row in enumerate(rows):
        for j, other_row in enumerate(rows):
            assert (found[i] == found[j]) == (one_row == other_row)


def test_bits_are_spread() -> None:
    """A thousand points in a row: every bit is set in about half of them."""
    found = np.array(of(layer([feature([9, 2 * i, 0]) for i in range(1000)])), dtype=np.uint64)
    shares = [float(((found >> np.uint64(bit)) & np.uint64(1)).mean()) for bit in range(64)]
    assert min(shares) > 0.4 and max(shares) < 0.6
