"""The sample city with its real portal, fonts and rasters: both editions are clean, alone and against the workspace."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from pipeline.audit import audit_folder
from pipeline.build import build_workspace
from pipeline.demo import write_city
from pipeline.errors import ConfigError
from pipeline.portal.built_site import built_site
from pipeline.progress import Silent


@pytest.mark.long
def test_the_sample_city_is_clean(tmp_path: Path) -> None:
    try:
        built_site()
    except ConfigError:
        pytest.skip("the site has not been built (just site)")
    write_city(tmp_path / "city", size="small", progress=Silent())
    build_workspace(tmp_path / "city", as_of=date(2026, 11, 22))
    for edition in ("public", "government"):
        for workspace in (None, tmp_path / "city"):
            result = audit_folder(tmp_path / "city/dist" / edition, workspace)
            assert [f"{f.rule} {f.file} {f.where}: {f.message}" for f in result.report.faults] == []
            assert result.measure.tiles > 1000
