"""`longquan geocode` on a small index."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from pipeline.cli import main
from tests.portal.search.sample import at, sample

ROWS = [
    # text, level, score, what was found, town
    ("浙江省丽水市龙泉市剑川街道剑池路18号", "number", 100, "剑池路18号", "剑川街道"),
    ("云岭镇剑池路18号", "number", 100, "剑池路18号", "云岭镇"),
    ("劍池路十八號3幢2单元501室", "number", 100, "剑池路18号", "剑川街道"),
    ("剑池路18-2号", "number", 100, "剑池路18-2号", "剑川街道"),
    ("剑池路18-9号", "number", 95, "剑池路18号", "剑川街道"),
    ("剑池路20号", "interpolated", 80, "剑池路20号", "剑川街道"),
    ("剑池路500号", "road", 60, "剑池路", "剑川街道"),
    ("剑迟路18号", "number", 45, "剑池路18号", "剑川街道"),
    ("长安新村7号", "number", 100, "长安新村7号", "剑川街道"),
    ("龙泉市人民医院", "place", 100, "龙泉市人民医院", "剑川街道"),
    ("云岭镇", "town", 100, "云岭镇", "云岭镇"),
    ("云岭镇没有的路9号", "town", 20, "云岭镇", "云岭镇"),
    ("完全没有", "none", 0, "", ""),
    ("", "none", 0, "", ""),
]


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    folder = tmp_path / "public"
    (folder / "search").mkdir(parents=True)
    (folder / "search/index.bin").write_bytes(sample().data)
    (folder / "catalog.json").write_text(json.dumps({"search": {"file": "search/index.bin"}}))
    return folder


def run(source: Path, dist: Path, *more: str) -> tuple[int, list[dict[str, str]]]:
    target = source.with_name("out.csv")
    code = main(["geocode", str(source), str(target), "--index", str(dist), *more])
    if not target.exists():
        return code, []
    with target.open(encoding="utf-8-sig", newline="") as file:
        return code, list(csv.DictReader(file))


def write(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_every_level(tmp_path: Path, dist: Path, encoding: str, capsys: pytest.CaptureFixture[str]) -> None:
    text = "编号,地址\n" + "".join(f"{i},{row[0]}\n" for i, row in enumerate(ROWS))
    code, rows = run(write(tmp_path / "in.csv", text, encoding), dist, "--json")
    assert code == 0
    told = [(r["地址"], r["match_level"], int(r["match_score"]), r["match_text"], r["match_town"]) for r in rows]
    assert told == ROWS
    lng, lat = at(380, 195)
    assert (float(rows[0]["match_lng"]), float(rows[0]["match_lat"])) == (
        pytest.approx(lng, abs=6e-6),
        pytest.approx(lat, abs=6e-6),
    )
    assert (rows[0]["match_dataset"], rows[0]["match_id"]) == ("addresses", "5007")
    assert rows[-1]["match_lng"] == rows[-1]["match_id"] == ""
    found = capsys.readouterr()
    summary = json.loads(found.out)
    assert summary["levels"] == {"number": 6, "interpolated": 1, "road": 1, "place": 1, "town": 2, "none": 2} | {
        "number": sum(row[1] == "number" for row in ROWS)
    }
    assert summary["rows"] == len(ROWS) and "14" in found.err


def test_columns_are_joined_and_other_separators_read(tmp_path: Path, dist: Path) -> None:
    source = write(tmp_path / "in.csv", "镇;路;号\n云岭镇;剑池路;18号\n剑川街道;剑池路;18号\n")
    code, rows = run(source, dist, "--column", "镇", "--column", "路", "--column", "号")
    assert code == 0
    assert [(row["match_level"], row["match_town"]) for row in rows] == [("number", "云岭镇"), ("number", "剑川街道")]


def test_columns_of_an_earlier_match_stay(tmp_path: Path, dist: Path) -> None:
    source = write(tmp_path / "in.csv", "地址,match_level\n剑池路18号,old\n")
    code, rows = run(source, dist)
    assert (code, rows[0]["match_level"], rows[0]["match_level_2"]) == (0, "old", "number")


@pytest.mark.parametrize(
    ("text", "more", "code"),
    [
        ("a,b\n1,2\n", (), 2),  # which column?
        ("地址\n剑池路\n", ("--column", "没有"), 2),
        ("", (), 1),
    ],
)
def test_what_cannot_be_matched_leaves_nothing(
    tmp_path: Path, dist: Path, text: str, more: tuple[str, ...], code: int
) -> None:
    source = write(tmp_path / "in.csv", text)
    assert run(source, dist, *more) == (code, [])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.csv", "public"]


def test_files_that_are_not_there(tmp_path: Path, dist: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = write(tmp_path / "in.csv", "地址\n剑池路18号\n")
    assert run(tmp_path / "none.csv", dist)[0] == 1
    assert run(source, tmp_path)[0] == 1
    (dist / "search/index.bin").write_bytes(b"LQSEARCH")
    assert run(source, dist)[0] == 1
    assert "search index" in capsys.readouterr().err


def test_bytes_that_are_no_text_are_told_with_their_encoding(tmp_path: Path, dist: Path) -> None:
    source = tmp_path / "in.csv"
    source.write_bytes("地址\n剑池路18号\n".encode() + b"\xff\xfe\xfa\n")
    assert run(source, dist, "--encoding", "utf-8")[0] == 1
