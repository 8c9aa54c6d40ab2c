"""Handing in: what becomes of good packages, bad ones, secret ones, and the same one once more."""

from __future__ import annotations

import json
import multiprocessing
import shutil
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pyogrio
import pytest
import rasterio
from rasterio.transform import from_bounds

from pipeline.errors import InputError, OutputError
from pipeline.framework import load_workspace
from pipeline.intake import submit as room
from pipeline.intake.audit_store import store_faults
from pipeline.intake.container import look_into
from pipeline.intake.ledger import LEDGER, append, entries, verify
from pipeline.intake.purge import purge_refused, purge_version
from pipeline.intake.store import latest, source_of, stored_source, versions
from pipeline.intake.submit import Submission
from tests.handing_in import (
    NOW,
    nil_files,
    package_files,
    package_toml,
    points,
    with_sums,
    write_folder,
    write_workspace,
    write_zip,
)

EARLIER = NOW - timedelta(days=1)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write_workspace(tmp_path / "ws")


def hand_in(root: Path, files: dict[str, bytes], name: str = "package", at: Any = NOW) -> Submission:
    path = root.parent / name
    shutil.rmtree(path, ignore_errors=True)
    write = write_zip if name.endswith(".zip") else write_folder
    return room.submit(load_workspace(root), write(path, files), at)


def kinds(root: Path) -> list[str]:
    return [entry.kind for entry in entries(root)]


def whole(root: Path) -> bool:
    """Ledger and store are untouched and agree, and nothing is left of the work."""
    return not verify(root) and not list(store_faults(root)) and not list((root / "store/.incoming").glob("*"))


def tree(root: Path) -> set[str]:
    return {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}


# What is accepted


def test_a_package_becomes_a_version(root: Path) -> None:
    done = hand_in(root, package_files(), "stops-2026-Q3.zip")
    assert (done.outcome, done.version, done.features, done.exit_code) == ("accepted", "2026-Q3.1", 12, 0)
    folder = root / "store/stops/2026-Q3.1"
    assert done.folder == folder
    assert tree(folder) == {"data.parquet", "package.toml", "report.json", "version.json", "SHA256SUMS"}
    assert (folder / "package.toml").read_text("utf-8") == package_toml()
    (version,) = versions(root, "stops")
    assert (version.period, version.currency, version.number, version.features) == ("2026-Q3", date(2026, 9, 15), 1, 12)
    assert (version.accepted, version.sha256, version.score) == (NOW.isoformat(), done.sha256, done.score)
    assert version.bounds == pytest.approx((119.02, 28.05, 119.13, 28.08))
    table = geopandas.read_parquet(source_of(version))
    expected = geopandas.read_file(root.parent / "stops-2026-Q3.zip!stops.geojson", engine="pyogrio")
    assert sorted(table.NAME) == sorted(expected.NAME)
    assert table.set_index("NAME").geometry.geom_equals(expected.set_index("NAME").geometry, align=True).all()
    (entry,) = entries(root)
    assert entry.kind == "accepted" and entry.at == "2026-10-08T01:30:00Z"
    told = {
        key: entry.facts[key] for key in ("dataset", "department", "period", "version", "currency", "package", "name")
    }
    assert told == {
        "dataset": "stops", "department": "transport", "period": "2026-Q3", "version": "2026-Q3.1",
        "currency": "2026-09-15", "package": done.sha256, "name": "stops-2026-Q3.zip",
    }  # fmt: skip
    assert entry.facts["score"] == done.score and whole(root)


def test_the_same_package_once_more_changes_nothing(root: Path) -> None:
    first = hand_in(root, package_files(), "a.zip")
    before = {name: (root / name).read_bytes() for name in tree(root)}
    again = hand_in(root, package_files(), "b")  # a folder now
    assert (again.outcome, again.version, again.sha256, again.exit_code) == ("known", "2026-Q3.1", first.sha256, 0)
    assert {name: (root / name).read_bytes() for name in tree(root)} == before


