"""The parts that rules are made of: prints, segments, faces, free ends, readings of names, codes of divisions."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import ConfigError, InputError
from pipeline.framework.base import Text
from pipeline.framework.check_limits import Checks
from pipeline.framework.check_tables import Division, Divisions, divisions, feature_codes, field_roles
from pipeline.intake.checks import check_source
from pipeline.intake.checks.borders import segments_of, single
from pipeline.intake.checks.coverage import faces_of
from pipeline.intake.checks.divisions import is_valid
from pipeline.intake.checks.measures import fingerprint
from pipeline.intake.checks.network import free_ends
from pipeline.intake.checks.romanisation import disagreeing, readings_of
from pipeline.intake.checks.texts import is_misread
from pipeline.progress import Silent
from tests.intake.checks.made import box, grid, line, subject, write


def _array(*shapes: object) -> np.ndarray:
    made = np.empty(len(shapes), object)
    made[:] = shapes
    return made


# ------------------------------------------------------------------------------------------ prints


@given(
    st.lists(st.tuples(st.integers(-9, 9), st.integers(-9, 9)), min_size=3, max_size=8, unique=True), st.integers(0, 7)
)
def test_a_print_does_not_depend_on_where_a_ring_begins(places: list[tuple[int, int]], turn: int) -> None:
    turned = places[turn % len(places) :] + places[: turn % len(places)]
    rings = _array(shapely.Polygon(places), shapely.Polygon(turned), shapely.Polygon(places[::-1]))
    assert len(set(fingerprint(rings).tolist())) == 1
    lines = _array(shapely.LineString(places), shapely.LineString(places[::-1]))
    assert len(set(fingerprint(lines).tolist())) == 1


def test_prints_tell_geometries_apart() -> None:
    shapes = _array(
        shapely.Point(1, 2), shapely.Point(2, 1), shapely.Point(1, 2.0000001), box(0, 0), box(1, 0),
        line((0, 0), (1, 1)), line((0, 0), (1, 1), (2, 2)),
    )  # fmt: skip
    assert len(set(fingerprint(shapes).tolist())) == len(shapes)
    assert (
        fingerprint(_array(shapely.Point(0.0, 1), shapely.Point(-0.0, 1)))
        .tolist()
        .count(int(fingerprint(_array(shapely.Point(0, 1)))[0]))
        == 2
    )


def test_prints_of_nothing_are_none() -> None:
    assert fingerprint(_array(None, shapely.Point(), shapely.Polygon())).tolist() == [0, 0, 0]
    assert fingerprint(np.empty(0, object)).tolist() == []


# ------------------------------------------------------------------------------------------ coverages


def test_borders_that_neighbours_share_are_left_out() -> None:
    two = shapely.orient_polygons(_array(box(0, 0), box(100, 0)))
    segments = segments_of(two)
    assert len(segments.owner) == 8
    assert int(single(segments).sum()) == 6  # all but the shared one, which is there twice
    assert not single(segments)[
        np.flatnonzero((segments.start[:, 0] == segments.end[:, 0]) & (segments.start[:, 0] == box(100, 0).bounds[0]))
    ].any()


def test_an_area_there_twice_overlaps_itself() -> None:
    faces = faces_of(_array(*grid(3, 3), grid(3, 3)[4]))
    assert faces is not None
    over = faces.covered > 1
    assert faces.area[over].sum() == pytest.approx(10_000)
    assert set(faces.first[over]) == {4} and set(faces.last[over]) == {9}


def test_an_area_inside_another_overlaps_it_and_a_hole_that_is_filled_does_not() -> None:
    ring = shapely.difference(box(0, 0, 300, 300), box(100, 100))
    whole = faces_of(_array(box(0, 0, 300, 300), box(100, 100)))
    filled = faces_of(_array(ring, box(100, 100)))
    empty = faces_of(_array(ring, box(300, 0)))
    assert whole is not None and filled is not None and empty is not None
    assert whole.area[whole.covered == 2].sum() == pytest.approx(10_000)
    assert (filled.covered == 1).all()
    assert empty.area[empty.covered == 0].sum() == pytest.approx(10_000)


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 15), st.integers(-60, 60), st.integers(-60, 60))
def test_faces_add_up_to_what_intersections_and_union_say(which: int, dx: int, dy: int) -> None:
    """A square of a grid is moved: the naive twin is GEOS's overlay of all pairs."""
    shapes = _array(*grid(4, 4))
    shapes[which] = shapely.transform(shapes[which], lambda xy: xy + np.array([dx, dy]))
    faces = faces_of(shapes)
    assert faces is not None
    a, b = np.triu_indices(16, 1)
    shared = shapely.area(shapely.intersection(shapes[a], shapes[b])).sum()
    around = shapely.union_all(shapes)
    holes = sum(shapely.Polygon(ring).area for part in shapely.get_parts(around) for ring in part.interiors)
    several = (faces.covered * (faces.covered - 1) / 2 * faces.area).sum()  # pairs over each face
    assert several == pytest.approx(shared, abs=1e-3)
    assert faces.area[faces.covered == 0].sum() == pytest.approx(holes, abs=1e-3)


