"""`longquan bundle` as it is typed."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import bagit
import pytest

from pipeline.cli import main
from pipeline.release.bundle.instructions import PAGE
from pipeline.release.kept import kept_folder
from tests.release.bundle.releases import write_release
from tests.release.bundle.signing import sign_release
from tests.release.trust.bureau import Bureau


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tmp = tmp_path_factory.mktemp("signed")
    return sign_release(Bureau().found(), write_release(tmp / "release"), tmp / "signing")


def test_a_release_becomes_a_disk(signed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bundle", str(signed), str(tmp_path / "disk"), "--lang", "en"]) == 0
    out = capsys.readouterr().out
    assert "a whole release" in out and PAGE in out and "国密" not in out
    bagit.Bag(str(tmp_path / "disk")).validate()
    assert [path.name for path in tmp_path.iterdir()] == ["disk"]


def test_json_tells_what_was_made(signed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bundle", str(signed), str(tmp_path / "disk"), "--json", "--volume-size", "1KiB"]) == 0
    told = json.loads(capsys.readouterr().out)
    manifest = json.loads((signed / "release.json").read_bytes())
    assert (told["kind"], told["release"], told["encrypted"]) == ("full", manifest["release"], False)
    assert told["volumes"] == sum(path.suffix.startswith(".vol") for path in (tmp_path / "disk").rglob("*")) > 0


def test_an_edition_of_the_workspace_is_its_newest_release(signed: Path, tmp_path: Path) -> None:
    id = json.loads((signed / "release.json").read_bytes())["release"]
    shutil.copytree(signed, kept_folder(tmp_path / "city", "public", id))
    assert main(["bundle", "public", str(tmp_path / "one"), "-w", str(tmp_path / "city")]) == 0
    assert main(["bundle", f"public/{id[:9]}", str(tmp_path / "two"), "-w", str(tmp_path / "city")]) == 0
    assert (tmp_path / "one/manifest-sha256.txt").read_bytes() == (tmp_path / "two/manifest-sha256.txt").read_bytes()


@pytest.mark.parametrize(
    ("change", "arguments", "code"),
    [
        ("unsigned", [], 3),
        ("nothing", ["--bbox", "1,2,3"], 2),
        ("nothing", ["--town", "东镇"], 2),  # a part, and no key
        ("nothing", ["--volume-size", "5GiB"], 2),
        ("nothing", ["--encrypt-to", "age1nonsense"], 2),
        ("nothing", ["--encrypt-to", "no-such-file"], 1),
        ("nothing", ["--since", "no-such-release"], 1),
        ("nothing", ["--runtime", "no-such-folder"], 1),
        ("nothing", ["--root", "no-such-file"], 1),
        ("missing", [], 1),
    ],
)
def test_how_it_ends(change: str, arguments: list[str], code: int, signed: Path, tmp_path: Path) -> None:
    folder = tmp_path / "release"
    if change != "missing":
        shutil.copytree(signed, folder, ignore=shutil.ignore_patterns("metadata" if change == "unsigned" else ""))
    assert main(["bundle", str(folder), str(tmp_path / "disk"), *arguments]) == code
    assert not (tmp_path / "disk").exists() and not list(tmp_path.glob(".*"))


def test_a_root_of_another_bureau_is_refused(signed: Path, tmp_path: Path) -> None:
    (tmp_path / "root.json").write_bytes(Bureau().found().roots[0])
    assert main(["bundle", str(signed), str(tmp_path / "disk"), "--root", str(tmp_path / "root.json")]) == 1


def test_encryption_says_what_it_is_not(signed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import pyrage

    recipient = str(pyrage.x25519.Identity.generate().to_public())
    assert main(["bundle", str(signed), str(tmp_path / "disk"), "--encrypt-to", recipient, "--lang", "zh"]) == 0
    assert "不是国密算法" in capsys.readouterr().out
