"""For every rule: data that keeps it, the same data broken, and how many faults that makes, counted by hand."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import shapely

from pipeline.framework.department import Contact
from pipeline.intake.checks import Subject
from tests.intake.checks.made import (
    DEPARTMENT,
    X,
    Y,
    box,
    dataset,
    field,
    grid,
    line,
    point,
    schema,
    subject,
    write,
)  # fmt: skip
from tests.intake.checks.rasters import BLANK, SAID, file, hill, photo, rasters, with_one

Made = tuple[Path, Subject]


@dataclass(frozen=True)
class Case:
    """Two makers that write into a folder; `said` is in the message of the broken one."""

    good: Callable[[Path], Made]
    bad: Callable[[Path], Made]
    count: int
    said: str = ""
    advice: str = ""


def _simple(name: str, good: Any, bad: Any, count: int, said: str = "", layer: str | None = None, **known: Any) -> Case:
    """Squares with one column, whose values are `good` or `bad`."""

    def make(values: Any) -> Callable[[Path], Made]:
        def into(folder: Path) -> Made:
            squares = [box(200.0 * i, 0) for i in range(len(values))]
            return write(folder / "data.gpkg", squares, layer=layer, **{name: values}), subject(**known)

        return into

    return Case(make(good), make(bad), count, said)


def _shapes(good: Any, bad: Any, count: int, said: str = "", layer: str | None = None, **known: Any) -> Case:
    """Geometries with keys."""

    def make(shapes: Any) -> Callable[[Path], Made]:
        return lambda folder: (write(folder / "data.gpkg", shapes, layer=layer), subject(**known))

    return Case(make(good), make(bad), count, said)


def _subjects(good: Subject, bad: Subject, count: int, said: str = "") -> Case:
    """Five squares, of which different things are known."""

    def make(known: Subject) -> Callable[[Path], Made]:
        return lambda folder: (write(folder / "data.gpkg", grid(5, 1)), known)

    return Case(make(good), make(bad), count, said)


# ------------------------------------------------------------------------------------------ reference system


def _located(shift: float = 0.0, crs: str | None = "EPSG:4549", swap: bool = False, name: str = "data") -> Any:
    """Five points as a Shapefile; `shift` is added to eastings."""

    def into(folder: Path) -> Made:
        points = shapely.transform([point(100 * i, 50 * i) for i in range(5)], lambda xy: xy + np.array([shift, 0.0]))
        if swap:
            points = shapely.transform(points, lambda xy: xy[:, ::-1])
        return write(folder / f"{name}.shp", list(points), crs=crs), subject()

    return into


def _web_map(shift: tuple[float, float]) -> Callable[[Path], Made]:
    """Thirty places known from addresses, and the same moved; GCJ-02 is +500 m east and −346 m north there."""

    def into(folder: Path) -> Made:
        places = [(290.0 * (i % 6) + 37 * (i // 6), 310.0 * (i // 6) + 23 * (i % 6)) for i in range(30)]
        known = write(folder / "AANP.gpkg", [point(x, y) for x, y in places])
        moved = [point(x + shift[0], y + shift[1]) for x, y in places]
        return write(folder / "data.gpkg", moved), subject(siblings={"AANP": known})

    return into


def _far(east: float) -> Callable[[Path], Made]:
    """Five squares, the third so many metres to the east."""
    squares = [box(200 * i + (east if i == 2 else 0), 0) for i in range(5)]
    return lambda folder: (write(folder / "data.gpkg", squares), subject())


def _control(off: float) -> Callable[[Path], Made]:
    """Three points, of which the check point of the first lies 0.6·off east and 0.8·off north of it."""

    def into(folder: Path) -> Made:
        control = write(folder / "control.gpkg", [point(0.6 * off, 0.8 * off), point(100, 0), point(200, 0)])
        data = write(folder / "data.gpkg", [point(0, 0), point(100, 0), point(200, 0)])
        return data, subject(control=control)

    return into


# ------------------------------------------------------------------------------------------ networks, coverages


def _towns(folder: Path) -> Path:
    """Two towns side by side, 1 km each, the border at x = 0."""
    return write(folder / "BOUA.gpkg", [box(-1000, -500, 1000, 1000), box(0, -500, 1000, 1000)], NAME=["甲镇", "乙乡"])


def _across(y: float) -> Callable[[Path], Made]:
    """A road of each town that ends at the border, the eastern one `y` metres farther north."""

    def into(folder: Path) -> Made:
        roads = [line((-500, 0), (0, 0)), line((0, y), (500, y))]
        return write(folder / "data.gpkg", roads, layer="LRDL"), subject(siblings={"BOUA": _towns(folder)})

    return into


def _in_towns(x: float) -> Callable[[Path], Made]:
    """Two roads, one in the western town, one that begins at `x`."""

    def into(folder: Path) -> Made:
        roads = [line((-500, 0), (-400, 0)), line((x, 10), (x + 50, 10))]
        return write(folder / "data.gpkg", roads, layer="LRDL"), subject(siblings={"BOUA": _towns(folder)})

    return into


def _borders(lines: Any) -> Callable[[Path], Made]:
    def into(folder: Path) -> Made:
        return write(folder / "data.gpkg", lines, layer="BOUL"), subject(siblings={"BOUA": _towns(folder)})

    return into


_AROUND = [
    line((0, -500), (-1000, -500), (-1000, 500), (0, 500)),
    line((0, 500), (1000, 500), (1000, -500), (0, -500)),
    line((0, -500), (0, 500)),
]
_COVER = grid()
_OVER = [*_COVER[:7], box(190, 100, 110, 100), *_COVER[8:]]  # ten metres into its western neighbour
_HOLE = [*_COVER[:7], box(210, 100, 90, 100), *_COVER[8:]]  # ten metres away from it


def _before(rows: int) -> Callable[[Path], Made]:
    """Ten squares; the last version had `rows`."""

    def into(folder: Path) -> Made:
        pq.write_table(pa.table({"ID": list(range(rows))}), folder / "before.parquet")
        return write(folder / "data.gpkg", grid(5, 2)), subject(previous=folder / "before.parquet")

    return into


def _cut(bytes: int | None) -> Callable[[Path], Made]:
    def into(folder: Path) -> Made:
        path = write(folder / "data.gpkg", grid())
        path.write_bytes(path.read_bytes()[:bytes])
        return path, subject()

    return into


_TURNED = shapely.Polygon([(X + 100, Y), (X + 100, Y + 100), (X, Y + 100), (X, Y), (X + 100, Y)])  # box(0, 0)
_ARC = b"\x01" + struct.pack("<II6d", 8, 3, X, Y, X + 1, Y + 1, X + 2, Y)  # CIRCULARSTRING, OGC 06-103r4 § 8.2.3
_BOWTIE = shapely.Polygon([(X, Y), (X + 100, Y + 100), (X + 100, Y), (X, Y + 100)])
_FIELDS = schema(field("ID", "integer", required=True), field("CLASS"))


def _columns(**columns: Any) -> Callable[[Path], Made]:
    return lambda folder: (write(folder / "data.gpkg", grid(5, 1), **columns), subject(schema=_FIELDS))


def _keys(values: Any) -> Callable[[Path], Made]:
    return lambda folder: (write(folder / "data.gpkg", grid(5, 1), ID=values), subject())


CASES: dict[str, Case] = {
    "unreadable": Case(_cut(None), _cut(20_000), 1, "cut off"),
    "crs-missing": Case(_located(40e6, "EPSG:4528"), _located(40e6, None), 1, "EPSG:4528"),
    "crs-unknown": Case(_located(), _located(crs=None), 1, "x = 4147", "EPSG:4549"),
    "crs-contradicted": Case(_located(40e6, "EPSG:4528"), _located(40e6), 1, "EPSG:4549", "EPSG:4528"),
    "axes-swapped": Case(_located(), _located(swap=True), 1, "x = 3106100.000"),
    "displaced": Case(_located(), _located(name="学校_GCJ-02"), 1, "GCJ-02"),
    "gcj02-suspected": Case(_web_map((0, 0)), _web_map((500, -346)), 1, "GCJ-02"),
    "elsewhere": Case(_located(), _located(crs="EPSG:4548"), 1, "5 of 5", "EPSG:4549"),
    "outside-city": Case(_far(0), _far(90_000), 1, "1 features"),
    "raster-crs": Case(  # read in the zone of 117° instead of 120°, it would lie three degrees farther west
        rasters(file(photo()), read=SAID), rasters(file(photo()), file(photo(), crs="EPSG:4548"), read=SAID), 1,
        "2949", "package.toml",
    ),
    "control-rmse": Case(_control(3), _control(5), 1, "2.89 m; 2 m"),  # √(25 / 3)
    "edge-mismatch": Case(_across(0), _across(1.5), 2, "1.50 m"),
    "raster-resolution": Case(  # 1:10,000: 1 m of photographs, 5 m of heights
        rasters(file(photo()), file(hill(), step=5.0)), rasters(file(photo(), step=1.1), file(hill(), step=6.0)), 2,
        "6 m instead of 5 m (2): 1.tif, 2.tif",
    ),
    "raster-alignment": Case(
        rasters(file(photo()), file(photo(), x=70.0, y=-3.0)), rasters(file(photo()), file(photo(), x=70.4)), 1,
        "2.tif",
    ),
    "code-unknown": _simple(
        "GB", ["420101", "430200", None], ["42", "310200", None], 2, "4 Transport: 42, 310200", layer="LRDL"
    ),
    "code-not-in-domain": _simple(
        "CLASS", ["a", "b", None], ["a", "c", "A"], 2, "CLASS 2 (c, A)",
        schema=schema(field("CLASS", domain={"a": {"zh": "甲", "en": "A"}, "b": {"zh": "乙", "en": "B"}})),
    ),
    "value-type": _simple(
        "DAY", ["2026-09-30", "2026/1/2", None], ["2026-02-30", "soon", None], 2, "2026-02-30, soon",
        schema=schema(field("DAY", "date")),
    ),
    "pinyin-mismatch": Case(
        lambda folder: (
            write(folder / "data.gpkg", grid(4, 1), NAME=["龙泉市", "银行", "重庆路", "绿谷"],
                  PINYIN=["Lóngquán Shì", "yinhang", "Chongqing Lu", "Lvgu"]), subject()),
        lambda folder: (
            write(folder / "data.gpkg", grid(4, 1), NAME=["龙泉市", "银行", "重庆路", "绿谷"],
                  PINYIN=["Longquan", "yinhang", "Chongqing Lu", "Hong Gu"]), subject()),
        2, "龙泉市 Longquan, 绿谷 Hong Gu"),
    "pac-invalid": _simple(
        "PAC", ["331181", "331181102", "110101", None], ["331199", "332502", "33118", "331102"], 3,
        "331199, 332502, 33118",
    ),
    "road-number": _simple("RN", ["G322", "S228", None], ["G322", "322国道", "g25"], 2, "322国道, g25"),
    "raster-heights": Case(
        rasters(file(hill(8900.0))), rasters(file(hill(300.0)), file(with_one(hill(), 9300.0))), 1,
        "to 9300 m, and -500 to 9000",
    ),
    "raster-spikes": Case(  # 28.35 m are 80° over 5 m
        rasters(file(with_one(hill(), hill()[20, 30] + 25.0), step=5.0)),
        rasters(file(with_one(hill(), hill()[20, 30] - 35.0), step=5.0)), 1, "all around them: 1, in 1.tif",
    ),
    "no-features": _shapes(grid(), [], 1),
    "duplicate-feature": _shapes(grid(), [*grid(), _TURNED], 1),
    "duplicate-key": Case(_keys([1, 2, 3, 4, 5]), _keys([1, 2, 2, 2, 5]), 2, ": 2."),
    "key-empty": Case(_keys([1, 2, 3, 4, 5]), _keys([1, None, 3, None, 5]), 2, "column ID"),
    "mandatory-empty": _simple(
        "NAME", ["甲", "乙", "丙", "丁"], ["甲", "", " ", None], 3, "NAME 3",
        schema=schema(field("NAME", required=True)),
    ),
    "count-change": Case(_before(11), _before(12), 1, "-16.7 %"),
    "town-empty": Case(_in_towns(100), _in_towns(-300), 1, "乙乡"),
    "raster-empty": Case(
        rasters(file(with_one(BLANK[0], 1), nodata=0)), rasters(file(BLANK, nodata=0), file(BLANK, nodata=0)), 1,
        "9800 pixels",
    ),
    "raster-sheet-empty": Case(
        rasters(file(photo(), nodata=0), file(photo(), nodata=0)),
        rasters(file(photo(), nodata=0), file(BLANK, nodata=0)), 1, "1 of 2: 2.tif",
    ),
    "raster-flat": Case(
        rasters(file(photo()), file(BLANK[:, :60, :60])), rasters(file(photo()), file(BLANK + np.uint8(255))), 1,
        "2.tif",
    ),
    "field-missing": Case(
        _columns(CLASS=list("abcde")),
        lambda folder: (write(folder / "data.gpkg", grid(5, 1), CLASS=list("abcde")),
                        subject(schema=schema(*_FIELDS.entries, field("HEIGHT", "number", required=True)))),
        1, "HEIGHT"),
    "field-absent": Case(_columns(CLASS=list("abcde")), _columns(), 1, "CLASS"),
    "field-unknown": Case(
        _columns(CLASS=list("abcde")), _columns(CLASS=list("abcde"), 备注=list("abcde"), TMP=list("abcde")), 2,
        "备注, TMP",
    ),
    "geometry-kind": _shapes(grid(5, 1), [*grid(4, 1), line((0, 0), (9, 9))], 1, "no areas", layer="RESA"),
    "geometry-mixed": _shapes(
        grid(5, 1), [*grid(3, 1), line((0, 0), (9, 9)), point(5, 5)], 2, "1 points, 1 lines, 3 areas"
    ),
    "geometry-missing": _shapes(grid(5, 1), [*grid(3, 1), None, shapely.Polygon()], 2),
    "geometry-curved": _shapes(grid(5, 1), [*grid(3, 1), _ARC, _ARC], 2),
    "geometry-invalid": _shapes(grid(5, 1), [*grid(4, 1), _BOWTIE], 1, "Self-intersection 1"),
    "coverage-overlap": _shapes(_COVER, _OVER, 1, "1,000.0 m²", layer="BOUA"),
    "coverage-gap": _shapes(_COVER, _HOLE, 1, "1,000.0 m²", layer="BOUA"),
    # 5 m aside in the middle, farther than 5 cm from the border within 495 m of it.
    "border-lines": Case(_borders(_AROUND), _borders([*_AROUND[:2], line((0, -500), (5, 0), (0, 500))]), 2, "990.0 m"),
    "dangle": _shapes(
        [line((0, 0), (100, 0)), line((50, 80), (50, 0))], [line((0, 0), (100, 0)), line((50, 80), (50, 0.4))], 1,
        layer="LRDL",
    ),
    "mojibake": _simple(
        "NAME", ["龙泉市", "São", "青瓷"], ["榫欐硥甯", "ÁúÈªÊÐ", "青瓷"], 2, "榫欐硥甯"
    ),
    "lost-characters": _simple("NAME", ["龙泉市?", "b", "c"], ["龙\ufffd市", "???", "锟斤拷"], 3),
    "raster-size": Case(
        rasters(file(photo()[:, :2, :2])), rasters(file(photo()[:, :, :1]), file(photo()[:, :1])), 2, "1.tif, 2.tif"
    ),
    "raster-mixed": Case(
        rasters(file(photo()), file(photo())), rasters(file(photo()), file(photo()), file(photo(1))), 1, "3 × uint8"
    ),
    "raster-nodata": Case(
        rasters(file(with_one(hill(), -9999.0), nodata=-9999.0)), rasters(file(with_one(hill(), -9999.0))), 1,
        "-9999 × 1", "nodata",
    ),
    "date-missing": _subjects(subject(), subject(dataset=None), 1),
    "date-future": Case(
        lambda folder: (write(folder / "data.gpkg", grid(2, 1), DAY=["2026-11-23", None]),
                        subject(schema=schema(field("DAY", "date")))),
        lambda folder: (write(folder / "data.gpkg", grid(2, 1), DAY=["2026-11-24", None]),
                        subject(schema=schema(field("DAY", "date")), dataset=dataset(currency=date(2026, 12, 1)))),
        2, "2026-12-01; DAY 1"),
    "date-not-newer": _subjects(
        subject(previous_currency=date(2026, 6, 30)), subject(previous_currency=date(2026, 9, 30)), 1, "2026-09-30"
    ),
    "sliver": _shapes([*grid(2, 1), box(0, 300, 6, 6)], [*grid(2, 1), box(0, 300, 80, 0.5)], 1),  # 36 m² of a square
    "too-small": _shapes(
        [box(0, 0, 2, 2), line((0, 9), (2, 9))], [box(0, 0, 1.9, 2), line((0, 9), (1.9, 9))], 2, "1:10000 (below 2 m"
    ),
    "duplicate-label": Case(
        lambda folder: (write(folder / "data.gpkg", [point(0, 0), point(21, 0), point(3, 0)], NAME=["甲", "甲", "乙"]),
                        subject()),
        lambda folder: (write(folder / "data.gpkg", [point(0, 0), point(19, 0), point(3, 0)], NAME=["甲", "甲", "乙"]),
                        subject()),
        1, "甲"),
    "contact-missing": _subjects(
        subject(), subject(department=DEPARTMENT.model_copy(update={"contact": Contact(person="张三")})), 1
    ),
    "licence-missing": _subjects(
        subject(), subject(dataset=dataset().model_copy(update={"licence": " "})), 1
    ),
    "lineage-missing": _subjects(subject(), subject(dataset=dataset(lineage=None)), 1),
    "metadata-incomplete": _subjects(
        subject(), subject(dataset=dataset(description=None, scale=None)), 2, "description, scale"
    ),
}  # fmt: skip
