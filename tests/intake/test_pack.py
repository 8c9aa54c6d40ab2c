"""Packages made from data: what goes in, what is said of it, and that submit takes them as they are."""

from __future__ import annotations

import subprocess
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import InputError, LongquanError, OutputError, PolicyRefusal, UsageError
from pipeline.framework import load_workspace
from pipeline.framework.package import read_package
from pipeline.intake.container import look_into
from pipeline.intake.pack import pack
from pipeline.intake.submit import submit
from pipeline.intake.unpack import unpack
from tests.handing_in import NOW, points, write_folder, write_workspace

ABOUT: dict[str, Any] = {
    "dataset": "stops", "department": "transport", "period": "2026-Q3", "currency": date(2026, 9, 15),
    "contact": {"person": '张"三"', "phone": "0578-1", "email": "a@example.gov.cn"}, "licence": "CC-BY-4.0",
    "lineage": {"zh": "实地采集\n两次", "en": "Surveyed \\ twice\u2028"}, "classification": "public",
    "share": "unconditional", "audiences": ["public", "government"],
}  # fmt: skip


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write_folder(tmp_path / "data", {"stops.geojson": points()})


def names(path: Path) -> list[str]:
    return [member.name for member in look_into(path).members]


def test_folder_and_zip_are_the_same_package(tmp_path: Path, data: Path) -> None:
    folder = pack([data / "stops.geojson"], ABOUT, tmp_path / "p")
    zipped = pack([data / "stops.geojson"], ABOUT, tmp_path / "p.zip")
    assert folder.sha256 == zipped.sha256 and folder.files == zipped.files
    assert names(tmp_path / "p") == names(tmp_path / "p.zip") == ["SHA256SUMS", "package.toml", "stops.geojson"]
    subprocess.run(["sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS"], cwd=tmp_path / "p", check=True)
    subprocess.run(["unzip", "-tq", tmp_path / "p.zip"], check=True, capture_output=True)


def test_every_text_arrives_as_it_was_said(tmp_path: Path, data: Path) -> None:
    pack([data / "stops.geojson"], ABOUT, tmp_path / "p")
    package = read_package(tmp_path / "p" / "package.toml")
    assert package == pack([data / "stops.geojson"], ABOUT, tmp_path / "q").package
    assert package.contact.person == '张"三"' and package.lineage is not None
    assert (package.lineage.zh, package.lineage.en) == ("实地采集\n两次", "Surveyed \\ twice\u2028")


