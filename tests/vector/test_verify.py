"""Every rule for what lies inside tiles has a broken archive that it refuses; sound tiles are accepted."""

from __future__ import annotations

from pathlib import Path

import mapbox_vector_tile
import pytest
from shapely.geometry import shape as as_shape

from pipeline.archive.reader import Archive, open_archive
from pipeline.archive.rules import Severity
from pipeline.archive.source import MemorySource
from pipeline.archive.verify import verify_source
from pipeline.vector.tile_rules import ARCHIVE_RULES, TILE_RULES
from pipeline.vector.verify import ContentReport, verify_tiles
from tests.broken.archive.forge import Parts
from tests.broken.archive.tiles import (
    BROKEN_TILES,
    CLOSE,
    LINE,
    POINT,
    POLYGON,
    SOUND,
    SQUARE,
    archive,
    double,
    feature,
    layer,
    line,
    message,
    move,
    number,
    one,
    shape,
    text,
)

RULES = {rule.id: rule for rule in (*TILE_RULES, *ARCHIVE_RULES)}


def checked(parts: Parts, threads: int = 1) -> ContentReport:
    data = parts.bytes()
    assert verify_source(MemorySource(data)).accepted(), "the structure is not what is broken here"
    with Archive(MemorySource(data)) as opened:
        return verify_tiles(opened, threads=threads)


def counts(parts: Parts) -> dict[str, int]:
    return dict(checked(parts).report.counts)


def test_every_rule_has_a_broken_archive() -> None:
    assert set(BROKEN_TILES) == set(RULES)
    assert len(RULES) == len(TILE_RULES) + len(ARCHIVE_RULES), "two rules share an id"


def test_the_tile_that_is_broken_on_purpose_is_sound_before() -> None:
    assert counts(archive(SOUND)) == {}


@pytest.mark.parametrize("rule", sorted(BROKEN_TILES))
def test_a_rule_refuses_its_broken_archive_and_no_other_does(rule: str) -> None:
    report = checked(BROKEN_TILES[rule]()).report
    assert set(report.counts) == {rule} | ({"polygons-valid"} if rule == "rings-have-area" else set())
    assert not report.accepted(strict=True)
    assert report.accepted() == (RULES[rule].severity is Severity.WARNING)
    assert all(fault.message and fault.remedy and "{" not in fault.message for fault in report.faults)


def test_a_fault_says_where_it_is() -> None:
    parts = archive(SOUND, layer([feature(), feature([*move((1, 1)), 7], ident=77)]))
    (fault,) = checked(parts).report.faults
    assert (fault.rule, fault.tile, fault.layer, fault.feature) == ("geometry-commands", (1, 0, 0), "a", "id 77")
    parts = archive(layer([feature(ident=None), feature(None, ident=None)]))
    assert [f.feature for f in checked(parts).report.faults] == ["no. 1", "no. 2", "no. 2"]


@pytest.mark.parametrize(
    ("kind", "commands", "rule"),
    [
        (POINT, [], "geometry-commands"),
        (POINT, [1], "geometry-commands"),  # no points
        (POINT, [*move((1, 1)), *move((1, 1))], "geometry-commands"),  # two commands
        (POINT, line((1, 1)), "geometry-commands"),
        (POINT, [*move((1, 1), count=2)], "geometry-commands"),  # one of two
        (POINT, [9, 2], "geometry-commands"),  # half a point
        (POINT, [9, 2, 1 << 33], "geometry-commands"),  # more than 32 bits
        (POINT, move((1, 1), count=(1 << 29) - 1), "geometry-commands"),
        (POINT, [8 | 3, 0, 0], "geometry-commands"),  # command 3
        (LINE, move((1, 1)), "geometry-commands"),  # no line
        (LINE, [*move((1, 1), (2, 2)), *line((1, 1))], "geometry-commands"),
        (LINE, [*move((1, 1)), *line()], "geometry-commands"),
        (LINE, line((1, 1)), "geometry-commands"),
        (LINE, [*move((1, 1)), *line((1, 1)), *CLOSE], "geometry-commands"),
        (LINE, [*move((1, 1)), *line((1, 1), (0, 0), (1, 1))], "steps-move"),
        (POLYGON, CLOSE, "geometry-commands"),
        (POLYGON, SQUARE[:-1], "geometry-commands"),  # not closed
        (POLYGON, [*move((1, 1)), *line((9, 9)), *CLOSE], "geometry-commands"),  # two corners
        (POLYGON, [*SQUARE[:-1], 7], "geometry-commands"),  # closed 0 times
        (POLYGON, [*SQUARE[:-1], 23], "geometry-commands"),  # closed twice
        (POLYGON, [*SQUARE, *move((1, 1))], "geometry-commands"),
        (POLYGON, [*move((0, 0)), *line((9, 0), (0, 9), (-9, -9)), *CLOSE], "steps-move"),  # back at the start
        (4, SQUARE, "geometry-type"),
    ],
)
def test_the_grammar_of_geometries(kind: int, commands: list[int], rule: str) -> None:
    assert counts(one(feature(commands, kind))) == {rule: 1}


