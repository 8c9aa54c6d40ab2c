"""Maps of changes: what came, went and changed between versions, as an edition may show it, and nothing of the rest."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
from shapely.geometry import LineString, shape

from pipeline import tile
from pipeline.audit import audit_folder
from pipeline.editions import view_edition
from pipeline.framework import load_workspace
from pipeline.intake.ledger import append
from pipeline.intake.opened import OpenSources
from pipeline.intake.supply import supply
from pipeline.making.archives import Making
from pipeline.making.change_rules import withdrawn_until
from pipeline.making.changes import make_changes
from pipeline.progress import Silent
from pipeline.review.scope import folder_scope
from tests.audit.built import build_lightly
from tests.audit.planting import reseal
from tests.intake.stored_versions import put_version
from tests.test_build import layers_of
from tests.towns import FILES, FRAMEWORK, write_town

DAY = date(2026, 11, 22)
PUBLIC = 'shares = ["unconditional"]\n'
LINES = [LineString([(119.0 + i * 0.03, 28.0), (119.02 + i * 0.03, 28.05)]) for i in range(6)]

# ID → name, class, secret width, line; the public edition shows all but the width.
Roads = Mapping[int, tuple[str, str, float, int]]
FIRST: Roads = {
    1: ("甲路", "street", 3.25, 0),
    2: ("乙路", "street", 4.5, 1),
    3: ("丙路", "national", 7.75, 2),
    4: ("丁路", "street", 5.125, 3),
}
SECOND: Roads = {
    1: ("甲路", "street", 93.25, 0),  # only its secret changed
    2: ("乙大道", "national", 4.5, 1),
    4: ("丁路", "street", 5.125, 5),  # moved
    5: ("戊路", "street", 6.5, 4),
}


def put(root: Path, version: str, number: int, currency: str, roads: Roads) -> None:
    columns = {
        "ID": list(roads),
        "路名": [road[0] for road in roads.values()],
        "CLASS": [road[1] for road in roads.values()],
        "MMWIDTH": [road[2] for road in roads.values()],
    }
    put_version(root, "roads", version, number, currency, columns, [LINES[road[3]] for road in roads.values()])


def write(root: Path, rule: str = "changes = 1\n") -> Path:
    planning = (FILES["departments/planning.toml"] or "").replace(
        'source = "inbox/planning/LRDL.shp"\ncrs = "EPSG:4528"\nencoding = "GBK"\n', ""
    )
    files = {"departments/planning.toml": planning, "framework.toml": FRAMEWORK.replace(PUBLIC, PUBLIC + rule, 1)}
    write_town(root, files)
    put(root, "2025.1", 1, "2025-01-01", FIRST)
    put(root, "2026.1", 2, "2026-01-01", SECOND)
    return root


def changes(dist: Path) -> list[dict[str, Any]]:
    (roads,) = [one for one in json.loads((dist / "catalog.json").read_text())["datasets"] if one["id"] == "roads"]
    return list(roads.get("changes", []))


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = write(tmp_path_factory.mktemp("changes") / "town")
    build_lightly(root, as_of=DAY, threads=1)
    return root


def test_the_catalogue_says_from_when_to_when_and_how_much(town: Path) -> None:
    (step,) = changes(town / "dist/public")
    assert step["from"] == {"version": "2025.1", "currency": "2025-01-01"}
    assert step["to"] == {"version": "2026.1", "currency": "2026-01-01"}
    assert (step["added"], step["removed"], step["changed"]) == (1, 1, 2)
    assert (step["id"], step["layers"]) == ("roads-changes-1", ["roads-added", "roads-removed", "roads-changed"])
    assert (town / "dist/public" / step["file"]).stat().st_size == step["bytes"]


def test_the_layers_hold_what_changed_and_old_values_beside_new_ones(town: Path) -> None:
    (step,) = changes(town / "dist/public")
    found = layers_of(town / "dist/public" / step["file"])
    unique = {name: {row["ID"]: row for row in rows} for name, rows in found.items()}
    assert unique == {
        "roads-added": {5: {"ID": 5, "NAME": "戊路", "CLASS": "street"}},
        "roads-removed": {3: {"ID": 3, "NAME": "丙路", "CLASS": "national"}},
        "roads-changed": {
            2: {
                "ID": 2,
                "NAME": "乙大道",
                "CLASS": "national",
                "changed": "NAME, CLASS",
                "old:NAME": "乙路",
                "old:CLASS": "street",
            },
            4: {"ID": 4, "NAME": "丁路", "CLASS": "street", "changed": "geometry"},
        },
    }


def sequences(dist: Path) -> dict[str, list[dict[str, Any]]]:
    """Features by kind, read as RFC 8142 says."""
    (step,) = changes(dist)
    found = {}
    for each in step.get("sequences", []):
        data = (dist / each["file"]).read_bytes()
        assert (len(data), hashlib.sha256(data).hexdigest()) == (each["bytes"], each["sha256"])
        texts = data.split(b"\x1e")
        assert texts[0] == b"" and all(text.endswith(b"\n") for text in texts[1:])
        found[each["kind"]] = [json.loads(text) for text in texts[1:]]
    return found


@pytest.fixture(scope="module")
def handing_out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = write(tmp_path_factory.mktemp("sequences") / "town", "changes = 1\nchange_files = true\n")
    build_lightly(root, editions=["public"], as_of=DAY, threads=1)
    return root


def test_features_are_handed_out_where_an_edition_asks(handing_out: Path, town: Path) -> None:
    """The same as in the archive, with their own coordinates; where they were stands apart."""
    found = sequences(handing_out / "dist/public")
    rows = {kind: [each["properties"] for each in features] for kind, features in found.items()}
    assert rows == {
        "added": [{"ID": 5, "NAME": "戊路", "CLASS": "street"}],
        "removed": [{"ID": 3, "NAME": "丙路", "CLASS": "national"}],
        "changed": [
            {
                "changed": "NAME, CLASS",
                "ID": 2,
                "NAME": "乙大道",
                "CLASS": "national",
                "old:NAME": "乙路",
                "old:CLASS": "street",
            },
            {"changed": "geometry", "ID": 4, "NAME": "丁路", "CLASS": "street", "old:NAME": None, "old:CLASS": None},
        ],
        "moved": [{"ID": 4}],
    }
    places = {kind: [shape(each["geometry"]) for each in features] for kind, features in found.items()}
    assert places["changed"][1].equals_exact(LINES[5], 1e-9) and places["moved"][0].equals_exact(LINES[3], 1e-9)
    assert places["added"][0].equals_exact(LINES[4], 1e-9) and places["removed"][0].equals_exact(LINES[2], 1e-9)
    assert sequences(town / "dist/public") == {}
    assert not (town / "dist/public/downloads").exists()


def test_other_readers_read_them(handing_out: Path) -> None:
    """GDAL's, as geopandas asks it."""
    dist = handing_out / "dist/public"
    (step,) = changes(dist)
    for each in step["sequences"]:
        frame = gpd.read_file(dist / each["file"], engine="pyogrio")
        assert len(frame) == len(sequences(dist)[each["kind"]])


