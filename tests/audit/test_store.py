"""Datasets that departments handed in: what is denied is taken from every version, what is shown from the newest."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from shapely.geometry import Point

from pipeline.audit import audit_folder
from tests.audit.built import build_lightly
from tests.audit.planting import put, reseal
from tests.intake.stored_versions import put_version
from tests.towns import FILES, WATER, write_town

PLACES = [Point(119.1, 28.0), Point(119.11, 28.01)]


@pytest.fixture(scope="module")
def handed_in(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A town whose pumps, which are the government's, were handed in twice, and its addresses once."""
    planning = (FILES["departments/planning.toml"] or "").replace('source = "inbox/planning/addresses.geojson"\n', "")
    files = {
        "departments/water.toml": WATER.replace('source = "inbox/hidden/pumps.geojson"\n', ""),
        "departments/planning.toml": planning,
    }
    root = write_town(tmp_path_factory.mktemp("store") / "town", files)
    put_version(root, "pumps", "2025.1", 1, "2025-01-01", {"PUMP": ["老泵站甲", "剑池街道1号"]}, PLACES)
    put_version(root, "pumps", "2026.1", 2, "2026-01-01", {"PUMP": ["新泵站乙", "剑池街道1号"]}, PLACES)
    put_version(root, "addresses", "2025.1", 1, "2025-01-01", {"addr": ["废弃的地址", "剑池街道1号"]}, PLACES)
    four = [Point(119.0 + i * 0.02, 28.0) for i in range(4)]
    addresses = ["剑池街道1号", "剑池街道2号", "青瓷街3号", "青瓷街4号"]
    put_version(root, "addresses", "2026.1", 2, "2026-01-01", {"addr": addresses}, four)
    build_lightly(root, editions=["public"], as_of=date(2026, 11, 22), threads=1)
    return root


def test_what_was_handed_in_is_clean(handed_in: Path) -> None:
    result = audit_folder(handed_in / "dist/public", handed_in, threads=1)
    assert [f"{f.rule} {f.file}: {f.message}" for f in result.report.faults] == []


@pytest.mark.parametrize(
    ("text", "rules"),
    [("老泵站甲", {"text-value"}), ("新泵站乙", {"text-value"}), ("剑池街道1号", set()), ("废弃的地址", set())],
)
def test_every_version_of_what_is_denied_is_looked_for(handed_in: Path, text: str, rules: set[str]) -> None:
    dist = handed_in / "dist/public"
    put(dist, "search/1.json", json.dumps([text]))
    assert set(audit_folder(reseal(dist), handed_in, threads=1).report.counts) == rules
