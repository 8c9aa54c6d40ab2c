"""The edition as one page: what goes in, byte for byte, and what does not."""

from __future__ import annotations

import base64
import json
import re
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import pytest

from pipeline.audit import audit_folder, one_page
from pipeline.errors import ConfigError
from pipeline.portal import offline_page
from pipeline.portal.offline_page import embedded_files, offline_files, offline_template, write_offline_page
from tests.audit.built import build_lightly
from tests.towns import FRAMEWORK, write_town

TEMPLATE = ("<html><head>", "</head><noscript>", "</noscript>", "<script>code</script></html>")
CATALOG = {
    "platform": {"zh": "数字<山>", "en": "Hills"},
    "edition": {"id": "public"},
    "attribution": {"zh": "局", "en": "Bureau"},
}
READ = {
    "catalog.json": json.dumps(CATALOG).encode(),
    "styles/light.json": b"{}",
    "tiles/a-0123456789ab.pmtiles": bytes(range(256)) * 5,
    "assets/fonts/x.woff2": b"wOF2",
    "assets/sprites/sprite.png": b"\x89PNG",
    "assets/glyphs/Noto & Sans/0-255.pbf": b"\x0a",
}
LEFT = ("release.json", "tiles/a-0123456789ab.explain.parquet", "data/a.html", "assets/index.js", "verify.py")


class Scripts(HTMLParser):
    """The scripts of a page, as a browser's parser sees them."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, str] = {}
        self._path: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._path = dict(attrs).get("data-path") if tag == "script" else None

    def handle_data(self, data: str) -> None:
        if self._path is not None:
            self.found[self._path] = self.found.get(self._path, "") + data

    def handle_endtag(self, tag: str) -> None:
        self._path = None


@pytest.fixture
def dist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(offline_page, "offline_template", lambda: TEMPLATE)
    for name, data in {**READ, **dict.fromkeys(LEFT, b"no")}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(data)
    return tmp_path


def test_the_page_holds_what_the_portal_reads_and_nothing_else(dist: Path) -> None:
    assert offline_files(dist) == sorted(READ)
    size = write_offline_page(dist, CATALOG)
    page = (dist / "offline.html").read_bytes()
    assert size == len(page)
    parser = Scripts()
    parser.feed(page.decode())
    assert {path: base64.b64decode(text) for path, text in parser.found.items()} == READ
    assert "<title>数字&lt;山&gt;</title>" in page.decode()
    assert re.search("<noscript><p>待审核.*局 · Bureau</p></noscript>", page.decode())


def test_the_same_folder_gives_the_same_page_and_the_page_never_itself(dist: Path) -> None:
    write_offline_page(dist, CATALOG)
    first = (dist / "offline.html").read_bytes()
    write_offline_page(dist, CATALOG)
    assert (dist / "offline.html").read_bytes() == first


def test_the_files_of_a_page_come_out_as_they_went_in(dist: Path) -> None:
    write_offline_page(dist, CATALOG)
    text = (dist / "offline.html").read_text("utf-8")
    part = text[text.index(TEMPLATE[2]) + len(TEMPLATE[2]) : -len(TEMPLATE[3])]
    assert dict(embedded_files(part)) == READ
    for wrong in (part + "x", part.replace("</script>", "<!-- -->", 1), part.replace("octet", "other", 1)):
        with pytest.raises(ValueError):
            list(embedded_files(wrong))


def test_an_edition_that_is_too_large_is_refused(dist: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(offline_page, "LIMIT", 1000)
    with pytest.raises(ConfigError) as caught:
        write_offline_page(dist, CATALOG)
    assert caught.value.where == "public: double_click"
    assert not (dist / "offline.html").exists()


def test_the_built_page_has_its_three_places_and_asks_no_other_file(private: Path) -> None:
    first, second, third, last = offline_template()
    whole = first + second + third + last
    told, asked = whole.index("window.longquanFile = true"), whole.index("!window.longquanFile")
    assert told < asked
    without = re.sub(r"(?s)<(script|style)[^>]*>.*?</\1>", "", whole)
    addresses = re.findall(r"<(?:script|link|img|iframe)[^>]+(?:src|href)=\"([^\"]*)", without)
    assert [address for address in addresses if not address.startswith("data:")] == []
    assert 'id="longquan-worker"' in second + third


def test_a_build_writes_it_where_the_edition_asks_and_the_audit_finds_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (offline_page, one_page):
        monkeypatch.setattr(module, "offline_template", lambda: TEMPLATE)
    public = 'id = "public"'
    assert FRAMEWORK.count(public) == 1
    root = write_town(
        tmp_path / "town", {"framework.toml": FRAMEWORK.replace(public, f"{public}\ndouble_click = true")}
    )
    build_lightly(root, as_of=date(2026, 11, 22), threads=1)
    dist = root / "dist/public"
    assert "offline.html" in {file["path"] for file in json.loads((dist / "release.json").read_bytes())["files"]}
    text = (dist / "offline.html").read_text("utf-8")
    part = text[text.index(TEMPLATE[2]) + len(TEMPLATE[2]) : -len(TEMPLATE[3])]
    carried = dict(embedded_files(part))
    assert {name: (dist / name).read_bytes() for name in carried} == carried
    assert {file["file"] for file in json.loads(carried["catalog.json"])["archives"]} <= set(carried)
    assert audit_folder(dist, root, threads=1).report.counts == {}
    assert not (root / "dist/government/offline.html").exists()


def test_a_site_of_another_version_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "_build").mkdir()
    (tmp_path / "_build/offline.html").write_text("<!--longquan:head--><!--longquan:files-->")
    monkeypatch.setattr(offline_page, "built_site", lambda: tmp_path)
    with pytest.raises(ConfigError):
        offline_template()
