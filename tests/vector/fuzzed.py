"""Throws damaged WKB and damaged vector tiles at the decoders until its time is up: `python -m tests.vector.fuzzed`.

A process of its own, because what goes wrong here may take the process with it. Prints what it has thrown.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

import numpy as np
import pyarrow as pa
import shapely

from pipeline.errors import ArchiveError
from pipeline.kernels import decode_mvt as col
from pipeline.sources.wkb import ragged
from pipeline.vector.decode import geojson_features, layer_sizes
from pipeline.vector.tables import decode_tables
from pipeline.vector.tile_batch import Batch
from pipeline.vector.tile_rules import TILE_RULES
from tests.broken.archive.tiles import CLOSE, LINE, POLYGON, SQUARE, double, feature, layer, line, move, number, text

ODD = [b"\x00", b"\x7f", b"\x80", b"\xff", b"\xff" * 9 + b"\x01", b"\xff\xff\xff\xff\x0f", b"\x00\x00\x00\x80"]


def damaged(rng: random.Random, whole: bytes, other: bytes) -> bytes:
    """Bytes changed, cut out, put in, doubled, or taken from another; now and then nothing but noise."""
    body = bytearray(whole)
    for _ in range(rng.choice([1, 1, 2, 3, 8])):
        at = rng.randrange(len(body) + 1)
        kind = rng.randrange(7)
        if kind == 0 and body:
            body[at % len(body)] = rng.randrange(256)
        elif kind == 1 and body:
            body[at % len(body)] ^= 1 << rng.randrange(8)
        elif kind == 2:
            del body[at : at + rng.randrange(9)]
        elif kind == 3:
            body[at:at] = rng.choice(ODD)
        elif kind == 4:
            start = rng.randrange(len(other) + 1)
            body[at:at] = other[start : start + rng.randrange(40)]
        elif kind == 5:
            body[at : at + 4] = rng.choice(ODD)
        elif rng.random() < 0.1:
            body = bytearray(rng.randbytes(rng.randrange(200)))
    return bytes(body)


def wkb_seeds() -> list[bytes]:
    """A value of each kind, little and big endian, with and without heights."""
    texts = [
        "POINT (1 2)", "MULTIPOINT ((1 2), (3 4))", "LINESTRING (0 0, 1 1, 2 0)", "LINESTRING Z (0 0 9, 1 1 9)",
        "POLYGON ((0 0, 9 0, 9 9, 0 0), (1 1, 2 1, 2 2, 1 1))",
        "MULTIPOLYGON (((0 0, 9 0, 9 9, 0 0)), ((20 0, 29 0, 29 9, 20 0)))",
        "MULTILINESTRING ((0 0, 1 1), (5 5, 6 6, 7 7))",
        "GEOMETRYCOLLECTION (POINT (1 2), GEOMETRYCOLLECTION (LINESTRING (0 0, 1 1)), POLYGON EMPTY)",
    ]  # fmt: skip
    shapes = shapely.from_wkt(texts)
    found = [shapely.to_wkb(shape, byte_order=order) for shape in shapes for order in (0, 1)]
    vertex = np.array([0, 0, 1, 1, 2, 0], "<f8").tobytes()
    arc = b"\x01\x08\x00\x00\x00\x03\x00\x00\x00" + vertex  # CIRCULARSTRING
    compound = b"\x01\x09\x00\x00\x00\x01\x00\x00\x00" + arc
    curved = b"\x01\x0a\x00\x00\x00\x01\x00\x00\x00" + compound  # CURVEPOLYGON
    return [*found, arc, compound, curved, b"\x01\x0c\x00\x00\x00\x01\x00\x00\x00" + curved]


def mvt_seeds() -> list[bytes]:
    """Tiles of every kind of geometry and value."""
    values = [text("龙泉"), double(1.5), number(4, 1), number(5, 2), number(6, 3), number(7, 1)]
    hole = [*move((10, -90)), *line((0, 50), (50, 0), (0, -50)), *CLOSE]
    features = [
        feature(tags=[0, 0, 1, 1]),
        feature([*move((2, 2), (3, 3))], ident=1 << 60, tags=[1, 5]),
        feature([*move((2, 2)), *line((0, 8), (8, 0)), *move((1, 1)), *line((5, 5))], LINE),
        feature([*SQUARE, *hole], POLYGON, tags=[0, 2]),
    ]
    many = [feature([*move((i, i)), *line((9, 0), (0, 9)), *CLOSE], POLYGON, ident=i) for i in range(60)]
    return [layer(features, keys=[b"k", b"l"], values=values), layer(many, b"many") + layer(name=b"b"), layer()]


def check_wkb(values: list[bytes]) -> None:
    """Whatever comes out is whole: offsets rise and end where the arrays end."""
    found, flags = ragged(pa.array(values, pa.binary()))
    assert len(found.kinds) == len(flags) == len(values)
    assert found.part_offsets[-1] == len(found.roles) and found.vertex_offsets[-1] == len(found.x) == len(found.y)
    assert (np.diff(found.part_offsets) >= 0).all() and (np.diff(found.vertex_offsets) > 0).all()
    assert np.isfinite(found.x).all() and np.isfinite(found.y).all()


def check_tiles(tiles: list[bytes]) -> None:
    """Every table stays inside itself; rules, GeoJSON and sizes answer or refuse."""
    decoded = decode_tables(tiles)
    t, size = decoded.tables, len(decoded.data)
    for spans in (t.keys, t.values[:, [col.START, col.STOP]]):
        assert ((spans >= 0) & (spans <= size)).all()
    assert (np.diff(t.parts) > 0).all() and t.parts[-1] == len(t.xy)
    batch = Batch([(3, 0, i % 8) for i in range(len(tiles))], decoded, {}, {})
    for rule in TILE_RULES:
        for finding in rule.check(batch):
            assert finding.message
    for tile in tiles:
        with suppress(ArchiveError):
            for each in geojson_features(tile, 3, 1, 1):
                assert each["type"] == "Feature"
        with suppress(ArchiveError):
            layer_sizes(tile)


def rounds(seconds: float, seed: int) -> Iterator[tuple[Callable[[list[bytes]], None], list[bytes]]]:
    """Twenty damaged values at a time, of both kinds by turns, until the time is up."""
    rng = random.Random(seed)
    kinds = [(check_wkb, wkb_seeds()), (check_tiles, mvt_seeds())]
    for check, seeds in kinds:  # compiled before the clock runs
        yield check, seeds
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for check, seeds in kinds:
            yield check, [damaged(rng, rng.choice(seeds), rng.choice(seeds)) for _ in range(20)]


def main(seconds: float, seed: int) -> None:
    """Run; a value that breaks a check is printed before the process fails."""
    thrown = 0
    for check, values in rounds(seconds, seed):
        started = time.monotonic()
        try:
            check(values)
        except Exception:
            print(check.__name__, [value.hex() for value in values], file=sys.stderr)
            raise
        assert thrown < 100 or time.monotonic() - started < 5, f"{check.__name__} hangs: {[v.hex() for v in values]}"
        thrown += len(values)
    print(thrown)


if __name__ == "__main__":
    main(float(sys.argv[1]), int(sys.argv[2]))
