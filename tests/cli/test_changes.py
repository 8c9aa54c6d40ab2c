"""`longquan changes` as people call it, on versions in a store."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import mapbox_vector_tile
import pyarrow.parquet as pq
import pytest
from pmtiles.reader import MmapSource, Reader, all_tiles
from shapely.geometry import LineString, Point

from pipeline.cli import main
from tests.intake.standing_towns import dataset, department, write_town
from tests.intake.stored_versions import put_version


def line(x: float, y: float = 28.0) -> LineString:
    return LineString([(x, y), (x + 0.01, y)])


@pytest.fixture
def town(tmp_path: Path) -> Path:
    """Three versions of roads, whose key the department calls 编号, and two datasets to hold against one another."""
    roads = dataset("roads").replace("cycle =", 'key = "ID"\ncycle =')
    photo = dataset("photo").replace("theme =", 'kind = "raster"\ntheme =').replace('schema = "roads"\n', "")
    write_town(tmp_path, {"transport": department("quarterly", roads, dataset("streets"), dataset("lanes"), photo)})
    (tmp_path / "schemas/roads.toml").write_text(
        '[[field]]\nname = "ID"\nsource = "编号"\ntype = "integer"\ntitle = { zh = "编号", en = "Id" }\n'
        '[[field]]\nname = "NAME"\ntype = "string"\ntitle = { zh = "名称", en = "Name" }\n'
    )
    names = ["剑池路", "中山路", "华楼街"]
    put_version(
        tmp_path, "roads", "2026-Q1.1", 1, "2026-03-20", {"编号": [1, 2], "NAME": names[:2]}, [line(119), line(119.1)]
    )
    put_version(
        tmp_path, "roads", "2026-Q2.1", 2, "2026-06-20",
        {"编号": [1, 2, 3], "NAME": names}, [line(119), line(119.1), line(119.2)],
    )  # fmt: skip
    put_version(
        tmp_path, "roads", "2026-Q3.1", 3, "2026-09-20",
        {"编号": [2, 3, 4], "NAME": ["中山东路", "华楼街", None]}, [line(119.1, 28.001), line(119.2), line(119.3)],
    )  # fmt: skip
    return tmp_path


def test_for_people(town: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["changes", "-w", str(town), "roads", "2026-Q2.1", "2026-Q3.1", "--lang", "en"]) == 1
    assert (
        capsys.readouterr().out
        == """\
roads  2026-Q2.1 → 2026-Q3.1  (by 编号)
  added      1
  removed    1
  changed    1
  unchanged  1
in what they changed:
  NAME      1
  geometry  1
