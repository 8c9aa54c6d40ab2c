"""Which layers and features differ, held against features as they were before they became bytes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pmtiles.tile import Compression

from pipeline.archive.diff import diff_archives
from pipeline.archive.reader import Archive
from pipeline.archive.source import MemorySource
from pipeline.errors import ArchiveError
from pipeline.vector import diff as diff_module
from pipeline.vector.diff import LayerDiff, diff_layers
from tests.broken.archive.forge import Parts
from tests.broken.archive.tiles import POINT, SOUND, archive, feature, layer, move, text


class Feature(NamedTuple):
    layer: str
    ident: int | None
    at: int
    name: str


Tile = tuple[Feature, ...]


def encoded(tile: Tile) -> bytes:
    """The same features make the same bytes, layer by layer."""
    names = sorted({each.layer for each in tile})
    out = b""
    for name in names:
        features = [
            feature(move((each.at, each.at)), POINT, each.ident, [0, i])
            for i, each in enumerate(each for each in tile if each.layer == name)
        ]
        values = [text(each.name) for each in tile if each.layer == name]
        out += layer(features, name=name.encode(), keys=[b"n"], values=values)
    return out


def packed(tiles: Sequence[Tile | None]) -> Parts:
    """An archive of tiles 0, 1, 2 …; None where there is none."""
    present = [(i, tile) for i, tile in enumerate(tiles) if tile is not None]
    parts = archive(*(encoded(tile) for _i, tile in present), layers=["a", "b"])
    parts.entries = [(present[row][0], *entry[1:]) for row, entry in enumerate(parts.entries)]
    parts.header["max_zoom"] = 2
    return parts


def differences(a: Parts, b: Parts) -> tuple[LayerDiff, ...]:
    before, after = (Archive(MemorySource(parts.bytes(), name)) for parts, name in ((a, "a"), (b, "b")))
    return diff_layers(before, after, diff_archives(before, after).changes)


def expected(a: Sequence[Tile | None], b: Sequence[Tile | None]) -> list[LayerDiff]:
    found = []
    for zoom, ids in enumerate([range(1), range(1, 5), range(5, 21)]):
        for name in ("a", "b"):
            tiles = 0
            ids_a: set[int] = set()
            ids_b: set[int] = set()
            differ: set[int] = set()
            added = removed = 0
            for i in ids:
                before, after = (
                    [f for f in (side[i] or ()) if f.layer == name] if i < len(side) else [] for side in (a, b)
                )
                if before == after:
                    continue
                tiles += 1
                shown_a, shown_b = (
                    Counter((f.at, f.name) for f in side if f.ident is None) for side in (before, after)
                )
                added += (shown_b - shown_a).total()
                removed += (shown_a - shown_b).total()
                for ident in {f.ident for f in (*before, *after)} - {None}:
                    assert ident is not None
                    mine, theirs = (Counter(f for f in side if f.ident == ident) for side in (before, after))
                    ids_a |= {ident} if mine else set()
                    ids_b |= {ident} if theirs else set()
                    differ |= {ident} if mine != theirs else set()
            if tiles:
                found.append(
                    LayerDiff(
                        name,
                        zoom,
                        tiles,
                        len(ids_b - ids_a) + added,
                        len(ids_a - ids_b) + removed,
                        len(ids_a & ids_b & differ),
                    )
                )
    return found


FEATURES = st.builds(
    Feature,
    st.sampled_from("ab"),
    st.one_of(st.none(), st.integers(0, 4)),
    st.integers(0, 3),
    st.sampled_from(["x", "青瓷", ""]),
)
TILES = st.one_of(st.none(), st.lists(FEATURES, min_size=1, max_size=6).map(tuple))
ARCHIVES = st.lists(TILES, min_size=1, max_size=9).filter(lambda tiles: any(tile is not None for tile in tiles))


@settings(max_examples=150, deadline=None)
@given(a=ARCHIVES, b=ARCHIVES, compact=st.sampled_from([1, 1 << 20]), batch=st.sampled_from([1, 60, 1 << 20]))
def test_what_differs(a: list[Tile | None], b: list[Tile | None], compact: int, batch: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(diff_module, "_COMPACT", compact)
        patch.setattr(diff_module, "_BATCH", batch)
        assert list(differences(packed(a), packed(b))) == expected(a, b)


def test_a_feature_that_moves_to_another_tile_is_changed() -> None:
    road, other = Feature("a", 7, 1, "x"), Feature("a", 8, 2, "y")
    a: list[Tile | None] = [None, (road, other), (other,)]
    b: list[Tile | None] = [None, (other,), (other, road)]
    assert differences(packed(a), packed(b)) == (LayerDiff("a", 1, 2, 0, 0, 1),)


def test_a_layer_that_differs_in_order_only() -> None:
    one, two = Feature("a", 1, 1, "x"), Feature("a", 2, 2, "x")
    assert differences(packed([(one, two)]), packed([(two, one)])) == (LayerDiff("a", 0, 1, 0, 0, 0),)


def test_layers_that_are_the_same_are_not_looked_into() -> None:
    """Not even when they could not be decoded."""
    odd = layer([b"\x0f"], name=b"odd")
    a, b = (archive(odd + layer([feature(move((n, 1)))], name=b"a"), layers=["odd", "a"]) for n in (1, 2))
    assert differences(a, b) == (LayerDiff("a", 0, 1, 0, 0, 1),)


def test_a_layer_that_stands_in_a_tile_twice_is_one() -> None:
    """MVT forbids it; what comes second differs all the same."""
    first, second, third = (layer([feature(move((n, 1)), ident=n)]) for n in (1, 2, 3))
    assert differences(archive(first + second), archive(first + third)) == (LayerDiff("a", 0, 1, 1, 1, 0),)
    assert differences(archive(first + second), archive(third + second)) == (LayerDiff("a", 0, 1, 1, 1, 0),)


def test_a_body_that_many_tiles_show_is_looked_into_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    honest = diff_module._layers

    def watched(opened: Archive, offset: int, length: int) -> dict[str, bytes]:
        calls.append(offset)
        return honest(opened, offset, length)

    monkeypatch.setattr(diff_module, "_layers", watched)
    a, b = (
        archive(encoded((Feature("a", ident, 1, "x"), Feature("a", None, 1, name))))
        for ident, name in ((1, "x"), (2, "y"))
    )
    for parts in (a, b):
        parts.entries = [(0, *parts.entries[0][1:3], 21)]
        parts.header["max_zoom"] = 2
    # features without an id count in every tile, ids once per zoom
    assert differences(a, b) == tuple(LayerDiff("a", zoom, 4**zoom, 4**zoom + 1, 4**zoom + 1, 0) for zoom in range(3))
    assert len(calls) == 2 * 3


def test_tiles_that_cannot_be_read_are_named() -> None:
    sound = archive(SOUND, SOUND)
    for broken in (archive(SOUND, SOUND[:-1]), archive(SOUND, layer([b"\x0f"])), archive(SOUND, layer(name=None))):
        with pytest.raises(ArchiveError, match="not a vector tile") as caught:
            differences(sound, broken)
        assert caught.value.where == "1/0/0"
    damaged = archive(SOUND, SOUND)
    damaged.data = damaged.data[:-6] + b"??????"
    with pytest.raises(ArchiveError, match="Gzip data is damaged") as caught:
        differences(sound, damaged)
    assert caught.value.where == "1/0/0"


def test_repacked_tiles_are_not_looked_into() -> None:
    plain = archive(SOUND, packed=False)
    plain.header["tile_compression"] = Compression.NONE
    assert differences(archive(SOUND), plain) == ()
