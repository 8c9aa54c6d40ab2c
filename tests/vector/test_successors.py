"""Old and new ids of edited features, paired by hand."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import shapely
from pmtiles.reader import MmapSource, Reader, all_tiles

from pipeline.vector.plan import LayerPlan
from pipeline.vector.successors import ids_path
from tests.decoded import decoded
from tests.vector.scenes import at, box
from tests.vector.test_update import Features, build, told

# A tile unit of zoom 14 near Longquan: 40,075 km · cos 28° / 2^14 / 4096 = 0.527 m.


def row(name: str | None, pop: int = 2) -> dict[str, Any]:
    return {"ID": 1, "CLASS": "a", "POP": pop, "V": 0.5, "NAME": name}


def house(x: float, y: float, wide: float = 40) -> shapely.Polygon:
    return box(x, y, x + wide, y + 30)


def ids_of(archive: Path) -> dict[Any, int]:
    """(NAME, POP) → id, read with other people's readers."""
    with archive.open("rb") as file:
        tiles = list(all_tiles(Reader(MmapSource(file)).get_bytes))
    found = [each for tile, body in tiles for each in decoded(tile, gzip.decompress(body))]
    return {(each.properties.get("NAME"), each.properties["POP"]): each.id for each in found}


def after(folder: Path, before: Features, now: Features, **plan: Any) -> tuple[dict[Any, int], dict[Any, int], Any]:
    """The ids before, the ids now, and the table: {old: (new, how)}."""
    rules = LayerPlan("a", 14, 14, **plan)
    old, new = folder / "old.pmtiles", folder / "new.pmtiles"
    build(old, [told(rules, {}, before)])
    assert not ids_path(old).exists()
    build(new, [told(rules, before, now)], old)
    rows = pq.read_table(ids_path(new)).to_pylist()
    assert all(each["layer"] == "a" for each in rows)
    assert [each["old"] for each in rows] == sorted({each["old"] for each in rows})
    return ids_of(old), ids_of(new), {each["old"]: (each["new"], each["how"]) for each in rows}


REST: Features = {k: (house(9000 + 70 * k, 9000), row(f"rest {k}")) for k in range(100, 110)}


def test_equal_geometry(tmp_path: Path) -> None:
    before = {1: (house(0, 0), row("A")), 2: (house(70, 0), row("B")), **REST}
    now = {1: (house(0, 0), row("A new")), 2: (house(70, 0), row("B", 9)), **REST}
    old, new, table = after(tmp_path, before, now)
    assert table == {
        old["A", 2]: (new["A new", 2], "geometry"),
        old["B", 2]: (new["B", 9], "geometry"),
    }


def test_equal_attributes_nearby(tmp_path: Path) -> None:
    """4 m apart is the same house, 6 m is another one: a house is 40 units wide, and a metre is 1.9 units."""
    before = {1: (house(0, 0), row("A")), 2: (house(900, 0), row("B")), **REST}
    now = {1: (house(40 + 4 * 1.9, 0), row("A")), 2: (house(940 + 6 * 1.9, 0), row("B")), **REST}
    old, new, table = after(tmp_path, before, now)
    assert table == {old["A", 2]: (new["A", 2], "attributes"), old["B", 2]: (None, None)}


def test_the_nearest_of_equals(tmp_path: Path) -> None:
    """Three sheds without a name move a metre east; each is nearest to itself though all of them are near."""
    sheds = {k: (house(10 * k, 0, 5), row("shed", 7)) for k in range(3)}
    moved = {k: (house(10 * k + 2, 0, 5), row("shed", 7)) for k in range(3)}
    rules = LayerPlan("a", 14, 14)
    paths = tmp_path / "old.pmtiles", tmp_path / "new.pmtiles"
    build(paths[0], [told(rules, {}, {**sheds, **REST})])
    build(paths[1], [told(rules, {**sheds, **REST}, {**moved, **REST})], paths[0])
    rows = pq.read_table(ids_path(paths[1])).to_pylist()
    places = []
    for path in paths:
        with path.open("rb") as file:
            tiles = list(all_tiles(Reader(MmapSource(file)).get_bytes))
        found = [each for tile, body in tiles for each in decoded(tile, gzip.decompress(body))]
        places.append({each.id: each.in_zoom().bounds[0] for each in found if each.properties["POP"] == 7})
    assert len(rows) == 3
    for each in rows:
        assert places[1][each["new"]] - places[0][each["old"]] == 2
        assert each["how"] == "attributes"


