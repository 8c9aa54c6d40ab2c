"""pack, submit, store and ledger as people and machines call them: words, JSON and exit codes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pipeline.cli import main
from pipeline.intake.ledger import LEDGER
from tests.handing_in import package_files, package_toml, points, write_folder, write_workspace, write_zip


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace, and a folder of data where the command line stands."""
    monkeypatch.chdir(write_folder(tmp_path / "here", {"stops.geojson": points()}))
    return write_workspace(tmp_path / "ws")


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = main([*words, "--lang", "en"])
    told = capsys.readouterr()
    return code, told.out, told.err


def told(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, Any]:
    code, out, _err = run(capsys, *words, "--json")
    return code, json.loads(out)


PACK = ("pack", "stops.geojson", "--dataset", "stops", "--currency", "2026-09-15", "--classification", "public")


def test_a_workspace_knows_the_rest(capsys: pytest.CaptureFixture[str], root: Path) -> None:
    code, out, err = run(capsys, *PACK, "-w", str(root))
    assert code == 0 and "stops 2026-Q3: 3 files" in out
    assert "longquan check stops-2026-Q3.zip" in err and "longquan submit stops-2026-Q3.zip" in err
    code, found = told(capsys, "submit", "stops-2026-Q3.zip", "-w", str(root))
    assert code == 0 and [(f["outcome"], f["version"], f["features"]) for f in found] == [("accepted", "2026-Q3.1", 12)]


def test_what_is_said_counts_more(capsys: pytest.CaptureFixture[str], root: Path) -> None:
    code, found = told(
        capsys, *PACK, "-w", str(root), "--period", "2026", "--department", "water", "--share", "有条件",
        "--audience", "government", "--person", "王五", "--lineage-zh", "航测", "--crs", "EPSG:4490", "-o", "p",
    )  # fmt: skip
    text = Path("p/package.toml").read_text("utf-8")
    assert code == 0 and found["period"] == "2026" and found["department"] == "water"
    for line in (
        'share = "有条件"',
        'audiences = ["government"]',
        'contact = { person = "王五" }',
        'crs = "EPSG:4490"',
    ):
        assert line in text
    assert 'lineage = { zh = "航测", en = "航测" }' in text


def test_without_a_workspace_it_says_what_is_missing(capsys: pytest.CaptureFixture[str], root: Path) -> None:
    code, _out, err = run(capsys, *PACK)
    assert code == 2 and "--department, --period, --share" in err
    rest = ("--department", "transport", "--period", "2026-Q3", "--share", "unconditional")
    assert run(capsys, *PACK, *rest)[0] == 0 and Path("stops-2026-Q3.zip").is_file()


def test_a_nil_return(capsys: pytest.CaptureFixture[str], root: Path) -> None:
    words = ("pack", "--dataset", "stops", "--currency", "2026-09-15", "--classification", "公开", "--nil", "没有变化")
    assert run(capsys, *words, "-w", str(root))[0] == 0
    code, out, _err = run(capsys, "submit", "stops-2026-Q3.zip", "-w", str(root))
    assert code == 0 and "nil return for stops 2026-Q3 noted" in out


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("pack", "stops.geojson", "--dataset", "stops", "--currency", "2026-09-15"), 2),  # not classified
        ((*PACK[:-1], "secret"), 3),
        ((*PACK[:-1], "open"), 2),
        ((*PACK, "--period", "soon"), 2),
        (("pack", "nothing.shp", *PACK[2:]), 1),
        (("pack", "stops.geojson", "--dataset", "shops", *PACK[4:]), 2),
    ],
)
def test_exit_codes_of_pack(capsys: pytest.CaptureFixture[str], root: Path, words: tuple[str, ...], code: int) -> None:
    assert run(capsys, *words, "-w", str(root))[0] == code
    assert [path.name for path in Path().iterdir()] == ["stops.geojson"]


def test_exit_codes_of_submit(capsys: pytest.CaptureFixture[str], root: Path) -> None:
    good = write_zip(Path("good.zip"), package_files())
    faulty = write_folder(Path("faulty"), {**package_files(), "more": b""})
    foreign = write_folder(Path("foreign"), package_files(package_toml(department='"water"'), stops__geojson=points()))
    assert run(capsys, "submit", "-w", str(root))[0] == 2
    assert run(capsys, "submit", "nothing.zip", "-w", str(root))[0] == 1
    code, out, _err = run(capsys, "submit", str(faulty), "-w", str(root))
    assert code == 1 and "more: there, but not listed in SHA256SUMS" in out and "inbox/refused" in out
    code, out, _err = run(capsys, "submit", str(foreign), "-w", str(root))
    assert code == 3 and "belongs to transport局 (transport)" in out
    code, found = told(capsys, "submit", "nothing.zip", str(faulty), str(foreign), str(good), "-w", str(root))
    assert code == 3 and [each["outcome"] for each in found] == ["failed", "refused", "refused", "accepted"]