"""
    )


def test_the_list_goes_to_stdout_or_a_file(town: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "changes.json"
    assert main(["changes", "-w", str(town), "roads", "2026-Q2", "2026-Q3", "--json", "-o", str(file)]) == 1
    text = capsys.readouterr().out
    assert file.read_text("utf-8") == text
    told = json.loads(text)
    assert (told["from"], told["to"], told["key"]) == ("2026-Q2.1", "2026-Q3.1", "编号")
    assert told["changed"][0]["fields"] == {"NAME": {"old": "中山路", "new": "中山东路"}}


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ([], "2026-Q2.1 → 2026-Q3.1"),
        (["2026-Q1"], "2026-Q1.1 → 2026-Q3.1"),
        (["2026-Q3", "2026-Q1"], "2026-Q3.1 → 2026-Q1.1"),
    ],
)
def test_which_versions_are_meant(
    town: Path, capsys: pytest.CaptureFixture[str], asked: list[str], expected: str
) -> None:
    assert main(["changes", "-w", str(town), "roads", *asked, "--lang", "en"]) == 1
    assert expected in capsys.readouterr().out


def test_the_same_version_has_no_changes(town: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["changes", "-w", str(town), "roads", "2026-Q2", "2026-Q2", "--lang", "zh"]) == 0
    assert "未变" in capsys.readouterr().out


def test_an_archive_to_look_at(town: Path, tmp_path: Path) -> None:
    out = tmp_path / "changes.pmtiles"
    assert main(["changes", "-w", str(town), "roads", "2026-Q2", "2026-Q3", "--archive", str(out)]) == 1
    found: dict[str, list[dict[str, object]]] = {}
    with out.open("rb") as file:
        for _tile, body in all_tiles(Reader(MmapSource(file)).get_bytes):
            for name, layer in mapbox_vector_tile.decode(gzip.decompress(body)).items():
                found.setdefault(name, []).extend(feature["properties"] for feature in layer["features"])
    assert set(found) == {"added", "removed", "changed"}
    assert found["added"][0] == {"编号": 4}
    assert found["removed"][0] == {"编号": 1, "NAME": "剑池路"}
    assert found["changed"][0] == {"编号": 2, "NAME": "中山东路", "changed": "NAME, geometry", "old:NAME": "中山路"}
    assert not list(tmp_path.glob(".changes-*"))


def test_leads_are_what_the_other_lacks(town: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put_version(
        town, "streets", "2026-Q3.1", 1, "2026-09-20", {"N": [1, 2, 3]}, [line(119), line(119.1, 28.0001), line(119.3)]
    )
    put_version(town, "lanes", "2026-Q3.1", 1, "2026-09-20", {"N": [1, 2]}, [line(119), line(119.1)])
    out = tmp_path / "leads.geojson"
    words = ["changes", "-w", str(town), "--leads", "streets", "--against", "lanes"]
    assert main([*words, "-o", str(out), "--lang", "en"]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "1 of 3 features of streets are less than 50 % covered by lanes within 20 m.", f"written: {out}",
    ]  # fmt: skip
    (lead,) = json.loads(out.read_text())["features"]
    assert lead["geometry"] == {"type": "LineString", "coordinates": [[119.3, 28.0], [119.31, 28.0]]}
    # A hundredth of a degree of longitude at 28° N is 983.3 m on the ellipsoid, and 0.9998 of that 70 km from the
    # central meridian… of 120° at scale 1: 1 + 69²/(2·6371²) = 1.00006.
    assert lead["properties"].pop("lead:metres") == pytest.approx(983.3, abs=0.5)
    assert lead["properties"] == {"N": 3, "lead:covered": 0.0}
    assert main([*words, "--within", "5", "--json"]) == 1  # the second one lies 11 m beside
    assert [f["properties"]["N"] for f in json.loads(capsys.readouterr().out)["features"]] == [2, 3]
    assert main([*words, "--covered", "0", "--lang", "en"]) == 0


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["rods"], 2, "roads"),
        ([], 2, "changes DATASET"),
        (["roads", "2026-Q2", "2026-Q3", "2026-Q1"], 2, "two versions"),
        (["roads", "2025-Q2"], 1, "no version 2025-Q2"),
        (["streets"], 1, "0 versions of streets"),
        (["roads", "--against", "lanes"], 2, "--against goes with --leads"),
        (["--leads", "streets"], 2, "--against"),
        (["--leads", "streets", "--against", "lanes"], 1, "nothing has been handed in"),
        (["roads", "--archive", "changes.mbtiles"], 2, ".pmtiles"),
        (["roads", "--archive", "no-such-folder/changes.pmtiles"], 1, "existing folder"),
        (["--leads", "roads", "--against", "lines"], 2, "lanes"),
        (["photo"], 2, "has pixels"),
        (["--leads", "roads", "--against", "photo"], 2, "has pixels"),
    ],
)
def test_wrong_words(town: Path, capsys: pytest.CaptureFixture[str], words: list[str], code: int, said: str) -> None:
    assert main(["changes", "-w", str(town), *words, "--lang", "en"]) == code
    assert said in capsys.readouterr().err


def test_a_key_that_one_version_lacks(town: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put_version(town, "roads", "2026-Q4.1", 4, "2026-12-20", {"NAME": ["华楼街"]}, [line(119.2)])
    assert main(["changes", "-w", str(town), "roads", "--lang", "en"]) == 1
    out, err = capsys.readouterr()
    assert "编号" in err and "by all that they are" in out
    assert "field 编号 (int64) is gone" in out


def test_points_without_a_place_are_told(town: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put_version(town, "streets", "2026-Q3.1", 1, "2026-09-20", {"N": [1, 2]}, [Point(119, 28), None])
    put_version(town, "lanes", "2026-Q3.1", 1, "2026-09-20", {"N": [1]}, [Point(119, 28)])
    assert main(["changes", "-w", str(town), "--leads", "streets", "--against", "lanes", "--lang", "en"]) == 0
    assert "1 has no place." in capsys.readouterr().out


def test_edits_bring_an_archive_up_to_date(town: Path, tmp_path: Path) -> None:
    """Tiled from one version and brought to the next, an archive has the bytes of tiling the next one as a whole."""
    store, edits = town / "store/roads", tmp_path / "edits.parquet"
    about = ("-z", "10", "--key", "编号", "--name", "roads", "--lang", "en")
    now = str(store / "2026-Q3.1/data.parquet")
    old, new, whole = (str(tmp_path / f"{name}.pmtiles") for name in ("old", "new", "whole"))
    assert main(["tile", str(store / "2026-Q2.1/data.parquet"), old, *about, "--keep-state"]) == 0
    assert main(["changes", "-w", str(town), "roads", "2026-Q2", "2026-Q3", "--edits", str(edits)]) == 1
    rows = pq.read_table(edits).select(["change", "编号", "NAME"]).to_pylist()
    assert [tuple(row.values()) for row in rows] == [
        ("removed", 1, "剑池路"), ("removed", 2, "中山路"), ("added", 2, "中山东路"), ("added", 4, None),
    ]  # fmt: skip
    assert main(["tile", now, new, *about, "--previous", old, "--changes", str(edits)]) == 0
    assert main(["tile", now, whole, *about]) == 0
    assert Path(new).read_bytes() == Path(whole).read_bytes()


def test_edits_are_refused(town: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["changes", "-w", str(town), "roads", "2026-Q2", "2026-Q3", "--lang", "en", "--edits"]
    assert main([*words, str(tmp_path / "edits.gpkg")]) == 2
    assert "must end in .parquet" in capsys.readouterr().err
    put_version(town, "roads", "2026-Q4.1", 4, "2026-11-20", {"编号": [2], "LANES": [2]}, [line(119.1)])
    assert main([*words[:5], "2026-Q4", *words[6:], str(tmp_path / "edits.parquet")]) == 2
    assert "NAME, LANES" in capsys.readouterr().err and not (tmp_path / "edits.parquet").exists()