@pytest.mark.parametrize(
    ("commands", "rules"),
    [
        ([SQUARE], set()),
        ([SQUARE, move((10, -90)), line((0, 50), (50, 0), (0, -50)), CLOSE], set()),  # a hole
        ([SQUARE, move((200, 0)), line((50, 0), (0, 50), (-50, 0)), CLOSE], set()),  # two polygons
        ([SQUARE, move((40, -40)), line((100, 0), (0, 100), (-100, 0)), CLOSE], {"polygons-valid"}),  # they overlap
        ([SQUARE, move((200, 0)), line((0, 50), (50, 0), (0, -50)), CLOSE], {"polygons-valid"}),  # a hole outside
        ([SQUARE, move((0, -100)), line((0, 50), (50, 0)), CLOSE], {"polygons-valid"}),  # a hole along the border
        # a bow tie of equal wings has no area by the surveyor's formula
        ([move((0, 0)), line((100, 100), (0, -100), (-100, 100)), CLOSE], {"polygons-valid", "rings-have-area"}),
    ],
)
def test_polygons(commands: list[list[int]], rules: set[str]) -> None:
    found = checked(shape(*commands))
    assert set(found.report.counts) == rules
    assert found.zooms[0].polygons == 1 and found.zooms[0].invalid == ("polygons-valid" in rules)


def test_an_odd_tag_does_not_hide_the_faults_of_other_features() -> None:
    features = [feature(tags=[0, 0, 0]), feature(tags=[0, 7], ident=2), feature(tags=[0, 0], ident=3)]
    assert counts(one(*features, keys=[b"n"], values=[double(1)])) == {
        "tags-paired": 1,
        "tags-in-range": 1,
        "fields-typed": 2,  # the pair before the odd tag is checked as well
    }


@pytest.mark.parametrize(
    ("declared", "value", "fits"),
    [
        ("String", text("x"), True),
        ("String", number(4, 5), False),
        ("Number", number(4, 5), True),
        ("Number", number(5, 5), True),
        ("Number", number(6, 5), True),
        ("Number", double(1), True),
        ("Number", text("5"), False),
        ("Number", number(7, 1), False),
        ("Boolean", number(7, 1), True),
        ("Boolean", number(4, 1), False),
        ("Mixed", number(4, 1), True),  # what the specification does not define is not checked
    ],
)
def test_types_of_fields(declared: str, value: bytes, fits: bool) -> None:
    parts = archive(layer([feature(tags=[0, 0])], keys=[b"n"], values=[value]), fields={"n": declared})
    assert counts(parts) == ({} if fits else {"fields-typed": 1})


def test_values_that_only_look_alike_are_not_doubled() -> None:
    values = [text("5"), number(4, 5), number(5, 5), number(6, 5), double(5), text(""), number(7, 0), text("\x00")]
    assert counts(one(feature(), keys=[b"n"], values=values)) == {}
    # rotating by 7 comes round after 64 bytes: texts that share a hash are still told apart
    a, b = "a" + "x" * 63 + "b", "b" + "x" * 63 + "a"
    assert counts(one(feature(), keys=[b"n"], values=[text(a), text(b), text(a)])) == {"values-once": 1}


def test_chinese_keys_and_values_are_read() -> None:
    tile = layer([feature(tags=[0, 0])], name="道路".encode(), keys=["等级".encode()], values=[text("高速")])
    assert counts(archive(tile, layers=["道路"], fields={"等级": "String"})) == {}


def test_a_value_may_be_one_thing_only() -> None:
    values = [text("x") + number(4, 5), message(9, b"x")]
    assert counts(one(feature(), keys=[b"n"], values=values)) == {"value-typed": 2}


def test_a_damaged_tile_is_told_and_the_others_checked() -> None:
    parts = archive(SOUND, layer([feature(ident=None)]), SOUND)
    offset, length = parts.entries[0][1:3]
    parts.data = parts.data[: offset + length - 5] + b"\0" + parts.data[offset + length - 4 :]
    report = checked(parts).report
    assert dict(report.counts) == {"tile-readable": 1, "id-present": 1}
    assert report.faults[0].tile == (0, 0, 0)


def test_a_shared_tile_counts_as_often_as_it_appears_at_every_zoom() -> None:
    """0/0/0, all four tiles of zoom 1 and two of zoom 2 show the same broken polygon: one run of seven."""
    parts = shape(move((0, 0)), line((100, 0), (-90, 80), (90, 0)), CLOSE)
    parts.entries = [(0, 0, len(parts.data), 7)]
    parts.header["max_zoom"] = 2
    found = checked(parts)
    assert found.report.counts == {"polygons-valid": 1}
    assert [(z.zoom, z.tiles, z.features, z.polygons, z.invalid) for z in found.zooms] == [
        (0, 1, 1, 1, 1),
        (1, 4, 4, 4, 4),
        (2, 2, 2, 2, 2),
    ]
    assert found.zooms[0].vertices == 5, "a ring counts closed"


def test_the_report_does_not_depend_on_threads_or_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    tiles = [
        layer([feature(ident=None if i % 3 else 5), feature(None, ident=i)]) + b"\x80" * (i % 7 == 0) for i in range(60)
    ]
    parts = archive(*tiles)
    parts.header["max_zoom"] = 3
    whole = checked(parts)
    monkeypatch.setattr("pipeline.vector.verify._BATCH", 200)
    assert checked(parts) == checked(parts, threads=3) == whole
    assert whole.report.counts["tile-readable"] == 9


@pytest.mark.parametrize("name", ["test_fixture_1.pmtiles", "test_fixture_2.pmtiles"])
def test_conformance_archives_are_accepted(shared_data: Path, name: str) -> None:
    with open_archive(shared_data / "conformance" / "pmtiles" / name) as opened:
        found = verify_tiles(opened)
        assert found.report.accepted(), found.report.faults
        ((_z, _x, _y, _raw),) = opened.tiles()
        layers = mapbox_vector_tile.decode(opened.tile(0, 0, 0)).values()
        shapes = [as_shape(f["geometry"]) for one_layer in layers for f in one_layer["features"]]
        polygons = [s for s in shapes if s.geom_type.endswith("Polygon")]
        assert found.zooms[0].features == len(shapes)
        assert (found.zooms[0].polygons, found.zooms[0].invalid) == (len(polygons), 0)
