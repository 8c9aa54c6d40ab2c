"""`longquan check`: what it says, what it writes, how it ends, and what it does without."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.cli import main
from tests.intake.checks.made import box, grid, line, point, write

SCHEMA = """
[[field]]
name = "ID"
type = "integer"
title = { zh = "编号", en = "Number" }
required = true
[[field]]
name = "NAME"
type = "string"
title = { zh = "名称", en = "Name" }
required = true
"""


def test_data_without_fault_passes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "data.gpkg", grid())
    assert main(["check", str(path), "--as-of", "2026-11-23"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("data.gpkg · 20 features · EPSG:4549\n")
    assert "score 96: excellent" in out  # nobody said of which date the data is: −4


def test_faults_are_told_with_place_and_remedy(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "data.gpkg", [line((0, 0), (100, 0)), line((50, 9), (50, 0.5))], layer="LRDL")
    assert main(["check", str(path), "--as-of", "2026-11-23", "--lang", "zh"]) == 0
    out = capsys.readouterr().out
    assert "C  dangle · 1" in out and "要素 2" in out and "在这些位置接上" in out


def test_a_schema_is_enough(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "things.toml").write_text(SCHEMA, "utf-8")
    path = write(tmp_path / "data.gpkg", grid(2, 1), NAME=["甲", None])
    assert main(["check", str(path), "--schema", str(tmp_path / "things.toml"), "--key", "ID", "--json"]) == 0
    (report,) = json.loads(capsys.readouterr().out)["reports"]
    states = {rule["rule"]: (rule["state"], rule["count"]) for rule in report["rules"]}
    assert states["mandatory-empty"] == ("failed", 1) and states["duplicate-key"] == ("passed", 0)
    assert next(f["features"] for f in report["findings"] if f["rule"] == "mandatory-empty") == [2]


def test_every_layer_of_a_file_has_a_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import geopandas

    frame = geopandas.GeoDataFrame({"ID": [1]}, geometry=[box(0, 0)], crs=4549)
    for layer in ("one", "two"):
        frame.to_file(tmp_path / "data.gpkg", layer=layer)
    assert main(["check", str(tmp_path / "data.gpkg"), "--json"]) == 0
    assert [r["layer"] for r in json.loads(capsys.readouterr().out)["reports"]] == ["one", "two"]
    assert main(["check", str(tmp_path / "data.gpkg"), "--layer", "two", "--json"]) == 0
    assert [r["layer"] for r in json.loads(capsys.readouterr().out)["reports"]] == ["two"]


def test_what_does_not_pass_ends_with_one_and_a_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    swapped = write(tmp_path / "data.gpkg", [point(i, i) for i in range(3)])
    good = write(tmp_path / "good.gpkg", grid())
    import shapely

    bad = write(tmp_path / "bad.gpkg", [shapely.Point(3_106_000 + i, 414_500 + i) for i in range(3)])
    folder = tmp_path / "reports"
    assert main(["check", str(swapped), str(good), str(bad), "--report", str(folder), "--lang", "zh"]) == 1
    assert sorted(path.name for path in folder.iterdir()) == [
        f"{name}.gpkg-report.{kind}" for name in ("bad", "data", "good") for kind in ("gpkg", "html", "json")
    ]
    assert "整改通知" in (folder / "bad.gpkg-report.html").read_text("utf-8")
    assert "合格证" in (folder / "good.gpkg-report.html").read_text("utf-8")
    assert json.loads((folder / "bad.gpkg-report.json").read_text("utf-8"))["passed"] is False
    assert "坐标顺序颠倒" in capsys.readouterr().out


def test_another_dataset_may_be_given_to_compare_with(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    towns = write(tmp_path / "towns.gpkg", [box(0, 0), box(100, 0)], NAME=["甲", "乙"])
    path = write(tmp_path / "data.gpkg", [line((10, 10), (20, 20))], layer="LRDL")
    assert main(["check", str(path), "--reference", f"BOUA={towns}", "--json"]) == 0
    (report,) = json.loads(capsys.readouterr().out)["reports"]
    assert next(f["message"] for f in report["findings"] if f["rule"] == "town-empty").endswith(": 乙.")


@pytest.mark.parametrize(
    "arguments",
    [["--reference", "BOUA"], ["--dataset", "roads"], ["--nonsense"], ["--as-of", "yesterday"]],
)
def test_wrong_options_end_with_two(arguments: list[str], tmp_path: Path) -> None:
    path = write(tmp_path / "data.gpkg", grid(2, 1))
    assert main(["check", str(path), *arguments]) == 2


def test_a_missing_file_ends_with_one(tmp_path: Path) -> None:
    assert main(["check", str(tmp_path / "nothing.gpkg")]) == 1


def test_it_runs_without_numba_and_without_writing(tmp_path: Path) -> None:
    """On a department's PC: what compiles is not even imported."""
    path = write(
        tmp_path / "data.gpkg", [*grid(), box(5000, 0, 80, 0.5)], layer="VEGA", NAME=["甲"] * 21, PINYIN=["jia"] * 21
    )
    program = f"""
import sys
from pipeline.cli import main
code = main(["check", {str(path)!r}, "--report", {str(tmp_path / "out")!r}])
assert code == 0, code
assert "numba" not in sys.modules and "llvmlite" not in sys.modules
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=tmp_path, env={**os.environ, "LANG": "C"}
    )
    assert done.returncode == 0, done.stderr
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["data.gpkg", "out"]
