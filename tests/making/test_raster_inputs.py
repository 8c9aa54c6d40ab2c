"""Which files a dataset of rasters is read from: their hashes stand in the release."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest

from pipeline.editions import DatasetView
from pipeline.errors import InputError
from pipeline.framework import load_workspace
from pipeline.making.raster_inputs import raster_inputs
from tests.sources import netcdf
from tests.sources.netcdf import Variable
from tests.terrains import FILES, write_terrain

DEPARTMENT = "departments/planning.toml"


def _view(root: Path) -> DatasetView:
    for department in load_workspace(root).departments:
        for dataset in department.datasets:
            if dataset.id == "dem":
                return DatasetView(department, dataset, ())
    raise AssertionError


def test_one_raster_of_several_in_a_file(tmp_path: Path) -> None:
    """The source goes on behind the file as it does behind a zip; the hash is the file's."""
    toml = FILES[DEPARTMENT].replace("inbox/planning/dem.tif", "inbox/planning/dem.nc/elevation")
    root = write_terrain(tmp_path, {DEPARTMENT: toml}, pixels=False)
    file = root / "inbox/planning/dem.nc"
    file.parent.mkdir(parents=True)
    axes = [
        Variable(name, (name,), start + 0.01 * np.arange(20), {"units": f"degrees_{way}"})
        for name, start, way in (("lat", 27.9, "north"), ("lon", 119.2, "east"))
    ]
    grids = [Variable(name, ("lat", "lon"), np.ones((20, 20), "f4"), {"units": "m"}) for name in ("elevation", "error")]
    netcdf.write(file, [*axes, *grids])
    rasters, inputs = raster_inputs(root, _view(root))
    assert [each.info.path for each in rasters] == [file / "elevation"]
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    assert [(each.path, each.sha256) for each in inputs] == [("inbox/planning/dem.nc", digest)]
    assert rasters[0].sha256 == digest and rasters[0].bytes == file.stat().st_size

    netcdf.write(file, [*axes, grids[1]._replace(name="depth"), grids[1]])
    with pytest.raises(InputError, match="dataset dem: There is no raster 'elevation'"):
        raster_inputs(root, _view(root))
    file.unlink()
    with pytest.raises(InputError, match="dataset dem: the source file is missing"):
        raster_inputs(root, _view(root))