def test_what_is_known_is_not_even_copied(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A drop is full of packages that were taken long ago, and is looked through every hour."""
    hand_in(root, package_files(), "a.zip")
    monkeypatch.setattr(room, "unpack", lambda *_a, **_m: pytest.fail("it was unpacked"))
    assert hand_in(root, package_files(), "b.zip").outcome == "known"


def test_a_package_that_claims_to_be_known_but_is_more(root: Path) -> None:
    hand_in(root, package_files())
    done = hand_in(root, {**package_files(), "more.txt": b""})
    assert (done.outcome, done.reason) == ("refused", "unlisted-file")


def test_versions_are_counted_within_the_period_and_in_all(root: Path) -> None:
    hand_in(root, package_files())
    hand_in(root, package_files(stops__geojson=points(11)), at=NOW + timedelta(hours=1))
    year = package_toml(period='"2025"', currency="2025-12-31")  # of the dataset's own cycle
    hand_in(root, package_files(year, stops__geojson=points(10)), at=NOW + timedelta(hours=2))
    found = [(each.version, each.number, each.features) for each in versions(root, "stops")]
    assert found == [("2026-Q3.1", 1, 12), ("2026-Q3.2", 2, 11), ("2025.1", 3, 10)]
    newest = latest(root, "stops")
    assert newest is not None and newest.version == "2026-Q3.2"  # not the old period that came last
    assert latest(root, "stops", NOW.date()) == newest and latest(root, "stops", EARLIER.date()) is None
    _owner, dataset = load_workspace(root).dataset("stops")
    assert stored_source(root, dataset) == root / "store/stops/2026-Q3.2/data.parquet"


def test_a_nil_return_counts(root: Path) -> None:
    done = hand_in(root, nil_files())
    assert (done.outcome, done.version, done.exit_code) == ("nil", None, 0)
    (entry,) = entries(root)
    assert entry.kind == "nil" and entry.facts["statement"] == "没有变化" and versions(root, "stops") == ()
    assert hand_in(root, nil_files()).outcome == "known" and kinds(root) == ["nil"]
    assert hand_in(root, package_files()).outcome == "accepted"  # there was something after all


def test_a_nil_return_for_a_period_with_data_is_refused(root: Path) -> None:
    hand_in(root, package_files())
    done = hand_in(root, nil_files())
    assert (done.outcome, done.reason, done.exit_code) == ("refused", "nil-after-data", 1)


def relief(path: Path, west: float) -> tuple[bytes, Any]:
    """Heights three hundredths of a degree wide, without a CRS of their own, and their values."""
    pixels = np.random.default_rng(1).integers(100, 900, (1, 300, 400), np.int16)
    with rasterio.open(
        path, "w", driver="GTiff", width=400, height=300, count=1, dtype="int16", nodata=-1,
        transform=from_bounds(west, 28.01, west + 0.04, 28.04, 400, 300),
    ) as file:  # fmt: skip
        file.write(pixels)
        file.update_tags(SURVEYED_BY="水利局")  # which GDAL writes as XML into the head of the file
    return path.read_bytes(), pixels


RELIEF = package_toml(
    dataset='"relief"', department='"water"', share='"conditional"', audiences='["government"]', crs='"EPSG:4490"',
    data='["a.tif"]',
)  # fmt: skip


def test_rasters_become_cogs(root: Path, tmp_path: Path) -> None:
    data, pixels = relief(tmp_path / "a.tif", 119.01)
    done = hand_in(root, package_files(RELIEF, a__tif=data))
    assert done.outcome == "accepted", done.faults
    (version,) = versions(root, "relief")
    assert (version.kind, version.features) == ("raster", None) and version.data == (version.folder / "data/a.tif",)
    assert version.bounds == pytest.approx((119.01, 28.01, 119.05, 28.04), abs=1e-6)
    with rasterio.open(version.data[0]) as file:
        assert file.crs.to_epsg() == 4490 and file.nodata == -1 and (file.read() == pixels).all()
        assert file.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
    assert source_of(version) == version.folder / "data" and whole(root)


def test_rasters_of_another_city_are_refused(root: Path, tmp_path: Path) -> None:
    data, _pixels = relief(tmp_path / "a.tif", 120.01)
    done = refused(root, package_files(RELIEF, a__tif=data), "quality", FAULT)
    assert done.faults[0].rule == "elsewhere"


def test_rasters_that_cannot_be_read_are_refused(root: Path, tmp_path: Path) -> None:
    data, _pixels = relief(tmp_path / "a.tif", 119.01)
    done = refused(root, package_files(RELIEF, a__tif=data[:-40_000]), "quality", FAULT)
    assert done.faults[0].rule == "unreadable"


def test_rasters_that_show_nothing_are_refused(root: Path, tmp_path: Path) -> None:
    relief(tmp_path / "a.tif", 119.01)
    with rasterio.open(tmp_path / "a.tif", "r+") as file:
        file.write(np.full((1, 300, 400), -1, np.int16))
    done = refused(root, package_files(RELIEF, a__tif=(tmp_path / "a.tif").read_bytes()), "quality", FAULT)
    assert done.faults[0].rule == "raster-empty"


def test_a_virtual_raster_is_not_followed(root: Path, tmp_path: Path) -> None:
    """It would bring in what lies elsewhere on this machine."""
    relief(tmp_path / "there.tif", 119.01)
    sign = f'<VRTDataset rasterXSize="1"><SourceFilename>{tmp_path}/there.tif</SourceFilename></VRTDataset>'
    refused(root, package_files(RELIEF, a__tif=sign.encode()), "refers-elsewhere", FAULT)


# What is refused, and that it is kept


def refused(root: Path, files: dict[str, bytes], reason: str, code: int, name: str = "package") -> Submission:
    """Hand in what is refused for `reason`; it is kept as it was, the store has nothing of it, the ledger says so."""
    done = hand_in(root, files, name)
    assert (done.outcome, done.reason, done.exit_code) == ("refused", reason, code)
    folder = root / "inbox/refused" / done.sha256[:12]
    assert done.folder == folder
    if (folder / "package").is_dir():
        assert {p.relative_to(folder / "package").as_posix(): p.read_bytes() for p in (folder / "package").rglob("*") if p.is_file()} == files  # fmt: skip # noqa: E501
    else:
        assert (folder / name).read_bytes() == (root.parent / name).read_bytes()
    report = json.loads((folder / "report.json").read_bytes())
    assert report["reason"] == reason and report["package"] == done.sha256
    assert [fault["rule"] for fault in report["faults"]] == [fault.rule for fault in done.faults]
    last = list(entries(root))[-1]
    assert last.kind == "refused" and last.facts["reason"] == reason and last.facts["package"] == done.sha256
    assert not any((root / "store" / id).exists() for id in ("stops", "depots", "wells")) and whole(root)
    return done


POLICY = 3
FAULT = 1
MARK = "只有内行知道的事".encode()


@pytest.mark.parametrize(
    ("keys", "reason", "code"),
    [
        ({"department": '"water"'}, "not-the-owner", POLICY),
        ({"department": '"nobody"'}, "unknown-department", FAULT),
        ({"dataset": '"stop"'}, "unknown-dataset", FAULT),
        ({"period": '"2026-09"'}, "wrong-calendar", FAULT),
        ({"period": '"2026-H2"'}, "wrong-calendar", FAULT),
        ({"period": '"2026-Q3"', "currency": "2026-10-09"}, "future-currency", FAULT),
        ({"period": '"2027-Q1"'}, "future-period", FAULT),
        ({"share": '"conditional"'}, "share", POLICY),
        ({"audiences": '["public"]'}, "audiences", POLICY),
        ({"audiences": '["public", "government", "army"]'}, "audiences", POLICY),
        ({"classification": '"内部"'}, "internal-in-public", POLICY),
        ({"derived_from_classified": "true"}, "untreated", POLICY),
        ({"period": '"2026-Q9"'}, "package-file", FAULT),
        ({"data": '["shops.geojson"]'}, "missing-data", FAULT),
    ],
)
def test_packages_that_disagree_with_the_workspace(root: Path, keys: dict[str, str], reason: str, code: int) -> None:
    refused(root, package_files(package_toml(**keys), stops__geojson=points()), reason, code)


def test_what_was_treated_is_taken(root: Path) -> None:
    keys = {"derived_from_classified": "true", "treatment": '{ number = "1", agency = "省局", date = 2026-01-01 }'}
    assert hand_in(root, package_files(package_toml(**keys), stops__geojson=points())).outcome == "accepted"


def test_internal_data_may_enter_where_no_public_edition_shows_it(root: Path) -> None:
    toml = package_toml(dataset='"depots"', classification='"内部"', share='"conditional"', audiences='["government"]')
    assert hand_in(root, package_files(toml, stops__geojson=points())).outcome == "accepted"


def test_a_wrong_checksum(root: Path) -> None:
    refused(root, {**package_files(), "stops.geojson": points(3)}, "wrong-checksum", FAULT)


def test_a_file_that_is_not_listed(root: Path) -> None:
    refused(root, {**package_files(), "notes.txt": b"psst"}, "unlisted-file", FAULT, "p.zip")


def test_data_that_cannot_be_read(root: Path) -> None:
    done = refused(root, package_files(stops__geojson=b'{"type": "Feat'), "quality", FAULT)
    assert done.report is not None and not done.report.passed


def test_two_files_with_features(root: Path) -> None:
    files = package_files(package_toml(data='["a.geojson", "b.geojson"]'), a__geojson=points(), b__geojson=points())
    refused(root, files, "unreadable-data", FAULT)


def test_swapped_axes_are_refused_and_the_mended_package_is_taken(root: Path) -> None:
    swapped = json.loads(points())
    for feature in swapped["features"]:
        feature["geometry"]["coordinates"].reverse()
    done = refused(root, package_files(stops__geojson=json.dumps(swapped).encode()), "quality", FAULT)
    entry = list(entries(root))[-1]
    assert entry.facts["findings"] and entry.facts["score"] == done.score and done.score is not None and done.score < 60
    report = json.loads((root / "inbox/refused" / done.sha256[:12] / "report.json").read_bytes())
    assert report["quality"]["passed"] is False
    folder = root / "inbox/refused" / done.sha256[:12]
    assert "整改通知" in (folder / "report.html").read_text("utf-8")
    assert set(pyogrio.list_layers(folder / "faults.gpkg")[:, 0]) >= {"faults"}
    assert hand_in(root, package_files()).version == "2026-Q3.1" and kinds(root) == ["refused", "accepted"]


def test_a_zip_with_a_path_that_escapes_is_kept_but_not_unpacked(root: Path) -> None:
    import zipfile

    info = zipfile.ZipInfo("x")
    info.filename = "../../../escaped.txt"
    path = write_zip(root.parent / "p.zip", package_files())
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(info, b"escaped")
    done = room.submit(load_workspace(root), path, NOW)
    assert (done.reason, done.exit_code) == ("path-escape", FAULT)
    assert (root / "inbox/refused" / done.sha256[:12] / "p.zip").read_bytes() == path.read_bytes()
    assert not list(root.parent.parent.rglob("escaped.txt"))


VIRTUAL = (
    '<OGRVRTDataSource><OGRVRTLayer name="secret"><SrcDataSource>{path}</SrcDataSource></OGRVRTLayer>'
    "</OGRVRTDataSource>"
)


@pytest.mark.parametrize("name", ["stops.geojson", "stops.gml", "stops.xlsx", "stops.tab", "stops.vrt"])
def test_a_file_that_refers_to_others_brings_nothing_in(root: Path, name: str) -> None:
    """GDAL would read any file of the bureau's machine that a package names."""
    secret = root.parent / "secret.geojson"
    secret.write_bytes(points().replace("车站".encode(), MARK))
    data = VIRTUAL.format(path=secret).encode()
    files = package_files(package_toml(data=f'["{name}"]'), **{name.replace(".", "__"): data})
    refused(root, files, "refers-elsewhere", FAULT)
    assert planted(root, MARK) == []


def test_a_file_that_refers_to_others_within_a_zip(root: Path, tmp_path: Path) -> None:
    inner = write_zip(tmp_path / "i.zip", {"a.json": VIRTUAL.format(path=tmp_path).encode()})
    refused(root, package_files(package_toml(data='["i.zip"]'), i__zip=inner.read_bytes()), "refers-elsewhere", FAULT)


def test_a_format_whose_data_may_lie_elsewhere(root: Path) -> None:
    """OpenJUMP's is harmless, but GDAL reads eighty formats, and only those are taken that are known to be."""
    jml = (
        "<JCSDataFile><JCSGMLInputTemplate><CollectionElement>c</CollectionElement><FeatureElement>f</FeatureElement>"
        "<GeometryElement>g</GeometryElement><ColumnDefinitions></ColumnDefinitions></JCSGMLInputTemplate>"
        '<c><f><g><gml:Point xmlns:gml="http://www.opengis.net/gml"><gml:coordinates>119.1,28.1</gml:coordinates>'
        "</gml:Point></g></f></c></JCSDataFile>"
    )
    done = refused(root, package_files(package_toml(data='["a.jml"]'), a__jml=jml.encode()), "unreadable-data", FAULT)
    assert "JML" in done.faults[0].message


def test_a_folder_with_a_link_is_kept_without_what_it_points_to(root: Path) -> None:
    secret = root.parent / "secret.txt"
    secret.write_text("not to be copied")
    path = write_folder(root.parent / "p", package_files())
    (path / "link.txt").symlink_to(secret)
    done = room.submit(load_workspace(root), path, NOW)
    assert (done.reason, done.exit_code) == ("symlink", FAULT)
    kept = root / "inbox/refused" / done.sha256[:12]
    assert tree(kept) == {"report.json", *(f"package/{name}" for name in package_files())}
    facts = list(entries(root))[-1].facts  # whose it is can be told although it was not read as a package
    assert (facts["dataset"], facts["department"], facts["period"]) == ("stops", "transport", "2026-Q3")


def test_refused_once_more_is_told_once_and_another_reason_again(root: Path) -> None:
    files = package_files(package_toml(period='"2026-Q4"', currency="2026-10-09"), stops__geojson=points())
    assert hand_in(root, files).reason == hand_in(root, files).reason == "future-currency"
    assert kinds(root) == ["refused"]
    later = hand_in(root, files, at=NOW + timedelta(days=2))
    assert later.outcome == "accepted"  # the day has come


# What is secret


def planted(root: Path, mark: bytes) -> list[Path]:
    """The files of the workspace that hold some bytes, and names that do."""
    files = [path for path in root.rglob("*") if path.is_file()]
    return [path for path in files if mark in path.read_bytes() or mark.decode() in path.name]


@pytest.mark.parametrize("level", ["confidential", "秘密", "secret", "机密", "top-secret", "绝密"])
@pytest.mark.parametrize("name", ["只有内行知道的事.zip", "只有内行知道的事"])
def test_nothing_of_what_is_classified_is_copied(root: Path, level: str, name: str) -> None:
    toml = package_toml(classification=f'"{level}"', licence=f'"{MARK.decode()}"', data='["a.geojson"]')
    done = hand_in(root, package_files(toml, a__geojson=MARK * 1000), name)
    assert (done.outcome, done.reason, done.exit_code, done.folder) == ("refused", "classified", POLICY, None)
    assert planted(root, MARK) == [] and not (root / "inbox").exists()
    (entry,) = entries(root)
    assert dict(entry.facts) == {"department": "transport", "package": done.sha256, "reason": "classified"}
    assert (root.parent / name).exists() and whole(root)  # it lies where it was


@pytest.mark.parametrize("keys", [{"classification": None}, {"classification": '"open"'}])
def test_what_does_not_say_how_it_is_classified_is_not_copied(root: Path, keys: dict[str, str | None]) -> None:
    toml = package_toml(**keys, licence=f'"{MARK.decode()}"')
    done = hand_in(root, package_files(toml, stops__geojson=MARK))
    assert (done.outcome, done.reason, done.exit_code) == ("refused", "unclassified", POLICY)
    assert planted(root, MARK) == [] and kinds(root) == ["refused"]


def test_a_name_that_says_it_is_secret_speaks_louder(root: Path) -> None:
    toml = package_toml(data='["机密点位.geojson"]')
    done = hand_in(root, package_files(toml, 机密点位__geojson=MARK))
    assert (done.reason, done.exit_code) == ("marked-secret", POLICY)
    assert planted(root, MARK) == [] and planted(root, "机密".encode()) == []


def test_a_zip_within_that_says_it_is_secret(root: Path, tmp_path: Path) -> None:
    inner = write_zip(tmp_path / "i.zip", {"绝密/a.geojson": MARK})
    done = hand_in(root, package_files(package_toml(data='["i.zip"]'), i__zip=inner.read_bytes()))
    assert (done.reason, done.exit_code, done.folder) == ("marked-secret", POLICY, None)
    assert planted(root, MARK) == [] and not (root / "inbox").exists() and whole(root)


def test_a_package_that_becomes_secret_while_it_is_copied(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_folder(root.parent / "p", package_files(stops__geojson=MARK))
    secret = package_toml(classification='"secret"')
    unpack = room.unpack

    def late(*arguments: Any, **more: Any) -> Any:
        write_folder(path, package_files(secret, stops__geojson=MARK))
        return unpack(look_into(path), *arguments[1:], **more)

    monkeypatch.setattr(room, "unpack", late)
    done = room.submit(load_workspace(root), path, NOW)
    assert (done.reason, done.exit_code, done.folder) == ("classified", POLICY, None)
    assert planted(root, MARK) == [] and whole(root)


def test_a_zip_that_cannot_be_opened_may_be_secret(root: Path) -> None:
    path = root.parent / "p.zip"
    path.write_bytes(b"PK\3\4" + MARK)
    done = room.submit(load_workspace(root), path, NOW)
    assert (done.reason, done.exit_code) == ("damaged-zip", FAULT)
    assert planted(root, MARK) == [] and kinds(root) == ["refused"] and path.exists()


def test_a_package_without_package_toml(root: Path) -> None:
    done = hand_in(root, with_sums({"stops.geojson": points()}))
    assert (done.reason, done.exit_code) == ("no-package-file", FAULT) and not (root / "inbox").exists()


def test_what_is_not_there_is_not_refused(root: Path) -> None:
    with pytest.raises(InputError, match="no such package"):
        room.submit(load_workspace(root), root.parent / "nothing.zip", NOW)
    assert not (root / LEDGER).exists()


# What is removed for good


def test_a_purged_version_is_gone_and_its_number_with_it(root: Path) -> None:
    first = hand_in(root, package_files())
    (root / ".cache/archives").mkdir(parents=True)
    (root / "dist/public").mkdir(parents=True)
    done = purge_version(root, "stops", "2026-Q3.1", reason="misclassified", by="李四", at=NOW)
    assert done.published == (root / "dist/public",) and not (root / ".cache/archives").exists()
    assert versions(root, "stops") == () and tree(root / "store/stops") == set()
    entry = list(entries(root))[-1]
    assert entry.kind == "purged" and dict(entry.facts) == {
        "dataset": "stops", "version": "2026-Q3.1", "package": first.sha256, "reason": "misclassified", "by": "李四",
    }  # fmt: skip
    again = hand_in(root, package_files())
    assert (again.outcome, again.reason, again.exit_code, again.folder) == ("refused", "purged", POLICY, None)
    assert hand_in(root, package_files(stops__geojson=points(5))).version == "2026-Q3.2" and whole(root)


def test_a_refused_copy_can_be_removed_too(root: Path) -> None:
    done = refused(root, {**package_files(), "notes.txt": b"psst"}, "unlisted-file", FAULT)
    purge_refused(root, done.sha256[:12], reason="secret after all", by="李四", at=NOW)
    assert not list((root / "inbox/refused").iterdir()) and kinds(root) == ["refused", "purged"]


def test_what_was_changed_in_the_store_is_found(root: Path) -> None:
    hand_in(root, package_files())
    report = root / "store/stops/2026-Q3.1/report.json"
    report.write_bytes(report.read_bytes() + b" ")
    assert [fault.message for fault in store_faults(root)] == ["stops 2026-Q3.1 is not what was accepted: report.json"]
    shutil.rmtree(root / "store/stops/2026-Q3.1")
    assert [fault.kind for fault in store_faults(root)] == ["version"]
    write_folder(root / "store/stops/2026-Q4.1", {"data.parquet": b""})
    assert "never accepted" in list(store_faults(root))[-1].message


# At once


def _at_once(root: Path, path: Path) -> None:
    room.submit(load_workspace(root), path, NOW)


def test_submissions_at_once_do_not_meet(root: Path) -> None:
    paths = [
        write_zip(root.parent / f"p{i}.zip", package_files(stops__geojson=points(4 + i % 3))) for i in range(6)
    ]  # three packages, each twice
    context = multiprocessing.get_context("fork")
    workers = [context.Process(target=_at_once, args=(root, path)) for path in paths]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert [worker.exitcode for worker in workers] == [0] * 6
    assert [each.version for each in versions(root, "stops")] == ["2026-Q3.1", "2026-Q3.2", "2026-Q3.3"]
    assert sorted(each.features or 0 for each in versions(root, "stops")) == [4, 5, 6]
    assert kinds(root) == ["accepted"] * 3 and whole(root)


def test_a_foreign_entry_of_the_ledger_disturbs_nobody(root: Path) -> None:
    append(root, "opinion", {"theme": "base"}, NOW)
    append(root, "release", {"edition": "public", "period": "2026-Q3"}, NOW)
    assert hand_in(root, package_files()).version == "2026-Q3.1"


def test_a_version_that_the_ledger_does_not_know_stays(root: Path) -> None:
    """A ledger restored from an older copy, together with its head."""
    first = hand_in(root, package_files())
    store = root / "store"
    old = {name: (store / name).read_bytes() for name in ("ledger.jsonl", "ledger.head")}
    second = hand_in(root, package_files(stops__geojson=points(11)))
    assert (first.version, second.version) == ("2026-Q3.1", "2026-Q3.2")
    kept = {path: path.read_bytes() for path in (store / "stops").rglob("*") if path.is_file()}
    for name, data in old.items():
        (store / name).write_bytes(data)
    for _again in range(2):
        with pytest.raises(OutputError, match="the ledger does not know"):
            hand_in(root, package_files(stops__geojson=points(10)))
        assert {path: path.read_bytes() for path in (store / "stops").rglob("*") if path.is_file()} == kept
        assert [entry.kind for entry in entries(root)] == ["accepted"] and verify(root) == ()


def test_a_file_that_is_no_package(root: Path, tmp_path: Path) -> None:
    (tmp_path / "stops.geojson").write_bytes(points())
    with pytest.raises(InputError, match="no package, but a file") as caught:
        room.submit(load_workspace(root), tmp_path / "stops.geojson", NOW)
    assert "longquan pack stops.geojson" in str(caught.value.hint) and not (root / "store").exists()
