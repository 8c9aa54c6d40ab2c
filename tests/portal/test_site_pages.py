"""Pages for developers and readers: this site's addresses, the city's own words, and pictures that exist."""

from __future__ import annotations

import posixpath
from pathlib import Path
from typing import Any

import pytest
from lxml import html

from pipeline.portal.developer_page import developer_page
from pipeline.portal.pages import Frame
from pipeline.portal.site_pages import PAGES, site_pages
from tests.catalog.catalogs import SECRETS, catalog_of

SITE = {
    "icp": "浙ICP备00000000号",
    "police": {"number": "浙公网安备 33118100000000号", "href": None},
    "mark": {"title": {"zh": "党政机关", "en": "Government site"}, "href": "https://mark.example/"},
    "contact": {
        "office": {"zh": "测绘科", "en": "Surveying office"},
        "phone": "0578-0000000",
        "email": "map@example.org",
        "address": None,
    },
    "terms": [],
    "links": [{"title": {"zh": "市政府 <b>", "en": "City"}, "href": "https://city.example/"}],
}


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return {**catalog_of(tmp_path_factory.mktemp("pages")), "site": SITE}


def pages(catalog: dict[str, Any]) -> dict[str, bytes]:
    frame = Frame(catalog, css="assets/pages-1.css", fonts="assets/fonts-1.css")
    return {**dict(developer_page(frame)), **dict(site_pages(frame))}


def tree(catalog: dict[str, Any], path: str) -> html.HtmlElement:
    return html.document_fromstring(pages(catalog)[path].decode())


def code(page: html.HtmlElement, id: str) -> str:
    (box,) = page.xpath(f'//*[@id="code-{id}"]//pre')
    return str(box.text_content())


def test_the_pages(catalog: dict[str, Any]) -> None:
    written = pages(catalog)
    assert [name for name in written if name.endswith(".html")] == ["developers.html", *PAGES]
    assert pages(catalog) == written


def test_a_script_fills_in_where_the_site_is(catalog: dict[str, Any]) -> None:
    page = tree(catalog, "developers.html")
    assert "const site = 'https://…/'" in code(page, "maplibre")
    assert "styles/light.json" in code(page, "maplibre")
    marked = page.xpath('//*[@id="code-openlayers"]//*[@data-site]')
    assert [node.text for node in marked] == ["https://…/"]
    (script,) = (node.get("src") for node in page.iter("script"))
    assert script in pages(catalog)


def test_no_address_is_left_to_fill_in(catalog: dict[str, Any]) -> None:
    page = tree(catalog, "developers.html")
    for box in page.xpath('//*[@class="code"]'):
        assert "@" not in code(page, box.get("id").removeprefix("code-")).replace("@esri", ""), box.get("id")


def test_a_city_without_vectors_or_imagery_offers_no_code_for_them(catalog: dict[str, Any]) -> None:
    page = tree({**catalog, "archives": [], "datasets": []}, "developers.html")
    assert [box.get("id") for box in page.xpath('//*[@class="code"]')] == ["code-sdk", "code-embed"]


def test_the_foot_says_who_the_site_is(catalog: dict[str, Any]) -> None:
    foot = tree(catalog, "about.html").find(".//footer")
    links = {" ".join(link.text_content().split()): link.get("href") for link in foot.iter("a")}
    assert links["浙ICP备00000000号"] == "https://beian.miit.gov.cn/"
    assert links["浙公网安备 33118100000000号"] == "https://beian.mps.gov.cn/"
    assert links["党政机关 Government site"] == "https://mark.example/"
    assert links["市政府 <b> City"] == "https://city.example/"


def test_terms_of_the_city_stand_in_place_of_the_usual(catalog: dict[str, Any]) -> None:
    own = {**SITE, "terms": [{"zh": "只供内部阅读。", "en": "For reading only."}]}
    text = tree({**catalog, "site": own}, "about.html").text_content()
    assert "只供内部阅读。" in text and "不作为权属和划界依据" not in text
    assert "不作为权属和划界依据" in tree(catalog, "about.html").text_content()


def test_every_page_has_one_heading_and_links_that_lead_somewhere(catalog: dict[str, Any]) -> None:
    written = pages(catalog)
    beside = {*written, "index.html", "data.html", "status.html", "catalog.json", "assets/licences.txt"}
    beside |= {"assets/pages-1.css", "assets/fonts-1.css", *(style["href"] for style in catalog["styles"])}
    beside |= {archive["tilejson"] for archive in catalog["archives"]}
    for path in ("developers.html", *PAGES):
        page = html.document_fromstring(written[path].decode())
        assert len(page.xpath("//h1")) == 1
        ids = page.xpath("//@id")
        assert len(ids) == len(set(ids))
        for address in page.xpath("//a/@href | //img/@src | //script/@src | //link[@rel='stylesheet']/@href"):
            if address.startswith("#"):
                assert address[1:] in ids
            elif "://" not in address and not address.startswith("mailto:"):
                assert posixpath.normpath(address) in beside, (path, address)


def test_nothing_denied_is_on_any_page(catalog: dict[str, Any]) -> None:
    told = {path: path + data.decode() for path, data in pages(catalog).items() if path.endswith(".html")}
    for secret in SECRETS:
        assert [path for path, text in told.items() if secret in text] == [], secret


def test_pictures_of_the_help_page_are_small(catalog: dict[str, Any]) -> None:
    pictures = {name: data for name, data in pages(catalog).items() if name.endswith(".webp")}
    assert sum(map(len, pictures.values())) <= 400_000
    shown = {Path(name).name for name in tree(catalog, "help.html").xpath("//img/@src")}
    assert shown == {Path(name).name for name in pictures}