def test_audit_reads_them_too(handing_out: Path, tmp_path: Path) -> None:
    dist = handing_out / "dist/public"
    for workspace in (handing_out, None):
        result = audit_folder(dist, workspace, threads=1)
        assert [f"{f.rule} {f.file}: {f.message}" for f in result.report.faults] == []
    leaking = tmp_path / "public"
    shutil.copytree(dist, leaking)
    (path,) = leaking.glob("downloads/changes/*/roads-changed.geojsonseq")
    path.write_bytes(path.read_bytes().replace(b'"old:CLASS":"street"', b'"old:MMWIDTH":93.25'))
    reseal(leaking)
    rules = {fault.rule for fault in audit_folder(leaking, handing_out, threads=1).report.faults}
    assert "download-field" in rules


def test_an_edition_that_does_not_ask_has_none(town: Path) -> None:
    assert changes(town / "dist/government") == []
    assert [path.name for path in (town / "dist/government/tiles").glob("*changes*")] == []


def test_audit_finds_nothing_to_say(town: Path) -> None:
    result = audit_folder(town / "dist/public", town, threads=1)
    assert [f"{f.rule} {f.file}: {f.message}" for f in result.report.faults] == []
    assert audit_folder(town / "dist/public", threads=1).report.faults == ()


def test_a_map_review_covers_the_changes_too(town: Path, tmp_path: Path) -> None:
    catalog = json.loads((town / "dist/public/catalog.json").read_text())
    for style in catalog["styles"]:  # which the light portal leaves out
        (tmp_path / style["href"]).parent.mkdir(exist_ok=True)
        (tmp_path / style["href"]).write_text("{}")
    (tmp_path / "catalog.json").write_text(json.dumps(catalog))
    (step,) = changes(town / "dist/public")
    assert folder_scope(tmp_path).archives["roads-changes-1"] == step["sha256"]


def test_a_dataset_with_features_left_out_tells_no_changes(tmp_path: Path) -> None:
    # Road 3 is there no more, road 1 is hidden: whoever compared the two would learn which is which.
    rule = 'changes = 1\n\n[[edition.rule]]\ndatasets = ["roads"]\nwhere = "ID <> 1"\n'
    root = write(tmp_path / "town", rule)
    build_lightly(root, editions=["public"], as_of=DAY, threads=1)
    assert changes(root / "dist/public") == []


