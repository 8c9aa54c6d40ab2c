"""A drop: which of its content is a package, and which may still be on its way."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest

from pipeline.errors import InputError
from pipeline.intake.drop import look_into_drop
from tests.handing_in import NOW, package_files, write_folder, write_zip


def aged(path: Path, seconds: float) -> Path:
    """Set the time of a file or of a folder with all in it, before `NOW`."""
    moment = (NOW - timedelta(seconds=seconds)).timestamp()
    for each in (path, *path.rglob("*")):
        os.utime(each, (moment, moment))
    return path


def test_what_lies_in_a_drop(tmp_path: Path) -> None:
    old = aged(write_zip(tmp_path / "b.ZIP", package_files()), 100)
    folder = aged(write_folder(tmp_path / "a", package_files()), 100)
    aged(write_zip(tmp_path / "c.zip", package_files()), 5)
    aged(write_zip(tmp_path / "d.zip", package_files()), -20)  # by the clock of the share
    growing = aged(write_folder(tmp_path / "e", package_files()), 100)
    aged(growing / "stops.geojson", 5)
    aged(write_folder(tmp_path, {"readme.txt": b"hi"}) / "readme.txt", 100)
    write_folder(tmp_path, {".hidden.zip": b"", "~$lock.zip": b""})
    (tmp_path / "link.zip").symlink_to(old)
    found = look_into_drop(tmp_path, NOW, 60)
    assert [each.place for each in found.ready] == [str(folder), str(old)]
    assert found.arriving == ("c.zip", "d.zip", "e")
    assert found.others == ("link.zip", "readme.txt")
    assert [each.name for each in look_into_drop(tmp_path, NOW, 0).ready] == ["a", "b.ZIP", "c.zip", "d.zip", "e"]


def test_no_drop(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        look_into_drop(tmp_path / "share", NOW, 60)


def test_only_what_was_seen_is_taken_away(tmp_path: Path) -> None:
    zipped = write_zip(tmp_path / "b.zip", package_files())
    folder = write_folder(tmp_path / "a", package_files())
    write_folder(tmp_path / ".a.taken", {"left": b"by somebody who died"})
    first, second = look_into_drop(tmp_path, NOW, 0).ready
    write_folder(folder, {"late.txt": b"1"})
    write_zip(zipped, package_files(stops__geojson=b"{}"))
    assert not first.take_away() and not second.take_away()
    assert (folder / "late.txt").exists() and zipped.exists()
    first, second = look_into_drop(tmp_path, NOW, 0).ready
    assert first.take_away() and second.take_away()
    assert list(tmp_path.iterdir()) == []
