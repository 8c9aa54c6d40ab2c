"""Pages of the catalogue: whole without a script, safe whatever departments write, and silent about what is denied."""

from __future__ import annotations

import copy
import itertools
import posixpath
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from lxml import html

from pipeline.portal.dataset_pages import dataset_pages, light_of
from pipeline.portal.pages import Frame, bytes_text, number_text
from tests.catalog.catalogs import SECRETS, catalog_of, dataset_of


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return catalog_of(tmp_path_factory.mktemp("pages"))


def pages(catalog: dict[str, Any]) -> dict[str, bytes]:
    frame = Frame(catalog, css="assets/pages-1.css", fonts="assets/fonts-1.css")
    return dict(dataset_pages(Path("nowhere"), frame))


def tree(catalog: dict[str, Any], path: str) -> html.HtmlElement:
    return html.document_fromstring(pages(catalog)[path].decode())


def words(element: html.HtmlElement) -> str:
    return " ".join(element.text_content().split())


def facts(page: html.HtmlElement, heading: str) -> dict[str, str]:
    """The facts below a heading: what they are called in Chinese → what they say."""
    (section,) = (
        s for s in page.iter("section") if s.find("h2") is not None and words(s.find("h2")).startswith(heading)
    )
    return {
        words(row.find("dt")).split(" ")[0]: words(row.find("dd"))
        for row in section.iter("div")
        if row.find("dt") is not None
    }


def table(page: html.HtmlElement, heading: str) -> list[list[str]]:
    (section,) = (
        s for s in page.iter("section") if s.find("h2") is not None and words(s.find("h2")).startswith(heading)
    )
    return [[words(cell) for cell in row] for row in section.find("table").find("tbody")]


def test_the_files(catalog: dict[str, Any]) -> None:
    written = sorted(pages(catalog))
    assert [name for name in written if not name.startswith("assets/")] == [
        "data.html",
        "data/empty.html",
        "data/photo.html",
        "data/roads.html",
        "data/schools.html",
    ]
    assert sorted(name.rpartition(".")[2] for name in written if name.startswith("assets/")) == ["js", "js", "svg"]


def test_nothing_denied_is_on_any_page(catalog: dict[str, Any], tmp_path: Path) -> None:
    told = {path: path + data.decode() for path, data in pages(catalog).items()}
    for secret in (*SECRETS, ">等级<"):
        assert [path for path, text in told.items() if secret in text] == [], secret
    government = "".join(path + data.decode() for path, data in pages(catalog_of(tmp_path, "government")).items())
    for secret in ("water-supply", "供水管网", "水务局", "WIDTH", "路宽", "管网调度"):
        assert secret in government, secret


def test_every_address_leads_to_a_file_and_none_leaves_but_what_was_registered(catalog: dict[str, Any]) -> None:
    written = pages(catalog)
    there = {
        *written,
        "index.html",
        "status.html",
        *("developers.html", "help.html", "about.html", "accessibility.html"),
        "catalog.json",
        "assets/pages-1.css",
        "assets/fonts-1.css",
        *(style["href"] for style in catalog["styles"]),
    }
    there |= {"services/stac/catalog.json", "services/dcat/catalog.jsonld", "services/iso/index.html"}
    there |= {archive[key] for archive in catalog["archives"] for key in ("file", "tilejson")}
    for dataset in catalog["datasets"]:
        there |= {f"services/iso/{dataset['id']}.xml", f"services/stac/{dataset['id']}/collection.json"}
    foreign = set()
    for path, data in written.items():
        if not path.endswith(".html"):
            continue
        page = html.document_fromstring(data.decode())
        ids = set(page.xpath("//@id"))
        for address in page.xpath("//@href | //@src"):
            parts = urlsplit(address)
            if parts.scheme:
                foreign.add(address)
            elif not parts.path:
                assert parts.fragment in ids or address == "data:,", (path, address)
            else:
                assert posixpath.normpath(posixpath.join(posixpath.dirname(path), parts.path)) in there, (path, address)
    assert foreign == {
        "data:,",
        "tel:0578-0000000",
        "mailto:a@example.org",
        "https://bus.example.org/app?a=1&b=2",
        "https://creativecommons.org/licenses/by/4.0/",
        "https://creativecommons.org/publicdomain/zero/1.0/",
    }


def test_pages_load_nothing_but_style_and_the_lights(catalog: dict[str, Any]) -> None:
    page = tree(catalog, "data/roads.html")
    scripts = page.xpath("//script")
    assert [script.text for script in scripts] == [None]  # no inline script: policies may forbid them
    assert page.xpath("//@style | //*[@onclick]") == []


