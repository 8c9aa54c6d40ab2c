"""`longquan audit` of a delta, as people and programs call it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline.cli import main
from pipeline.release.delta import make_delta
from tests.release.delta.releases import write_release


@pytest.fixture
def three(tmp_path: Path) -> tuple[str, str, str]:
    """A delta, the release it leads to, and the one it starts from."""
    old = write_release(tmp_path / "old", {"a.txt": b"old " * 50})
    new = write_release(tmp_path / "new", {"a.txt": b"new " * 50})
    make_delta(old, new, tmp_path / "delta")
    return str(tmp_path / "delta"), str(new), str(old)


def test_a_sound_delta(three: tuple[str, str, str], capsys: pytest.CaptureFixture[str]) -> None:
    delta, new, old = three
    assert main(["audit", delta, "--of", new, "--since", old, "--lang", "en"]) == 0
    out = capsys.readouterr().out
    assert "nothing is inside that the release has not" in out and "parts opened        3" in out
    assert main(["audit", delta, "--of", new, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["clean"], found["parts"], found["opened"], found["faults"]) == (True, 3, 0, [])
    assert main(["audit", delta, "--of", new, "--lang", "zh"]) == 0
    assert "其中没有该版本以外的内容" in capsys.readouterr().out


def test_one_with_something_more(three: tuple[str, str, str], capsys: pytest.CaptureFixture[str]) -> None:
    delta, new, _old = three
    (Path(delta) / "more.txt").write_bytes(b"more")
    assert main(["audit", delta, "--of", new, "--lang", "en"]) == 1
    assert "more.txt: delta.json does not name it" in capsys.readouterr().out


def test_one_inside_a_bundle(three: tuple[str, str, str], tmp_path: Path) -> None:
    delta, new, _old = three
    (tmp_path / "bundle/data").mkdir(parents=True)
    Path(delta).rename(tmp_path / "bundle/data/delta")
    assert main(["audit", str(tmp_path / "bundle"), "--of", new, "--lang", "en"]) == 0


def test_without_the_release(three: tuple[str, str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", three[0], "--lang", "en"]) == 2
    assert "--of DIR" in capsys.readouterr().err
