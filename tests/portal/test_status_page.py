"""What the status page tells, whom it tells it to, and that a browser's lights are Python's."""

from __future__ import annotations

import json
import os
import subprocess
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from lxml import html

import hatch_build
from pipeline.errors import ConfigError
from pipeline.framework import load_workspace
from pipeline.framework.department import Cycle
from pipeline.intake.calendar import Standing, standings
from pipeline.intake.freshness import freshness
from pipeline.intake.status import freshness_json
from pipeline.portal.pages import TEMPLATES, Frame
from pipeline.portal.status_page import edition_status, status_pages
from tests.intake.standing_towns import accepted, dataset, department, nil, refused, write_town
from tests.portal.conftest import catalog as plain_catalog

DAY = date(2026, 11, 22)
LEDGER = [
    accepted("roads", "2026-Q3", "2026-10-20", "2026-09-15"),
    nil("bus-lines", "2026-Q3", "2026-10-02"),
    refused("bus-stops", "2026-Q3", "2026-10-05", "swapped axes"),
]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> tuple[Standing, ...]:
    """Departments that are late with what is published, and one whose only dataset is not."""
    town = write_town(
        tmp_path_factory.mktemp("town"),
        {
            "defence": department("quarterly", dataset("bunkers", audiences=("government",)), name="人防办"),
            "transport": department(
                "quarterly",
                dataset("roads"),
                dataset("bus-lines", cycle="monthly"),
                dataset("bus-stops"),
                dataset("parking"),
                dataset("rail", source="inbox/rail.gpkg", cycle="irregular"),
                name="交通运输局",
            ),
        },
        "since = 2026-04-01",
    )
    return standings(load_workspace(town), LEDGER, DAY)


def catalog_of(found: tuple[Standing, ...], *, without: tuple[str, ...] = ()) -> dict[str, Any]:
    """A catalogue of these datasets."""
    datasets = [
        {
            "id": each.dataset.id,
            "title": each.dataset.title.model_dump(),
            "page": f"data/{each.dataset.id}.html",
            "theme": "transport",
            "department": {"id": each.department.id, "name": each.department.name.model_dump()},
            "cycle": each.dataset.cycle,
            "currency": each.currency.isoformat(),
            "freshness": {key: freshness_json(each)[key] for key in ("confirmed", "fresh_until", "stale_after")},
        }
        for each in found
        if each.dataset.id not in without
    ]
    return {**plain_catalog(), "as_of": DAY.isoformat(), "themes": [], "datasets": datasets}


def page_of(catalog: dict[str, Any], status: dict[str, Any]) -> html.HtmlElement:
    frame = Frame(catalog, css="assets/pages-1.css", fonts="assets/fonts-1.css")
    written = dict(status_pages(frame, status))
    assert json.loads(written["status.json"]) == status
    return html.document_fromstring(written["status.html"].decode())


def words(element: html.HtmlElement) -> str:
    return " ".join(element.text_content().split())


def rows(page: html.HtmlElement) -> list[list[str]]:
    return [[words(cell) for cell in row] for row in page.xpath("//tbody/tr")]


def test_the_public_page_tells_lights_and_nothing_of_submissions(found: tuple[Standing, ...]) -> None:
    catalog = catalog_of(found, without=("bunkers",))
    status = edition_status(catalog, found)
    assert status["submissions"] is False and "states" not in status
    assert status["lights"] == {"green": 1, "none": 4}  # of what nobody has handed in nothing is fresh
    (transport,) = status["departments"]
    assert set(transport) == {"id", "name", "datasets", "lights"}
    assert transport["datasets"][1] == {
        "id": "bus-lines", "title": {"zh": "数据 bus-lines", "en": "Data bus-lines"}, "page": "data/bus-lines.html",
        "theme": "transport", "cycle": "monthly", "currency": "2025-12-31", "confirmed": "2026-09-30",
        "fresh_until": None, "stale_after": None, "light": "none",
    }  # fmt: skip
    page = page_of(catalog, status)
    assert rows(page)[1] == [
        "数据 bus-lines Data bus-lines",
        "每月 monthly",
        "2025-12-31截至 2026-09-30 无变化 unchanged up to 2026-09-30",
        "尚无数据 no data yet",
        "–",
    ]
    text = html.tostring(page, encoding="unicode") + json.dumps(status, ensure_ascii=False)
    for secret in ("逾期", "overdue", "退回", "零报告", "nil", "2026-10-02", "2026-10-20", "2026-Q3", "swapped"):
        assert secret not in text, secret
    for secret in ("bunkers", "人防办", "defence"):
        assert secret not in text, secret


def test_what_an_edition_does_not_show_leaves_no_trace_even_where_submissions_are_told(
    found: tuple[Standing, ...],
) -> None:
    """The same to the byte, whether the department that is not shown exists or not."""
    catalog = catalog_of(found, without=("bunkers",))
    told = edition_status(catalog, found, submissions=True)
    assert told == edition_status(catalog, [each for each in found if each.dataset.id != "bunkers"], submissions=True)
    assert "bunkers" not in json.dumps(told)