def test_the_same_data_gives_the_same_bytes(tmp_path: Path, data: Path) -> None:
    pack([data / "stops.geojson"], ABOUT, tmp_path / "p.zip")
    (data / "stops.geojson").touch()
    pack([data / "stops.geojson"], ABOUT, tmp_path / "q.zip")
    assert (tmp_path / "p.zip").read_bytes() == (tmp_path / "q.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "p.zip") as archive:
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_submit_takes_it(tmp_path: Path, data: Path) -> None:
    packed = pack([data / "stops.geojson"], ABOUT, tmp_path / "p.zip")
    done = submit(load_workspace(write_workspace(tmp_path / "ws")), tmp_path / "p.zip", NOW)
    assert (done.outcome, done.sha256) == ("accepted", packed.sha256)


def test_a_shapefile_takes_its_parts_along_and_nothing_else(tmp_path: Path) -> None:
    parts = ["路.shp", "路.shx", "路.dbf", "路.PRJ", "路.cpg", "路.shp.xml"]
    folder = write_folder(tmp_path / "d", dict.fromkeys([*parts, "路.xlsx", "路2.dbf", "x.shx"], b"1"))
    packed = pack([folder / "路.shp"], ABOUT, tmp_path / "p.zip")
    assert sorted(packed.files) == sorted([*parts, "package.toml", "SHA256SUMS"])
    assert packed.package.data == ("路.shp",)


def test_a_raster_takes_its_place_along(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "d", dict.fromkeys(["a.tif", "a.tfw", "a.tif.aux.xml", "a.txt", "b.tfw"], b"1"))
    assert sorted(pack([folder / "a.tif"], ABOUT, tmp_path / "p").files) == [
        "SHA256SUMS", "a.tfw", "a.tif", "a.tif.aux.xml", "package.toml"
    ]  # fmt: skip


def test_a_geodatabase_is_a_folder(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "d", {"a.gdb/a0.gdbtable": b"1", "a.gdb/sub/x": b"2", "a.gdb/Thumbs.db": b""})
    packed = pack([folder / "a.gdb"], ABOUT, tmp_path / "p")
    assert sorted(packed.files) == ["SHA256SUMS", "a.gdb/a0.gdbtable", "a.gdb/sub/x", "package.toml"]
    (tmp_path / "into").mkdir()
    assert unpack(look_into(tmp_path / "p"), tmp_path / "into").faults == ()


def test_a_nil_return(tmp_path: Path) -> None:
    packed = pack([], {**ABOUT, "nil": True, "statement": "没有变化"}, tmp_path / "p.zip")
    assert packed.package.nil and sorted(packed.files) == ["SHA256SUMS", "package.toml"]


@pytest.mark.parametrize("level", ["秘密", "secret", "绝密"])
def test_what_is_classified_is_not_packed(tmp_path: Path, data: Path, level: str) -> None:
    with pytest.raises(PolicyRefusal, match="classified"):
        pack([data / "stops.geojson"], {**ABOUT, "classification": level}, tmp_path / "p.zip")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data"]


def test_other_rules_of_secrecy(tmp_path: Path, data: Path) -> None:
    with pytest.raises(PolicyRefusal, match="certificate"):
        pack([data / "stops.geojson"], {**ABOUT, "derived_from_classified": True}, tmp_path / "p.zip")
    (data / "机密.geojson").write_bytes(points())
    with pytest.raises(PolicyRefusal, match="secret"):
        pack([data / "机密.geojson"], ABOUT, tmp_path / "p.zip")


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"classification": "open"}, "classification"),
        ({"period": "soon"}, "not a period"),
        ({"dataset": "Stops"}, "dataset"),
        ({"share": "everybody"}, "share"),
        ({"treatment": {"number": "", "agency": "", "date": ""}}, "treatment"),
        ({"nil": True, "statement": "x"}, "nil return with data"),
    ],
)
def test_what_package_toml_may_not_say(tmp_path: Path, data: Path, change: dict[str, Any], found: str) -> None:
    with pytest.raises(UsageError, match=found):
        pack([data / "stops.geojson"], {**ABOUT, **change}, tmp_path / "p.zip")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data"]


def test_data_that_is_missing_or_called_alike(tmp_path: Path, data: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        pack([data / "nothing.shp"], ABOUT, tmp_path / "p.zip")
    other = write_folder(tmp_path / "other", {"Stops.geojson": b"{}"})
    with pytest.raises(UsageError, match="would be called"):
        pack([data / "stops.geojson", other / "Stops.geojson"], ABOUT, tmp_path / "p.zip")


def test_nothing_is_replaced_unasked_and_nothing_but_a_package_ever(tmp_path: Path, data: Path) -> None:
    for out in (tmp_path / "p", tmp_path / "p.zip"):
        first = pack([data / "stops.geojson"], ABOUT, out)
        with pytest.raises(OutputError):
            pack([data / "stops.geojson"], {**ABOUT, "period": "2026-Q2"}, out)
        assert pack([data / "stops.geojson"], {**ABOUT, "period": "2026-Q2"}, out, replace=True).sha256 != first.sha256
    with pytest.raises(OutputError, match="not empty"):
        pack([data / "stops.geojson"], ABOUT, data, replace=True)  # a folder of data is no package
    assert (data / "stops.geojson").read_bytes() == points()
    (tmp_path / "empty").mkdir()
    pack([data / "stops.geojson"], ABOUT, tmp_path / "empty")


def test_what_fails_half_way_leaves_nothing(tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_arguments: object, **_more: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(zipfile.ZipFile, "writestr", full)
    with pytest.raises(LongquanError, match="full"):
        pack([data / "stops.geojson"], ABOUT, tmp_path / "p.zip")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data"]
