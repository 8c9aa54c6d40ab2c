"""The same tile of several archives as one: what mapbox_vector_tile reads before, it reads after."""

from __future__ import annotations

import gzip
from typing import Any

import mapbox_vector_tile
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.archive.header import Compression
from pipeline.archive.spans import Shown
from pipeline.errors import ArchiveError, InputError
from pipeline.vector.joining import LayerJoin, join_tiles
from tests.broken.archive.tiles import SOUND, feature, layer, move, text
from tests.oracles import mvt

properties = st.dictionaries(
    st.sampled_from("名nhk"), st.sampled_from(["青瓷", "x", "", 1, -1, 2**40, 0.5, True]), max_size=4
)
tiles = st.dictionaries(
    st.sampled_from(["roads", "水系", "a"]), st.lists(properties, min_size=1, max_size=4), max_size=3
)


def encoded(tile: dict[str, list[dict[str, Any]]], first: int) -> bytes:
    """A tile by mapbox_vector_tile; the features' ids and places tell them apart."""
    layers = [
        {"name": name, "features": [
            {"geometry": f"POINT({first + i} {i})", "properties": each, "id": first + i}
            for i, each in enumerate(features)
        ]}
        for name, features in tile.items()
    ]  # fmt: skip
    return bytes(mapbox_vector_tile.encode(layers, default_options={"y_coord_down": True}))


def read(body: bytes) -> dict[str, list[Any]]:
    found = mapbox_vector_tile.decode(body, default_options={"y_coord_down": True})
    return {name: [(f["id"], f["geometry"], f["properties"]) for f in one["features"]] for name, one in found.items()}


@settings(max_examples=120, deadline=None)
@given(parts=st.lists(tiles, min_size=1, max_size=4))
def test_every_layer_has_the_features_of_all(parts: list[dict[str, list[dict[str, Any]]]]) -> None:
    bodies = [encoded(tile, 100 * (i + 1)) for i, tile in enumerate(parts)]
    expected: dict[str, list[Any]] = {}
    for body in bodies:
        for name, features in read(body).items():
            expected.setdefault(name, []).extend(features)
    joined = join_tiles(bodies)
    assert read(joined.body) == expected and list(read(joined.body)) == list(expected)
    assert joined.shared_ids == 0
    for one in mvt.decode(joined.body):
        assert len(set(one.keys)) == len(one.keys) and len(set(one.values)) == len(one.values)
        assert one.extent == 4096
    assert join_tiles(bodies) == joined
    assert join_tiles([joined.body, joined.body]).body == joined.body, "what is equal is there once"


def test_by_hand() -> None:
    one = layer([feature(ident=1, tags=[0, 0])], keys=[b"n"], values=[text("x")])
    two = layer([feature(ident=2, tags=[0, 0, 1, 1])], keys=[b"m", b"n"], values=[text("y"), text("x")])
    both = layer(
        [feature(ident=1, tags=[0, 0]), feature(ident=2, tags=[1, 1, 0, 0])],
        keys=[b"n", b"m"],
        values=[text("x"), text("y")],
    )
    assert join_tiles([one, two]) == (both, 0)


def test_a_layer_of_one_tile_is_copied_byte_for_byte() -> None:
    strange = layer([feature(extra=b"\xfa\x01\x01?")], name=b"b", version=1, extent=512, extra=b"\xfa\x01\x02??")
    assert join_tiles([SOUND, strange]).body == SOUND + strange
    assert join_tiles([SOUND + strange, strange]).body == SOUND + strange


def test_ids_that_are_then_there_twice_are_counted() -> None:
    one = layer([feature(ident=1), feature(ident=1), feature(ident=2), feature(ident=None)])
    two = layer([feature(move((5, 5)), ident=i) for i in (1, 2, 3, None)])
    assert join_tiles([one, two]).shared_ids == 2, "1 and 2; that 1 was there twice before is no news"
    join = LayerJoin(Compression.GZIP)
    bodies = [gzip.compress(one), gzip.compress(two)]
    for tile_id, count in ((9, 3), (4, 1)):
        body = join.change(Shown(tile_id, count, bodies))
        assert gzip.decompress(body) == join_tiles([one, two]).body
    assert (join.shared_ids, join.first_shared) == (2 * 4, 4)
    assert join.change(Shown(1, 1, [bodies[0], memoryview(bodies[0])])) is bodies[0], "equal tiles stay as stored"


@pytest.mark.parametrize(
    ("other", "match"),
    [(layer([feature(move((1, 1)))], extent=512), "its extent is 4096, 512"),
     (layer([feature(move((1, 1)))], version=1), "its version is 2, 1")],
)  # fmt: skip
def test_layers_that_cannot_be_joined(other: bytes, match: str) -> None:
    with pytest.raises(InputError, match=match):
        join_tiles([SOUND, other])
    with pytest.raises(InputError, match="1/0/1"):
        LayerJoin(Compression.NONE).change(Shown(2, 1, [SOUND, other]))


@pytest.mark.parametrize(
    "damaged", [SOUND[:-1], b"\x07", layer(name=None), layer([feature(tags=[0, 7])]), layer([b"\x08"])]
)
def test_damaged_tiles(damaged: bytes) -> None:
    with pytest.raises(ArchiveError):
        join_tiles([SOUND, damaged])