def test_a_drop(capsys: pytest.CaptureFixture[str], root: Path) -> None:
    drop = Path("drop")
    write_zip(write_folder(drop, {"readme.txt": b"hi"}) / "a.zip", package_files())
    write_folder(drop / "b", package_files(stops__geojson=points(5)))
    fresh = write_zip(drop / "c.zip", package_files(stops__geojson=points(6)))
    for path in drop.rglob("*"):
        os.utime(path, (1_700_000_000, 1_700_000_000) if path != fresh else None)
    code, out, err = run(capsys, "submit", "--drop", str(drop), "-w", str(root))
    assert code == 0 and "a.zip: accepted as stops 2026-Q3.1" in out and "b: accepted as stops 2026-Q3.2" in out
    assert "c.zip: changed just now" in err and "readme.txt: neither a folder nor a zip" in err
    code, out, _err = run(capsys, "submit", "--drop", str(drop), "--settle", "0", "-w", str(root))
    assert code == 0 and out.count("accepted before") == 2 and "c.zip: accepted as stops 2026-Q3.3" in out


def test_store_and_ledger(capsys: pytest.CaptureFixture[str], root: Path) -> None:
    assert "nothing has been handed in yet" in run(capsys, "store", "list", "-w", str(root))[1]
    assert run(capsys, "ledger", "show", "-w", str(root))[1] == "no entry\n"
    run(capsys, "submit", str(write_zip(Path("p.zip"), package_files())), "-w", str(root))
    code, found = told(capsys, "store", "list", "stops", "-w", str(root))
    assert code == 0 and [(f["dataset"], f["version"], f["kind"]) for f in found] == [("stops", "2026-Q3.1", "vector")]
    assert run(capsys, "store", "list", "shops", "-w", str(root))[0] == 2
    assert "2026-Q3.1" in run(capsys, "store", "list", "-w", str(root))[1]
    code, whole = told(capsys, "ledger", "verify", "-w", str(root))
    assert code == 0 and whole["whole"] and whole["entries"] == 1
    assert run(capsys, "ledger", "verify", "--head", whole["head"], "-w", str(root))[0] == 0
    assert run(capsys, "ledger", "verify", "--head", "1" * 64, "-w", str(root))[0] == 1
    assert run(capsys, "store", "purge", "stops", "--reason", "r", "--by", "b", "-w", str(root))[0] == 2
    assert run(capsys, "store", "purge", "stops", "2026-Q3.9", "--reason", "r", "--by", "b", "-w", str(root))[0] == 2
    code, done = told(capsys, "store", "purge", "stops", "2026-Q3.1", "--reason", "r", "--by", "b", "-w", str(root))
    assert code == 0 and done["entry"] == 2 and not Path(done["removed"][0]).exists()
    code, found = told(capsys, "ledger", "show", "--kind", "purged", "--dataset", "stops", "-w", str(root))
    assert [entry["facts"]["by"] for entry in found] == ["b"]
    ledger = root / LEDGER
    ledger.write_bytes(ledger.read_bytes().replace(b'"by":"b"', b'"by":"c"'))
    code, out, _err = run(capsys, "ledger", "verify", "-w", str(root))
    assert code == 1 and "line 2: entry 2 was altered" in out
    code, found = told(capsys, "ledger", "verify", "-w", str(root))
    assert code == 1 and [fault["kind"] for fault in found["faults"]] == ["altered"]


def test_a_changed_version_is_found(capsys: pytest.CaptureFixture[str], root: Path) -> None:
    run(capsys, "submit", str(write_zip(Path("p.zip"), package_files())), "-w", str(root))
    (root / "store/stops/2026-Q3.1/package.toml").write_bytes(b"other")
    code, out, _err = run(capsys, "ledger", "verify", "-w", str(root))
    assert code == 1 and "stops 2026-Q3.1 is not what was accepted: package.toml" in out


def test_packing_needs_no_numba(root: Path) -> None:
    """It runs on a department's office computer."""
    program = "import sys; from pipeline.cli import main; assert main(sys.argv[1:]) == 0; print('numba' in sys.modules)"
    result = subprocess.run(
        [sys.executable, "-c", program, *PACK, "-w", str(root)], capture_output=True, text=True, check=True
    )
    assert result.stdout.splitlines()[-1] == "False"
