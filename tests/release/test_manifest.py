"""The manifest lists what lies there; the id is what `sha256sum` and `sort` would say."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.catalog import ArchiveFacts
from pipeline.editions import view_edition
from pipeline.errors import InputError
from pipeline.framework import load_workspace
from pipeline.making.finished import read_manifest
from pipeline.making.inputs import InputFile, input_files
from pipeline.making.made import MadeArchive
from pipeline.release.manifest import release_id, write_manifest
from tests.framework.workspaces import write_workspace

FILES = {
    "index.html": b"<p>",
    "tiles/framework-0123456789ab.pmtiles": b"PMTiles",
    "tiles/framework-0123456789ab.explain.parquet": b"PAR1",
    "styles/light.json": b"{}",
    "hotlink/styles/light.json": b"{}",
    "metadata/root.json": b"{}",
    "feed.atom": b"<feed/>",
    "图.txt": b"x",
}


FACTS = ArchiveFacts(
    id="framework",
    file="tiles/framework-0123456789ab.pmtiles",
    bytes=7,
    sha256=hashlib.sha256(b"PMTiles").hexdigest(),
    min_zoom=6,
    max_zoom=14,
    bounds=(118.8, 27.8, 119.3, 28.2),
    center=(119.05, 28.0, 6),
    vector_layers=(),
    layers=(),
    features={"roads": 12},
)


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    for name, data in FILES.items():
        path = tmp_path / "dist" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return tmp_path / "dist"


def manifest_of(tmp_path: Path, dist: Path) -> dict[str, object]:
    framework = load_workspace(write_workspace(tmp_path / "workspace"))
    id = write_manifest(
        dist,
        framework,
        view_edition(framework, "public"),
        archives={
            "framework": MadeArchive("recipe", FACTS, 9, 0, {}, {}, {}, sha(b"PAR1")),
            "empty": MadeArchive("recipe", None, 0, 0, {}, {}, {}, None),
        },
        inputs=[InputFile("roads", "inbox/planning/LRDL.shp", 5, "s")],
        software={"numba": "1", "GDAL": "3"},
        as_of=date(2026, 11, 22),
    )
    manifest = json.loads((dist / "release.json").read_text())
    assert manifest["release"] == id
    assert manifest == read_manifest(dist)
    return manifest


def test_manifest(tmp_path: Path, dist: Path) -> None:
    manifest = manifest_of(tmp_path, dist)
    assert manifest["files"] == [
        {"path": "index.html", "bytes": 3, "sha256": sha(b"<p>"), "type": "text/html; charset=utf-8"},
        {"path": "styles/light.json", "bytes": 2, "sha256": sha(b"{}"), "type": "application/json"},
        {
            "path": "tiles/framework-0123456789ab.explain.parquet",
            "bytes": 4,
            "sha256": sha(b"PAR1"),
            "type": "application/vnd.apache.parquet",
            "datasets": ["roads"],
        },
        {
            "path": "tiles/framework-0123456789ab.pmtiles",
            "bytes": 7,
            "sha256": sha(b"PMTiles"),
            "type": "application/vnd.pmtiles",
            "datasets": ["roads"],
        },
        {"path": "图.txt", "bytes": 1, "sha256": sha(b"x"), "type": "text/plain; charset=utf-8"},
    ]
    assert manifest["archives"] == [
        {
            "id": "framework",
            "file": FACTS.file,
            "sha256": FACTS.sha256,
            "recipe": "recipe",
            "explanation": "tiles/framework-0123456789ab.explain.parquet",
        },
    ]
    assert manifest["datasets"] == [{"id": "roads", "currency": "2026-09-30", "fields": ["ID", "CLASS"]}]
    assert manifest["inputs"] == [{"dataset": "roads", "path": "inbox/planning/LRDL.shp", "bytes": 5, "sha256": "s"}]
    assert (manifest["edition"], manifest["as_of"], manifest["city"]) == ("public", "2026-11-22", "331181")
    assert list(manifest["software"].items()) == [("GDAL", "3"), ("numba", "1")]  # type: ignore[attr-defined]


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="sha256sum is not installed")
def test_sha256sum_agrees_with_the_sums_and_the_id(tmp_path: Path, dist: Path) -> None:
    manifest = manifest_of(tmp_path, dist)
    subprocess.run(["sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS"], cwd=dist, check=True)
    script = (
        "find . -type f ! -name release.json ! -name SHA256SUMS ! -name SM3SUMS ! -path './hotlink/*' "
        "! -path './metadata/*' ! -name feed.atom | cut -c3- "
        "| LC_ALL=C sort | xargs -d '\\n' sha256sum | sha256sum | cut -c1-64"
    )
    out = subprocess.run(script, shell=True, cwd=dist, check=True, capture_output=True, text=True)
    assert out.stdout.strip() == manifest["release"]


def test_the_id_ignores_what_stands_beside_the_release(tmp_path: Path, dist: Path) -> None:
    first = manifest_of(tmp_path, dist)["release"]
    (dist / "hotlink/styles/light.json").write_bytes(b"{1}")
    (dist / "feed.atom").unlink()
    assert manifest_of(tmp_path, dist)["release"] == first
    (dist / "styles/light.json").write_bytes(b"{1}")
    assert manifest_of(tmp_path, dist)["release"] != first


@given(st.dictionaries(st.text(min_size=1, max_size=8), st.integers(0, 9).map(lambda n: f"{n:064d}")), st.randoms())
def test_the_id_does_not_depend_on_order(files: dict[str, str], random: object) -> None:
    shuffled = list(files.items())
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert release_id(shuffled) == release_id(files.items())


def test_a_renamed_file_changes_the_id() -> None:
    assert release_id([("a", "0")]) != release_id([("b", "0")])


@pytest.mark.parametrize("text", ["", "[]", '{"version": 99}', "{"])
def test_a_manifest_that_is_none(tmp_path: Path, text: str) -> None:
    assert read_manifest(tmp_path) is None
    (tmp_path / "release.json").write_text(text)
    assert read_manifest(tmp_path) is None


def test_inputs_of_a_shapefile_are_all_its_parts(tmp_path: Path) -> None:
    framework = load_workspace(write_workspace(tmp_path))
    department, roads = framework.dataset("roads")
    folder = tmp_path / "inbox/planning"
    folder.mkdir(parents=True)
    for name in ("LRDL.shp", "LRDL.SHX", "LRDL.dbf", "LRDL.shp.xml", "LRDL2.dbf"):
        (folder / name).write_bytes(name.encode())
    files = input_files(tmp_path, department, roads)
    assert [(f.path, f.bytes, f.sha256) for f in files] == [
        (f"inbox/planning/{n}", len(n), sha(n.encode())) for n in ("LRDL.SHX", "LRDL.dbf", "LRDL.shp")
    ]


def test_a_folder_is_one_input_and_every_change_in_it_shows(tmp_path: Path) -> None:
    framework = load_workspace(write_workspace(tmp_path))
    department, pipes = framework.dataset("water-supply")
    gdb = tmp_path / pipes.source
    gdb.mkdir(parents=True)
    (gdb / "a00000001.gdbtable").write_bytes(b"ab")
    (first,) = input_files(tmp_path, department, pipes)
    assert (first.path, first.bytes) == ("inbox/water/pipes.gpkg", 2)
    (gdb / "a00000001.gdbtable").rename(gdb / "a00000002.gdbtable")
    (second,) = input_files(tmp_path, department, pipes)
    assert second.sha256 != first.sha256


def test_a_missing_source_names_dataset_department_and_path(tmp_path: Path) -> None:
    framework = load_workspace(write_workspace(tmp_path))
    with pytest.raises(InputError) as error:
        input_files(tmp_path, *framework.dataset("roads"))
    text = str(error.value)
    for part in (
        "dataset roads",
        "自然资源和规划局 (planning)",
        "inbox/planning/LRDL.shp",
        "departments/planning.toml",
    ):
        assert part in text
