"""Names of files that are written: what can never be one is refused, and long ones are no trouble."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from pipeline.archive.source import FileSource
from pipeline.archive.staging import StagedFile
from pipeline.errors import InputError, OutputError


@pytest.mark.parametrize("name", ["x", "x" * 255, "龙" * 85])
def test_a_file_appears_under_any_name_that_the_system_takes(tmp_path: Path, name: str) -> None:
    with StagedFile(tmp_path / name) as staged:
        staged.file.write(b"whole")
        assert [path.name == name for path in tmp_path.iterdir()] == [False]
        staged.commit()
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {name: b"whole"}


def test_a_name_that_is_too_long_is_told(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="File name too long"), StagedFile(tmp_path / ("x" * 256)) as staged:
        staged.commit()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["", ".", "..", "/", "folder", "link to a folder"])
def test_a_folder_is_no_file(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    (tmp_path / "link to a folder").symlink_to("folder")
    with pytest.raises(OutputError, match="This is a folder"):
        StagedFile(Path(name))


def test_devices_and_pipes_are_neither_replaced_nor_read(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path in (Path(os.devnull), pipe):
        with pytest.raises(OutputError, match="a device or a pipe"):
            StagedFile(path)
        with pytest.raises(InputError, match="a device or a pipe"):
            FileSource(path)
    assert stat.S_ISCHR(Path(os.devnull).stat().st_mode) and stat.S_ISFIFO(pipe.stat().st_mode)


def test_a_link_is_replaced_and_what_it_named_stays(tmp_path: Path) -> None:
    (tmp_path / "target").write_bytes(b"stays")
    (tmp_path / "link").symlink_to("target")
    with StagedFile(tmp_path / "link") as staged:
        staged.file.write(b"new")
        staged.commit()
    assert (tmp_path / "target").read_bytes() == b"stays"
    assert (tmp_path / "link").read_bytes() == b"new" and not (tmp_path / "link").is_symlink()


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="there is no /proc here")
def test_a_folder_in_which_nobody_can_write() -> None:
    with pytest.raises(OutputError, match="nobody make files here"):
        StagedFile(Path("/proc/out.pmtiles"))


def test_reading_beyond_the_end_gives_what_there_is(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"abcdef")
    source = FileSource(path)
    huge = 1 << 70  # no system call takes this
    assert [source.read(4, huge), source.read(huge, 5), source.read(6, 1), source.read(0, 0)] == [b"ef", b"", b"", b""]
    source.close()