def test_the_newest_steps_come_first_and_no_more_than_asked(tmp_path: Path) -> None:
    root = write(tmp_path / "town", "changes = 2\n")
    third = {**SECOND, 6: ("己路", "street", 1.5, 2)}
    put(root, "2026.2", 3, "2026-06-01", third)
    put(root, "2026.3", 4, "2026-07-01", third)
    build_lightly(root, editions=["public"], as_of=DAY, threads=1)
    last, before = changes(root / "dist/public")
    assert (last["to"]["version"], last["added"], "file" in last) == ("2026.3", 0, False)  # nothing changed: no archive
    assert (before["id"], before["from"]["version"], before["added"]) == ("roads-changes-2", "2026.1", 1)
    build_lightly(root, editions=["public"], as_of=date(2026, 6, 15), threads=1)
    assert [step["to"]["version"] for step in changes(root / "dist/public")] == ["2026.2", "2026.1"]


def test_the_number_of_threads_changes_no_byte(town: Path, tmp_path: Path) -> None:
    root = write(tmp_path / "again")
    build_lightly(root, editions=["public"], as_of=DAY, threads=2)
    assert changes(root / "dist/public")[0]["sha256"] == changes(town / "dist/public")[0]["sha256"]


@pytest.mark.parametrize(
    ("layer", "field", "rule"),
    [
        ("roads-changed", "old:SECRETWIDTH", "tile-field"),
        ("roads-added", "old:NAME", "tile-field"),
        ("roads-unchanged", "NAME", "tile-layer"),
    ],
)
def test_audit_finds_what_does_not_belong_into_changes(tmp_path: Path, layer: str, field: str, rule: str) -> None:
    root = write(tmp_path / "town")
    build_lightly(root, editions=["public"], as_of=DAY, threads=1)
    (step,) = changes(root / "dist/public")
    roads = gpd.GeoDataFrame({field: ["甲路"]}, geometry=[LINES[0]], crs="EPSG:4326")
    roads.to_file(tmp_path / f"{layer}.geojson", driver="GeoJSON")
    tile([tmp_path / f"{layer}.geojson"], root / "dist/public" / step["file"], min_zoom=8, max_zoom=11)
    assert rule in audit_folder(reseal(root / "dist/public"), root, threads=1).report.counts


def test_more_steps_than_a_year_has_months_are_refused(tmp_path: Path) -> None:
    from pipeline.errors import ConfigError

    root = write(tmp_path / "town", "changes = 13\n")
    with pytest.raises(ConfigError, match="changes"):
        load_workspace(root)


def withdraw(root: Path, *paths: str, at: str = "2025-06-01T12:00:00+00:00", kind: str = "archive") -> None:
    """As an order that was carried out stands in the ledger."""
    files = [{"kind": kind, "path": path, "release": "0" * 64, "sha256": "0" * 64} for path in paths]
    append(root, "withdrawn", {"edition": "public", "files": files}, datetime.fromisoformat(at))


@pytest.mark.parametrize(
    ("path", "kind", "left"),
    [
        ("tiles/framework-0123456789ab.pmtiles", "archive", 0),
        ("tiles/framework-0123456789ab.explain.parquet", "archive", 0),
        ("tiles/roads-changes-1-0123456789ab.pmtiles", "archive", 0),
        ("tiles/addresses-changes-1-0123456789ab.pmtiles", "archive", 1),
        ("tiles/unknown-0123456789ab.pmtiles", "archive", 0),
        ("search/index-0123456789ab.bin", "archive", 0),
        ("release.json", "release", 0),
    ],
)
def test_the_past_is_not_told_once_it_was_withdrawn(tmp_path: Path, path: str, kind: str, left: int) -> None:
    """What leaked with the first version would stand beside what took its place as its old value."""
    root = write(tmp_path / "town")
    withdraw(root, path, kind=kind)
    framework = supply(load_workspace(root), DAY).framework
    view = view_edition(framework, "public")
    until = withdrawn_until(framework)
    assert ("roads" in until) == (left == 0)
    (tmp_path / "made").mkdir()
    how = Making(threads=1, memory=None, explain=False, progress=Silent())
    made = make_changes(framework, view, DAY, tmp_path / "made", sources=OpenSources(root), how=how)
    assert len(made) == left
    assert len(list((tmp_path / "made").rglob("*.pmtiles"))) == left


def test_what_came_after_a_withdrawal_is_told_again(tmp_path: Path) -> None:
    root = write(tmp_path / "town", "changes = 3\n")
    withdraw(root, "tiles/framework-0123456789ab.pmtiles", at="2025-06-01T12:00:00+00:00")
    put(root, "2026.2", 3, "2026-06-01", {**SECOND, 6: ("己路", "street", 1.5, 2)})
    build_lightly(root, editions=["public"], as_of=DAY, threads=1)
    assert [step["from"]["version"] for step in changes(root / "dist/public")] == ["2026.1"]
