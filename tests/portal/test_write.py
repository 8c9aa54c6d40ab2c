from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import ConfigError, OutputError
from pipeline.portal import built_site, write_portal
from pipeline.portal.files import write_file
from pipeline.portal.font_slices import WEIGHTS
from tests.portal.conftest import catalog, dataset

CONTENT = catalog(
    dataset("roads", ("framework", "LRDL", "line")),
    dataset("schools", ("schools", "schools", "point"), style={"colour": None, "icon": "school"}),
)
TEXTS = ["龙渊街道", "Lóngyuān Jiēdào", "剑池街道"]


def write(folder: Path, content: dict[str, Any] = CONTENT, texts: list[str] = TEXTS) -> dict[str, bytes]:
    write_portal(folder, catalog=content, tilejsons={}, texts=iter(texts))
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


@pytest.fixture(scope="module")
def written(private: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    return write(tmp_path_factory.mktemp("portal"))


def test_everything_a_page_needs_and_nothing_private(written: dict[str, bytes]) -> None:
    def kind(name: str) -> str:
        return re.sub(r"-[\w-]{8,10}(?=[.@])", "-#", re.sub(r"-\d-(?=\w{10}\.)", "-", name))

    bundled = {kind(name) for name, _path in built_site.published_files(built_site.built_site())}
    assert {"assets/index-#.css", "assets/index-#.js", "assets/licences.txt"} <= bundled
    kinds = {kind(name) for name in written if not name.startswith("assets/help-")}
    assert kinds == {
        "assets/fonts-#.css",
        "assets/fonts/noto-sans-sc-bold-#.woff2",
        "assets/fonts/noto-sans-sc-regular-#.woff2",
        *(f"assets/glyphs/Noto Sans SC {w}/{r}.pbf" for w in WEIGHTS for r in ("0-255", "256-511", "8192-8447")),
        *bundled,
        "assets/city-#.svg",
        "assets/filter-#.js",
        "assets/lights-#.js",
        "assets/site-#.js",
        "assets/pages-#.css",
        *(f"assets/sprites/sprite-#{suffix}" for suffix in (".json", ".png", "@2x.json", "@2x.png")),
        "data.html",
        "data/roads.html",
        "data/schools.html",
        "about.html",
        "accessibility.html",
        "developers.html",
        "help.html",
        "embed.html",
        "index.html",
        "sdk/v1/longquan.d.ts",
        "sdk/v1/longquan.js",
        "status.html",
        "status.json",
        "styles/light.json",
    }


def test_every_address_of_the_style_exists(written: dict[str, bytes]) -> None:
    style = json.loads(written["styles/light.json"])
    faces = [face["url"] for group in style["font-faces"].values() for face in group]
    sprites = [f"{style['sprite']}{suffix}" for suffix in (".json", ".png", "@2x.json", "@2x.png")]
    glyphs = [style["glyphs"].format(fontstack=font, range="0-255") for font in style["font-faces"]]
    for address in [*faces, *sprites, *glyphs]:
        assert address.removeprefix("../") in written, address
    assert style["sources"]["framework"]["url"] == "pmtiles://../tiles/framework-0123456789ab.pmtiles"
    assert "maki-school" in json.loads(written[sprites[0].removeprefix("../")])


def test_fonts_cover_the_texts_in_both_weights(written: dict[str, bytes]) -> None:
    style = json.loads(written["styles/light.json"])
    for font in ("Noto Sans SC Regular", "Noto Sans SC Bold"):
        covered: set[int] = set()
        for entry in [r for face in style["font-faces"][font] for r in face["unicode-range"]]:
            first, _, last = entry.removeprefix("U+").partition("-")
            covered |= set(range(int(first, 16), int(last or first, 16) + 1))
        assert {ord(c) for c in "".join(TEXTS)} <= covered


def test_the_same_arguments_give_the_same_bytes(written: dict[str, bytes], tmp_path: Path) -> None:
    assert write(tmp_path, texts=TEXTS[::-1]) == written


def test_what_only_the_portal_draws_stands_in_the_style_of_a_city_with_rasters(private: Path, tmp_path: Path) -> None:
    photo = {
        "id": "photo",
        "title": {"zh": "影像", "en": "Photo"},
        "type": "raster",
        "product": "imagery",
        "tilejson": "tilejson/photo.json",
        "file": "tiles/p.pmtiles",
        "tile_size": 512,
        "bytes": 1,
    }
    content = {**CONTENT, "archives": [*CONTENT["archives"], photo]}
    look = json.loads(write(tmp_path, content)["styles/light.json"])["metadata"]["longquan:portal"]
    assert look["over-imagery"]["text-color"] == "#ffffff"
    assert '"@' not in json.dumps(look)


def test_a_city_without_rasters_is_spared_it(written: dict[str, bytes]) -> None:
    assert "longquan:portal" not in json.loads(written["styles/light.json"])["metadata"]


def test_an_unknown_style_is_refused(private: Path, tmp_path: Path) -> None:
    content = {**CONTENT, "styles": [{"id": "dusk", "title": {}, "href": "styles/dusk.json"}]}
    with pytest.raises(ConfigError, match="dusk"):
        write(tmp_path, content)


def test_a_site_that_was_not_built_says_what_to_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(built_site, "__file__", str(tmp_path / "pipeline" / "portal" / "built_site.py"))
    with pytest.raises(ConfigError) as raised:
        built_site.built_site()
    assert raised.value.hint is not None and "just site" in raised.value.hint


def test_the_packed_site_comes_before_the_one_of_the_source_tree(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(built_site, "__file__", str(tmp_path / "pipeline" / "portal" / "built_site.py"))
    for folder in ("site/dist", "pipeline/portal/_site"):
        write_file(tmp_path / folder / "_build" / "characters.txt", b"")
        assert built_site.built_site() == tmp_path / folder


def test_a_file_that_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    with pytest.raises(OutputError) as raised:
        write_file(tmp_path / "taken", b"data")
    assert raised.value.where == str(tmp_path / "taken")
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]