def test_what_the_page_of_the_roads_says(catalog: dict[str, Any]) -> None:
    page = tree(catalog, "data/roads.html")
    assert words(page.find(".//h1")) == "道路 Roads"
    assert words(page.find(".//title")) == "道路 · 数字龙泉"
    summary = facts(page, "概要")
    assert summary["权属单位"] == "自然资源和规划局 Bureau of Natural Resources and Planning"
    assert summary["联系方式"] == "某某 0578-0000000 a@example.org"
    assert summary["现势性"] == "2026-09-30"
    assert summary["许可"] == "CC-BY-4.0"
    assert summary["质量得分"] == "92.5 / 100 优 excellent"
    assert table(page, "字段") == [
        ["ID", "编号 Id", "整数 integer", "是 yes", "–"],
        [
            "CLASS",
            "技术等级 Class",
            "文本 text",
            "否 no",
            "2 项 2 codes expressway 高速公路 Expressway national 国道 National road",
        ],
    ]
    assert table(page, "版本") == [
        ["2026-Q3.1 当前 current", "2026-09-30", "2026-10-08", "92.5"],
        ["2026-Q2.1", "2026-06-30", "2026-07-05", "–"],
    ]
    addresses = facts(page, "地址")
    assert addresses["瓦片包"] == "tiles/framework-0123456789ab.pmtiles PMTiles v3 · 1.0 kB"
    assert addresses["图层"] == "LRDL 线 lines z6–14"
    assert addresses["校验值"].startswith("0123456789ab")
    cards = [words(card) for card in page.xpath("//ul[@class='cards']/li")]
    assert cards == [
        "公交到站 Bus arrivals 公交公司 Bus company 查询到站时间 When it comes",
        "学校 Schools 自然资源和规划局 Bureau of Natural Resources and Planning",
    ]


def test_the_list_by_theme(catalog: dict[str, Any]) -> None:
    page = tree(catalog, "data.html")
    rows = [[words(cell) for cell in row] for row in page.xpath("//section[@class='theme']//tbody/tr")]
    assert [row[0] for row in rows] == ["道路 Roads", "学校 Schools", "影像 Photo", "空的 Empty"]
    assert [row[2] for row in rows] == ["线 lines", "点 points", "栅格 raster", "表格 table"]
    assert [row[3] for row in rows] == ["12", "12", "–", "–"]
    assert "4 个数据集，来自 1 个部门" in words(page.find(".//main"))


def test_lights_of_the_day_of_the_build(catalog: dict[str, Any]) -> None:
    assert {d["id"]: light_of(d, catalog["as_of"]) for d in catalog["datasets"]} == {
        "roads": "green",
        "schools": "green",
        "photo": "none",
        "empty": "yellow",  # monthly, of September, on 22 November: October's was due on 10 November
    }
    assert light_of(dataset_of(catalog, "roads"), "2027-01-11") == "yellow"
    assert light_of(dataset_of(catalog, "roads"), "2027-04-11") == "red"
    mark = tree(catalog, "data/empty.html").find(".//main//span[@class='light yellow']")
    assert (mark.get("data-fresh-until"), mark.get("data-stale-after")) == ("2026-11-10", "2026-12-10")
    photo = tree(catalog, "data/photo.html").find(".//main//span[@class='light none']")
    assert photo.get("data-fresh-until") is None and words(photo) == "不定期更新 no fixed cycle"


def test_a_nil_return_says_up_to_when_nothing_changed(catalog: dict[str, Any]) -> None:
    assert "零报告" not in pages(catalog)["data/roads.html"].decode()
    confirmed = copy.deepcopy(catalog)
    dataset_of(confirmed, "roads")["freshness"]["confirmed"] = "2026-12-31"
    assert facts(tree(confirmed, "data/roads.html"), "概要")["现势性"].startswith(
        "2026-09-30 零报告：至 2026-12-31 无变化"
    )


def test_what_departments_write_cannot_become_markup(catalog: dict[str, Any]) -> None:
    evil = '<img src=x onerror="alert(1)">\'"&'
    spoiled = copy.deepcopy(catalog)
    roads = dataset_of(spoiled, "roads")
    text = {"zh": evil, "en": evil}
    roads |= {"title": text, "description": text, "lineage": text, "licence": evil}
    roads["department"] |= {"name": text, "contact": {"person": evil, "phone": evil, "email": evil}}
    roads["fields"][1] |= {"title": text, "unit": evil, "domain": {evil: text}}
    roads["applications"][0] |= {"title": text, "owner": text, "description": text}
    spoiled["platform"] = spoiled["attribution"] = spoiled["notice"] = text
    spoiled["edition"]["title"] = spoiled["themes"][0]["title"] = text
    clean, found = pages(catalog), pages(spoiled)
    for path in ("data.html", "data/roads.html", "data/schools.html"):
        before, after = (html.document_fromstring(written[path].decode()) for written in (clean, found))
        assert after.xpath("//img | //*[@onerror]") == []
        assert {e.tag for e in after.iter()} == {e.tag for e in before.iter()} or path == "data/roads.html"
        assert evil in after.text_content()


