"""`tile` with `previous` and `changes`, through files: the same bytes, or a refusal that says why."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import pytest
from pmtiles.reader import MmapSource, Reader, all_tiles

from pipeline.api import tile
from pipeline.cli import main
from pipeline.errors import ArchiveError, InputError, UsageError

Row = tuple[float, float, dict[str, Any]]
ZOOMS: dict[str, Any] = {"min_zoom": 5, "max_zoom": 12}


def written(path: Path, rows: Iterable[Row]) -> Path:
    """GeoJSON of square areas by their south-west corners."""
    features = []
    for x, y, properties in rows:
        ring = [[x, y], [x + 0.001, y], [x + 0.001, y + 0.001], [x, y + 0.001], [x, y]]
        geometry = {"type": "Polygon", "coordinates": [ring]}
        features.append({"type": "Feature", "properties": properties, "geometry": geometry})
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), "utf-8")
    return path


def rows(n: int = 40) -> list[Row]:
    return [(119.0 + k % 8 * 0.01, 28.0 + k // 8 * 0.01, {"name": f"n{k}", "floors": k % 5}) for k in range(n)]


@pytest.fixture
def town(tmp_path: Path) -> Path:
    """A folder with an archive before its changes, the features after them, and the changes."""
    before = rows()
    after = [*before[:3], (before[3][0], before[3][1], {"name": "renamed", "floors": 3}), *before[4:-1]]
    told = [(*each[:2], {**each[2], "change": "removed"}) for each in (before[3], before[-1])]
    told += [(*after[3][:2], {**after[3][2], "change": "added"})]
    tile(written(tmp_path / "before.geojson", before), tmp_path / "old.pmtiles", keep_state=True, layer="t", **ZOOMS)
    written(tmp_path / "after.geojson", after)
    written(tmp_path / "changes.geojson", told)
    return tmp_path


def after(town: Path, out: str = "new.pmtiles", **options: Any) -> Path:
    told = {"previous": town / "old.pmtiles", "changes": town / "changes.geojson"} | options
    tile(town / "after.geojson", town / out, layer="t", name="t", **ZOOMS, **told)
    return town / out


def test_the_same_bytes_from_files(town: Path) -> None:
    scratch = after(town, "scratch.pmtiles", previous=None, changes=None)
    assert after(town).read_bytes() == scratch.read_bytes()
    table = pq.read_table(town / "new.ids.parquet").to_pylist()
    assert sorted((each["how"] or "") for each in table) == ["", "geometry"]


def test_what_the_command_tells(town: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = ["--previous", str(town / "old.pmtiles"), "--changes", str(town / "changes.geojson")]
    zooms = ["-Z", "5", "-z", "12", "-l", "t"]
    assert main(["tile", *zooms, *told, str(town / "after.geojson"), str(town / "new.pmtiles")]) == 0
    (line,) = (line for line in capsys.readouterr().out.splitlines() if "copied" in line)
    made, copied = (int(word) for word in line.split() if word.isdigit())
    assert line == f"{made} tiles made anew, {copied} copied from the previous archive"
    with (town / "new.pmtiles").open("rb") as file:
        tiles = len(list(all_tiles(Reader(MmapSource(file)).get_bytes)))
    assert made > 0
    assert copied > 0
    assert made + copied == tiles


def test_what_was_done_is_said_of_the_tiles_made_anew(town: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """At zoom 5 a square of 0.001 degrees is an eighth of a tile unit wide: gathered in whatever is made."""
    told = ["--previous", str(town / "old.pmtiles"), "--changes", str(town / "changes.geojson")]
    zooms = ["-Z", "5", "-z", "12", "-l", "t"]
    assert main(["tile", *zooms, *told, str(town / "after.geojson"), str(town / "new.pmtiles")]) == 0
    (line,) = (line for line in capsys.readouterr().out.splitlines() if "gathered" in line)
    assert line.startswith("in the tiles made anew: ")
    assert main(["tile", *zooms, str(town / "after.geojson"), str(town / "new.pmtiles")]) == 0
    (line,) = (line for line in capsys.readouterr().out.splitlines() if "gathered" in line)
    assert line[0].isdigit()


@pytest.mark.parametrize("missing", ["previous", "changes"])
def test_both_or_none(town: Path, missing: str) -> None:
    with pytest.raises(UsageError, match="go together"):
        after(town, **{missing: None})


def test_nothing_is_explained(town: Path) -> None:
    with pytest.raises(UsageError, match="explained"):
        after(town, explain=True)


@pytest.mark.parametrize("name", ["previous", "changes"])
def test_files_that_are_not_there(town: Path, name: str) -> None:
    with pytest.raises(InputError, match="does not exist"):
        after(town, **{name: town / "nowhere.pmtiles"})


def test_a_previous_file_that_is_no_archive(town: Path) -> None:
    with pytest.raises(ArchiveError, match="This is not a PMTiles archive") as caught:
        after(town, previous=town / "before.geojson")
    assert caught.value.where == str(town / "before.geojson")
    assert not (town / "new.pmtiles").exists()


def test_changes_without_their_field(town: Path) -> None:
    written(town / "changes.geojson", rows(2))
    with pytest.raises(InputError, match="no field change"):
        after(town)


@pytest.mark.parametrize("word", ["deleted", "Added", "", None, 7])
def test_a_word_that_is_no_change(town: Path, word: Any) -> None:
    written(town / "changes.geojson", [(x, y, {**row, "change": word}) for x, y, row in rows(2)])
    with pytest.raises(InputError, match="A change is called"):
        after(town)
    assert not (town / "new.pmtiles").exists()


def test_changes_of_layers_are_told_by_their_names(town: Path) -> None:
    """Of two layers, the changes of one: nothing changes in the other."""
    one, two, changes = (pyogrio.read_arrow(town / f"{name}.geojson")[1] for name in ("before", "after", "changes"))

    def put(name: str, layer: str, table: pa.Table) -> None:
        asked = {"geometry_type": "Polygon", "geometry_name": "wkb_geometry", "crs": "EPSG:4326"}
        pyogrio.write_arrow(table, town / name, layer=layer, driver="GPKG", append=(town / name).exists(), **asked)

    for name, first in (("b.gpkg", one), ("a.gpkg", two)):
        put(name, "first", first)
        put(name, "second", one)
    put("c.gpkg", "first", changes)
    tile(town / "b.gpkg", town / "two.pmtiles", keep_state=True, **ZOOMS)
    told = {"previous": town / "two.pmtiles", "changes": town / "c.gpkg"}
    made = tile(town / "a.gpkg", town / "told.pmtiles", name="n", **ZOOMS, **told)
    assert made.archive.copied > 0
    tile(town / "a.gpkg", town / "scratch.pmtiles", name="n", **ZOOMS)
    assert (town / "told.pmtiles").read_bytes() == (town / "scratch.pmtiles").read_bytes()
    put("c.gpkg", "third", changes)
    with pytest.raises(InputError, match="third"):  # its changes would be lost without a word
        tile(town / "a.gpkg", town / "told.pmtiles", name="n", **ZOOMS, **told)


def test_standard_input_cannot_be_asked_twice(town: Path) -> None:
    with pytest.raises(UsageError, match="standard input"):
        tile("-", town / "new.pmtiles", previous=town / "old.pmtiles", changes=town / "changes.geojson", **ZOOMS)
