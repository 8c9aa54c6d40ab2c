"""A town that was built, then attacked: what `longquan verify` finds beyond what hashes tell."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from pipeline import build
from pipeline.build import build_workspace
from pipeline.cli import main
from pipeline.errors import InputError
from pipeline.release.manifest import release_id
from pipeline.release.verify_folder import verify_folder
from pipeline.standalone.verify import has_sm3
from tests.audit.planting import reseal
from tests.test_build import light_portal
from tests.towns import write_town

BASE = "https://map.example.cn/lq"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    root = write_town(tmp_path_factory.mktemp("verified") / "town")
    with (root / "framework.toml").open("a", encoding="utf-8") as file:
        file.write(f'\n[publish]\nbase_url = "{BASE}/"\n')
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(build, "write_portal", light_portal)
        build_workspace(root, editions=["public"], as_of=date(2026, 11, 22))
    yield root / "dist/public"


@pytest.fixture
def dist(built: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(built, tmp_path / "public"))


def exchanged(dist: Path, data: bytes) -> str:
    """Another archive in the place of the first, with every list, name and hash adjusted; returns its file."""
    manifest = json.loads((dist / "release.json").read_bytes())
    entry = manifest["archives"][0]
    digest = hashlib.sha256(data).hexdigest()
    file = f"tiles/{entry['id']}-{digest[:12]}.pmtiles"
    (dist / entry["file"]).unlink()
    (dist / file).write_bytes(data)
    (dist / "SM3SUMS").unlink(missing_ok=True)

    def change(made: dict[str, object]) -> None:
        made["archives"] = [{**entry, "file": file, "sha256": digest}, *manifest["archives"][1:]]

    reseal(dist, change)
    shutil.rmtree(dist / "hotlink")
    return file


def first_archive(dist: Path) -> bytes:
    file = json.loads((dist / "release.json").read_bytes())["archives"][0]["file"]
    return (dist / file).read_bytes()


def test_what_was_built_is_accepted(built: Path) -> None:
    found = verify_folder(built)
    assert found.faults == () and found.accepted
    manifest = json.loads((built / "release.json").read_bytes())
    assert found.result.release == manifest["release"]
    assert list(found.archives) == sorted(a["file"] for a in manifest["archives"])
    assert all(archive.looked_inside for archive in found.archives.values())
    assert found.hotlink.base_url == BASE and len(found.result.hotlink) > 2
    assert found.result.sm3 == ("checked" if has_sm3() else "absent")


def test_the_copy_in_the_folder_accepts_it_too(built: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-I", "-S", str(built / "verify.py"), "--lang", "en"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert hashlib.sha256((built / "SHA256SUMS").read_bytes()).hexdigest() in done.stdout
    assert not (built / "__pycache__").exists()


@pytest.mark.skipif(not has_sm3() or shutil.which("openssl") is None, reason="there is no openssl with SM3")
def test_openssl_agrees_with_sm3_sums(built: Path) -> None:
    lines = (built / "SM3SUMS").read_text("utf-8").splitlines()
    assert len(lines) == len((built / "SHA256SUMS").read_text("utf-8").splitlines())
    for line in lines:
        digest, path = line.split("  ", 1)
        out = subprocess.run(["openssl", "dgst", "-sm3", built / path], capture_output=True, text=True, check=True)
        assert out.stdout.split()[-1] == digest, path


def test_a_truncated_archive_with_every_list_adjusted(dist: Path) -> None:
    file = exchanged(dist, first_archive(dist)[:-100])
    found = verify_folder(dist)
    assert found.faults == () and not found.accepted
    ((path, archive),) = ((path, archive) for path, archive in found.archives.items() if archive.errors)
    assert path == file and "sections-inside" in archive.reports[0].counts


def test_an_archive_with_a_broken_tile_and_every_list_adjusted(dist: Path) -> None:
    data = bytearray(first_archive(dist))
    offset = int.from_bytes(data[56:64], "little")  # of the tile data, PMTiles v3 §3
    data[offset + 12 : offset + 20] = bytes(8)
    exchanged(dist, bytes(data))
    assert verify_folder(dist, structure_only=True).accepted
    assert sum(archive.errors for archive in verify_folder(dist).archives.values()) > 0


def test_an_archive_that_was_altered_is_not_opened(dist: Path) -> None:
    file = json.loads((dist / "release.json").read_bytes())["archives"][0]["file"]
    (dist / file).write_bytes(bytes(len(first_archive(dist))))
    found = verify_folder(dist)
    assert ("altered", file) in {fault[:2] for fault in found.faults}
    assert file not in found.archives


def test_a_hotlink_that_leads_elsewhere(dist: Path) -> None:
    style = dist / "hotlink/styles/light.json"
    style.write_text(style.read_text("utf-8").replace(BASE, "https://evil.example"), "utf-8")
    assert [fault[:2] for fault in verify_folder(dist).faults] == [("hotlink", "hotlink/styles/light.json")]


def test_a_hotlink_for_another_address_altogether(dist: Path) -> None:
    for path in (dist / "hotlink").rglob("*.*"):
        path.write_bytes(path.read_bytes().replace(BASE.encode(), b"https://evil.example"))
    assert verify_folder(dist).hotlink.base_url == "https://evil.example"  # which is told
    assert not verify_folder(dist, base_url=BASE).accepted


def test_a_copy_of_hotlink_that_does_not_end(dist: Path) -> None:
    for path in (dist / "hotlink").rglob("*.json"):
        with path.open("r+b") as file:
            file.truncate(1 << 40)
    found = verify_folder(dist, base_url=BASE, structure_only=True)
    assert ("hotlink", "hotlink/styles/light.json") in [fault[:2] for fault in found.faults]
    assert verify_folder(dist, structure_only=True).hotlink.base_url is None


def test_nothing_is_derived_of_files_that_were_altered(dist: Path, tmp_path: Path) -> None:
    shutil.move(dist / "tilejson", tmp_path / "tilejson")
    (dist / "tilejson").symlink_to(tmp_path / "tilejson", target_is_directory=True)
    found = verify_folder(dist, structure_only=True)
    assert found.hotlink.base_url is None and ("link", "tilejson") in [fault[:2] for fault in found.faults]


def with_earlier_item(dist: Path) -> Path:
    """A STAC item that only an earlier release had, and its copy in hotlink/; returns the copy's place."""
    item = next(path for path in sorted((dist / "services/stac").rglob("*-20*.json")))
    older = item.with_name("older-2020-01-01.json")
    copy = dist / "hotlink" / older.relative_to(dist)
    older.write_bytes(item.read_bytes())
    copy.write_bytes((dist / "hotlink" / item.relative_to(dist)).read_bytes())
    manifest = json.loads((dist / "release.json").read_bytes())
    data = older.read_bytes()
    entry = {"path": older.relative_to(dist).as_posix(), "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    manifest["files"] = [*manifest["files"], entry]
    manifest["release"] = release_id((each["path"], each["sha256"]) for each in manifest["files"])
    (dist / "metadata").mkdir(exist_ok=True)
    (dist / f"metadata/release-{manifest['release'][:12]}.json").write_bytes(json.dumps(manifest).encode())
    return copy


def test_a_copy_of_what_an_earlier_release_had(dist: Path) -> None:
    copy = with_earlier_item(dist)
    found = verify_folder(dist, structure_only=True)
    assert found.faults == () and list(found.result.earlier) == [copy.relative_to(dist / "hotlink").as_posix()]
    assert verify_folder(dist, structure_only=True, base_url=f"{BASE}/").faults == ()
    copy.write_bytes(copy.read_bytes().replace(BASE.encode(), b"https://evil.example", 1))
    path, text = verify_folder(dist, structure_only=True).hotlink.faults[0]
    assert path == copy.relative_to(dist).as_posix() and text.startswith("it leads to https://evil.example/")
    copy.with_name("never-2020-01-01.json").write_bytes(b"{}")
    assert ("hotlink-alone", "hotlink/services/stac/" + copy.parent.name + "/never-2020-01-01.json") in [
        fault[:2] for fault in verify_folder(dist, structure_only=True).faults
    ]


def test_a_copy_of_hotlink_that_is_missing(dist: Path) -> None:
    (dist / "hotlink/styles/light.json").unlink()
    assert [fault[:2] for fault in verify_folder(dist).faults] == [("hotlink", "hotlink/styles/light.json")]


def test_without_tilejson_the_address_must_be_given(dist: Path) -> None:
    shutil.rmtree(dist / "hotlink/tilejson")
    assert [fault[:2] for fault in verify_folder(dist).faults] == [("hotlink", "hotlink")]


def test_a_folder_that_is_no_release(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="SHA256SUMS"):
        verify_folder(tmp_path)


# The command ---------------------------------------------------------------------------------------------------------


def test_the_command_accepts(built: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--lang", "en", "verify", str(built)]) == 0
    out = capsys.readouterr().out
    assert "whole, unaltered and sound" in out and BASE in out and "certutil -hashfile SHA256SUMS SHA256" in out
    assert hashlib.sha256((built / "SHA256SUMS").read_bytes()).hexdigest() in out


def test_the_command_refuses_and_says_why_in_chinese(dist: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (dist / "catalog.json").unlink()
    assert main(["--lang", "zh", "verify", str(dist), "--structure-only"]) == 1
    out = capsys.readouterr().out
    assert "不得使用" in out and "missing catalog.json: 文件缺失" in out


def test_the_command_for_machines(dist: Path, capsys: pytest.CaptureFixture[str]) -> None:
    exchanged(dist, first_archive(dist)[:-100])
    assert main(["--lang", "en", "verify", str(dist), "--json", "--fingerprint", "0" * 64]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["accepted"] is False and [fault["kind"] for fault in told["faults"]] == ["fingerprint"]
    assert [archive["errors"] for archive in told["archives"] if archive["errors"]] == [1]


@pytest.mark.parametrize(("arguments", "code"), [(["--fingerprint", "12"], 2), (["--nothing"], 2), (["x"], 2), ([], 1)])
def test_wrong_usage(tmp_path: Path, arguments: list[str], code: int) -> None:
    assert main(["--lang", "en", "verify", str(tmp_path), *arguments]) == code