def test_review_number_or_pending(catalog: dict[str, Any]) -> None:
    assert "待审核" in words(tree(catalog, "data.html").find(".//footer"))
    reviewed = {**catalog, "review": {"number": "浙S(2026)1号"}, "sample": False}
    page = tree(reviewed, "data/roads.html")
    assert "审图号：浙S(2026)1号" in words(page.find(".//footer"))
    assert "待审核" not in words(page) and "虚构" not in words(page.find(".//body"))


def test_an_edition_that_is_not_for_all_says_so(catalog: dict[str, Any]) -> None:
    internal = {**catalog, "edition": {**catalog["edition"], "public": False}}
    footer = words(tree(internal, "data/roads.html").find(".//footer"))
    assert "内部使用" in footer and "待审核" not in footer
    numbered = {**internal, "review": {"number": "浙S(2026)1号"}}
    footer = words(tree(numbered, "data.html").find(".//footer"))
    assert "内部使用" in footer and "审图号：浙S(2026)1号" in footer


def test_the_link_to_the_map_shows_the_dataset_at_a_zoom_where_it_is_drawn(catalog: dict[str, Any]) -> None:
    (link,) = tree(catalog, "data/roads.html").xpath("//a[@class='primary']/@href")
    base, _hash, parameters = link.partition("#")
    view, on = parameters.split("&")
    zoom, lat, lng = (float(part) for part in view.removeprefix("map=").split("/"))
    assert (base, on, lat, lng) == ("../index.html", "on=roads", 28.0, 119.05)
    # 0.5° are 600 pixels wide where the world is 600 / (0.5 / 360) pixels: 2^z · 512
    assert zoom == pytest.approx(9.7, abs=0.05)
    assert tree(catalog, "data/empty.html").xpath("//a[@class='primary']") == []


def test_the_same_catalogue_gives_the_same_bytes(catalog: dict[str, Any]) -> None:
    assert pages(copy.deepcopy(catalog)) == pages(catalog)


def test_another_day_of_the_build_changes_pages_whose_light_changes_only(catalog: dict[str, Any]) -> None:
    today, later = pages(catalog), pages({**catalog, "as_of": "2027-01-12"})  # roads turn yellow, the empty one red
    assert [path for path in today if today[path] != later.get(path)] == [
        "data.html",
        "data/roads.html",
        "data/empty.html",
    ]


def test_ids_are_unique_and_headings_in_order(catalog: dict[str, Any]) -> None:
    for path, data in pages(catalog).items():
        if path.endswith(".html"):
            page = html.document_fromstring(data.decode())
            ids = page.xpath("//@id")
            assert len(ids) == len(set(ids)), path
            levels = [int(e.tag[1]) for e in page.iter("h1", "h2", "h3")]
            assert levels[0] == 1 and all(b <= a + 1 for a, b in itertools.pairwise(levels)), path
            for reference in page.xpath("//@aria-labelledby"):
                assert reference in ids, (path, reference)


def test_two_hundred_pages_take_a_second(catalog: dict[str, Any]) -> None:
    many = copy.copy(catalog)
    roads = dataset_of(catalog, "roads")
    ids = [f"roads-{n}" for n in range(200)]
    many["datasets"] = [{**roads, "id": id, "page": f"data/{id}.html", "related": ids[:6]} for id in ids]
    begun = time.process_time()
    assert sum(path.startswith("data/") for path in pages(many)) == 200
    assert time.process_time() - begun < 2  # a thousand: the other half of the catalogue's 20 s


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (99_949, "99.9 kB"),
        (99_951, "100 kB"),
        (999_400, "999 kB"),
        (999_600, "1.0 MB"),
        (3_400_000_000, "3.4 GB"),
    ],
)
def test_sizes_for_people(size: int, text: str) -> None:
    assert bytes_text(size) == text


@pytest.mark.parametrize(("value", "text"), [(1234567, "1,234,567"), (92.5, "92.5"), (100.0, "100"), (0, "0")])
def test_numbers_for_people(value: float, text: str) -> None:
    assert number_text(value) == text
