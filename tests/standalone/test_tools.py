"""What stays at an office when the disk is gone: scripts, and a portable Python, of which one is always whole."""

from __future__ import annotations

import hashlib
import http.client
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.release.bundle.runtime import FOLDER
from pipeline.release.bundle.runtime import STARTER as WRITTEN_STARTER
from pipeline.release.bundle.source import read_release
from pipeline.release.bundle.write import Packing, write_bundle
from pipeline.standalone import tools
from pipeline.standalone.refused import Refused
from pipeline.standalone.tools import LIST, RUNTIME, SCRIPTS, STARTER, keep_tools
from tests.release.bundle.test_runtime import write_runtime
from tests.standalone.disks import contents, write_release
from tests.standalone.test_office import PowerCut, cut_after


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """In this process nobody waits for the disk: what was written is there for whoever reads it afterwards."""
    monkeypatch.setattr(os, "fsync", lambda handle: None)


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A disk with a portable Python, written by the real functions."""
    root = tmp_path_factory.mktemp("disk")
    runtime = write_runtime(root / "python", {"python311._pth": b"python311.zip\n", "Lib/gbk.pyc": b"gbk"})
    release = write_release(root / "release", "one", 1)
    write_bundle(read_release(release), root / "disk", Packing(runtime=runtime))
    return root / "disk"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = tmp_path / "安装 folder"
    home.mkdir()
    return home


def disk_of(folder: Path, **files: bytes) -> Path:
    """The tools of a disk alone: a small runtime, the starter, and the list that a bag has of them."""
    lines = ""
    for path, data in {"启动.bat": b"@echo off\r\n", **files}.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
        lines += f"{hashlib.sha256(data).hexdigest()}  {path}\n"
    (folder / LIST).write_text(lines, "utf-8")
    return folder


OLD = {"runtime/python.exe": b"MZ 3.8", "runtime/python38.dll": b"old", "runtime/Lib/a.pyc": b"a"}
NEW = {"runtime/python.exe": b"MZ 3.11", "runtime/python311.dll": b"new", "runtime/Lib/a.pyc": b"a"}


def runtime_of(folder: Path) -> dict[str, bytes]:
    return {f"runtime/{path}": data for path, data in contents(folder).items()}


def test_names_are_those_that_bundles_write() -> None:
    assert (RUNTIME, STARTER) == (FOLDER, WRITTEN_STARTER)


def test_the_office_goes_on_when_the_disk_is_gone(bundle: Path, home: Path, tmp_path: Path) -> None:
    disk = shutil.copytree(bundle, tmp_path / "disk")
    command = [sys.executable, "-I", "-S", str(disk / "office.py"), "import", str(disk), str(home)]
    subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=True)
    shutil.rmtree(disk)
    assert contents(home / RUNTIME) == contents(bundle / RUNTIME)
    assert (home / STARTER).read_bytes() == (bundle / STARTER).read_bytes()
    assert {path.name for path in home.glob("*.py")} == set(SCRIPTS)
    assert not (home / "staging").exists()
    served = [sys.executable, "-I", "-S", str(home / "office.py"), "serve", str(home), "--port", "0", "--lang", "en"]
    with subprocess.Popen(served, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            address = process.stdout.readline().split()[0]
            connection = http.client.HTTPConnection(address.split("/")[2], timeout=20)
            connection.request("GET", "/")
            answer = connection.getresponse()
            assert answer.status == 200 and b"<title>one</title>" in answer.read()
            connection.close()
        finally:
            process.kill()


def test_a_damaged_python_is_found_before_anything_runs(bundle: Path, home: Path, tmp_path: Path) -> None:
    disk = shutil.copytree(bundle, tmp_path / "disk")
    (disk / RUNTIME / "python311.zip").write_bytes(b"PX")
    command = [sys.executable, "-I", "-S", str(disk / "office.py"), "import", str(disk), str(home), "--lang", "en"]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert done.returncode == 1 and "python311.zip is not what the list says" in done.stderr
    assert not (home / "current.json").exists() and not (home / RUNTIME).exists()


def test_a_newer_python_replaces_the_older_as_a_whole(home: Path, tmp_path: Path) -> None:
    assert keep_tools(str(home), str(disk_of(tmp_path / "old", **OLD)))
    assert runtime_of(home / RUNTIME) == OLD
    assert keep_tools(str(home), str(disk_of(tmp_path / "new", **NEW)))
    assert runtime_of(home / RUNTIME) == NEW


def test_one_that_is_in_use_stays(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on Windows, where the folder of a program that runs cannot be renamed."""
    keep_tools(str(home), str(disk_of(tmp_path / "old", **OLD)))
    real = os.rename

    def rename(source: str, target: str) -> None:
        if source.endswith(RUNTIME) and target.endswith("old-runtime"):
            raise PermissionError(13, "in use", source)
        real(source, target)

    monkeypatch.setattr(os, "rename", rename)
    assert not keep_tools(str(home), str(disk_of(tmp_path / "new", **NEW)))
    assert runtime_of(home / RUNTIME) == OLD


def test_the_power_is_cut_at_every_step(home: Path, tmp_path: Path) -> None:
    old, new = (disk_of(tmp_path / name, **files) for name, files in (("old", OLD), ("new", NEW)))
    seen = []
    for steps in range(1000):
        shutil.rmtree(home)
        home.mkdir()
        keep_tools(str(home), str(old))
        with pytest.MonkeyPatch.context() as patch:
            cut_after(steps, patch)
            try:
                keep_tools(str(home), str(new))
                finished = True
            except PowerCut:
                finished = False
        there = home / RUNTIME if (home / RUNTIME).exists() else home / "staging" / tools.OLD  # as 启动.bat looks
        seen.append(runtime_of(there))
        assert seen[-1] in (OLD, NEW)
        if not (home / RUNTIME).exists():
            keep_tools(str(home), str(Path(tools.__file__).parent))  # `longquan import`, which brings no Python
            assert runtime_of(home / RUNTIME) == OLD
        keep_tools(str(home), str(new))
        assert runtime_of(home / RUNTIME) == NEW
        if finished:
            break
    assert finished and steps > 10 and OLD in seen and NEW in seen


def test_without_its_list_a_python_is_not_taken(home: Path, tmp_path: Path) -> None:
    disk = disk_of(tmp_path / "disk", **NEW)
    (disk / LIST).unlink()
    with pytest.raises(Refused, match=f"{LIST} is missing"):
        keep_tools(str(home), str(disk))
    (disk / LIST).write_text(f"{'0' * 64}  runtime/../../evil.exe\n")
    with pytest.raises(Refused, match="cannot be understood"):
        keep_tools(str(home), str(disk))
    assert not (home / RUNTIME).exists()


def test_what_is_started_at_home_copies_nothing(home: Path) -> None:
    disk_of(home, **NEW)
    before = contents(home)
    assert keep_tools(str(home), str(home))
    assert contents(home) == before