def test_shapes_without_any_border_have_no_face() -> None:
    faces = faces_of(np.empty(0, object))
    assert faces is not None and len(faces.shapes) == 0


# ------------------------------------------------------------------------------------------ networks


def test_ends_are_free_where_nothing_else_is() -> None:
    lines = _array(
        line((0, 0), (100, 0)),  # free at 0, joined at 100
        line((100, 0), (200, 0)),
        line((200, 0), (200, 50)),  # joined at (200, 0), free at (200, 50)
        line((150, 50), (150, 0)),  # ends on the second line: joined
        line((50, 40), (50, 0.6)),  # 0.6 m short
        line((300, 0), (310, 0), (310, 10), (300, 0)),  # closed: no end
    )
    ends = free_ends(lines, np.arange(6), 0.05, 1.0)
    found = sorted((int(row), round(float(apart), 3)) for row, apart in zip(ends.row, ends.apart, strict=True))
    assert found == [(0, float("inf")), (2, float("inf")), (3, float("inf")), (4, 0.6), (4, float("inf"))]


# ------------------------------------------------------------------------------------------ texts


@pytest.mark.parametrize(
    ("name", "pinyin", "agrees"),
    [
        ("龙泉市", "Longquan Shi", True),
        ("龙泉市", "LÓNGQUÁN SHÌ", True),
        ("龙泉市", "Long-quan'shi", True),
        ("龙泉市", "Longquan", False),
        ("银行", "Yinhang", True),
        ("行走", "xingzou", True),  # another reading of 行
        ("重庆路", "Zhongqing Lu", True),  # polyphonic: either reading
        ("绿谷", "Lügu", True),
        ("绿谷", "Lvgu", True),
        ("G322国道", "G322 Guodao", True),
        ("3号楼", "3 Hao Lou", True),
        ("Main Street", "anything", True),
        ("石达石", "Shidashan", False),
        ("安仁", "Anren", True),
        ("安仁", "Ānrén", True),
        ("安仁", "Anrengang", False),
    ],
)
def test_names_agree_with_any_of_their_readings(name: str, pinyin: str, agrees: bool) -> None:
    assert disagreeing([name], [pinyin]).tolist() == [not agrees]


def test_a_line_end_in_a_name_is_part_of_it() -> None:
    assert disagreeing(["龙\n泉", "安仁"], ["Long\nquan", "Anren"]).tolist() == [False, False]


def test_readings_have_the_usual_one_first() -> None:
    assert readings_of("龙") == ("long", "mang") or readings_of("龙")[0] == "long"
    assert set(readings_of("行")) >= {"xing", "hang"}
    assert readings_of("a") == ()


@pytest.mark.parametrize(
    "text",
    [
        "龙泉市",
        "青瓷小镇",
        "São Paulo",
        "Köln",
        "Łódź",
        "Mühlgäßchen",
        "Gäßle",
        "瓯江大桥",
        "鑫鑫",
        "120°",
        "50 m²",
        "",
        "€",
    ],
)
def test_texts_that_are_right_are_left_alone(text: str) -> None:
    assert not is_misread(text)


