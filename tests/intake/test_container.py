"""Packages that try to do harm, or were packed by careless programs: what is told of them before anything is copied."""

from __future__ import annotations

import io
import os
import stat
import struct
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import InputError
from pipeline.intake.container import Container, Limits, look_into
from tests.handing_in import package_files, write_folder, write_zip


def rules(path: Path, limits: Limits | None = None) -> dict[str, str]:
    """Which file breaks which rule."""
    return {fault.name: fault.rule for fault in look_into(path, limits).faults}


def content(container: Container) -> dict[str, bytes]:
    with container.opened() as opened:
        found = {}
        for member in container.members:
            with opened(member) as file:
                found[member.name] = file.read()
        return found


def zip_of(path: Path, *members: tuple[zipfile.ZipInfo | str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for info, data in members:
            archive.writestr(info, data)
    return path


def test_a_folder_and_a_zip_hold_the_same(tmp_path: Path) -> None:
    files = package_files()
    folder = look_into(write_folder(tmp_path / "p", files))
    zipped = look_into(write_zip(tmp_path / "p.zip", files))
    assert folder.faults == zipped.faults == ()
    assert content(folder) == content(zipped) == files
    assert [m.name for m in folder.members] == [m.name for m in zipped.members] == sorted(files)


def test_the_folder_that_people_zip_around_their_files_is_taken_off(tmp_path: Path) -> None:
    files = package_files()
    zipped = look_into(write_zip(tmp_path / "p.zip", {f"三季度/{name}": data for name, data in files.items()}))
    assert zipped.faults == () and content(zipped) == files


def test_what_systems_put_beside_files_is_passed_over(tmp_path: Path) -> None:
    junk = {"Thumbs.db": b"x", "__MACOSX/._stops.geojson": b"x", ".DS_Store": b"x", "sub/desktop.ini": b"x"}
    assert content(look_into(write_zip(tmp_path / "p.zip", {**package_files(), **junk}))) == package_files()
    assert content(look_into(write_folder(tmp_path / "p", {**package_files(), **junk}))) == package_files()


@pytest.mark.parametrize(
    "name",
    [
        "../evil.txt",
        "a/../../evil.txt",
        "/etc/evil.txt",
        "C:/evil.txt",
        "C:\\evil.txt",
        "..\\evil.txt",
        "a//b",
        "./a",
        "\\\\host\\a",
    ],
)
def test_paths_that_leave_the_package(tmp_path: Path, name: str) -> None:
    info = zipfile.ZipInfo("x")
    info.filename = name  # the constructor would mend it
    path = zip_of(tmp_path / "p.zip", (info, b"evil"))
    found = look_into(path)
    assert [fault.rule for fault in found.faults] == ["path-escape"] and found.members == ()


@given(st.text(min_size=1, max_size=30))
def test_whatever_a_zip_calls_its_files_nothing_leaves_the_package(name: str) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "p.zip")
        info = zipfile.ZipInfo("x")
        info.filename = name.encode("utf-8", "replace").decode()
        zip_of(path, (info, b"1"))
        base = Path(folder, "into").resolve()
        found = look_into(path)
        if not found.faults:
            for member in found.members:
                assert (base / member.name).resolve().is_relative_to(base)
                assert member.name not in ("", ".", "..")


def test_links_and_devices_in_a_zip(tmp_path: Path) -> None:
    link, pipe = zipfile.ZipInfo("link.txt"), zipfile.ZipInfo("pipe")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    pipe.external_attr = (stat.S_IFIFO | 0o644) << 16
    path = zip_of(tmp_path / "p.zip", (link, b"/etc/passwd"), (pipe, b""))
    assert rules(path) == {"link.txt": "symlink", "pipe": "special-file"}


def test_links_and_pipes_in_a_folder_are_not_followed(tmp_path: Path) -> None:
    secret = write_folder(tmp_path / "secret", {"key": b"secret"})
    folder = write_folder(tmp_path / "p", package_files())
    (folder / "link").symlink_to(secret / "key")
    (folder / "links").symlink_to(secret)
    os.mkfifo(folder / "pipe")
    assert rules(folder) == {"link": "symlink", "links": "symlink", "pipe": "special-file"}
    assert content(look_into(folder)) == package_files()


def test_a_file_that_becomes_a_link_after_it_was_listed_is_not_followed(tmp_path: Path) -> None:
    secret = tmp_path / "key"
    secret.write_bytes(b"secret")
    folder = write_folder(tmp_path / "p", package_files())
    found = look_into(folder)
    (folder / "stops.geojson").unlink()
    (folder / "stops.geojson").symlink_to(secret)
    with found.opened() as opened, pytest.raises(OSError):
        opened(next(member for member in found.members if member.name == "stops.geojson"))


def test_names_that_are_there_twice(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="Duplicate"):
        path = zip_of(tmp_path / "p.zip", ("a.csv", b"1"), ("a.csv", b"2"), ("b", b""), ("b/c", b""))
    assert rules(path) == {"a.csv": "duplicate-name", "b/c": "duplicate-name"}


def test_names_that_differ_by_case_or_by_form_only(tmp_path: Path) -> None:
    path = zip_of(tmp_path / "p.zip", ("Roads.shp", b"1"), ("roads.SHP", b"2"))
    assert rules(path) == {"roads.SHP": "case-clash"}
    path = zip_of(tmp_path / "q.zip", ("é.csv", b"1"), ("e\u0301.csv", b"2"))  # one character, and two
    assert rules(path) == {"é.csv": "duplicate-name"}


@pytest.mark.parametrize(
    "name", ["con.csv", "a/NUL", "LPT1.txt", "a?.csv", "a|b", "end.", "end ", "tab\t.csv", "长" * 100]
)
def test_names_that_windows_cannot_have(tmp_path: Path, name: str) -> None:
    assert rules(zip_of(tmp_path / "p.zip", (name, b"1"))) == {name: "bad-name"}


def test_names_in_gbk_without_a_word_about_it(tmp_path: Path) -> None:
    """As Windows' own zip and old WinRAR write them: no flag, bytes of the local code page."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("0123456789", b"roads")
    name = "主干道.shp".encode("gbk")
    assert len(name) == 10
    path = tmp_path / "p.zip"
    path.write_bytes(data.getvalue().replace(b"0123456789", name))
    assert content(look_into(path)) == {"主干道.shp": b"roads"}


def test_a_zip_locked_with_a_password(tmp_path: Path) -> None:
    raw = bytearray(zip_of(tmp_path / "p.zip", ("a.csv", b"1")).read_bytes())
    raw[raw.index(b"PK\1\2") + 8] |= 1
    (tmp_path / "p.zip").write_bytes(raw)
    assert rules(tmp_path / "p.zip") == {"a.csv": "encrypted"}


def test_a_zip_packed_by_a_method_that_is_not_taken(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "p.zip", "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("a.csv", b"1" * 100)
    assert rules(tmp_path / "p.zip") == {"a.csv": "compression"}


def test_zip_bombs(tmp_path: Path) -> None:
    limits = Limits(free=1000, ratio=20)
    assert rules(zip_of(tmp_path / "p.zip", ("a", b"0" * 100_000)), limits) == {"": "zip-bomb"}
    assert rules(zip_of(tmp_path / "q.zip", ("a", b"0" * 900)), limits) == {}
    assert rules(zip_of(tmp_path / "r.zip", ("a", os.urandom(100_000))), limits) == {}


def test_a_zip_whose_files_lie_on_top_of_one_another(tmp_path: Path) -> None:
    """The quoted kind (Fifield 2019): many entries of the directory for one piece of data."""
    raw = zip_of(tmp_path / "p.zip", ("a", os.urandom(5000))).read_bytes()
    start = raw.index(b"PK\1\2")
    end = raw.index(b"PK\5\6")
    entry = raw[start:end]
    entries = b"".join(entry.replace(b"a", bytes([ord("a") + i])) if i else entry for i in range(20))
    tail = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 20, 20, len(entries), start, 0)
    (tmp_path / "p.zip").write_bytes(raw[:start] + entries + tail)
    assert rules(tmp_path / "p.zip") == {"": "zip-bomb"}


def test_too_much_and_too_many(tmp_path: Path) -> None:
    path = zip_of(tmp_path / "p.zip", ("a.csv", os.urandom(500)), ("b", os.urandom(500)))
    assert rules(path, Limits(bytes=900)) == {"": "too-large"}
    assert rules(path, Limits(files=1)) == {"": "too-many-files"}


@pytest.mark.parametrize("data", [b"", b"no zip at all", b"PK\3\4 cut"])
def test_no_zip(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "p.zip").write_bytes(data)
    assert rules(tmp_path / "p.zip") == {"": "damaged-zip"}


@pytest.mark.parametrize("keep", [0.3, 0.9, 0.99])
def test_a_zip_that_is_cut_off(tmp_path: Path, keep: float) -> None:
    raw = write_zip(tmp_path / "p.zip", package_files()).read_bytes()
    (tmp_path / "p.zip").write_bytes(raw[: int(len(raw) * keep)])
    assert rules(tmp_path / "p.zip") == {"": "damaged-zip"}


def test_no_package_at_all(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such package"):
        look_into(tmp_path / "nothing")
