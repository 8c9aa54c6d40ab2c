"""`longquan init` and `longquan build` as people call them; the engine is real, the portal is the light one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline import build as corridor
from pipeline.cli import main
from pipeline.intake.documents import document_names
from tests.test_build import light_portal
from tests.towns import FILES, write_town


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(corridor, "write_portal", light_portal)


def test_init_writes_a_workspace_that_builds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    new = tmp_path / "city"
    assert main(["init", str(new), "--lang", "en"]) == 0
    out, err = capsys.readouterr()
    assert out.splitlines() == [
        str(new / name)
        for name in (
            "README.md",
            "departments/planning.toml",
            "framework.toml",
            "inbox/planning/places.csv",
            "schemas/places.toml",
            *(f"documents/{name}" for lang in ("zh", "en") for name in document_names(lang)),  # type: ignore[arg-type]
        )
    ]
    assert f"longquan build -w {new}" in err
    assert sorted(p.name for p in tmp_path.iterdir()) == ["city"]

    assert main(["build", "-w", str(new), "--as-of", "2026-11-22", "--threads", "1", "--json", "--lang", "en"]) == 0
    results = json.loads(capsys.readouterr().out)
    assert [(r["edition"], [a["id"] for a in r["archives"]]) for r in results] == [
        ("public", ["framework"]),
        ("government", ["framework"]),
    ]
    assert results[0]["archives"][0]["features"] == 3
    assert results[0]["datasets"]["places"] == {"rows": 3, "faults": {}, "changes": {}, "samples": {}}
    assert results[0]["folder"] == str(new / "dist/public")
    catalog = json.loads((new / "dist/public/catalog.json").read_text())
    assert catalog["as_of"] == "2026-11-22"


def test_init_takes_an_empty_folder_and_no_other(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", str(tmp_path), "--lang", "en"]) == 0
    before = sorted(tmp_path.rglob("*"))
    assert main(["init", str(tmp_path), "--lang", "en"]) == 2
    assert "not empty" in capsys.readouterr().err
    assert sorted(tmp_path.rglob("*")) == before


def test_init_refuses_a_file(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x")
    assert main(["init", str(tmp_path / "a")]) == 2
    assert (tmp_path / "a").read_text() == "x"


def test_build_tells_what_it_wrote_and_what_was_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    town = write_town(tmp_path / "town")
    toml = str(FILES["framework.toml"]) + "\n[build]\nmax_faults_percent = 20\n"
    (town / "framework.toml").write_text(toml, encoding="utf-8")
    with (town / "inbox/trade/shops.csv").open("a", encoding="utf-8") as file:
        file.write("店9,无此地9号\n")
    assert main(["build", "-w", str(town), "--edition", "public", "--as-of", "2026-11-22", "--lang", "en"]) == 0
    out, err = capsys.readouterr()
    lines = out.splitlines()
    assert lines[0].startswith(f"public → {town / 'dist/public'}  (")
    assert any(line.startswith("  tiles/framework-") and " tiles · " in line for line in lines)
    assert any(line.startswith("  release ") and len(line) == 10 + 64 for line in lines)
    assert "  without a map review number: every page says 待审核" in lines
    assert "  shops: 20.00 % of 5 rows are at fault\n    1 × addresses that no point has (无此地9号)\n" in err

    assert main(["build", "-w", str(town), "--edition", "public", "--only", "schools", "--lang", "en"]) == 0, (
        capsys.readouterr().err
    )
    assert "as before" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [
        (["--edition", "publik"], 2, 'did you mean "public"?'),
        (["--only", "school"], 2, 'did you mean "schools"?'),
        (["--threads", "0"], 2, "--threads"),
        (["--as-of", "tomorrow"], 2, "--as-of"),
        (["-w", "nowhere"], 1, "not a workspace"),
    ],
)
def test_wrong_calls(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, text: str
) -> None:
    town = write_town(tmp_path / "town")
    assert main(["build", "-w", str(town), *arguments, "--lang", "en"]) == code
    assert text in capsys.readouterr().err
    assert not (town / "dist/public").exists()


def test_a_workspace_fault_is_told_in_chinese(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    town = write_town(tmp_path / "town", {"schemas/schools.toml": None})
    assert main(["build", "-w", str(town), "--lang", "zh"]) == 1
    err = capsys.readouterr().err
    assert "缺少文件 schemas/schools.toml" in err
    assert "位置： departments/trade.toml:" in err