@pytest.mark.parametrize("read", ["gbk", "cp1252", "latin-1"])
@pytest.mark.parametrize("text", ["龙泉市", "安仁镇永和桥", "青瓷小镇"])
def test_texts_read_in_a_wrong_encoding_are_found(text: str, read: str) -> None:
    written = "utf-8" if read == "gbk" else "gbk"
    assert is_misread(text.encode(written).decode(read, "ignore"))


# ------------------------------------------------------------------------------------------ codes


def test_a_code_is_valid_while_it_was_in_force() -> None:
    table = Divisions(
        version="1",
        provinces={"33": "浙江省", "11": "北京市"},
        division=(
            Division(code="330100", name=Text(zh="甲", en="a"), since=date(2000, 7, 1), read="text"),
            Division(code="330199", name=Text(zh="乙", en="b"), until=date(2000, 7, 1), read="text"),
        ),
    )
    expected = {
        ("330100", 2000): False, ("330100", 2001): True, ("330199", 2000): True, ("330199", 2001): False,
        ("330100102", 2001): True, ("330100102203", 2001): True, ("3301001", 2001): False, ("33010a", 2001): False,
        ("330155", 2001): False,  # a prefecture that the table knows has no such county
        ("330255", 2001): True,  # of others only the province is looked at
        ("110101", 2001): True, ("990101", 2001): False, ("", 2001): False,
    }  # fmt: skip
    for (code, year), valid in expected.items():
        assert is_valid(code, date(year, 6, 30), table) is valid, (code, year)
    assert is_valid("330155", date(2001, 1, 1), table, city="330155")  # a framework's own code


def test_the_tables_that_come_along_hold_together() -> None:
    codes = feature_codes()
    majors = {major.code for major in codes.classes}
    assert majors == set("12345678")
    names = [layer.name for layer in codes.layers]
    assert len(set(names)) == len(names)
    kinds = {"A": "polygon", "L": "line", "P": "point"}
    for layer in codes.layers:
        assert set(layer.classes) <= majors
        assert layer.geometry == kinds[layer.name[-1]]
        assert layer.borders is None or layer.borders in names
    assert {division.code for division in divisions().divisions} >= {"330000", "331100", "331181"}
    assert all(division.code[:2] in divisions().provinces for division in divisions().divisions)
    assert len({name.casefold() for role in field_roles().roles for name in role.names}) == sum(
        len(role.names) for role in field_roles().roles
    )


# ------------------------------------------------------------------------------------------ settings


def test_a_dataset_may_have_tolerances_of_its_own() -> None:
    checks = Checks.model_validate({"dangle_m": 2.0, "join_m": 0.1, "dataset": {"roads": {"dangle_m": 5.0}}})
    assert (checks.of("roads").dangle_m, checks.of("roads").join_m) == (5.0, 0.1)
    assert (checks.of("rivers").dangle_m, checks.of("rivers").join_m) == (2.0, 0.1)


def test_a_rule_may_be_left_out_with_a_reason(tmp_path: Path) -> None:
    path = write(tmp_path / "data.gpkg", [*grid(2, 1), box(0, 300, 80, 0.5)])
    report = check_source(path, subject(limits={"skip": {"sliver": "walls are drawn as areas"}}), Silent())
    result = next(result for result in report.rules if result.rule == "sliver")
    assert (result.state, str(result.reason)) == ("skipped", "walls are drawn as areas")


def test_an_unknown_rule_cannot_be_left_out(tmp_path: Path) -> None:
    path = write(tmp_path / "data.gpkg", grid(2, 1))
    with pytest.raises(ConfigError, match="slivers"):
        check_source(path, subject(limits={"skip": {"slivers": "?"}}), Silent())


def test_a_file_that_is_not_there_is_no_report(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        check_source(tmp_path / "nothing.gpkg", subject(), Silent())
