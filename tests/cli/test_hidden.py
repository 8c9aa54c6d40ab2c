"""What the command line hides from libraries that would load it for nothing, and that it is there where it is used."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.pictures import picture

_RUN = """
import sys
from pipeline.__main__ import run
code = run()
print(sorted({name.partition(".")[0] for name in sys.modules}))
sys.exit(code)
"""


def loaded(*arguments: str | Path) -> str:
    """The libraries that a command has loaded."""
    done = subprocess.run([sys.executable, "-c", _RUN, *map(str, arguments)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()[-1]


def test_tiles_of_pictures_need_no_buckets(tmp_path: Path) -> None:
    """rasterio.session imports boto3 where it can: 0.13 s, and a socket that stays open."""
    found = loaded("tile", picture(tmp_path / "town.tif"), tmp_path / "town.pmtiles", "-z", "13")
    assert "'rasterio'" in found
    for hidden in ("boto3", "botocore", "pandas", "yaml"):
        assert f"'{hidden}'" not in found, hidden


def test_buckets_are_reached_all_the_same(tmp_path: Path) -> None:
    """Even where rasterio was told before that there are none."""
    program = """
import sys
sys.argv = ["longquan", "--help"]
from pipeline.__main__ import run
assert run() == 0
import rasterio.session
assert rasterio.session.boto3 is None
from pipeline.publish.s3 import S3Store
store = S3Store.connect("s3://city/map")
print("connected", "boto3" in sys.modules)
"""
    keys = {"AWS_ACCESS_KEY_ID": "sample", "AWS_SECRET_ACCESS_KEY": "sample", "AWS_EC2_METADATA_DISABLED": "true"}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env={**os.environ, **keys})
    assert done.stdout.splitlines()[-1] == "connected True", done.stderr
