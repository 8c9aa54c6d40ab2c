"""`longquan tile` of pictures: what it prints, how it ends, and what it takes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import rasterio

from pipeline.cli import main
from tests.pictures import NORTH, UTM, WEST, picture
from tests.sources import netcdf
from tests.sources.netcdf import Variable


@pytest.fixture
def town(tmp_path: Path) -> Path:
    return picture(tmp_path / "town.tif")


def test_the_command(town: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = town.with_suffix(".pmtiles")
    assert (
        main(["--lang", "en", "tile", str(town), str(out), "--tile-size", "256", "--format", "jpeg", "-z", "15"]) == 0
    )
    said = capsys.readouterr()
    assert said.out.splitlines()[0].startswith(f"{out}: ") and "imagery, jpeg, 256 pixels a tile" in said.out
    assert "tiles · " in said.err
    assert main(["tile", str(town), str(out), "--json", "-z", "13", "--keep-state"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["product"], told["format"], told["max_zoom"], told["tile_size"]) == ("imagery", "webp", 13, 512)
    assert main(["--lang", "en", "tile", str(town), str(out), "-z", "13", "--previous", str(out)]) == 0
    assert "copied from the previous archive" in capsys.readouterr().out


def test_the_command_estimates(town: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--lang", "en", "tile", "--estimate", str(town)]) == 0
    said = capsys.readouterr().out
    assert "blocks" in said and "zoom" in said and not list(town.parent.glob("*.pmtiles"))
    assert main(["tile", "--estimate", str(town), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["tiles"] > 0


def test_one_raster_of_several_in_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Named as GDAL names it or as a path, the same bytes; unnamed, the error says which there are."""
    axes = [
        Variable(name, (name,), start + 0.01 * np.arange(20), {"units": f"degrees_{way}"})
        for name, start, way in (("lat", 27.9, "north"), ("lon", 119.2, "east"))
    ]
    plane = 5 * np.arange(20.0)[:, None] + np.arange(20.0)
    grids = [Variable(name, ("lat", "lon"), plane.astype("f4"), {"units": "m"}) for name in ("elevation", "error")]
    netcdf.write(tmp_path / "dem.nc", [*axes, *grids])
    made = []
    for given in (f'NETCDF:"{tmp_path}/dem.nc":elevation', f"{tmp_path}/dem.nc/elevation"):
        out = tmp_path / "dem.pmtiles"
        assert main(["--lang", "en", "tile", given, str(out)]) == 0
        said = capsys.readouterr()
        assert "terrain" in said.out and "taken for WGS 84" in said.err
        made.append(out.read_bytes())
    assert made[0] == made[1]
    assert main(["--lang", "en", "tile", str(tmp_path / "dem.nc"), str(tmp_path / "no.pmtiles")]) == 1
    assert "[20x20] elevation" in capsys.readouterr().err and not (tmp_path / "no.pmtiles").exists()


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (["--labels"], 2, "--labels"),
        (["--clusters", "64"], 2, "--clusters"),
        (["--bands", "0"], 2, "bands"),
        (["--bands", "1,9,2"], 2, ""),
        (["--as", "soup"], 2, "soup"),
        (["--no-clobber"], 0, ""),
    ],
)
def test_the_command_refuses(
    town: Path, capsys: pytest.CaptureFixture[str], options: list[str], code: int, said: str
) -> None:
    assert main(["--lang", "en", "tile", str(town), str(town.with_suffix(".pmtiles")), *options]) == code
    assert said in capsys.readouterr().err


def test_imagery_needs_no_vectors(town: Path) -> None:
    """Starting takes a second less of processor time without them."""
    program = "import sys; from pipeline.cli import main; main(sys.argv[1:]); print(sorted(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", program, "tile", str(town), str(town.with_suffix(".pmtiles"))],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    loaded = done.stdout.splitlines()[-1]
    assert "'PIL.Image'" in loaded and "'rasterio'" in loaded
    for heavy in ("pyarrow", "pyogrio", "pandas", "rio_tiler", "pydantic", "pipeline.vector"):
        assert f"'{heavy}'" not in loaded, heavy


@pytest.fixture(scope="module")
def big(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A picture whose tiles take some seconds."""
    return picture(tmp_path_factory.mktemp("big") / "big.tif", size=1000, pixel=0.5)


@pytest.mark.parametrize("told", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_it_leaves_nothing(big: Path, tmp_path: Path, told: signal.Signals) -> None:
    """Ctrl-C while tiles are made."""
    out = tmp_path / "out.pmtiles"
    command = [
        sys.executable,
        "-m",
        "pipeline",
        "--lang",
        "en",
        "tile",
        str(big),
        str(out),
        "--effort",
        "6",
        "--keep-state",
    ]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while not list(tmp_path.glob(".*.part")) and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(0.3)
    os.kill(process.pid, told)
    assert process.wait(30) == 130
    assert not list(tmp_path.iterdir()) and [each.name for each in big.parent.iterdir()] == ["big.tif"]


@pytest.mark.long
def test_memory_is_bounded(tmp_path: Path) -> None:
    """An input of 1.7 GB of pixels within 500 MB."""
    size = 24_000
    profile = {
        "driver": "GTiff", "width": size, "height": size, "count": 3, "dtype": "uint8", "crs": UTM, "tiled": True,
        "transform": rasterio.transform.from_origin(WEST, NORTH, 1.0, 1.0), "compress": "deflate", "bigtiff": "yes",
    }  # fmt: skip
    big = tmp_path / "big.tif"
    with rasterio.open(big, "w", **profile) as file:
        rows = np.arange(256)[:, None] + np.arange(size)[None]
        stripe = np.stack([rows & 255, (rows // 3) & 255, (rows // 7) & 255]).astype(np.uint8)
        for row in range(0, size, 256):
            n = min(256, size - row)
            file.write(stripe[:, :n], window=rasterio.windows.Window(0, row, size, n))
    program = (
        "import sys, resource; from pipeline.cli import main; code = main(sys.argv[1:]);"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss); sys.exit(code)"
    )
    command = ["tile", str(big), str(tmp_path / "o.pmtiles"), "--memory", "500MB", "--format", "jpeg"]
    done = subprocess.run([sys.executable, "-c", program, *command], capture_output=True, text=True, check=True)
    assert int(done.stdout.splitlines()[-1]) * 1024 < 500e6
