"""Reports: the score, the verdict, JSON, the map of faults, the page to print."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Sequence
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pyogrio
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from pipeline import i18n
from pipeline.errors import OutputError
from pipeline.intake.checks import Finding, Report, check_source, report_html, report_json, write_gpkg
from pipeline.intake.checks.message import Either, lazy, verbatim
from pipeline.intake.checks.score import grade_of, score_of, unit_products
from pipeline.progress import Silent
from tests.intake.checks.broken import CASES
from tests.intake.checks.made import DAY, box, grid, schema, subject, write
from tests.intake.checks.made import field as schema_field


def _finding(severity: str, count: int = 1) -> Finding:
    return Finding("some-rule", "logic", severity, count, verbatim("t"), verbatim("w"), verbatim("a"))  # type: ignore[arg-type]


@pytest.fixture
def faulty(tmp_path: Path) -> Report:
    """A coverage with an overlap of 1000 m², a bow-tie, and a name that would be a tag."""
    shapes = [*grid()[:7], box(190, 100, 110, 100), *grid()[8:]]
    names = ["<b>&", *["甲"] * (len(shapes) - 1)]
    path = write(tmp_path / "data.gpkg", shapes, layer="BOUA", NAME=names, PINYIN=["jia"] * len(shapes), RN=names)
    return check_source(path, subject(schema=schema(schema_field("ID", "integer"), schema_field("X"))), Silent())


# ------------------------------------------------------------------------------------------ score


@pytest.mark.parametrize(
    ("faults", "features", "score", "grade"),
    [
        ([], 10, 100.0, "excellent"),
        ([("A", 1)], 10, 58.0, "refused"),  # 100 - 42
        ([("A", 50)], 10, 58.0, "refused"),  # once for each rule
        ([("A", 1)], 100_000, 58.0, "refused"),  # whatever the size
        ([("B", 1)], 10, 88.0, "good"),  # 100 - 12
        ([("B", 2), ("C", 1)], 10, 72.0, "pass"),  # 100 - 24 - 4
        ([("B", 3), ("C", 1)], 10, 60.0, "pass"),  # 100 - 36 - 4: just
        ([("B", 3), ("C", 1), ("D", 1)], 10, 59.0, "refused"),
        ([("B", 10)], 5000, 76.0, "good"),  # t = 5: 100 - 10·12/5
        ([("D", 10)], 1000, 90.0, "excellent"),  # t = 1
        ([("B", 10**9)], 10, 0.0, "refused"),
    ],
)
def test_scores_are_those_of_the_standard(
    faults: Sequence[tuple[str, int]], features: int, score: float, grade: str
) -> None:
    findings = [_finding(severity, count) for severity, count in faults]
    assert score_of(findings, unit_products(features, 0, 1000)) == score
    assert grade_of(score, findings) == grade


@given(st.lists(st.tuples(st.sampled_from("BCD"), st.integers(1, 50)), max_size=6), st.integers(0, 10**6))
def test_more_faults_never_score_better(faults: list[tuple[str, int]], features: int) -> None:
    findings = [_finding(severity, count) for severity, count in faults]
    scores = [score_of(findings[:n], unit_products(features, 0, 1000)) for n in range(len(findings) + 1)]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 100 for score in scores)


# ------------------------------------------------------------------------------------------ words


def test_a_message_is_put_into_words_when_it_is_read() -> None:
    message = lazy("{n} features of layer {layer} are no {kind}.").format(n=2, layer="RESA", kind=lazy("areas"))
    assert message.said("en") == "2 features of layer RESA are no areas."
    assert message.said("zh") == "图层 RESA 中有 2 个要素不是面。"
    assert str(message) == message.said("en")
    i18n.set_language("zh")
    assert str(message) == message.said("zh")


def test_several_values_stand_one_after_the_other() -> None:
    message = lazy("{n} geometries are invalid ({reasons}).").format(
        n=1, reasons=(Either("甲", "a"), Either("乙", "b"))
    )
    assert message.said("en") == "1 geometries are invalid (a, b)."
    assert message.said("zh") == "1 个几何图形无效（甲, 乙）。"


def test_braces_in_values_are_left_alone() -> None:
    assert verbatim("{x}").said("en") == "{x}"
    assert lazy("Metadata are missing: {names}.").format(names="{a}").said("en") == "Metadata are missing: {a}."


# ------------------------------------------------------------------------------------------ report


def test_the_worst_comes_first_and_every_rule_is_accounted_for(faulty: Report) -> None:
    severities = [finding.severity for finding in faulty.findings]
    assert severities == sorted(severities)
    assert {finding.rule: finding.count for finding in faulty.findings} == faulty.counts
    assert [result.rule for result in faulty.rules] == [rule for rule in CASES if not rule.startswith("raster-")]
    assert all((result.state == "failed") == (result.count > 0) for result in faulty.rules)
    assert all((result.reason is not None) == (result.state == "skipped") for result in faulty.rules)


def test_places_of_faults_are_longitude_and_latitude(faulty: Report) -> None:
    overlap = next(finding for finding in faulty.findings if finding.rule == "coverage-overlap")
    assert overlap.geometry is not None
    (place,) = overlap.geometry
    import pyproj

    # 190…200 east and 100…200 north of the middle: from the definition of EPSG:4549, by pyproj in the test.
    lng, lat = pyproj.Transformer.from_crs(4549, 4490, always_xy=True).transform(414_695.0, 3_106_150.0)
    assert place.centroid.distance(shapely.Point(lng, lat)) < 1e-7
    assert overlap.features == (7,)
    assert [label.said("en") for label in overlap.labels] == ["7 · 7 – 8: 1,000.0 m²"]


def test_json_has_stable_keys_and_no_time(faulty: Report) -> None:
    found = report_json(faulty)
    assert list(found) == [
        "version", "source", "layer", "dataset", "title", "department", "city", "period", "currency", "as_of",
        "features", "crs", "bounds", "score", "grade", "passed", "rules", "findings",
    ]  # fmt: skip
    assert list(found["rules"][0]) == ["rule", "element", "severity", "title", "state", "count", "reason"]
    assert list(found["findings"][0]) == [
        "rule", "element", "severity", "count", "title", "message", "suggestion", "features",
    ]  # fmt: skip
    assert json.loads(json.dumps(found)) == found
    assert "seconds" not in json.dumps(found)


def test_the_same_data_gives_the_same_report(tmp_path: Path) -> None:
    texts = set()
    for number in range(2):
        folder = tmp_path / str(number)
        folder.mkdir()
        report = check_source(*CASES["coverage-overlap"].bad(folder), Silent())
        write_gpkg(report, folder / "faults.gpkg")
        texts.add((json.dumps(report_json(report)), report_html(report), (folder / "faults.gpkg").read_bytes()))
    assert len(texts) == 1


def test_a_source_that_cannot_be_read_gives_a_report_that_says_so(tmp_path: Path) -> None:
    path, known = CASES["unreadable"].bad(tmp_path)
    report = check_source(path, known, Silent())
    assert not report.passed and report.features == 0 and report.score == 58.0
    assert {result.state for result in report.rules[1:]} == {"skipped"}
    write_gpkg(report, tmp_path / "faults.gpkg")
    assert pyogrio.read_info(tmp_path / "faults.gpkg", layer="faults")["features"] == 0
    assert "整改通知" in report_html(report)


# ------------------------------------------------------------------------------------------ map of faults


def test_the_geopackage_holds_every_fault_with_a_place(faulty: Report, tmp_path: Path) -> None:
    write_gpkg(faulty, tmp_path / "faults.gpkg")
    expected = sum(len(finding.geometry) for finding in faulty.findings if finding.geometry is not None)
    meta, _fids, geometry, fields = pyogrio.raw.read(tmp_path / "faults.gpkg", layer="faults")
    assert len(geometry) == expected > 0
    assert meta["crs"] == "EPSG:4490" and meta["geometry_type"] == "Point"
    columns = dict(zip(meta["fields"], fields, strict=True))
    assert list(columns) == ["severity", "rule", "title", "feature", "remark", "suggestion"]
    _meta, _fids, shapes, _fields = pyogrio.raw.read(tmp_path / "faults.gpkg", layer="shapes")
    assert shapely.intersects(shapely.from_wkb(shapes), shapely.from_wkb(geometry)).all()
    with sqlite3.connect(tmp_path / "faults.gpkg") as file:
        ((name, style),) = file.execute("SELECT f_table_name, styleQML FROM layer_styles").fetchall()
    assert name == "faults" and {f'value="{severity}"' in style for severity in "ABCD"} == {True}


def test_a_geopackage_that_cannot_be_written_leaves_nothing(faulty: Report, tmp_path: Path) -> None:
    (tmp_path / "faults.gpkg").mkdir()
    with pytest.raises(OutputError):
        write_gpkg(faulty, tmp_path / "faults.gpkg")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data.gpkg", "faults.gpkg"]


# ------------------------------------------------------------------------------------------ page


class _Tags(HTMLParser):
    """Checks that tags are closed in order, and gathers attributes and texts."""

    VOID = frozenset({"meta", "br", "circle", "rect", "path"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += attrs
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_page_is_well_formed_and_asks_nobody_for_anything(faulty: Report, language: str) -> None:
    page = report_html(faulty, language)
    tags = _Tags()
    tags.feed(page)
    assert tags.open == []
    assert not {name for name, _value in tags.attributes} & {"src", "href", "onload", "action"}
    assert "http" not in page and "url(" not in page and "@import" not in page and "<script" not in page
    assert "<b>&" in tags.text  # a value of the data, escaped
    assert page.count("<circle") >= 1 and "@page{size:A4" in page


def test_the_page_is_a_notice_or_a_certificate(faulty: Report, tmp_path: Path) -> None:
    good = check_source(write(tmp_path / "good.gpkg", grid()), subject(), Silent())
    assert good.passed and "<h1>合格证</h1>" in report_html(good) and "100" in report_html(good)
    assert not faulty.passed and "<h1>整改通知</h1>" in report_html(faulty)
    assert "<h1>Notice of rectification</h1>" in report_html(faulty, "en")


def test_the_chinese_page_is_chinese_throughout(faulty: Report) -> None:
    """No sentence of it has been forgotten: three English words in a row are data, code, or a fault."""
    text = re.sub(r"<style>.*?</style>|<code>.*?</code>", "", report_html(faulty), flags=re.DOTALL)
    text = re.sub(r"<[^>]*>", "\n", text)
    assert not re.findall(r"[A-Za-z]{2,} [a-z]{2,} [a-z]{2,}", text)


def test_every_finding_is_on_the_page(faulty: Report) -> None:
    page = report_html(faulty)
    for finding in faulty.findings:
        assert f"<code>{finding.rule}</code>" in page
    assert DAY.isoformat() in page


def test_a_million_faults_make_a_page_of_bounded_size(tmp_path: Path) -> None:
    count = 3000
    x = np.arange(count) * 30.0
    path = write(tmp_path / "data.gpkg", [box(500 * (v % 60), 300 * (v // 60), 1, 1) for v in x / 30])
    report = check_source(path, subject(), Silent())
    assert report.counts["too-small"] == count
    assert len(report_html(report)) < 120_000