def test_all_edited_in_one_place(tmp_path: Path) -> None:
    """40 × 30 and 36 × 30 units share 36/40 of what they cover; 40 and 110 wide share 40/110."""
    before = {1: (house(0, 0), row("A")), 2: (house(900, 0), row("B")), **REST}
    now = {1: (house(0, 0, 36), row("A2")), 2: (house(900, 0, 110), row("B2")), **REST}
    old, new, table = after(tmp_path, before, now)
    assert table == {old["A", 2]: (new["A2", 2], "place"), old["B", 2]: (None, None)}


def test_one_successor_each(tmp_path: Path) -> None:
    """A is removed, B takes A's place and keeps its attributes: geometry comes first, and what is taken is taken."""
    before = {1: (house(0, 0), row("A")), 2: (house(41, 0), row("B")), **REST}
    now = {2: (house(0, 0), row("B")), **REST}
    old, new, table = after(tmp_path, before, now)
    assert table == {old["A", 2]: (new["B", 2], "geometry"), old["B", 2]: (None, None)}


def test_kinds_are_not_mixed(tmp_path: Path) -> None:
    before = {1: (shapely.Point(at(10, 10)), row("A")), **REST}
    now = {1: (box(0, 0, 20, 20), row("A")), **REST}
    old, _new, table = after(tmp_path, before, now)
    assert table == {old["A", 2]: (None, None)}


def test_keys_keep_their_ids(tmp_path: Path) -> None:
    before: Features = {k: (house(70 * k, 0), {**row("A"), "ID": k}) for k in range(1, 30)}
    now = {**before, 3: (house(210, 5), {**row("B"), "ID": 3})}
    del now[4]
    _old, _new, table = after(tmp_path, before, now, key="ID")
    assert table == {}


def test_a_twin_that_is_told_apart_anew(tmp_path: Path) -> None:
    """Both ask for the id of their content; whichever goes, the other has it afterwards."""
    twin = (house(0, 0), row("A"))
    rules = LayerPlan("a", 14, 14)
    old, new = tmp_path / "old.pmtiles", tmp_path / "new.pmtiles"
    build(old, [told(rules, {}, {1: twin, 2: twin, **REST})])
    build(new, [told(rules, {1: twin, 2: twin, **REST}, {2: twin, **REST})], old)
    build(tmp_path / "back.pmtiles", [told(rules, {2: twin, **REST}, {1: twin, 2: twin, **REST})], new)
    left = ids_of(new)["A", 2]
    ids = {each["old"]: (each["new"], each["how"]) for each in pq.read_table(ids_path(new)).to_pylist()}
    other = next(iter(ids.keys() - {left}), None)
    assert ids in ({left: (None, None), other: (left, "same")}, {other: (None, None)})
    assert (tmp_path / "back.pmtiles").read_bytes() == old.read_bytes()


def test_what_was_added_is_not_listed(tmp_path: Path) -> None:
    before = dict(REST)
    _old, _new, table = after(tmp_path, before, {**before, 1: (house(0, 0), row("new"))})
    assert table == {}


def test_when_everything_is_built(tmp_path: Path) -> None:
    before = {1: (house(0, 0), row("A")), **REST}
    now = {1: (box(0, 0, 4096 * 70, 4096 * 70), row("A")), **REST}
    old, new, table = after(tmp_path, before, now)
    assert table == {old["A", 2]: (new["A", 2], "attributes")}


def test_a_build_without_changes_takes_the_table_away(tmp_path: Path) -> None:
    before = {1: (house(0, 0), row("A")), **REST}
    after(tmp_path, before, {**before, 1: (house(0, 0), row("B"))})
    new = tmp_path / "new.pmtiles"
    assert ids_path(new).exists()
    build(new, [told(LayerPlan("a", 14, 14), {}, before)])
    assert not ids_path(new).exists()
