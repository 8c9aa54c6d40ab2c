"""A portable Python on the disk, and the file that starts it on a Windows with a Chinese code page."""

from __future__ import annotations

import re
from pathlib import Path

import bagit
import pytest

from pipeline.errors import InputError
from pipeline.release.bundle.instructions import PAGE
from pipeline.release.bundle.runtime import STARTER, runtime_files, starter
from pipeline.release.bundle.source import read_release
from pipeline.release.bundle.write import Packing, write_bundle
from tests.release.bundle.releases import write_release

FILES = {"python.exe": b"MZ" + bytes(100), "python311.dll": b"MZ" + bytes(6_000_000), "python311.zip": b"PK"}


def write_runtime(folder: Path, changes: dict[str, bytes | None] | None = None) -> Path:
    for path, data in {**FILES, **(changes or {})}.items():
        if data is not None:
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(data)
    return folder


def test_it_is_packed_and_part_of_what_the_bag_checks(tmp_path: Path) -> None:
    runtime = write_runtime(tmp_path / "python", {"Lib/encodings/gbk.pyc": b"x"})
    write_bundle(read_release(write_release(tmp_path / "release")), tmp_path / "disk", Packing(runtime=runtime))
    disk = tmp_path / "disk"
    assert (disk / "runtime/python.exe").read_bytes() == FILES["python.exe"]
    assert (disk / STARTER).read_bytes() == starter()
    assert STARTER in (disk / PAGE).read_text("utf-8")
    bag = bagit.Bag(str(disk))
    bag.validate()
    (disk / "runtime/Lib/encodings/gbk.pyc").write_bytes(b"y")
    with pytest.raises(bagit.BagValidationError):
        bagit.Bag(str(disk)).validate()


@pytest.mark.parametrize(
    "changes",
    [
        {"python.exe": None},
        {"python.exe": b"#!/bin/sh\n"},
        {"python311.dll": None},
        {"python311.dll": None, "python37.dll": FILES["python311.dll"]},
        {"python311.dll": b"MZ"},  # far too small
        {"Lib/aux.py": b"x"},
        {"Lib/Os.py": b"x", "Lib/os.py": b"x"},
    ],
    ids=["no python.exe", "not of Windows", "no library", "3.7", "too small", "device", "one name twice"],
)
def test_what_is_no_portable_python_is_refused(changes: dict[str, bytes | None], tmp_path: Path) -> None:
    with pytest.raises(InputError):
        runtime_files(write_runtime(tmp_path / "python", changes))


def test_links_are_not_followed(tmp_path: Path) -> None:
    runtime = write_runtime(tmp_path / "python")
    (runtime / "secret.dll").symlink_to("/etc/passwd")
    with pytest.raises(InputError, match="links"):
        runtime_files(runtime)


def test_a_missing_folder_is_none(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        runtime_files(tmp_path / "nothing")


# What cmd.exe makes of the starter, as far as that can be told without one.


def lines() -> list[str]:
    return starter().decode("gbk").split("\r\n")


def test_every_line_ends_as_cmd_needs_it() -> None:
    data = starter()
    assert data.endswith(b"\r\n") and data.count(b"\n") == data.count(b"\r\n") == data.count(b"\r")
    assert not data.startswith(b"\xef\xbb\xbf")  # a BOM would be read as a command


def test_no_half_of_a_character_is_a_sign_of_cmd() -> None:
    """Under another code page the bytes are letters of some kind, never & | < > ^ % or a quotation mark."""
    chinese = re.findall(rb"[\x80-\xff]+", starter())
    assert chinese and all(len(run) % 2 == 0 for run in chinese)
    decoded = starter().decode("gbk")
    for character in decoded:
        if ord(character) > 127:
            assert all(byte >= 0xA1 for byte in character.encode("gbk")), character


def test_every_path_is_quoted_and_relative_to_the_disk() -> None:
    text = "\n".join(lines())
    assert re.search(r"[A-Za-z]:\\", text) is None
    for variable in ("%PYTHON%", "%HERE%", "%TARGET%"):
        for line in lines():
            if variable in line and not line.startswith(("echo", "set ")):
                assert re.search(rf'"[^"]*{variable}[^"]*"', line), line
    assert 'set "HERE=%~dp0."' in text  # with a point behind: a closing \" would swallow the quotation mark


def test_every_label_that_is_gone_to_is_there() -> None:
    labels = {line[1:] for line in lines() if line.startswith(":")}
    assert {match for line in lines() for match in re.findall(r"goto (\w+)", line)} <= labels
    assert labels == {"serve", "direct", "nopython", "failed", "done"}
