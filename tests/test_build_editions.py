"""Rules of editions from a town's files to its tiles, and the gate before them: what stops, what is answered for."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
from shapely.geometry import Point, box, shape

from pipeline import build
from pipeline.archive.reader import open_archive
from pipeline.build import BuildResult, build_workspace
from pipeline.cli import main
from pipeline.editions.coarsen_vector import grid_of
from pipeline.errors import PolicyRefusal
from pipeline.intake.ledger import entries, verify
from pipeline.vector.decode import geojson_features
from tests.test_build import light_portal
from tests.towns import FRAMEWORK, PLANNING, write_points, write_town

DAY = date(2026, 11, 22)
NOW = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)
PUBLIC = 'title = { zh = "公众版", en = "Public edition" }\nshares = ["unconditional"]\n'
BOUNDS = (118.70, 27.70, 119.42, 28.34)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "write_portal", light_portal)


def town(root: Path, rules: str = "", extra: str = "", **files: str) -> Path:
    """The town whose public edition has `rules`, with `extra` at the end of framework.toml."""
    assert FRAMEWORK.count(PUBLIC) == 1
    main = FRAMEWORK.replace(PUBLIC, PUBLIC + rules) + extra
    return write_town(root, {"framework.toml": main, **files})


def features(result: BuildResult, archive: str) -> dict[str, list[dict[str, Any]]]:
    """Layer → the features of all tiles of the last zoom of an archive, as GeoJSON."""
    file = next(each.file for each in result.archives if each.id == archive)
    found: dict[str, list[dict[str, Any]]] = {}
    with open_archive(result.folder / file) as opened:
        last = opened.header.max_zoom
        for z, x, y, _raw in opened.tiles():
            if z == last:
                body = opened.tile(z, x, y)
                assert body is not None
                for feature in geojson_features(body, z, x, y):
                    found.setdefault(feature["layer"], []).append(feature)
    return found


def values(rows: list[dict[str, Any]], name: str) -> set[Any]:
    return {row["properties"].get(name) for row in rows}


def only_public(root: Path) -> BuildResult:
    (result,) = build_workspace(root, editions=["public"], as_of=DAY, now=NOW)
    return result


# Features, fields, zooms --------------------------------------------------------------------------------------------


def test_a_filter_may_ask_a_field_that_is_not_shown(tmp_path: Path) -> None:
    root = town(tmp_path, '[[edition.rule]]\ndatasets = ["roads"]\nwhere = "SECRETWIDTH < 50"\nfields = ["NAME"]\n')
    found = features(only_public(root), "framework")
    assert values(found["LRDL"], "NAME") == {"青瓷街", "华严巷"}
    assert {name for row in found["LRDL"] for name in row["properties"]} == {"NAME"}
    catalog = json.loads((root / "dist/public/catalog.json").read_text("utf-8"))
    roads = next(each for each in catalog["datasets"] if each["id"] == "roads")
    assert roads["features"] == 2 and [field["name"] for field in roads["fields"]] == ["NAME"]
    everything = b"".join(path.read_bytes() for path in sorted((root / "dist/public").rglob("*.json")))
    assert "剑池路".encode() not in everything and b"SECRETWIDTH" not in everything


def test_several_rules_only_take_more(tmp_path: Path) -> None:
    rules = (
        '[[edition.rule]]\ndatasets = ["roads"]\nwhere = "ID > 11"\n'
        '[[edition.rule]]\ndatasets = ["roads", "schools"]\nmax_zoom = 10\n'
        '[[edition.rule]]\ndatasets = ["roads"]\nwhere = "ID < 13"\n'
        '[[edition.rule]]\nmax_zoom = 11\n[[edition.rule]]\ndatasets = ["shops"]\nshow = false\n'
    )
    result = only_public(town(tmp_path, rules))
    assert sorted(each.id for each in result.archives) == ["addresses", "framework", "schools"]
    catalog = json.loads((tmp_path / "dist/public/catalog.json").read_text("utf-8"))
    zooms = {layer["layer"]: layer["max_zoom"] for each in catalog["datasets"] for layer in each["layers"]}
    assert zooms == {"LRDL": 10, "BOUA": 11, "BOUA2": 11, "addresses": 11, "schools": 10}
    with open_archive(result.folder / next(a.file for a in result.archives if a.id == "framework")) as opened:
        names = {
            (z, feature["layer"], feature["properties"].get("NAME"))
            for z, x, y, _raw in opened.tiles()
            for feature in geojson_features(opened.tile(z, x, y) or b"", z, x, y)
        }
    assert {(z, name) for z, layer, name in names if layer == "LRDL"} == {(10, "青瓷街")}


def test_contours_become_multiples(tmp_path: Path) -> None:
    rule = '[[edition.rule]]\ndatasets = ["districts"]\ninterval = { field = "LEVEL", metres = 2 }\n'
    found = features(only_public(town(tmp_path, rule)), "framework")
    assert values(found["BOUA2"], "NAME") == {"全市"}  # level 2; the others are of level 3
    assert "BOUA" not in found


# Places -------------------------------------------------------------------------------------------------------------


def test_coordinates_go_to_the_grid_and_tables_located_by_them_too(tmp_path: Path) -> None:
    """Points of addresses lie 0.02° apart; of the shops that stand there none may tell the exact place."""
    result = only_public(town(tmp_path, '[[edition.rule]]\ndatasets = ["addresses"]\ngrid_m = 5000\n'))
    grid = grid_of(5000.0, BOUNDS)
    for archive in ("addresses", "shops"):
        for feature in features(result, archive)[archive]:
            x, y = feature["geometry"]["coordinates"]
            assert x / grid.lng == pytest.approx(round(x / grid.lng), abs=0.01)
            assert y / grid.lat == pytest.approx(round(y / grid.lat), abs=0.01)
    schools = features(result, "schools")["schools"]
    assert {round(row["geometry"]["coordinates"][0], 3) for row in schools} == {119.1, 119.2}


def test_neighbours_on_a_grid_leave_no_gap(tmp_path: Path) -> None:
    result = only_public(town(tmp_path, '[[edition.rule]]\ndatasets = ["districts"]\ngrid_m = 700\n'))
    rows = features(result, "framework")["BOUA"]
    west, east = (
        gpd.GeoSeries([shape(row["geometry"]) for row in rows if row["properties"]["NAME"] == name]).union_all()
        for name in ("西镇", "东镇")
    )
    assert west.intersection(east).area < 1e-6
    middle = box(119.05, 27.95, 119.15, 28.05)
    assert middle.difference(west.union(east).buffer(1e-4)).area < 1e-9
    assert min(abs(x - 119.1) for x, _y in west.exterior.coords) > 1e-4  # it has moved


@pytest.mark.parametrize(("mode", "left"), [("remove", set()), ("cut", {"剑池路"})])
def test_masks_hide_features(tmp_path: Path, mode: str, left: set[str]) -> None:
    """The first road runs from 119.0° to 119.05° E; the mask covers the middle of it, and the first two addresses."""
    root = town(tmp_path, f'[[edition.rule]]\nmasks = "inbox/hidden/masks.geojson"\nmask_mode = "{mode}"\n')
    area = box(118.99, 27.99, 119.03, 28.03)
    write_points(root / "inbox/hidden/masks.geojson", {"a": ["x"]}, [area])
    result = only_public(root)
    roads = features(result, "framework")["LRDL"]
    assert values(roads, "NAME") == {"青瓷街", "华严巷"} | left
    for row in roads:
        assert shape(row["geometry"]).intersection(area.buffer(-1e-3)).is_empty
    assert values(features(result, "addresses")["addresses"], "ADDRESS") == {"青瓷街3号", "青瓷街4号"}
    assert values(features(result, "shops")["shops"], "NAME") == {"店2", "店3"}  # no place by a hidden address
    told = b"".join(p.read_bytes() for p in sorted((root / "dist/public").rglob("*")) if p.suffix in (".json", ".html"))
    assert b"masks" not in told and b"inbox/hidden" not in told


def test_rounding_brings_nothing_out_of_a_mask(tmp_path: Path) -> None:
    """A school just inside a mask would be rounded to a place outside; it is gone all the same."""
    rule = '[[edition.rule]]\ndatasets = ["schools"]\ngrid_m = 9000\nmasks = "inbox/hidden/masks.geojson"\n'
    root = town(tmp_path, rule)
    write_points(root / "inbox/hidden/masks.geojson", {"a": ["x"]}, [Point(119.1, 28.01).buffer(0.001)])
    found = features(only_public(root), "schools")["schools"]
    assert len(found) == 1 and found[0]["geometry"]["coordinates"][0] > 119.15


def test_a_rule_of_one_edition_does_not_touch_the_other(tmp_path: Path) -> None:
    plain = {r.edition: r for r in build_workspace(town(tmp_path / "plain"), as_of=DAY)}
    root = town(tmp_path / "ruled", '[[edition.rule]]\ndatasets = ["districts"]\nwhere = "LEVEL = 3"\ngrid_m = 300\n')
    ruled = {r.edition: r for r in build_workspace(root, as_of=DAY)}
    assert ruled["government"].archives == plain["government"].archives
    shared = [a for a in ruled["public"].archives if a in ruled["government"].archives]
    assert [a.id for a in shared] == ["addresses", "shops", "schools"]
    changed = root / "dist/public" / ruled["public"].archives[0].file
    assert changed.name != Path(plain["public"].archives[0].file).name
    area = root / "inbox/hidden/masks.geojson"
    masked = town(tmp_path / "masked", '[[edition.rule]]\nmasks = "inbox/hidden/masks.geojson"\n')
    recipes = []
    for side in (0.01, 0.02):  # another area under the same name: made anew, though the same school goes
        write_points(masked / area.relative_to(root), {"a": ["x"]}, [Point(119.1, 28.01).buffer(side)])
        only_public(masked)
        release = json.loads((masked / "dist/public/release.json").read_text("utf-8"))
        recipes.append(next(each["recipe"] for each in release["archives"] if each["id"] == "schools"))
    assert recipes[0] != recipes[1]


# The gate -----------------------------------------------------------------------------------------------------------

LARGE = PLANNING.replace(
    'layer = "BOUA"\ncurrency = 2026-09-30\ncycle = "yearly"\nlicence = "CC-BY-4.0"\naccuracy_m = 50.0\nscale = 10000',
    'layer = "BOUA"\ncurrency = 2026-09-30\ncycle = "yearly"\nlicence = "CC-BY-4.0"\naccuracy_m = 50.0\nscale = 2000',
)
ANSWER = """
[[override]]
rule = "mapped-area"
dataset = "districts"
reason = "已作保密技术处理"
by = "李四"
date = 2026-11-01
"""


def test_large_scale_mapping_stops_every_edition_and_leaves_what_was_there(tmp_path: Path) -> None:
    root = town(tmp_path)
    build_workspace(root, as_of=DAY)
    before = {p: p.read_bytes() for p in sorted((root / "dist").rglob("*")) if p.is_file()}
    assert LARGE != PLANNING
    (root / "departments/planning.toml").write_text(LARGE, "utf-8")
    for edition in ("public", "government"):
        with pytest.raises(PolicyRefusal) as caught:
            build_workspace(root, editions=[edition], as_of=DAY)
        assert caught.value.exit_code == 3
        assert "mapped-area · districts: 1:2,000, part of" in str(caught.value)
    assert {p: p.read_bytes() for p in sorted((root / "dist").rglob("*")) if p.is_file()} == before
    assert not list((root / "dist").glob(".*"))


def test_what_a_rule_leaves_of_large_scale_data_is_what_counts(tmp_path: Path) -> None:
    """Of the districts nothing is left but what lies outside the mask: a strip of 0.007° by 0.2°, some 15 km²."""
    rule = '[[edition.rule]]\ndatasets = ["districts"]\nmasks = "inbox/hidden/masks.geojson"\nmask_mode = "cut"\n'
    root = town(tmp_path, rule, **{"departments/planning.toml": LARGE})
    write_points(root / "inbox/hidden/masks.geojson", {"a": ["x"]}, [box(118.8, 27.8, 119.293, 28.2)])
    assert only_public(root).breaches == ()
    write_points(root / "inbox/hidden/masks.geojson", {"a": ["x"]}, [box(118.8, 27.8, 119.27, 28.2)])
    with pytest.raises(PolicyRefusal):
        only_public(root)


def test_an_override_is_in_the_release_and_in_the_ledger(tmp_path: Path) -> None:
    root = town(tmp_path, extra=ANSWER, **{"departments/planning.toml": LARGE})
    results = build_workspace(root, as_of=DAY, now=NOW)
    for result in results:
        release = json.loads((result.folder / "release.json").read_text("utf-8"))
        assert release["overrides"] == [
            {"rule": "mapped-area", "dataset": "districts", "field": None, "date": "2026-11-01"}
        ]
        assert "李四" not in json.dumps(release, ensure_ascii=False)
    written = [entry for entry in entries(root) if entry.kind == "override"]
    assert [(e.facts["edition"], e.facts["release"]) for e in written] == [(r.edition, r.release) for r in results]
    assert {(e.facts["by"], e.facts["reason"], e.at[:16]) for e in written} == {
        ("李四", "已作保密技术处理", "2026-11-22T08:30")
    }
    build_workspace(root, as_of=DAY, now=datetime(2026, 12, 1, tzinfo=UTC))
    assert len([entry for entry in entries(root) if entry.kind == "override"]) == 2  # the same release, once
    assert verify(root) == ()


def test_an_override_that_lets_nothing_through_is_told(tmp_path: Path) -> None:
    notes: list[str] = []

    class Told:
        def start(self, task: str, total: int | None = None, unit: str = "") -> None: ...
        def advance(self, n: int = 1) -> None: ...
        def note(self, text: str) -> None:
            notes.append(text)

        def done(self) -> None: ...

    root = town(tmp_path, extra=ANSWER)
    (result, _other) = build_workspace(root, as_of=DAY, progress=Told())
    assert "the override of mapped-area for districts lets nothing through" in notes
    assert json.loads((result.folder / "release.json").read_text("utf-8"))["overrides"] == []
    assert not [entry for entry in entries(root) if entry.kind == "override"]


CONFIRMED = """
[rules.confirmed.plane-accuracy]
value = 10.0
by = "张三"
date = 2026-11-01
document = "某规范"
"""


def test_confirmed_numbers_are_in_the_release_and_once_in_the_ledger(tmp_path: Path) -> None:
    exact = PLANNING.replace("accuracy_m = 50.0", "accuracy_m = 10.0")
    root = town(tmp_path, extra=CONFIRMED, **{"departments/planning.toml": exact})
    build_workspace(root, as_of=DAY, now=NOW)
    (result, _other) = build_workspace(root, as_of=DAY, now=NOW)
    rules = json.loads((result.folder / "release.json").read_text("utf-8"))["rules"]
    assert rules["numbers"]["plane-accuracy"] == {"value": 10.0, "confirmed": True}
    assert rules["numbers"]["contour-interval"] == {"value": 50.0, "confirmed": False}
    (entry,) = [each for each in entries(root) if each.kind == "confirmed"]
    assert dict(entry.facts) == {
        "rule": "plane-accuracy", "value": 10.0, "by": "张三", "date": "2026-11-01", "document": "某规范",
    }  # fmt: skip


# On the command line ------------------------------------------------------------------------------------------------


def test_the_command_ends_with_3_and_the_list(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = town(tmp_path, **{"departments/planning.toml": LARGE})
    assert main(["--lang", "zh", "build", "-w", str(root), "--as-of", "2026-11-22"]) == 3
    told = capsys.readouterr().err
    assert "版本 public：闸门拦下 1 项内容" in told
    assert "mapped-area · districts：1:2,000，属于连续成图" in told and "2020" in told
    assert not (root / "dist/public").exists()


def test_the_command_says_who_let_what_through(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = town(tmp_path, extra=ANSWER, **{"departments/planning.toml": LARGE})
    assert main(["--lang", "en", "build", "-w", str(root), "--as-of", "2026-11-22"]) == 0
    told = capsys.readouterr().out
    assert "let through by 李四, 2026-11-01: mapped-area · districts" in told and "已作保密技术处理" in told
    assert "every page says 待审核" in told and "every page says 内部使用" in told
    assert main(["--lang", "en", "build", "-w", str(root), "--as-of", "2026-11-22", "--json"]) == 0
    public, _government = json.loads(capsys.readouterr().out)
    (breach,) = public["breaches"]
    assert (breach["rule"], breach["dataset"], breach["override"]["by"]) == ("mapped-area", "districts", "李四")
