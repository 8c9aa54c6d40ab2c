"""`longquan archive extract | merge | export` as a person or a script meets them."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from pathlib import Path

import pytest
import shapely

from pipeline.archive.header import Compression, TileType
from pipeline.archive.reader import open_archive
from pipeline.cli import main
from tests.archive.made import theirs, write
from tests.broken.archive.tiles import SOUND, archive, feature, layer, move

ROADS = layer([feature()], name="道路".encode())


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    """0/0/0 with two layers, 1/0/0 and 1/0/1 with one."""
    path = tmp_path / "whole.pmtiles"
    path.write_bytes(archive(SOUND + ROADS, SOUND, ROADS, layers=["a", "道路"]).bytes())
    return path


def test_extract(whole: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out.pmtiles"
    assert main(["archive", "extract", str(whole), str(out), "--bbox", "-170,10,-10,80", "-Z", "1", "-z", "9"]) == 0
    assert capsys.readouterr().out == f"{out}: 1 tiles, {out.stat().st_size} B\n"
    assert list(theirs(out)) == [(1, 0, 0)]
    polygon = tmp_path / "area.geojson"
    polygon.write_text(json.dumps(shapely.geometry.mapping(shapely.box(-100, -60, -90.5, -50))))
    assert main(["archive", "extract", str(whole), str(out), "--polygon", str(polygon), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["tiles"] == 2
    assert sorted(theirs(out)) == [(0, 0, 0), (1, 0, 1)]
    assert main(["archive", "extract", str(whole), str(out), "--layer", "道路", "-Z", "0"]) == 0
    assert {tile: gzip.decompress(body) for tile, body in theirs(out).items()} == {(0, 0, 0): ROADS, (1, 0, 1): ROADS}
    assert main(["archive", "verify", str(out), "--structure-only"]) == 0


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--bbox", "1,2,3"], 2, "not four numbers"),
        (["--bbox", "1,2,x,4"], 2, "not four numbers"),
        (["--bbox", "3,2,3,4"], 2, "hold no area"),
        (["--bbox", "1,2,3,4", "--polygon", "x"], 2, "not both"),
        (["--polygon", "none.geojson"], 1, "none.geojson"),
        (["--layer", "b"], 2, "no layer b"),
        (["-Z", "5"], 1, "No tile of the archive"),
        (["-Z", "5", "-z", "4"], 2, "no range"),
        (["--bbox", "100,10,120,20", "-Z", "1"], 1, "No tile of the archive"),
    ],
)
def test_extract_of_what_is_not_there(
    whole: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, words: str
) -> None:
    assert main(["archive", "extract", str(whole), str(tmp_path / "out.pmtiles"), *arguments]) == code
    captured = capsys.readouterr()
    assert words in captured.err and captured.out == ""
    assert [path.name for path in tmp_path.iterdir()] == ["whole.pmtiles"]


def test_nothing_is_written_over_its_own_input(whole: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = whole.read_bytes()
    twice = ["merge", whole, whole, whole]
    for words in (["extract", whole, whole], twice, ["export", whole, whole, "--format", "mbtiles"]):
        assert main(["archive", *map(str, words)]) == 2
        assert "replace its own input" in capsys.readouterr().err
    assert whole.read_bytes() == before


def test_who_forgets_the_output_of_a_merge_loses_nothing(whole: Path, tmp_path: Path) -> None:
    first = tmp_path / "first.pmtiles"
    first.write_bytes(b"mine")
    assert main(["archive", "merge", str(first), str(whole)]) == 2
    assert first.read_bytes() == b"mine"


def test_no_clobber(whole: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out.mbtiles"
    out.write_bytes(b"mine")
    for words in (["extract", whole, out], ["merge", out, whole, whole], ["export", whole, out]):
        assert main(["archive", *map(str, words), "--no-clobber"]) == 1
        assert "exists already" in capsys.readouterr().err
    assert out.read_bytes() == b"mine"


def test_layers_of_pictures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "r.pmtiles"
    write(path, {0: b"x"}, kind=TileType.PNG, compression=Compression.NONE)
    assert main(["archive", "extract", str(path), str(tmp_path / "out"), "--layer", "a"]) == 2
    assert "The tiles are of type png." in capsys.readouterr().err


def test_merge_of_vector_archives(whole: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other, out = tmp_path / "other.pmtiles", tmp_path / "out.pmtiles"
    moved = layer([feature(move((9, 9)))], name="道路".encode())
    other.write_bytes(archive(moved, layers=["道路"]).bytes())
    assert main(["archive", "merge", str(out), str(whole), str(other), "--json", "--name", "all"]) == 0
    captured = capsys.readouterr()
    told = json.loads(captured.out)
    assert (told["tiles"], told["shared_ids"], told["tiles_chosen"]) == (3, 1, 0)
    assert "1 id is used by features of two archives in one layer, in tile 0/0/0" in captured.err
    with open_archive(out) as merged:
        assert merged.metadata["name"] == "all"
        assert [one["id"] for one in merged.metadata["vector_layers"]] == ["a", "道路"]
    assert main(["archive", "decode", str(out), "0", "0", "0", "--layer", "道路"]) == 0
    assert capsys.readouterr().out.count('"type":"Feature"'.replace(":", ": ")) == 2
    assert main(["archive", "merge", str(out), str(whole), str(other), "--prefer", "last"]) == 2
    assert "none is preferred" in capsys.readouterr().err


def test_merge_of_pictures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paths = [tmp_path / f"{name}.pmtiles" for name in "ab"]
    for path, tiles in zip(paths, ({0: b"a", 1: b"same"}, {0: b"b", 1: b"same", 2: b"c"}), strict=True):
        write(path, tiles, kind=TileType.PNG, compression=Compression.NONE, metadata={})
    words = ["archive", "merge", str(tmp_path / "out.pmtiles"), *map(str, paths)]
    assert main(words) == 1
    assert "Tile 0/0/0 differs" in capsys.readouterr().err and not (tmp_path / "out.pmtiles").exists()
    for prefer, first in (("first", b"a"), ("last", b"b")):
        assert main([*words, "--prefer", prefer]) == 0
        assert "1 tile differed: one was taken" in capsys.readouterr().err
        assert list(theirs(tmp_path / "out.pmtiles").values()) == [first, b"same", b"c"]


def test_export_by_name_and_by_format(whole: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["archive", "export", str(whole), str(tmp_path / "A.MBTILES"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["tiles"] == 3
    assert (tmp_path / "A.MBTILES").read_bytes().startswith(b"SQLite format 3\0")
    assert main(["archive", "export", str(whole), f"{tmp_path}/folder/"]) == 0
    assert (tmp_path / "folder/1/0/1.pbf").read_bytes() == ROADS
    assert main(["archive", "export", str(whole), str(tmp_path / "packed"), "--format", "zxy-gzip"]) == 0
    assert gzip.decompress((tmp_path / "packed/1/0/1.pbf").read_bytes()) == ROADS
    assert main(["archive", "export", str(whole), str(tmp_path / "packed"), "--format", "zxy"]) == 1
    assert "not empty" in capsys.readouterr().err


INTERRUPTED = """
import os, signal, sys
from pipeline.archive import spans
from pipeline.cli import main
seen = []
real = spans.read_bodies
def read_bodies(archives, batch):
    seen.append(1)
    if len(seen) == 3:
        os.kill(os.getpid(), signal.SIGINT)
    return real(archives, batch)
spans.read_bodies = read_bodies
sys.exit(main(["archive", *sys.argv[1:]]))
"""


@pytest.mark.parametrize(
    "words",
    [["extract", "in", "out"], ["merge", "out", "in", "in"], ["export", "in", "o.mbtiles"], ["export", "in", "out"]],
)
def test_ctrl_c_leaves_nothing(tmp_path: Path, words: list[str]) -> None:
    """In the third of twelve batches, while threads read."""
    write(tmp_path / "in", {i: gzip.compress(b"%d" % i, mtime=0) for i in range(12 * 4096)})
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED, *words], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, [path.name for path in tmp_path.iterdir()]) == (130, ["in"]), done.stderr
