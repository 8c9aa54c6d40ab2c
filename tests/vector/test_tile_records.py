"""Records as numbers: the same bytes back, the right records together."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.kernels.mvt import encode_geometries
from pipeline.types import LINE, POINT, POLYGON
from pipeline.vector.tile_records import Encoded, grouped, pack, taken, unpack
from tests.kernels.pieces import EXAMPLES, piece
from tests.vector.records import as_entries, records

FAR = 2**31 - 1
POINTS = st.tuples(st.integers(-80, 4176), st.integers(-80, 4176)) | st.tuples(
    st.integers(-FAR, FAR), st.integers(-FAR, FAR)
)
ENTRIES = st.lists(
    st.one_of(
        st.tuples(st.just(POINT), st.lists(st.lists(POINTS, min_size=1, max_size=4), min_size=1, max_size=1)),
        st.tuples(st.just(LINE), st.lists(st.lists(POINTS, min_size=2, max_size=5), min_size=1, max_size=3)),
        st.tuples(st.just(POLYGON), st.lists(st.lists(POINTS, min_size=3, max_size=5), min_size=1, max_size=3)),
    ),
    max_size=6,
)


def encoded(entries: list[tuple[int, list[list[tuple[int, int]]]]]) -> tuple[Encoded, list[bytes]]:
    """The geometries as the tiler encodes them, one after the other with a byte between."""
    bodies = []
    for kind, parts in entries:
        out, start, length = np.empty(2000, np.uint8), np.empty(1, np.int64), np.empty(1, np.int64)
        bodies.append(out[: encode_geometries(piece(*parts), kind, out, start, length)].tobytes())
    starts = np.cumsum([0, *(len(body) + 1 for body in bodies)])[:-1].astype(np.int64)
    data = np.frombuffer(b"\xff".join(bodies), np.uint8)
    return Encoded(starts, np.array([len(body) for body in bodies], np.int64), data), bodies


@settings(max_examples=EXAMPLES, deadline=None)
@given(ENTRIES)
def test_unpack_reads_what_the_tiler_wrote_and_pack_writes_it_again(
    entries: list[tuple[int, list[list[tuple[int, int]]]]],
) -> None:
    geometry, bodies = encoded(entries)
    n = len(entries)
    kinds = np.array([kind for kind, _ in entries], np.uint8)
    held = unpack(np.zeros(n, np.int64), np.arange(n), kinds, geometry)
    assert [(kind, parts) for _, _, kind, parts in as_entries(held)] == entries
    again = pack(held)
    assert [
        again.geometry[s : s + n].tobytes() for s, n in zip(again.starts.tolist(), again.lengths.tolist(), strict=True)
    ] == bodies


def test_the_specification_s_example() -> None:
    """MVT 2.1 §4.3.5.6: two polygons, the second with a hole, as it stands there."""
    written = [9, 0, 0, 26, 20, 0, 0, 20, 19, 0, 15]
    written += [9, 22, 2, 26, 18, 0, 0, 18, 17, 0, 15]
    written += [9, 4, 13, 26, 0, 8, 8, 0, 0, 7, 15]
    parts = [
        [(0, 0), (10, 0), (10, 10), (0, 10)],
        [(11, 11), (20, 11), (20, 20), (11, 20)],
        [(13, 13), (13, 17), (17, 17), (17, 13)],
    ]
    made = pack(records((0, 0, POLYGON, parts)))
    assert made.geometry.tolist() == written
    one = np.zeros(1, np.int64)
    read = unpack(one, one, np.full(1, POLYGON, np.uint8), made)
    assert as_entries(read) == [(0, 0, POLYGON, parts)]


def test_groups_are_of_one_tile_one_kind_and_one_code() -> None:
    line, area = [[(0, 0), (1, 1)]], [[(0, 0), (9, 0), (0, 9)]]
    held = records(
        (4, 0, LINE, line), (4, 1, POLYGON, area), (4, 5, LINE, line), (4, 6, LINE, line), (7, 0, LINE, line)
    )
    groups = grouped(held, LINE, np.array([2, 1, 1, 2, 2]))
    assert groups.members.tolist() == [2, 0, 3, 4]
    assert groups.offsets.tolist() == [0, 1, 3, 4]
    assert grouped(held, POINT, np.zeros(5, np.int64)).offsets.tolist() == [0]


def test_taken() -> None:
    entries = [(1, 0, LINE, [[(0, 0), (1, 1)], [(5, 5), (6, 6), (7, 9)]]), (2, 3, POINT, [[(8, 8)]])]
    assert as_entries(taken(records(*entries), np.array([1, 0]))) == entries[::-1]
    assert as_entries(taken(records(*entries), np.array([], np.int64))) == []
