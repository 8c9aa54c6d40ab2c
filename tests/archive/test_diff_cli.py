"""`longquan archive diff` and `patch` as a person or a script meets them."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from pmtiles.tile import tileid_to_zxy

from pipeline.archive.header import TileType
from pipeline.cli import main
from tests.broken.archive.forge import Parts, pack
from tests.broken.archive.tiles import SOUND, archive, feature, layer, move, text


def lay(folder: Path, name: str, parts: Parts) -> str:
    (folder / name).write_bytes(parts.bytes())
    return str(folder / name)


def roads(*names: str) -> bytes:
    """A layer 道路 of points with ids from 1 on."""
    features = [feature(move((i, 9)), ident=i, tags=[0, i - 1]) for i in range(1, len(names) + 1)]
    return layer(features, name="道路".encode(), keys=[b"n"], values=[text(name) for name in names])


@pytest.fixture
def pair(tmp_path: Path) -> tuple[str, str]:
    """1/0/0 changed (one road renamed, one removed), 1/0/1 removed; 0/0/0 as it was; the archive has another name."""
    before = archive(SOUND, SOUND + roads("青瓷路", "剑池路"), SOUND, layers=["a", "道路"])
    after = archive(SOUND, SOUND + roads("青瓷大道"), layers=["a", "道路"])
    after.metadata = pack({"name": "龙泉", "vector_layers": [{"id": "a", "fields": {"n": "String"}}, {"id": "道路"}]})
    return lay(tmp_path, "a.pmtiles", before), lay(tmp_path, "b.pmtiles", after)


def test_for_people(pair: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["archive", "diff", *pair]) == 1
    blocks = capsys.readouterr().out.split("\n\n")
    assert blocks[0] == f"{pair[0]} → {pair[1]}: tiles: 0 added, 1 removed, 1 changed, 0 repacked"
    assert [line.split() for line in blocks[1].splitlines()] == [
        ["Header"],
        ["addressed_tiles", "3", "→", "2"],
        ["tile_entries", "3", "→", "2"],
        ["tile_contents", "3", "→", "2"],
    ]
    assert blocks[2].splitlines()[0] == "Metadata"
    assert "name" in blocks[2] and '– → "龙泉"' in blocks[2]
    assert [line.split() for line in blocks[3].splitlines()] == [
        ["Zooms"],
        ["zoom", "before", "after", "added", "removed", "changed", "repacked"],
        ["0", "1", "1", "0", "0", "0", "0"],
        ["1", "2", "1", "0", "1", "1", "0"],
    ]
    assert [line.split() for line in blocks[4].splitlines()] == [["Tiles"], ["1/0/1", "removed"], ["1/0/0", "changed"]]
    assert len(blocks) == 5


def test_layers_for_people(pair: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["archive", "diff", *pair, "--layers"]) == 1
    layers = capsys.readouterr().out.split("\n\n")[5]
    assert [line.split() for line in layers.splitlines()] == [
        ["Layers"],
        ["layer", "zooms", "tiles", "features", "at", "zoom", "added", "removed", "changed"],
        ["a", "1", "–", "1", "1", "1", "0", "1", "0"],
        ["道路", "1", "–", "1", "1", "1", "0", "1", "1"],
    ]


def test_in_chinese(pair: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--lang", "zh", "archive", "diff", *pair]) == 1
    out = capsys.readouterr().out
    assert all(words in out for words in ("瓦片：增加 0，", "各级", "文件头", "元数据", "已变化"))


def test_for_machines(pair: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["archive", "diff", *pair, "--layers", "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert (found["identical"], found["same_content"]) == (False, False)
    assert found["header"][0] == {"path": "addressed_tiles", "before": 3, "after": 2}
    assert {"path": "name", "after": "龙泉"} in found["metadata"]
    assert found["zooms"][1] == {
        "zoom": 1, "before": 2, "after": 1, "added": 0, "removed": 1, "changed": 1, "repacked": 0,
    }  # fmt: skip
    assert found["tiles"] == [
        {"change": "changed", "tile": [1, 0, 0], "id": 1, "tiles": 1},
        {"change": "removed", "tile": [1, 0, 1], "id": 2, "tiles": 1},
    ]
    assert found["layers"] == [
        {"layer": "a", "zoom": 1, "tiles": 1, "added": 0, "removed": 1, "changed": 0},
        {"layer": "道路", "zoom": 1, "tiles": 1, "added": 0, "removed": 1, "changed": 1},
    ]
    assert "delta" not in found


def test_the_same(pair: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["archive", "diff", pair[0], pair[0], "--layers"]) == 0
    assert capsys.readouterr().out == f"{pair[0]} → {pair[0]}: the same, byte for byte\n"
    assert main(["archive", "diff", pair[0], pair[0], "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["identical"] and found["same_content"] and found["tiles"] == []


def test_other_bytes_of_the_same(pair: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    padded = tmp_path / "padded.pmtiles"
    padded.write_bytes(Path(pair[0]).read_bytes() + b"tail")
    assert main(["archive", "diff", pair[0], str(padded)]) == 1
    assert capsys.readouterr().out == f"{pair[0]} → {padded}: the same tiles and metadata, stored in other bytes\n"


def test_only_the_metadata(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    a, b = (lay(tmp_path, name, Parts(metadata=pack({"name": name, "vector_layers": []}))) for name in "ab")
    assert main(["archive", "diff", a, b]) == 1
    out = capsys.readouterr().out
    assert out.splitlines()[0].endswith("the same tiles") and '"a" → "b"' in out and "Zooms" not in out


def test_codes_of_the_header_by_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    a = lay(tmp_path, "a", Parts(header={"tile_type": TileType.PNG}))
    b = lay(tmp_path, "b", Parts(header={"tile_type": TileType.WEBP}))
    assert main(["archive", "diff", a, b]) == 1
    assert '"png" → "webp"' in capsys.readouterr().out
    assert main(["archive", "diff", a, b, "--layers"]) == 2
    assert "The tiles are of type png." in capsys.readouterr().err


def test_many_differences_are_counted_not_listed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Twelve runs of tiles and twenty-two members of the metadata; the longest values are cut."""
    runs = [(3 * i, 0, 4, 2) for i in range(12)]
    a = lay(tmp_path, "a", Parts(entries=runs, header={"max_zoom": 3}))
    b = lay(tmp_path, "b", Parts(entries=[(i, 4, 5, n) for i, _at, _size, n in runs], header={"max_zoom": 3}))
    named = Parts(metadata=pack({f"member {i}": "x" * 99 for i in range(22)}))
    assert main(["archive", "diff", a, b]) == 1
    tiles = capsys.readouterr().out.split("\n\n")[-1].splitlines()
    assert tiles[1].split() == ["/".join(map(str, tileid_to_zxy(33))), "changed", "and", "1", "more", "after", "it"]
    assert len(tiles) == 12 and tiles[-1] == "  … and 4 more", "tiles 0, 1, 3 and 4"
    assert main(["archive", "diff", lay(tmp_path, "c", Parts(metadata=pack({}))), lay(tmp_path, "d", named)]) == 1
    metadata = capsys.readouterr().out.split("\n\n")[1].splitlines()
    assert len(metadata) == 22 and metadata[-1] == "  … and 2 more"
    assert "…" in metadata[1] and len(metadata[1]) < 80


