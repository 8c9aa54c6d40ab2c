"""`longquan tile`, as called from a shell."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline.cli import main

SOURCE = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "properties": {"NAME": "龙泉"},
            "geometry": {"type": "LineString", "coordinates": [[119.1, 28.0], [119.2, 28.1]]},
        },
        {"type": "Feature", "properties": {"NAME": "无"}, "geometry": None},
    ],
}


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "roads.geojson"
    path.write_text(json.dumps(SOURCE), "utf-8")
    return path


def test_it_tells_what_became_of_the_file(source: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = source.parent / "roads.pmtiles"
    assert main(["--lang", "en", "tile", str(source), str(out), "-Z", "5", "-z", "6"]) == 0
    said = capsys.readouterr()
    first, second, *rest = said.out.splitlines()
    assert first.startswith(f"{out}: ") and " tiles, zooms 5–6, " in first and first.endswith(" B")
    assert second.split() == ["roads", "1", "lines"]
    assert any("1 × features without a geometry (" in line for line in rest)
    assert "tiling" in said.err


def test_json_is_for_machines(source: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = source.parent / "roads.pmtiles"
    assert main(["tile", str(source), str(out), "-z", "6", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["archive"], told["min_zoom"], told["max_zoom"]) == (str(out), 0, 6)
    assert told["layers"][0]["fields"] == {"NAME": "String"}
    assert told["layers"][0]["tally"]["counts"] == {"null-geometry": 1}
    assert told["bytes"] == out.stat().st_size


def test_names_of_layers_line_up_in_chinese_too(source: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = source.with_name("道路.geojson")
    other.write_bytes(source.read_bytes())
    assert main(["--lang", "en", "tile", str(source), str(other), str(source.parent / "o.pmtiles"), "-z", "3"]) == 0
    said = capsys.readouterr().out.splitlines()
    rows = [line for line in said if line.endswith(" lines")]
    assert sorted(line.rpartition("  ")[0].strip() for line in rows) == ["roads", "道路"]
    assert len({sum(2 if "\u4e00" <= letter <= "\u9fff" else 1 for letter in line) for line in rows}) == 1


def test_it_speaks_chinese(source: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--lang", "zh", "tile", str(source), str(source.parent / "o.pmtiles"), "-z", "3"]) == 0
    assert "个瓦片" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["roads.geojson"], 2, "The last name must be the archive"),
        (["roads.geojson", "out.mbtiles"], 2, "The last name must be the archive"),
        (["gone.geojson", "o.pmtiles"], 1, "does not exist"),
        (["roads.geojson", "o.pmtiles", "-Z", "7", "-z", "3"], 2, "no range"),
        (["roads.geojson", "o.pmtiles", "-z", "99"], 2, "99"),
        (["roads.geojson", "o.pmtiles", "--select", "road"], 1, "roads"),
    ],
)
def test_exit_codes(
    source: Path,
    arguments: list[str],
    code: int,
    words: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(source.parent)
    assert main(["--lang", "en", "tile", *arguments]) == code
    assert words in capsys.readouterr().err
    assert not list(source.parent.glob("*.pmtiles"))


def test_an_estimate_for_people_and_for_machines(source: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--lang", "en", "tile", "--estimate", str(source), "-Z", "5", "-z", "6"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in said[:3]] == ["zoom", "5", "6"]
    assert said[3].startswith("about ") and "tiles" in said[3] and "threads" in said[3]
    out = source.parent / "o.pmtiles"
    assert main(["tile", "--estimate", str(source), str(out), "-z", "6", "--json", "--memory", "1GB"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["features"], told["memory"], told["through_files"]) == (1, 1_000_000_000, False)
    assert told["tiles"] == sum(zoom["tiles"] for zoom in told["zooms"]) and len(told["zooms"]) == 7
    assert not out.exists()
    assert main(["tile", "--estimate", str(out)]) == 2
    assert main(["tile", "--estimate", str(source), "--previous", str(out)]) == 2