def test_the_government_page_tells_who_handed_in_what(found: tuple[Standing, ...]) -> None:
    catalog = catalog_of(found)
    status = edition_status(catalog, found, submissions=True)
    assert status["states"] == {"overdue": 2, "refused": 1, "handed-in": 1, "nil": 1, "direct": 1}
    assert [department["id"] for department in status["departments"]] == ["defence", "transport"]
    assert status["departments"][0]["states"] == {"overdue": 1}
    page = page_of(catalog, status)
    assert [row[4:] for row in rows(page)] == [
        ["2026-Q3", "2026-10-10", "逾期未交 overdue 逾期 43 日 43 days over 此前缺交 1 期 1 missed before"],
        ["2026-Q3", "2026-10-10", "已提交 handed in 2026-10-20 迟交 late 此前缺交 1 期 1 missed before"],
        ["2026-Q3", "2026-10-10", "零报告 nil return 2026-10-02 此前缺交 1 期 1 missed before"],
        ["2026-Q3", "2026-10-10", "已退回 sent back 2026-10-05 逾期 43 日 43 days over 此前缺交 1 期 1 missed before"],
        ["2026-Q3", "2026-10-10", "逾期未交 overdue 逾期 43 日 43 days over 此前缺交 1 期 1 missed before"],
        ["–", "–", "直接读取 read in place"],
    ]
    assert "swapped axes" not in html.tostring(page, encoding="unicode")  # between the department and the bureau


def test_without_a_script_the_lights_are_those_of_the_build(found: tuple[Standing, ...]) -> None:
    page = page_of(catalog_of(found), edition_status(catalog_of(found), found))
    lights = {
        row.xpath("string(th//a/@href)"): row.xpath("string(.//span[contains(@class, 'light')]/@class)")
        for row in page.xpath("//tbody/tr")
    }
    assert lights == {
        "data/bunkers.html": "light none",
        "data/roads.html": "light green",
        "data/bus-lines.html": "light none",
        "data/bus-stops.html": "light none",
        "data/parking.html": "light none",
        "data/rail.html": "light none",
    }
    tally = {each.get("data-light-count"): each.text for each in page.xpath("//strong[@data-light-count]")}
    assert tally == {"green": "1", "yellow": "0", "red": "0", "none": "5"}
    assert page.xpath("//script/@src") and not page.xpath("//script[not(@src)]")
    assert page.get("lang") == "zh-CN" and words(page.find(".//h1")).startswith("数据现势性")


def test_an_edition_without_datasets_has_a_page(found: tuple[Standing, ...]) -> None:
    catalog = {**catalog_of(found), "datasets": []}
    page = page_of(catalog, edition_status(catalog, found, submissions=True))
    assert "本版本尚无数据集" in words(page)


def test_no_public_edition_may_tell_of_submissions(tmp_path: Path) -> None:
    town = write_town(tmp_path, {"transport": department("quarterly", dataset("roads"))})
    file = town / "framework.toml"
    text = file.read_text("utf-8")
    file.write_text(
        text.replace('shares = ["unconditional"]', 'shares = ["unconditional"]\nsubmissions = true'), "utf-8"
    )
    with pytest.raises(ConfigError, match="a public edition does not tell who is late"):
        load_workspace(town)
    government = text.replace(
        'shares = ["unconditional", "conditional"]', 'shares = ["unconditional", "conditional"]\nsubmissions = true'
    )
    file.write_text(government, "utf-8")
    assert [edition.submissions for edition in load_workspace(town).editions] == [False, True]


# ------------------------------------------------------------------------------------------ in a browser

DOM = """
const [cases, script] = JSON.parse(require('fs').readFileSync(0, 'utf8'));
const Real = Date;
const told = cases.map(({ today, lights }) => {
  const element = (attributes) => ({ className: '', textContent: '',
    getAttribute: (name) => attributes[name], setAttribute(name, value) { attributes[name] = value; } });
  const marks = lights.map(([fresh, stale]) => element({ 'data-fresh-until': fresh, 'data-stale-after': stale }));
  const counts = ['green', 'yellow', 'red', 'none'].map((name) => element({ 'data-light-count': name }));
  const day = element({});
  const document = { querySelectorAll: (selector) =>
    ({ '.light[data-fresh-until]': marks, '[data-light-count]': counts, '[data-today]': [day] })[selector] };
  const Clock = class extends Real { constructor() { super(today); } };
  new Function('document', 'Date', script)(document, Clock);
  return [marks.map((mark) => mark.className), counts.map((count) => count.textContent), day.textContent];
});
console.log(JSON.stringify(told));
"""


def in_a_browser(cases: list[dict[str, Any]]) -> list[Any]:
    node = Path(hatch_build._node_home()) / ("node.exe" if os.name == "nt" else "bin/node")
    script = (TEMPLATES / "lights.js").read_text("utf-8")
    done = subprocess.run(
        [node, "-e", DOM], input=json.dumps([cases, script]), capture_output=True, text=True, timeout=60,
        env={**os.environ, "TZ": "Asia/Shanghai"}, encoding="utf-8",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    told: list[Any] = json.loads(done.stdout)
    return told


def test_a_browsers_lights_are_pythons() -> None:
    """Around every day on which a light turns, for every cycle; the reader's clock shows local time."""
    cycles: tuple[Cycle, ...] = ("daily", "weekly", "monthly", "quarterly", "half-yearly", "yearly")
    fresh = [freshness(date(2026, 9, 15), cycle, grace) for cycle in cycles for grace in (0, 10)]
    turns = {day for each in fresh for day in (each.fresh_until, each.stale_after) if day}
    days = sorted(
        {turn + timedelta(days=n) for turn in turns for n in (-1, 0, 1)} | {date(1999, 12, 31), date(2100, 1, 1)}
    )
    lights = [[str(each.fresh_until), str(each.stale_after)] for each in fresh]
    hours = ("00:00:01", "12:00:00", "23:59:59")
    cases = [{"today": f"{day}T{hours[n % 3]}", "lights": lights} for n, day in enumerate(days)]
    for day, (classes, counts, shown) in zip(days, in_a_browser(cases), strict=True):
        expected = [each.light(day) for each in fresh]
        assert classes == [f"light {light}" for light in expected], day
        assert counts == [*(expected.count(light) for light in ("green", "yellow", "red")), ""], day
        assert shown == day.isoformat()