def test_there_and_back(pair: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    delta, out = tmp_path / "x.delta", tmp_path / "out.pmtiles"
    assert main(["archive", "diff", *pair, "-o", str(delta)]) == 1
    said = capsys.readouterr().out.splitlines()[-1]
    assert said.startswith(f"{delta}: ") and "makes the" in said
    assert main(["archive", "patch", pair[0], str(delta), str(out)]) == 0
    assert capsys.readouterr().out.startswith(f"{out}: ")
    assert out.read_bytes() == Path(pair[1]).read_bytes()
    assert main(["archive", "diff", pair[1], str(out)]) == 0


def test_there_and_back_for_machines(pair: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    delta = tmp_path / "x.delta"
    assert main(["archive", "diff", *pair, "-o", str(delta), "--json"]) == 1
    found = json.loads(capsys.readouterr().out)["delta"]
    before, after, written = (Path(path).read_bytes() for path in (*pair, delta))
    assert found == {
        "path": str(delta),
        "bytes": len(written),
        "sha256": hashlib.sha256(written).hexdigest(),
        "copied": len(after) - found["inserted"],
        "inserted": found["inserted"],
        "before": {"bytes": len(before), "sha256": hashlib.sha256(before).hexdigest()},
        "after": {"bytes": len(after), "sha256": hashlib.sha256(after).hexdigest()},
    }
    assert main(["archive", "patch", pair[0], str(delta), pair[0], "--json"]) == 0
    made = json.loads(capsys.readouterr().out)
    assert made == {
        "path": pair[0],
        "bytes": len(after),
        "sha256": hashlib.sha256(after).hexdigest(),
        "copied": found["copied"],
        "inserted": found["inserted"],
    }
    assert Path(pair[0]).read_bytes() == after


def test_a_delta_between_equals(pair: tuple[str, str], tmp_path: Path) -> None:
    assert main(["archive", "diff", pair[0], pair[0], "-o", str(tmp_path / "x.delta")]) == 0
    assert main(["archive", "patch", pair[0], str(tmp_path / "x.delta"), str(tmp_path / "out")]) == 0
    assert (tmp_path / "out").read_bytes() == Path(pair[0]).read_bytes()


@pytest.mark.parametrize("place", [0, 1])
def test_the_delta_replaces_neither_archive(
    pair: tuple[str, str], place: int, capsys: pytest.CaptureFixture[str]
) -> None:
    before = Path(pair[place]).read_bytes()
    assert main(["archive", "diff", *pair, "-o", pair[place]]) == 2
    assert pair[place] in capsys.readouterr().err
    assert Path(pair[place]).read_bytes() == before


def test_no_clobber(pair: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    delta = tmp_path / "x.delta"
    delta.write_bytes(b"mine")
    assert main(["archive", "diff", *pair, "-o", str(delta), "--no-clobber"]) == 1
    captured = capsys.readouterr()
    assert "exists already" in captured.err and captured.out == "", "found out before the work"
    assert delta.read_bytes() == b"mine"
    assert main(["archive", "diff", *pair, "-o", str(delta)]) == 1
    capsys.readouterr()
    assert main(["archive", "patch", pair[0], str(delta), pair[1], "--no-clobber"]) == 1
    assert "exists already" in capsys.readouterr().err


@pytest.mark.parametrize("verb", [["diff"], ["patch", "x.delta"]])
def test_wrong_usage(verb: list[str], pair: tuple[str, str]) -> None:
    assert main(["archive", *verb]) == 2
    assert main(["archive", *verb, *pair, *pair]) == 2


def test_patch_of_another_archive(pair: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    delta = str(tmp_path / "x.delta")
    assert main(["archive", "diff", *pair, "-o", delta]) == 1
    capsys.readouterr()
    other = lay(tmp_path, "other", Parts())
    assert main(["archive", "patch", other, delta, str(tmp_path / "out")]) == 1
    captured = capsys.readouterr()
    assert "The delta was made for another archive." in captured.err and "sha256" in captured.err
    assert captured.out == "" and not (tmp_path / "out").exists()


def test_missing_files(pair: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["diff", pair[0], "none"], ["diff", "none", pair[0]], ["patch", pair[0], "none", "out"]):
        assert main(["archive", *arguments]) == 1
        assert "There is no such file." in capsys.readouterr().err
