"""Packages copied out, hashed on the way, and held against their SHA256SUMS."""

from __future__ import annotations

import hashlib
import subprocess
import zipfile
from pathlib import Path

import pytest

from pipeline.errors import InputError, OutputError
from pipeline.intake import unpack as room
from pipeline.intake.container import look_into
from pipeline.intake.unpack import Unpacked, identity, unpack
from tests.handing_in import package_files, package_toml, with_sums, write_folder, write_zip


def unpacked(path: Path, tmp_path: Path) -> Unpacked:
    into = tmp_path / "into"
    into.mkdir()
    return unpack(look_into(path), into)


def rules(found: Unpacked) -> dict[str, str]:
    return {fault.name: fault.rule for fault in found.faults}


def test_a_package_arrives_as_it_was(tmp_path: Path) -> None:
    files = package_files()
    found = unpacked(write_zip(tmp_path / "p.zip", files), tmp_path)
    assert found.faults == () and found.package is not None and found.package.dataset == "stops"
    assert {p.name: p.read_bytes() for p in found.folder.iterdir()} == files
    assert found.digests == {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    assert found.data == (found.folder / "stops.geojson",)


def test_the_identity_is_that_of_what_sha256sum_says(tmp_path: Path) -> None:
    """So anyone can compute it: sha256sum package.toml … | sha256sum."""
    files = package_files()
    folder = write_folder(tmp_path / "p", files)
    names = sorted(name for name in files if name != "SHA256SUMS")
    lines = subprocess.run(["sha256sum", *names], cwd=folder, capture_output=True, check=True).stdout
    found = unpacked(folder, tmp_path)
    assert found.sha256 == hashlib.sha256(lines).hexdigest() == identity(found.digests)


def test_sums_are_coreutils(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "p", {"package.toml": package_toml().encode(), "stops.geojson": b"{}"})
    with (folder / "SHA256SUMS").open("wb") as out:
        subprocess.run(["sha256sum", "-b", "./package.toml", "stops.geojson"], cwd=folder, stdout=out, check=True)
    assert unpacked(folder, tmp_path).faults == ()


ALL_UNLISTED = {"SHA256SUMS": "bad-sums", "package.toml": "unlisted-file", "stops.geojson": "unlisted-file"}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"SHA256SUMS": None}, {"SHA256SUMS": "no-sums"}),
        ({"stops.geojson": b"{}"}, {"stops.geojson": "wrong-checksum"}),
        ({"stops.geojson": None}, {"stops.geojson": "missing-data"}),
        ({"more.csv": b"1"}, {"more.csv": "unlisted-file"}),
        ({"package.toml": package_toml(licence='"other"').encode()}, {"package.toml": "wrong-checksum"}),
        ({"SHA256SUMS": b"what\n", "stops.geojson": b"1"}, ALL_UNLISTED),
    ],
    ids=["no-sums", "changed", "gone", "more", "toml", "rubbish"],
)  # fmt: skip
def test_files_and_sums_that_disagree(
    tmp_path: Path, change: dict[str, bytes | None], expected: dict[str, str]
) -> None:
    files = {name: data for name, data in {**package_files(), **change}.items() if data is not None}
    assert rules(unpacked(write_folder(tmp_path / "p", files), tmp_path)) == expected


def test_a_name_that_is_listed_twice(tmp_path: Path) -> None:
    files = package_files()
    files["SHA256SUMS"] += files["SHA256SUMS"].splitlines(keepends=True)[0]
    assert rules(unpacked(write_folder(tmp_path / "p", files), tmp_path)) == {"package.toml": "bad-sums"}


def test_sums_of_windows_in_gbk(tmp_path: Path) -> None:
    files = package_files(package_toml(data='["车站.geojson"]'), 车站__geojson=b"{}")
    files["SHA256SUMS"] = files["SHA256SUMS"].decode().upper().replace("PACKAGE.TOML", "package.toml").replace(
        "车站.GEOJSON", "车站.geojson").replace("\n", "\r\n").encode("gbk")  # fmt: skip
    assert unpacked(write_folder(tmp_path / "p", files), tmp_path).faults == ()


def test_a_zip_whose_content_does_not_have_its_crc(tmp_path: Path) -> None:
    files = package_files()
    with zipfile.ZipFile(tmp_path / "p.zip", "w", zipfile.ZIP_STORED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    raw = (tmp_path / "p.zip").read_bytes()
    (tmp_path / "p.zip").write_bytes(raw.replace("车站3".encode(), "车站8".encode()))
    assert rules(unpacked(tmp_path / "p.zip", tmp_path))["stops.geojson"] == "damaged-file"


def test_a_file_that_grows_while_it_is_copied(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "p", package_files())
    container = look_into(folder)
    (folder / "stops.geojson").write_bytes(b"x" * 1_000_000)
    (tmp_path / "into").mkdir()
    found = unpack(container, tmp_path / "into")
    assert ("damaged-file", "stops.geojson") in {(fault.rule, fault.name) for fault in found.faults}
    assert (tmp_path / "into" / "stops.geojson").stat().st_size <= container.size


def test_no_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Usage:
        free = 100

    monkeypatch.setattr(room.shutil, "disk_usage", lambda path: Usage)
    with pytest.raises(OutputError, match="100 are free"):
        unpacked(write_folder(tmp_path / "p", package_files()), tmp_path)
    assert list((tmp_path / "into").iterdir()) == []


def test_a_disk_that_fails_is_no_fault_of_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from pipeline.intake import origin

    def fail(path: Path) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(origin, "_open_file", fail)
    with pytest.raises(InputError, match="Input/output error"):
        unpacked(write_folder(tmp_path / "p", package_files()), tmp_path)


def test_faults_of_package_toml_are_told_with_their_lines(tmp_path: Path) -> None:
    files = package_files(package_toml(period='"2026-Q5"', licens='"x"'))
    found = unpacked(write_folder(tmp_path / "p", files), tmp_path)
    assert found.package is None and {fault.rule for fault in found.faults} == {"package-file"}
    text = " ".join(fault.message for fault in found.faults)
    assert "package.toml:3" in text and "2026-Q3" in text and 'did you mean "licence"' in text


def test_a_zip_in_the_package_is_judged_too(tmp_path: Path) -> None:
    evil = zipfile.ZipInfo("x")
    evil.filename = "../evil.shp"
    with zipfile.ZipFile(tmp_path / "inner.zip", "w") as archive:
        archive.writestr(evil, b"1")
    files = package_files(package_toml(data='["stops.zip"]'), stops__zip=(tmp_path / "inner.zip").read_bytes())
    assert rules(unpacked(write_folder(tmp_path / "p", files), tmp_path)) == {"stops.zip/../evil.shp": "path-escape"}


def test_a_geodatabase_is_data_as_a_folder(tmp_path: Path) -> None:
    files = with_sums({"package.toml": package_toml(data='["a.gdb"]').encode(), "a.gdb/gdb": b"1", "a.gdb/b": b"2"})
    found = unpacked(write_folder(tmp_path / "p", files), tmp_path)
    assert found.faults == () and found.data == (found.folder / "a.gdb",)
