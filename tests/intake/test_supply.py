"""Datasets of a build that come from the store: which version, as of which day, and what is left out."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from pipeline.errors import InputError
from pipeline.framework import load_workspace
from pipeline.intake.checks.shelf import Sibling
from pipeline.intake.siblings import Siblings
from pipeline.intake.store import VERSION_FILE, latest, stored_source, versions
from pipeline.intake.submit import submit
from pipeline.intake.supply import supply
from tests.handing_in import NOW, package_files, package_toml, points, write_folder, write_workspace

TODAY = NOW.date()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = write_workspace(tmp_path / "ws")
    spring = package_toml(period='"2026-Q1"', currency="2026-03-30")
    at = NOW - timedelta(days=100)
    submit(load_workspace(root), write_folder(tmp_path / "a", package_files(spring, stops__geojson=points(5))), at)
    submit(load_workspace(root), write_folder(tmp_path / "b", package_files()), NOW)
    return root


def test_the_latest_version_is_the_source(root: Path) -> None:
    supplied = supply(load_workspace(root), TODAY)
    assert supplied.missing == ("depots", "wells", "relief")
    ((owner, stops),) = supplied.framework.datasets
    assert (owner.id, stops.source, stops.currency) == (
        "transport", "store/stops/2026-Q3.1/data.parquet", date(2026, 9, 15)
    )  # fmt: skip


def test_as_of_an_earlier_day_it_is_what_was_there_then(root: Path) -> None:
    (pair,) = supply(load_workspace(root), TODAY - timedelta(days=1)).framework.datasets
    assert pair[1].source == "store/stops/2026-Q1.1/data.parquet"
    assert "stops" in supply(load_workspace(root), date(2026, 1, 1)).missing


def test_how_files_were_read_that_were_handed_in_no_longer_matters(root: Path) -> None:
    toml = root / "departments/transport.toml"
    said = 'layer = "x"\ncrs = "EPSG:4549"\nencoding = "GBK"\ncoordinates = { x = "X", y = "Y" }\n'
    toml.write_text(toml.read_text("utf-8").replace('[[dataset]]\nid = "stops"', f'[[dataset]]\n{said}id = "stops"'))
    (pair,) = supply(load_workspace(root), TODAY).framework.datasets
    stops = pair[1]
    assert (stops.layer, stops.crs, stops.encoding, stops.coordinates) == (None, None, None, None)


def test_a_dataset_with_a_source_stays_as_it_is(root: Path) -> None:
    toml = root / "departments/transport.toml"
    text = toml.read_text("utf-8").replace('id = "stops"', 'id = "stops"\nsource = "inbox/stops.shp"')
    toml.write_text(text)
    (pair,) = supply(load_workspace(root), TODAY).framework.datasets
    assert (pair[1].source, pair[1].currency) == ("inbox/stops.shp", date(2026, 1, 1))


def test_siblings_are_found_when_asked_for(root: Path) -> None:
    framework = load_workspace(root)
    siblings = Siblings(framework, "wells", TODAY)
    assert siblings["stops"] == stored_source(root, framework.dataset("stops")[1])
    assert list(siblings) == ["stops"] and len(siblings) == 1 and siblings.get("depots") is None
    assert "stops" not in Siblings(framework, "stops", TODAY)  # not its own
    assert "stops" not in Siblings(framework, "wells", date(2026, 1, 1))
    toml = root / "departments/transport.toml"
    toml.write_text(
        toml.read_text("utf-8").replace('id = "depots"', 'id = "depots"\nsource = "depots.csv"\nencoding = "GBK"')
    )
    (root / "depots.csv").write_bytes(b"")
    found = Siblings(load_workspace(root), "wells", TODAY)["depots"]
    assert isinstance(found, Sibling) and found.path == root / "depots.csv" and found.read.encoding == "GBK"


def test_a_damaged_description_is_told(root: Path) -> None:
    path = root / "store/stops/2026-Q3.1" / VERSION_FILE
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(InputError, match="missing or damaged"):
        versions(root, "stops")
    path.unlink()
    with pytest.raises(InputError, match="missing or damaged"):
        latest(root, "stops")


def test_a_dataset_without_versions(root: Path) -> None:
    assert versions(root, "wells") == () and latest(root, "wells") is None
    (root / "store/wells").mkdir()
    assert versions(root, "wells") == ()
