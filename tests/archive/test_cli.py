"""`longquan archive show | verify | decode` as a person or a script meets them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from shapely.geometry import shape as as_shape

from pipeline.archive.reader import open_archive
from pipeline.archive.summary import summarise
from pipeline.cli import main
from pipeline.cli._format import columns
from pipeline.cli._size import size_text
from tests.broken.archive.forge import BROKEN, Parts, pack
from tests.broken.archive.tiles import BROKEN_TILES, POLYGON, SOUND, SQUARE, archive, feature, layer, text

ROADS = layer([feature(tags=[0, 0])], name="道路".encode(), keys=[b"n"], values=[text("青瓷路")])


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    """Four tiles: 0/0/0 with two layers, 1/0/0 and 1/1/1 alike, 1/0/1 with a square."""
    squares = layer([feature(SQUARE, POLYGON, 5)])
    parts = archive(SOUND + ROADS, SOUND, squares, layers=["a", "道路"])
    first, second, third = parts.entries
    parts.entries = [first, second, third, (3, *second[1:])]
    path = tmp_path / "sound.pmtiles"
    path.write_bytes(parts.bytes())
    return path


def write(path: Path, parts: Parts) -> str:
    path.write_bytes(parts.bytes())
    return str(path)


def test_show_as_json(sound: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["archive", "show", str(sound), "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["header"]["tile_type"] == "mvt" and shown["header"]["addressed_tiles"] == 4
    assert [(z["zoom"], z["tiles"], z["contents"]) for z in shown["zooms"]] == [(0, 1, 1), (1, 3, 2)]
    with open_archive(sound) as opened:
        lengths = [entry.length for entry in opened.entries()]
    assert [z["bytes"] for z in shown["zooms"]] == [lengths[0], lengths[1] + lengths[2]]
    assert sum(z["bytes"] for z in shown["zooms"]) == shown["sections"]["data"]["length"]
    # by hand: a layer message without its tag and length byte
    assert shown["layers"] == {
        "a": {"contents": 3, "bytes": 2 * (len(SOUND) - 2) + len(layer([feature(SQUARE, POLYGON, 5)])) - 2},
        "道路": {"contents": 1, "bytes": len(ROADS) - 2},
    }
    assert shown["zooms"][0]["layers"]["道路"] == {"contents": 1, "bytes": len(ROADS) - 2}
    assert shown["largest"][0] == {"z": 0, "x": 0, "y": 0, "bytes": lengths[0], "tiles": 1}
    assert {"z": 1, "x": 0, "y": 0, "bytes": lengths[1], "tiles": 2} in shown["largest"]
    assert shown["metadata"]["vector_layers"][1]["id"] == "道路"


@pytest.mark.parametrize(
    ("language", "words"), [("en", ("Zooms", "Layers", "share")), ("zh", ("各级", "图层", "占比"))]
)
def test_show_for_people(
    sound: Path, capsys: pytest.CaptureFixture[str], language: str, words: tuple[str, ...]
) -> None:
    assert main(["--lang", language, "archive", "show", str(sound)]) == 0
    out = capsys.readouterr().out
    assert all(word in out for word in words)
    table = out[out.index(words[1]) :].split("\n\n")[0].splitlines()[1:]
    assert len(table) == 3
    # columns line up in a terminal: the share ends in the same column in every line
    share = [columns(line[: line.index("%") + 1]) for line in table[1:]]
    assert share == [columns(table[0][: table[0].index(words[2]) + len(words[2])])] * 2
    assert not any(line.endswith(" ") for line in out.splitlines())


def test_show_tells_features_where_the_metadata_does(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stats = {"layerCount": 1, "layers": [{"layer": "a", "count": 12345}, {"layer": "道路"}, 7]}
    for tilestats, cells in ((stats, ["12,345", "1"]), ("odd", ["1"]), ({"layers": 3}, ["1"])):
        parts = archive(SOUND + ROADS, layers=["a", "道路"])
        parts.metadata = pack({"vector_layers": [{"id": "a", "minzoom": 0, "maxzoom": 0}], "tilestats": tilestats})
        assert main(["archive", "show", write(tmp_path / "s.pmtiles", parts)]) == 0
        out = capsys.readouterr().out
        rows = [line.split() for line in out[out.index("Layers") :].split("\n\n")[0].splitlines()]
        assert rows[1][:4] == ["layer", "zooms", "features", "bodies"]
        (row,) = (row for row in rows if row[0] == "a")
        assert row[4 : 4 + len(cells)] == cells
        assert "tilestats" not in out


def test_show_of_a_raster_archive(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from pipeline.archive.header import TileType

    path = write(tmp_path / "r.pmtiles", Parts(header={"tile_type": TileType.PNG}, metadata=pack({"name": "正射影像"})))
    assert main(["archive", "show", path]) == 0
    out = capsys.readouterr().out
    assert "png, none" in out and "正射影像" in out and "Layers" not in out


def test_verify_accepts(sound: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["archive", "verify", str(sound), "--strict"]) == 0
    out = capsys.readouterr().out.splitlines()
    assert out[0] == f"{sound}: accepted · 4 tiles decoded"
    assert [line.split() for line in out[1:]] == [
        ["zoom", "tiles", "features", "vertices", "polygons", "invalid"],
        ["0", "1", "2", "2", "0", "0"],
        ["1", "3", "3", "7", "1", "0"],
    ]


@pytest.mark.parametrize("rule", ["magic", "entries-inside", "addressed-true"])
def test_verify_refuses_broken_structure(tmp_path: Path, rule: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["archive", "verify", write(tmp_path / "b.pmtiles", BROKEN[rule]())]) == 1
    out = capsys.readouterr().out
    assert "refused · 1 error · 0 warnings" in out
    assert f"  error {rule}" in out and "expected:" in out and "what to do:" in out


def test_verify_says_which_feature_of_which_tile(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["archive", "verify", write(tmp_path / "b.pmtiles", BROKEN_TILES["polygons-valid"]())]) == 1
    out = capsys.readouterr().out
    assert "  error polygons-valid  0/0/0 a id 1: Self-intersection[" in out
    assert out.splitlines()[-1].split() == ["0", "1", "1", "5", "1", "1"]


def test_verify_of_several_archives_as_json(sound: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    warned = write(tmp_path / "w.pmtiles", BROKEN_TILES["id-present"]())
    assert main(["archive", "verify", str(sound), warned, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [a["accepted"] for a in found["archives"]] == [True, True] and found["accepted"]
    assert main(["archive", "verify", str(sound), warned, "--json", "--strict", "--threads", "2"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert [a["accepted"] for a in found["archives"]] == [True, False] and not found["accepted"]
    (fault,) = found["archives"][1]["faults"]
    assert fault == {
        "rule": "id-present",
        "severity": "warning",
        "message": "the feature has no id",
        "expected": "Every feature has an id.",
        "remedy": "Declare the field that identifies a feature (`key`) and build again.",
        "tile": [0, 0, 0],
        "layer": "a",
        "feature": "no. 1",
    }
    assert found["archives"][1]["counts"] == {"id-present": 1}
    assert found["archives"][0]["zooms"][1] == {
        "zoom": 1, "tiles": 3, "features": 3, "vertices": 7, "polygons": 1, "invalid": 0,
    }  # fmt: skip


def test_verify_of_structure_only(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["archive", "verify", "--structure-only", write(tmp_path / "b", BROKEN_TILES["id-once"]())]) == 0
    assert "structure only, tiles are mvt" in capsys.readouterr().out


def test_many_faults_are_counted_not_listed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    parts = archive(layer([feature(ident=None) for _ in range(1500)] + [feature(None, ident=9)]))
    assert main(["archive", "verify", write(tmp_path / "b.pmtiles", parts)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert "1 error · 1,500 warnings" in lines[0]
    assert lines[1].startswith("  error feature-encoded"), "errors come first"
    assert sum("warning id-present" in line for line in lines) == 20
    assert "    … and 1,480 more of these" in lines


def test_decode_one_tile(sound: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    assert main(["archive", "decode", str(sound), "1", "0", "1"]) == 0
    found = json.loads(capsysbinary.readouterr().out)
    assert found["type"] == "FeatureCollection"
    (one,) = found["features"]
    assert (one["id"], one["layer"], one["tile"]) == (5, "a", [1, 0, 1])
    # 1/0/1 is the south-western quarter: 10/4096 of 180 degrees from its western edge
    west, _south, east, north = as_shape(one["geometry"]).bounds
    assert (west, east) == pytest.approx((-180 + 180 * 10 / 4096, -180 + 180 * 110 / 4096), abs=0.01)
    assert -1 < north < 0


def test_decode_a_zoom_or_a_layer_or_everything(sound: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    def decoded(*arguments: str) -> list[tuple[list[int], str]]:
        assert main(["archive", "decode", str(sound), *arguments]) == 0
        out = capsysbinary.readouterr().out
        found = json.loads(out)["features"]
        assert len(out.splitlines()) == len(found) + 2, "one feature a line"
        return [(f["tile"], f["layer"]) for f in found]

    zero = [([0, 0, 0], "a"), ([0, 0, 0], "道路")]
    one = [([1, 0, 0], "a"), ([1, 0, 1], "a"), ([1, 1, 1], "a")]
    assert decoded() == zero + one
    assert decoded("--zoom", "1") == one
    assert decoded("--layer", "道路") == zero[1:]
    assert decoded("--layer", "道路", "--layer", "a", "--zoom", "0") == zero
    assert decoded("--zoom", "7") == []


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["1", "0"], 2, "Name one tile"),
        (["1", "0", "0", "--zoom", "1"], 2, "Name one tile"),
        (["1", "2", "0"], 2, "There is no tile 1/2/0"),
        (["1", "1", "0"], 1, "The archive has no tile 1/1/0"),
        (["--layer", "b"], 2, "The archive has no layer b"),
    ],
)
def test_decode_of_what_is_not_there(
    sound: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, words: str
) -> None:
    assert main(["archive", "decode", str(sound), *arguments]) == code
    out, err = capsys.readouterr()
    assert words in err and out == ""


def test_decode_of_tiles_that_cannot_be_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from pipeline.archive.header import TileType

    path = write(tmp_path / "r.pmtiles", Parts(header={"tile_type": TileType.MLT}))
    assert main(["archive", "decode", path]) == 1
    assert "The tiles are of type mlt." in capsys.readouterr().err


@pytest.mark.parametrize("verb", ["show", "verify", "decode"])
def test_a_missing_or_foreign_file(tmp_path: Path, verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["archive", verb, str(tmp_path / "none.pmtiles")]) == 1
    assert "There is no such file." in capsys.readouterr().err
    (tmp_path / "x.txt").write_text("hello, I am a text")
    assert main(["archive", verb, str(tmp_path / "x.txt")]) == 1
    captured = capsys.readouterr()
    assert "PMTiles" in captured.out + captured.err


def test_figures_of_runs_that_cross_zooms(tmp_path: Path) -> None:
    parts = Parts(entries=[(0, 0, 4, 7), (7, 4, 11, 1)], header={"max_zoom": 2})
    path = tmp_path / "r.pmtiles"
    path.write_bytes(parts.bytes())
    with open_archive(path) as opened:
        found = summarise(opened)
    assert [tuple(zoom) for zoom in found.zooms] == [(0, 1, 1, 4, 4), (1, 4, 0, 0, 0), (2, 3, 1, 11, 11)]
    assert [tuple(tile) for tile in found.largest] == [(2, 1, 1, 11, 1), (0, 0, 0, 4, 7)]


@pytest.mark.parametrize(
    ("n", "said"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (999_949, "999.9 kB"),
        (999_950, "1.0 MB"),
        (45_600_000_000, "45.6 GB"),
        (10**13, "10.0 TB"),
    ],
)
def test_sizes_for_people(n: int, said: str) -> None:
    assert size_text(n) == said
