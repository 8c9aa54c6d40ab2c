"""`longquan audit` as people and programs call it."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from pipeline import build as corridor
from pipeline.build import build_workspace
from pipeline.cli import main
from tests.audit.planting import archive, in_one_tile, layer, reseal
from tests.test_build import light_portal
from tests.towns import write_town


@pytest.fixture
def town(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(corridor, "write_portal", light_portal)
    root = write_town(tmp_path / "town")
    build_workspace(root, editions=["public"], as_of=date(2026, 11, 22), threads=1)
    return root


def test_clean_and_not(town: Path, capsys: pytest.CaptureFixture[str]) -> None:
    dist = town / "dist/public"
    assert main(["audit", str(dist), "-w", str(town), "--lang", "en"]) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"{dist}: nothing was found that may not be inside\n")
    assert "the list in release.json" not in out and str(town) in out

    in_one_tile(archive(dist, "framework"), layer("LRDL", [{"NAME": "西山隧洞"}, {"SECRETWIDTH": 1.5}]))
    reseal(dist)
    assert main(["audit", str(dist), "-w", str(town), "--lang", "en"]) == 1
    out = capsys.readouterr().out
    assert out.startswith(f"{dist}: it must not be published\n")
    assert "leak tile-field: A layer has allowed fields only.\n  tiles/framework-" in out
    assert "“西山隧洞”, a value of water-supply.MAINS\n    what to do: Find out how" in out
    assert out.endswith("2 findings\n")

    assert main(["audit", str(dist), "--lang", "zh"]) == 1  # alone: the field, but nothing of the value
    out = capsys.readouterr().out
    assert "不得发布" in out and "泄漏 tile-field" in out and "西山" not in out and "1 处发现" in out

    assert main(["audit", str(dist), "-w", str(town), "--json", "--lang", "en"]) == 1
    result = json.loads(capsys.readouterr().out)
    assert (result["clean"], result["edition"], result["against"]) == (False, "public", "workspace")
    assert result["counts"] == {"tile-field": 1, "tile-text": 1} and set(result["counts"]) <= set(result["rules"])
    assert {fault["rule"] for fault in result["faults"]} == {"tile-field", "tile-text"}
    assert result["faults"][0]["where"].endswith("LRDL") and result["tiles"] > 10


def test_a_folder_that_is_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", str(tmp_path / "none"), "--lang", "en"]) == 1
    assert "There is no release.json" in capsys.readouterr().err
    assert main(["audit", "--lang", "en"]) == 2
