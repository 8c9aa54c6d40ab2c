"""Map reviews: a number holds for what was reviewed and for nothing else, and what changed since is told."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from pipeline import build
from pipeline.build import BuildResult, build_workspace
from pipeline.cli import main
from pipeline.errors import ConfigError, InputError, UsageError
from pipeline.framework import load_workspace
from pipeline.intake.ledger import entries
from pipeline.portal.files import json_bytes, write_file
from pipeline.progress import Silent
from pipeline.review.changes import content_changes
from pipeline.review.content import content_csv, content_list
from pipeline.review.pack import pack_review
from pipeline.review.record import read_reviews, record_review
from pipeline.review.scope import folder_scope
from pipeline.review.status import review_standing
from tests.towns import FILES, FRAMEWORK, write_town

DAY = date(2026, 11, 22)
NOW = datetime(2026, 11, 25, 9, tzinfo=UTC)
NUMBER = "浙丽S(2026)17号"
LOOK = {"road": "#cc8844"}  # what the style draws roads with


def small_portal(
    dist: Path, *, catalog: Mapping[str, Any], tilejsons: Mapping[str, Any], texts: Iterable[str], **_more: Any
) -> None:
    """A page with the number, fonts named after it, and a style with a few layers."""
    number = catalog["review"]["number"]
    write_file(dist / "index.html", f"审图号：{number}".encode())
    files = {archive["id"]: archive["file"] for archive in catalog["archives"]}
    layers = [
        {"id": "ground", "type": "background", "paint": {"background-color": "#eeeeee"}},
        {"id": "towns", "type": "fill", "source": "framework", "source-layer": "BOUA",
         "paint": {"fill-color": "#88ccaa", "fill-opacity": 0.5}},
        {"id": "roads", "type": "line", "source": "framework", "source-layer": "LRDL",
         "paint": {"line-color": LOOK["road"], "line-width": 6}},
        {"id": "names", "type": "symbol", "source": "framework", "source-layer": "LRDL_label",
         "layout": {"text-field": ["get", "NAME"], "text-size": 14, "text-font": ["Noto Sans SC Bold"]},
         "paint": {"text-color": "#000000", "text-halo-color": "#ffffff", "text-halo-width": 1}},
        {"id": "schools", "type": "circle", "source": "schools", "source-layer": "schools",
         "metadata": {"longquan:dataset": "schools"}, "layout": {"visibility": "none"},
         "paint": {"circle-color": "#ff0000", "circle-radius": 12}},
    ]  # fmt: skip
    style = {
        "version": 8,
        "sources": {id: {"type": "vector", "url": f"pmtiles://../{file}"} for id, file in files.items()},
        "layers": [layer for layer in layers if layer.get("source", "framework") in files],
        "glyphs": f"../assets/{number}/{{fontstack}}.pbf",
    }
    write_file(dist / "styles/light.json", json_bytes(style))


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "write_portal", small_portal)
    monkeypatch.setitem(LOOK, "road", "#cc8844")


@pytest.fixture
def town(tmp_path: Path) -> Path:
    root = write_town(tmp_path / "town", {"framework.toml": FRAMEWORK + '\n[publish]\nstyles = ["light"]\n'})
    built(root)
    return root


def built(root: Path, edition: str = "public") -> BuildResult:
    (result,) = build_workspace(root, editions=[edition], as_of=DAY, now=NOW)
    return result


def record(root: Path, number: str = NUMBER, **said: Any) -> bool:
    given = {"day": DAY, "by": "王五", "kind": "review", "now": NOW, **said}
    return record_review(root, "public", number=number, **given)[1]


def page(root: Path) -> str:
    return (root / "dist/public/index.html").read_text("utf-8")


def test_the_number_is_on_what_was_reviewed(town: Path) -> None:
    assert page(town) == "审图号：None" and not built(town).reviewed
    scope = folder_scope(town / "dist/public")
    assert record(town)
    assert built(town).reviewed and page(town) == f"审图号：{NUMBER}"
    for name, more in (("catalog.json", {}), ("release.json", {"scope": None})):
        assert json.loads((town / "dist/public" / name).read_text("utf-8"))["review"] == {"number": NUMBER, **more}
    assert folder_scope(town / "dist/public") == scope  # the number itself changes nothing that was reviewed
    (entry,) = [each for each in entries(town) if each.kind == "review"]
    assert entry.at.startswith("2026-11-25T09:00")
    assert {key: entry.facts[key] for key in ("edition", "number", "by", "date", "kind", "scope")} == {
        "edition": "public", "number": NUMBER, "by": "王五", "date": "2026-11-22", "kind": "review",
        "scope": scope.sha256,
    }  # fmt: skip
    assert not record(town)  # once more: nothing new
    assert len(read_reviews(town)) == len([each for each in entries(town) if each.kind == "review"]) == 1


def test_changed_data_lose_the_number_and_the_changes_are_listed(town: Path) -> None:
    record(town)
    roads = str(FILES["schemas/roads.toml"])
    (town / "schemas/roads.toml").write_text(roads.replace('audiences = ["government"]', ""), "utf-8")
    toml = FRAMEWORK.replace(
        'dataset = "roads"\nmin_zoom = 8\nmax_zoom = 11', 'dataset = "roads"\nmin_zoom = 8\nmax_zoom = 10'
    )
    rule = '\n[[override]]\nrule = "forbidden-field"\ndataset = "roads"\nfield = "SECRETWIDTH"\n'
    answer = rule + 'reason = "a test"\nby = "tester"\ndate = 2026-11-01\n'
    (town / "framework.toml").write_text(toml + '\n[publish]\nstyles = ["light"]\n' + answer, "utf-8")
    (town / "departments/trade.toml").write_text(
        str(FILES["departments/trade.toml"]).split('[[dataset]]\nid = "schools"')[0], "utf-8"
    )
    (town / "schemas/schools.toml").unlink()
    notes: list[str] = []

    class Told(Silent):
        def note(self, text: str) -> None:
            notes.append(text)

    build_workspace(town, editions=["public"], as_of=DAY, progress=Told())
    assert page(town) == "审图号：None"
    assert any("has changed since its map review" in note for note in notes)
    standing = review_standing(load_workspace(town), "public")
    assert not standing.covered and standing.last is not None and standing.last.number == NUMBER
    words = [change.words for change in standing.changes]
    assert "gone: dataset schools" in words and "gone: archive schools" in words
    assert "new: field roads.SECRETWIDTH" in words
    assert "layer framework/LRDL: last zoom 11 → 10" in words
    assert any(re.fullmatch(r"archive framework: content [0-9a-f]{12} → [0-9a-f]{12}", each) for each in words)
    assert any(each.startswith("style light: content") for each in words)
    assert not any("addresses" in each for each in words)
    assert record(town, "浙丽S(2026)18号", kind="filing")
    build_workspace(town, editions=["public"], as_of=DAY)
    assert page(town) == "审图号：浙丽S(2026)18号"


def test_another_style_loses_the_number_and_the_old_one_has_it_again(
    town: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(town)
    built(town)
    monkeypatch.setitem(LOOK, "road", "#000000")
    assert not built(town).reviewed and page(town) == "审图号：None"
    standing = review_standing(load_workspace(town), "public")
    assert [change.subject for change in standing.changes] == ["style light"]
    glyphs = json.loads((town / "dist/public/styles/light.json").read_text("utf-8"))["glyphs"]
    assert glyphs == "../assets/None/{fontstack}.pbf"  # nothing is left of the first attempt
    monkeypatch.setitem(LOOK, "road", "#cc8844")
    assert built(town).reviewed and page(town) == f"审图号：{NUMBER}"


def test_two_numbers_for_two_looks(town: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record(town, "甲")
    monkeypatch.setitem(LOOK, "road", "#000000")
    built(town)
    record(town, "乙")
    assert built(town).reviewed and page(town) == "审图号：乙"
    monkeypatch.setitem(LOOK, "road", "#cc8844")
    assert built(town).reviewed and page(town) == "审图号：甲"


def test_the_number_of_framework_toml_holds_where_nothing_was_recorded(tmp_path: Path) -> None:
    root = write_town(
        tmp_path, {"framework.toml": FRAMEWORK + '\n[publish]\nreview_number = "浙S(2026)1号"\nstyles = ["light"]\n'}
    )
    assert built(root).reviewed and page(root) == "审图号：浙S(2026)1号"
    assert review_standing(load_workspace(root), "public").number == "浙S(2026)1号"
    result = built(root, "government")
    assert not result.public and not result.reviewed  # for internal use: the number is that of the public map
    record_review(root, "public", number=NUMBER, day=DAY, by="王五", kind="review", now=NOW)
    assert page_after(root) == f"审图号：{NUMBER}"


def page_after(root: Path) -> str:
    built(root)
    return page(root)


def test_a_record_that_was_cut_off_is_finished_the_next_time(town: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from pipeline.review import record as review_record

    def dies(*_any: Any, **_more: Any) -> None:
        raise KeyboardInterrupt

    real = review_record.append
    monkeypatch.setattr(review_record, "append", dies)
    with pytest.raises(KeyboardInterrupt):
        record(town)
    monkeypatch.setattr(review_record, "append", real)
    assert not record(town)
    assert len([each for each in entries(town) if each.kind == "review"]) == 1


def test_faults_of_the_record_are_told(town: Path) -> None:
    with pytest.raises(InputError, match="has not been built"):
        record_review(town, "government", number=NUMBER, day=DAY, by="王五", kind="review", now=NOW)
    record(town)
    path = town / "review.toml"
    text = path.read_text("utf-8")
    path.write_text(text.replace('number = "', 'numbr = "'), "utf-8")
    with pytest.raises(ConfigError, match=r"review\.toml"):
        build_workspace(town, editions=["public"], as_of=DAY)
    path.write_text(text.replace(read_reviews_scope(text), "0" * 64), "utf-8")
    built(town)
    for file in (town / "review").iterdir():
        file.unlink()
    with pytest.raises(InputError, match="content list of the review"):
        review_standing(load_workspace(town), "public")


def read_reviews_scope(text: str) -> str:
    found = re.search(r'scope = "([0-9a-f]{64})"', text)
    assert found is not None
    return found[1]


# The content list ---------------------------------------------------------------------------------------------------


def test_the_content_list_says_what_is_there(town: Path) -> None:
    content = content_list(town / "dist/public")
    assert [each["id"] for each in content["datasets"]] == ["roads", "districts", "addresses", "shops", "schools"]
    roads = content["datasets"][0]
    assert [field["name"] for field in roads["fields"]] == ["ID", "NAME", "CLASS"]
    assert roads["fields"][2]["codes"] == ["national", "street"]
    assert roads["layers"] == [
        {"archive": "framework", "layer": "LRDL", "geometry": "line", "product": None, "min_zoom": 8, "max_zoom": 11}
    ]
    release = json.loads((town / "dist/public/release.json").read_text("utf-8"))
    assert content["release"] == release["release"]
    hashes = {each["id"]: each["sha256"] for each in release["archives"]}
    assert {each["id"]: each["sha256"] for each in content["archives"]} == hashes
    rows = list(csv.reader(io.StringIO(content_csv(content).removeprefix("\ufeff"))))
    assert [row[0] for row in rows[1:]] == ["roads", "districts", "districts", "addresses", "shops", "schools"]
    assert rows[1][4:8] == ["1:10000", "50.0", "framework", "LRDL"] and rows[1][-1] == hashes["framework"]
    assert content_changes(content, content) == ()


# Samples ------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def fonts() -> None:
    from pipeline.portal.built_site import built_site

    try:
        built_site()
    except ConfigError:
        pytest.skip("the site has not been built (just site)")


def pixels(png: bytes) -> Any:
    import numpy as np
    from rasterio.io import MemoryFile

    with MemoryFile(png) as memory, memory.open() as image:
        return np.moveaxis(image.read()[:3], 0, -1)


@pytest.mark.usefixtures("fonts")
def test_the_pack_shows_what_the_style_draws(town: Path, tmp_path: Path) -> None:
    out = tmp_path / "pack"
    files = pack_review(town / "dist/public", out, [(119.025, 28.025, 12)], Silent())
    assert sorted(p.relative_to(out).as_posix() for p in out.rglob("*") if p.is_file()) == sorted(files)
    names = [name for name in files if name.startswith("samples/")]
    assert [re.sub(r"samples/\d+-|-z\d+.png", "", name) for name in names] == [
        *["city"], *["centre"] * sum("centre" in name for name in names), "schools", "place",
    ]  # fmt: skip
    asked = pixels((out / names[-1]).read_bytes())
    assert asked.shape == (900, 1200, 3)
    quarter = asked[509, 527]  # of the way along the first road, whose name stands in the middle
    assert quarter.tolist() == [0xCC, 0x88, 0x44]
    half = [round((a + b) / 2) for a, b in zip((0x88, 0xCC, 0xAA), (0xEE,) * 3, strict=True)]
    assert abs(asked[200, 300].astype(int) - half).max() <= 1  # a town at half opacity, once and not twice
    switched = pixels((out / names[-2]).read_bytes())
    assert ((switched == (255, 0, 0)).all(axis=-1)).any()  # a dataset that the map begins without
    assert not ((asked == (255, 0, 0)).all(axis=-1)).any()
    page = (out / "index.html").read_text("utf-8")
    assert all(name in page for name in names) and "道路" in page and "待审核" not in page
    again = pack_review(town / "dist/public", tmp_path / "again", [(119.025, 28.025, 12)], Silent())
    assert [(out / name).read_bytes() == (tmp_path / "again" / name).read_bytes() for name in again] == [True] * len(
        again
    )


def test_a_pack_goes_into_a_new_folder(town: Path, tmp_path: Path) -> None:
    out = tmp_path / "there"
    out.mkdir()
    (out / "a").touch()
    with pytest.raises(UsageError):
        pack_review(town / "dist/public", out, (), Silent())
    with pytest.raises(InputError, match="has not been built"):
        pack_review(town / "dist/government", tmp_path / "new", (), Silent())
    assert not (tmp_path / "new").exists() and not list(tmp_path.glob(".*.new"))


# On the command line ------------------------------------------------------------------------------------------------


def test_the_verbs(town: Path, capsys: pytest.CaptureFixture[str]) -> None:
    w = ["-w", str(town)]
    assert main(["--lang", "zh", "review", "status", *w]) == 1
    assert capsys.readouterr().out == "public：从未送审；每页都标“待审核”\n"
    said = ["--number", NUMBER, "--date", "2026-11-25", "--by", "王五"]
    assert main(["--lang", "zh", "review", "record", *w, *said]) == 0
    scope = folder_scope(town / "dist/public").sha256
    assert f"public：{NUMBER} 对范围 {scope[:12]} 有效" in capsys.readouterr().out
    assert main(["--lang", "zh", "review", "status", *w, "--json"]) == 0
    (standing,) = json.loads(capsys.readouterr().out)
    assert (standing["number"], standing["scope"], standing["changes"]) == (NUMBER, scope, [])
    LOOK["road"] = "#123456"
    built(town)
    assert main(["--lang", "zh", "review", "status", "public", *w]) == 1
    told = capsys.readouterr()
    assert f"public：与 {NUMBER}（2026-11-25）所审内容有 1 处差异" in told.out and "样式 light：" in told.out
    assert "由人决定：备案，或重新送审。" in told.err
    assert main(["review", "status", "publik", *w]) == 2
    assert main(["review", "record", *w, "--number", "x", "--date", "25.11.2026", "--by", "y"]) == 2
    assert main(["review", "pack", "public", *w, "-o", str(town / "p"), "--place", "200,0,3"]) == 2
    assert not (town / "p").exists()
