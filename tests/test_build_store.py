"""Builds of what departments handed in: the latest version, as of a day, and what nobody has handed in yet."""

from __future__ import annotations

import gzip
import json
import shutil
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import mapbox_vector_tile
import pytest

from pipeline import build
from pipeline.archive.reader import open_archive
from pipeline.build import BuildResult, build_workspace
from pipeline.framework import load_workspace
from pipeline.intake.submit import submit
from pipeline.portal.files import write_file
from tests.handing_in import NOW, package_files, package_toml, points, write_folder, write_workspace

LATER = NOW + timedelta(days=90)


def light_portal(dist: Path, **_given: Any) -> None:
    """The portal is no matter here, and takes a second."""
    write_file(dist / "index.html", b"")


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A town whose transport office has handed in its stops of the third quarter."""
    monkeypatch.setattr(build, "write_portal", light_portal)
    root = write_workspace(tmp_path / "ws")
    submit(load_workspace(root), write_folder(tmp_path / "q3", package_files()), NOW)
    return root


class Heard:
    """A Progress that remembers what people were told."""

    def __init__(self) -> None:
        self.notes: list[str] = []

    def start(self, task: str, total: int | None = None, unit: str = "") -> None: ...

    def advance(self, n: int = 1) -> None: ...

    def done(self) -> None: ...

    def note(self, text: str) -> None:
        self.notes.append(text)


def built(root: Path, as_of: date, heard: Heard | None = None) -> BuildResult:
    (result,) = build_workspace(root, editions=["public"], as_of=as_of, explain=False, progress=heard or Heard())
    return result


def names(result: BuildResult) -> set[str]:
    """The names of the stops in the deepest tiles."""
    (archive,) = result.archives
    found: set[str] = set()
    with open_archive(result.folder / archive.file) as tiles:
        for zoom, _x, _y, body in tiles.tiles():
            if zoom == tiles.header.max_zoom:
                layers: Mapping[str, Any] = mapbox_vector_tile.decode(gzip.decompress(body))
                rows: Iterable[Any] = layers["stops"]["features"]
                found |= {row["properties"]["NAME"] for row in rows}
    return found


def test_a_build_shows_what_was_handed_in(root: Path) -> None:
    heard = Heard()
    result = built(root, NOW.date(), heard)
    assert [archive.id for archive in result.archives] == ["stops"]
    assert names(result) == {f"车站{i}" for i in range(12)}
    assert result.missing == ("depots", "wells", "relief")
    assert sum("nothing has been handed in yet" in note for note in heard.notes) == 3
    catalog = json.loads((result.folder / "catalog.json").read_bytes())
    assert [(each["id"], each["currency"]) for each in catalog["datasets"]] == [("stops", "2026-09-15")]
    release = json.loads((result.folder / "release.json").read_bytes())
    assert {each["path"] for each in release["inputs"]} == {"store/stops/2026-Q3.1/data.parquet"}


def test_the_next_quarter_and_the_last_one_once_more(root: Path) -> None:
    before = built(root, NOW.date())
    first = {path.name: path.read_bytes() for path in (before.folder / "tiles").iterdir()}
    toml = package_toml(period='"2026-Q4"', currency="2026-12-15")
    files = package_files(toml, stops__geojson=points(5))
    assert submit(load_workspace(root), write_folder(root.parent / "q4", files), LATER).outcome == "accepted"
    assert names(built(root, LATER.date())) == {f"车站{i}" for i in range(5)}
    again = built(root, NOW.date())  # as of the old day it is the old map, byte for byte
    assert {path.name: path.read_bytes() for path in (again.folder / "tiles").iterdir()} == first
    assert again.release == before.release


def test_a_table_of_addresses_is_located_by_what_another_department_handed_in(root: Path) -> None:
    toml = root / "departments/water.toml"
    join = 'join = { dataset = "stops", on = { source_field = "车站", target_field = "NAME" } }'
    toml.write_text(toml.read_text("utf-8").replace('id = "wells"', f'id = "wells"\n{join}'), "utf-8")
    said = package_toml(dataset='"wells"', department='"water"', audiences='["public"]', data='["w.csv"]')
    rows = "车站,NAME\n" + "".join(f"车站{i},井{i}\n" for i in range(6))
    done = submit(load_workspace(root), write_folder(root.parent / "w", package_files(said, w__csv=rows.encode())), NOW)
    assert done.outcome == "accepted", done.faults
    archives = {archive.id: archive.features for archive in built(root, NOW.date()).archives}
    assert archives == {"stops": 12, "wells": 6}


def test_a_town_where_nobody_has_handed_anything_in(root: Path) -> None:
    shutil.rmtree(root / "store")
    result = built(root, NOW.date())
    assert result.archives == () and len(result.missing) == 4
