"""Vector tiles of declared validity: the sound ones mean what they say, the others are refused with the reason.

The tiles of `SOUND` and `BROKEN` are built here from MVT 2.1, field by field; those of mapbox/mvt-fixtures are read
where they lie beside the project.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import mapbox_vector_tile
import pytest

from pipeline.archive.reader import Archive
from pipeline.archive.rules import Fault, Severity
from pipeline.archive.source import MemorySource
from pipeline.errors import ArchiveError
from pipeline.vector.decode import geojson_features
from pipeline.vector.verify import verify_tiles
from tests.broken.archive.tiles import (
    CLOSE,
    LINE,
    POINT,
    POLYGON,
    archive,
    double,
    feature,
    layer,
    line,
    message,
    move,
    number,
    text,
    zigzag,
)
from tests.conformance.meaning import Feature, Layer, alike, bytes_of, of_bytes, of_fixture

BIG = (1 << 64) - 1
FLAG = [*move((0, 0)), *line((10, 0), (0, 10), (-10, 0)), *CLOSE]


def said(*features: Feature, extent: int = 4096, name: str = "a") -> list[Layer]:
    return [Layer(name, 2, extent, list(features))]


def one_value(value: bytes) -> bytes:
    return layer([feature(tags=[0, 0])], keys=[b"k"], values=[value])


def with_value(value: Any) -> list[Layer]:
    return said(Feature(1, POINT, {"k": alike(value)}, [[(25, 17)]]))


# A tile, and what it means by the specification.
SOUND: dict[str, tuple[bytes, list[Layer]]] = {
    "an empty buffer is a tile without layers": (b"", []),
    "a feature may have no id": (layer([feature(ident=None)]), said(Feature(None, POINT, {}, [[(25, 17)]]))),
    "an id may be 0": (layer([feature(ident=0)]), said(Feature(0, POINT, {}, [[(25, 17)]]))),
    "an id has 64 bits": (layer([feature(ident=BIG)]), said(Feature(BIG, POINT, {}, [[(25, 17)]]))),
    "the extent is 4096 where none is said": (layer(extent=None), said(Feature(1, POINT, {}, [[(25, 17)]]))),
    "the extent may be any": (layer(extent=300), said(Feature(1, POINT, {}, [[(25, 17)]]), extent=300)),
    "a layer may have no features": (layer([]), said()),
    "an unknown geometry type may be skipped": (layer([feature(kind=0)]), said(Feature(1, 0, {}, None))),
    "fields of later versions are skipped": (
        layer([feature(extra=number(99, 7))], extra=message(16, b"later")) + message(17, b"later"),
        said(Feature(1, POINT, {}, [[(25, 17)]])),
    ),
    "names may be Chinese": (
        layer([feature(tags=[0, 0])], "道路".encode(), keys=["等级".encode()], values=[text("高速🛣")]),
        said(Feature(1, POINT, {"等级": "高速🛣"}, [[(25, 17)]]), name="道路"),
    ),
    "two layers": (
        layer() + layer(name=b"b"),
        said(Feature(1, POINT, {}, [[(25, 17)]])) + said(Feature(1, POINT, {}, [[(25, 17)]]), name="b"),
    ),
    "keys and values are shared": (
        layer(
            [feature(tags=[0, 1]), feature(ident=2, tags=[1, 1, 0, 0])], keys=[b"k", b"l"], values=[text(""), text("x")]
        ),
        said(Feature(1, POINT, {"k": "x"}, [[(25, 17)]]), Feature(2, POINT, {"l": "x", "k": ""}, [[(25, 17)]])),
    ),
    "a text": (one_value(text("i am a string value")), with_value("i am a string value")),
    "an empty text": (one_value(text("")), with_value("")),
    "a float": (one_value(b"\x15\x00\x00\x48\x40"), with_value(3.125)),
    "a double": (one_value(double(1.23)), with_value(1.23)),
    "an infinity": (one_value(double(-math.inf)), with_value(-math.inf)),
    "an int": (one_value(number(4, 6)), with_value(6)),
    "the least int": (one_value(number(4, 1 << 63)), with_value(-(1 << 63))),
    "the greatest int": (one_value(number(4, (1 << 63) - 1)), with_value((1 << 63) - 1)),
    "a uint": (one_value(number(5, 87948)), with_value(87948)),
    "the least sint": (one_value(number(6, BIG)), with_value(-(1 << 63))),
    "a sint": (one_value(number(6, zigzag(-87948))), with_value(-87948)),
    "a truth": (one_value(number(7, 1)), with_value(True)),
    "a falsehood": (one_value(number(7, 0)), with_value(False)),
    # §4.3.5, the examples of the specification
    "a point": (layer([feature([9, 50, 34])]), said(Feature(1, POINT, {}, [[(25, 17)]]))),
    "points": (layer([feature([17, 10, 14, 3, 9])]), said(Feature(1, POINT, {}, [[(5, 7), (3, 2)]]))),
    "a line": (
        layer([feature([9, 4, 4, 18, 0, 16, 16, 0], LINE)]),
        said(Feature(1, LINE, {}, [[(2, 2), (2, 10), (10, 10)]])),
    ),
    "lines": (
        layer([feature([9, 4, 4, 18, 0, 16, 16, 0, 9, 17, 17, 10, 4, 8], LINE)]),
        said(Feature(1, LINE, {}, [[(2, 2), (2, 10), (10, 10)], [(1, 1), (3, 5)]])),
    ),
    "a polygon": (
        layer([feature([9, 6, 12, 18, 10, 12, 24, 44, 15], POLYGON)]),
        said(Feature(1, POLYGON, {}, [[(3, 6), (8, 12), (20, 34)]])),
    ),
    "polygons, one with a hole": (
        layer(
            [
                feature(
                    [
                        *(9, 0, 0, 26, 20, 0, 0, 20, 19, 0, 15),
                        *(9, 22, 2, 26, 18, 0, 0, 18, 17, 0, 15),
                        *(9, 4, 13, 26, 0, 8, 8, 0, 0, 7, 15),
                    ],
                    POLYGON,
                )
            ]
        ),
        said(
            Feature(
                1,
                POLYGON,
                {},
                [
                    [(0, 0), (10, 0), (10, 10), (0, 10)],
                    [(11, 11), (20, 11), (20, 20), (11, 20)],
                    [(13, 13), (13, 17), (17, 17), (17, 13)],
                ],
            )
        ),
    ),
    "steps beyond 31 bits": (
        layer([feature([9, 4294967294, 0, 10, 2, 2], LINE)]),
        said(Feature(1, LINE, {}, [[(2147483647, 0), (2147483648, 1)]])),
    ),
    "steps north beyond 31 bits": (
        layer([feature([9, 0, 4294967295, 10, 2, 1], LINE)]),
        said(Feature(1, LINE, {}, [[(0, -2147483648), (1, -2147483649)]])),
    ),
    "coordinates outside of the tile": (
        layer([feature([*move((-200, -200)), *line((4496, 0), (0, 4496), (-4496, 0)), *CLOSE], POLYGON)]),
        said(Feature(1, POLYGON, {}, [[(-200, -200), (4296, -200), (4296, 4296), (-200, 4296)]])),
    ),
}

WIRE = "a field has the wrong wire type"
CUT = "its bytes make no protobuf message"
PLACE = "a geometry command does not belong where it stands"
COUNT = "a geometry command has a count it may not have"
STEPS = "the parameters of a geometry command are cut off or too large"

# A tile, the rule that refuses it and what it says; fatal: nor can it be decoded.
BROKEN: dict[str, tuple[bytes, str, str, bool]] = {
    "no type": (layer([feature(kind=None)]), "geometry-type", "the geometry type is missing or unknown", False),
    "type 8": (layer([feature(kind=8)]), "geometry-type", "the geometry type is missing or unknown", False),
    "no geometry": (layer([feature(None)]), "feature-encoded", "the feature has no geometry", False),
    "two geometries": (
        layer([feature(extra=message(4, b"\x09\x00\x00"))]),
        "feature-encoded",
        "tags or geometry stand in more than one field",
        False,
    ),
    "an odd tag": (
        layer([feature(tags=[0])], keys=[b"k"], values=[text("x")]), "tags-paired", "a key has no value", False
    ),
    "version as text": (layer(version=None, extra=message(15, b"2")), "tile-readable", WIRE, True),
    "extent as text": (layer(extent=None, extra=message(5, b"4096")), "tile-readable", WIRE, True),
    "text as number": (one_value(number(1, 5)), "tile-readable", WIRE, True),
    "key as number": (layer(extra=number(3, 5)), "tile-readable", WIRE, True),
    "id as text": (layer([feature(ident=None, extra=message(1, b"x"))]), "tile-readable", WIRE, True),
    "type as text": (layer([feature(kind=None, extra=message(3, b"1"))]), "tile-readable", WIRE, True),
    "a group": (layer(extra=b"\x33"), "tile-readable", CUT, True),
    "cut off": (layer()[:-1], "tile-readable", CUT, True),
    "a varint without end": (b"\xff" * 11, "tile-readable", CUT, True),
    "a length of 2^63": (b"\x1a" + b"\xff" * 8 + b"\x7f", "tile-readable", CUT, True),
    "a value of a new type": (one_value(message(4242, b"x")), "value-typed", "a value has no known type", True),
    "a value of two types": (one_value(text("x") + number(5, 1)), "value-typed", "a value has several types", True),
    "version 99": (layer(version=99), "layer-version", "the version is 99", True),
    "version 0": (layer(version=0), "layer-version", "the version is 0", True),
    "no version": (layer(version=None), "layer-version", "the version is missing", True),
    "no name": (layer(name=None), "layer-named", "a layer has no name, or one that is not UTF-8", True),
    "a name that is no UTF-8": (
        layer(name="道路".encode("gbk")), "layer-named", "a layer has no name, or one that is not UTF-8", True
    ),
    "a value that is no UTF-8": (one_value(text("高速".encode("gbk"))), "text-readable", "a value is not UTF-8", True),
    "a name twice": (layer() + layer(), "layer-once", "two layers have this name", False),
    "no such key": (
        layer([feature(tags=[2, 0])], keys=[b"k"], values=[text("x")]),
        "tags-in-range",
        "key 2 or value 0 does not exist",
        True,
    ),
    "no such value": (
        layer([feature(tags=[0, 1])], keys=[b"k"], values=[text("x")]),
        "tags-in-range",
        "key 0 or value 1 does not exist",
        True,
    ),
    "ClosePath first": (layer([feature(CLOSE, POLYGON)]), "geometry-commands", PLACE, True),
    "ClosePath in a line": (
        layer([feature([*move((2, 2)), *line((0, 8), (8, 0)), *CLOSE], LINE)]), "geometry-commands", PLACE, True
    ),
    "LineTo first": (layer([feature(line((1, 1)), LINE)]), "geometry-commands", PLACE, True),
    "a command 5": (layer([feature([5 | 1 << 3, 2, 2])]), "geometry-commands", PLACE, True),
    "a ring that is not closed": (layer([feature(FLAG[:-1], POLYGON)]), "geometry-commands", PLACE, True),
    "ClosePath twice": (layer([feature([*FLAG[:-1], 7 | 2 << 3], POLYGON)]), "geometry-commands", COUNT, True),
    "ClosePath 0 times": (layer([feature([*FLAG[:-1], 7], POLYGON)]), "geometry-commands", COUNT, True),
    "a ring of two points": (
        layer([feature([*move((1, 1)), *line((5, 5)), *CLOSE], POLYGON)]), "geometry-commands", COUNT, True
    ),
    "half a point": (layer([feature([9, 50])]), "geometry-commands", STEPS, True),
    "one of two points": (layer([feature(move((1, 1), count=2))]), "geometry-commands", STEPS, True),
    "2^29 points": (layer([feature(move((5, 5), count=(1 << 29) - 1))]), "geometry-commands", STEPS, True),
    "a line of 2^29 points": (
        layer([feature([*move((1, 1)), *line((5, 5), count=(1 << 29) - 1)], LINE)]), "geometry-commands", STEPS, True
    ),
    "a step of 33 bits": (layer([feature([9, 1 << 32, 0])]), "geometry-commands", STEPS, True),
    "a line of one place": (
        layer([feature([*move((2, 2)), *line((0, 0))], LINE)]), "steps-move", "1 segments of length zero", False
    ),
    "a ring that crosses itself": (
        layer([feature([*move((0, 0)), *line((100, 0), (-90, 80), (90, 0)), *CLOSE], POLYGON)]),
        "polygons-valid",
        "Self-intersection[52.6315789473684 42.1052631578947]",  # 80/152 of the way from 100 0 to 10 80
        False,
    ),
    "a counter-clockwise shell": (
        layer([feature([*move((0, 0)), *line((0, 9), (9, 0), (0, -9)), *CLOSE], POLYGON)]),
        "rings-wound",
        "the first ring runs counter-clockwise",
        False,
    ),
}  # fmt: skip

# Fixtures of mapbox/mvt-fixtures that are declared invalid: the rule, what it says, and whether it cannot be decoded.
REFUSED: dict[str, tuple[str, str, bool]] = {
    "003": ("geometry-type", "the geometry type is missing or unknown", False),
    "004": ("feature-encoded", "the feature has no geometry", False),
    "005": ("tags-paired", "a key has no value", False),
    "006": ("geometry-type", "the geometry type is missing or unknown", False),
    "007": ("tile-readable", WIRE, True),
    "008": ("tile-readable", WIRE, True),
    "010": ("tile-readable", WIRE, True),
    "011": ("value-typed", "a value has no known type", True),
    "012": ("layer-version", "the version is 99", True),
    "013": ("tile-readable", WIRE, True),
    "014": ("layer-named", "a layer has no name, or one that is not UTF-8", True),
    "015": ("layer-once", "two layers have this name", False),
    "023": ("layer-named", "a layer has no name, or one that is not UTF-8", True),
    "024": ("layer-version", "the version is missing", True),
    "026": ("value-typed", "a value has no known type", True),
    "030": ("feature-encoded", "tags or geometry stand in more than one field", False),
    "040": ("tags-in-range", "key 2 or value 1 does not exist", True),
    "041": ("tags-in-range", "key 106 or value 77 does not exist", True),  # the bytes of the float 2.2391, as varints
    "042": ("tags-in-range", "key 0 or value 2 does not exist", True),
    "044": ("geometry-commands", PLACE, True),
    "045": ("geometry-commands", STEPS, True),
    "046": ("steps-move", "1 segments of length zero", False),
    "047": ("geometry-commands", COUNT, True),
    "048": ("geometry-commands", COUNT, True),
    "051": ("geometry-commands", STEPS, True),
    "052": ("geometry-commands", STEPS, True),
    "058": ("geometry-commands", STEPS, True),
    "061": ("geometry-commands", PLACE, True),
}
# Fixtures declared valid that this verifier refuses, and why; all but the last are decoded.
DISPUTED = {
    "016": "declared valid for its type UNKNOWN, but byte for byte the same as 003, which is declared invalid",
    "039": "declared valid, but of version 1 and of type UNKNOWN",
    "057": "declared valid, but it announces 2^29 - 1 points and has one, like 051, which is declared invalid",
}


def errors(tile: bytes) -> list[Fault]:
    """What breaks the specification; the metadata is made up here and left out."""
    with Archive(MemorySource(archive(tile).bytes())) as opened:
        faults = verify_tiles(opened, threads=1).report.faults
    metadata = {"layer-declared", "fields-declared", "fields-typed", "id-safe"}
    return [fault for fault in faults if fault.severity is Severity.ERROR and fault.rule not in metadata]


def again(meaning: list[Layer]) -> list[Layer]:
    """What is left of a meaning once it has been encoded: ids are always there, layers have features."""
    return [
        Layer(each.name, 2, each.extent, [f._replace(id=f.id or 0) for f in each.features])
        for each in meaning
        if each.features
    ]


# ---------------------------------------------------------------- tiles built here


@pytest.mark.parametrize("name", SOUND)
def test_a_sound_tile_means_what_it_says(name: str) -> None:
    tile, meaning = SOUND[name]
    assert of_bytes(tile) == meaning
    printed = list(geojson_features(tile, 0, 0, 0))
    assert len(printed) == sum(len(each.features) for each in meaning)
    assert json.loads(json.dumps(printed, allow_nan=False)) == printed
    if "unknown geometry" not in name:
        assert errors(tile) == []


@pytest.mark.parametrize("name", [name for name in SOUND if "unknown geometry" not in name])
def test_a_sound_tile_keeps_its_meaning_when_it_is_encoded_again(name: str) -> None:
    _tile, meaning = SOUND[name]
    assert of_bytes(bytes_of(meaning)) == again(meaning)


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_tile_is_refused_with_the_reason(name: str) -> None:
    tile, rule, reason, fatal = BROKEN[name]
    found = {(fault.rule, fault.message) for fault in errors(tile)}
    assert found == {(rule, reason)}
    check_decoder(tile, reason, fatal)


def check_decoder(tile: bytes, reason: str, fatal: bool) -> None:
    if fatal:
        with pytest.raises(ArchiveError) as caught:
            list(geojson_features(tile, 5, 6, 7))
        assert reason in caught.value.message
        assert caught.value.where is not None and caught.value.where.startswith("5/6/7")
    else:
        assert list(geojson_features(tile, 5, 6, 7))


def test_what_can_be_read_of_a_faulty_tile_is_read() -> None:
    body = layer(
        [
            feature(kind=None, ident=1, tags=[0, 0]),
            feature(ident=2, tags=[0, 0, 0]),
            feature(FLAG, POLYGON, ident=3),
        ],
        keys=[b"k"],
        values=[text("x")],
    )
    found = list(geojson_features(body + layer([feature(ident=4)]), 0, 0, 0))
    assert [(f["id"], f["properties"], f["geometry"] and f["geometry"]["type"]) for f in found] == [
        (1, {"k": "x"}, None),
        (2, {"k": "x"}, "Point"),
        (3, {}, "Polygon"),
        (4, {}, "Point"),
    ]


def test_rings_of_version_1_are_told_apart_by_the_first() -> None:
    """Version 1 does not say which way exterior rings run: two squares and a hole, all the other way round."""
    square = [*move((0, 0)), *line((0, 10), (10, 0), (0, -10)), *CLOSE]
    hole = [*move((-8, 2)), *line((6, 0), (0, 6), (-6, 0)), *CLOSE]
    second = [*move((18, -8)), *line((0, 10), (10, 0), (0, -10)), *CLOSE]
    (found,) = geojson_features(layer([feature([*square, *hole, *second], POLYGON)], version=1), 0, 0, 0)
    assert found["geometry"]["type"] == "MultiPolygon"
    assert [len(polygon) for polygon in found["geometry"]["coordinates"]] == [2, 1]


# ---------------------------------------------------------------- mapbox/mvt-fixtures


@pytest.fixture
def fixtures(shared_data: Path) -> dict[str, Path]:
    folder = shared_data / "conformance" / "mvt-fixtures" / "fixtures"
    return {case.name: case for case in sorted(folder.iterdir())}


def declared_valid(case: Path) -> bool:
    return bool(json.loads((case / "info.json").read_text())["validity"]["v2"])


def test_every_fixture_is_judged_as_declared(fixtures: dict[str, Path]) -> None:
    assert len(fixtures) == 74
    invalid = {name for name, case in fixtures.items() if not declared_valid(case)}
    assert set(REFUSED) == invalid
    refused = {name for name, case in fixtures.items() if errors((case / "tile.mvt").read_bytes())}
    assert refused == invalid | set(DISPUTED)


def test_invalid_fixtures_are_refused_with_the_reason(fixtures: dict[str, Path]) -> None:
    for name, (rule, reason, fatal) in REFUSED.items():
        tile = (fixtures[name] / "tile.mvt").read_bytes()
        assert (rule, reason) in {(fault.rule, fault.message) for fault in errors(tile)}, name
        check_decoder(tile, reason, fatal)


def test_what_is_declared_fatal_is_not_decoded(fixtures: dict[str, Path]) -> None:
    """045 is invalid without saying how badly; half a point leaves open where it is."""
    fatal = {
        name
        for name in REFUSED
        if json.loads((fixtures[name] / "info.json").read_text())["validity"].get("error") == "fatal"
    }
    assert {name for name, (*_said, refused) in REFUSED.items() if refused} == fatal | {"045"}


def test_disputed_fixtures_are_what_we_say(fixtures: dict[str, Path]) -> None:
    tile = {name: (fixtures[name] / "tile.mvt").read_bytes() for name in ("003", "016", "039", "051", "057")}
    assert tile["003"] == tile["016"]
    announced = bytes.fromhex("f9ffffff0f")  # MoveTo, 2^29 - 1 times
    assert announced in tile["051"] and announced in tile["057"]
    assert (of_bytes(tile["039"])[0].version, of_bytes(tile["039"])[0].features[0].kind) == (1, 0)


def test_valid_fixtures_mean_what_they_say(fixtures: dict[str, Path]) -> None:
    decoded = 0
    for name, case in fixtures.items():
        if not declared_valid(case) or name == "057":
            continue
        tile, meaning = (case / "tile.mvt").read_bytes(), of_fixture(json.loads((case / "tile.json").read_text()))
        assert of_bytes(tile) == meaning, name
        assert len(list(geojson_features(tile, 0, 0, 0))) == sum(len(each.features) for each in meaning)
        decoded += 1
    assert decoded == 74 - len(REFUSED) - 1


def test_valid_fixtures_keep_their_meaning_when_they_are_encoded_again(fixtures: dict[str, Path]) -> None:
    for name, case in fixtures.items():
        if not declared_valid(case) or name in DISPUTED:
            continue
        meaning = of_bytes((case / "tile.mvt").read_bytes())
        tile = bytes_of(meaning)
        assert of_bytes(tile) == again(meaning), name
        assert errors(tile) == [], name
        theirs = mapbox_vector_tile.decode(tile)
        assert {each: len(content["features"]) for each, content in theirs.items()} == {
            each.name: len(each.features) for each in meaning if each.features
        }
