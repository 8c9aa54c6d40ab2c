"""What the catalogue tells of versions: those of the day, the published one last, and never their counts."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

from pipeline.catalog import VersionFacts, build_catalog, version_facts
from pipeline.editions import view_edition
from pipeline.framework import load_workspace
from pipeline.intake.supply import supply
from tests.catalog.catalogs import DAY
from tests.framework.workspaces import FILES, write_workspace


def stored(root: Path, n: int, period: str, currency: str, accepted: str, score: float | None = None) -> None:
    folder = root / "store" / "roads" / f"{period}.1"
    folder.mkdir(parents=True)
    said = {
        "dataset": "roads",
        "version": f"{period}.1",
        "period": period,
        "currency": currency,
        "accepted": accepted,
        "number": n,
        "kind": "vector",
        "data": ["data.parquet"],
        "features": 987654,
        "bounds": [118.0, 27.0, 119.0, 28.0],
        "sha256": "ab" * 32,
        "score": score,
    }
    (folder / "version.json").write_text(json.dumps(said))


def town(tmp_path: Path) -> Path:
    planning = FILES["departments/planning.toml"].replace('source = "inbox/planning/LRDL.shp"\n', "")
    planning = planning.replace('crs = "EPSG:4528"\nencoding = "GBK"\n', "")
    root = write_workspace(tmp_path, {"departments/planning.toml": planning})
    stored(root, 1, "2026-Q1", "2026-03-31", "2026-04-02T02:00:00Z")
    stored(root, 2, "2026-Q3", "2026-09-30", "2026-10-08T02:00:00Z", 92.5)
    stored(root, 3, "2026-Q2", "2026-06-30", "2026-10-09T02:00:00Z", 70.0)  # a correction of an old period
    stored(root, 4, "2026-Q4", "2026-11-01", "2026-12-01T02:00:00Z", 99.0)  # after the day
    return root


def test_the_version_that_is_published_comes_last_and_later_ones_are_not_known_yet(tmp_path: Path) -> None:
    framework = supply(load_workspace(town(tmp_path)), DAY).framework
    found = version_facts(tmp_path, view_edition(framework, "public").datasets, DAY)
    assert found == {
        "roads": (
            VersionFacts("2026-Q1.1", "2026-Q1", "2026-03-31", "2026-04-02", None),
            VersionFacts("2026-Q2.1", "2026-Q2", "2026-06-30", "2026-10-09", 70.0),
            VersionFacts("2026-Q3.1", "2026-Q3", "2026-09-30", "2026-10-08", 92.5),
        )
    }


def test_the_catalogue_tells_the_newest_first_and_no_count_of_what_was_handed_in(tmp_path: Path) -> None:
    framework = supply(load_workspace(town(tmp_path)), DAY).framework
    view = view_edition(framework, "public")
    catalog = build_catalog(framework, view, [], as_of=DAY, versions=version_facts(tmp_path, view.datasets, DAY))
    (roads,) = catalog["datasets"]
    assert [version["version"] for version in roads["versions"]] == ["2026-Q3.1", "2026-Q2.1", "2026-Q1.1"]
    assert (roads["quality"], roads["versions_total"], roads["currency"]) == (92.5, 3, "2026-09-30")
    assert "987654" not in json.dumps(catalog) and "store" not in json.dumps(catalog)


def test_a_dataset_with_a_source_of_its_own_has_no_versions(tmp_path: Path) -> None:
    root = write_workspace(tmp_path)
    stored(root, 1, "2026-Q1", "2026-03-31", "2026-04-02T02:00:00Z")
    assert version_facts(root, view_edition(load_workspace(root), "public").datasets, DAY) == {}


def test_a_long_history_is_told_by_its_newest_dozen(tmp_path: Path) -> None:
    framework = load_workspace(write_workspace(tmp_path))
    versions = [VersionFacts(f"{y}.1", f"{y}", f"{y}-12-31", f"{y + 1}-01-05", None) for y in range(1990, 2026)]
    view = view_edition(framework, "public")
    (roads,) = build_catalog(framework, view, [], as_of=date(2026, 1, 9), versions={"roads": versions})["datasets"]
    assert [version["version"] for version in roads["versions"]] == [f"{y}.1" for y in range(2025, 2013, -1)]
    assert roads["versions_total"] == 36
