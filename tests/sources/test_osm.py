"""OpenStreetMap data: areas put together, ids, tags with types, what is broken or not there; real countries."""

from __future__ import annotations

import bz2
import gzip
import zipfile
from collections import Counter
from pathlib import Path

import osmium
import pytest
import shapely

from pipeline.errors import InputError
from pipeline.sources import ReadOptions, list_layers, osm_pass, read_batches
from pipeline.sources.osm_pass import osm_id
from pipeline.types import EXTERIOR, INTERIOR, FeatureBatch, Tally
from tests.conftest import ROOT
from tests.sources.osm_made import by_hand, osm_file, square

REAL = ROOT / "../shared/data/osm"
PLACES = {"country", "city", "town", "village", "hamlet", "isolated_dwelling", "suburb", "neighbourhood", "locality",
          "island", "farm", "quarter", "region", "square"}  # fmt: skip
TABLE = dict[int, dict[str, object]]


def layer(path: Path, name: str, **options: object) -> tuple[list[FeatureBatch], Tally]:
    tally = Tally()
    return list(read_batches(path, ReadOptions(layer=name, **options), tally)), tally  # type: ignore[arg-type]


def table(batches: list[FeatureBatch]) -> TABLE:
    """The attributes that are there, by osm_id."""
    rows = [row for batch in batches for row in batch.attributes.to_pylist()]
    return {row.pop("osm_id"): {k: v for k, v in row.items() if v is not None} for row in rows}


def rings(batch: FeatureBatch, feature: int) -> list[tuple[int, list[tuple[float, float]]]]:
    """Role and vertices of each ring."""
    g = batch.geometries
    return [
        (int(g.roles[p]), list(zip(g.x[a:b].tolist(), g.y[a:b].tolist(), strict=True)))
        for p in range(g.part_offsets[feature], g.part_offsets[feature + 1])
        for a, b in [(g.vertex_offsets[p], g.vertex_offsets[p + 1])]
    ]


def area(batch: FeatureBatch, feature: int) -> float:
    parts = rings(batch, feature)
    return sum((1 if role == EXTERIOR else -1) * shapely.Polygon(ring).area for role, ring in parts)


def lake(path: Path) -> Path:
    """A lake of two half outlines with two islands that touch in one point, way 4 tagged as land on its own."""
    nodes, outline = square(0, 0, 10, 1)
    west, first = square(2, 2, 2, 11)
    east, second = square(4, 4, 2, 21)
    second = [13, *second[1:4], 13]  # the islands share the node at 4, 4
    del east[21]
    return osm_file(
        path,
        nodes | west | east,
        {
            1: ([1, 2, 3], {}),
            2: ([3, 4, 1], {}),
            3: (first, {}),
            4: (second, {"landuse": "forest"}),
            5: (outline, {"building": "yes", "area": "no"}),
        },
        {
            7: (
                [("w", 1, "outer"), ("w", 2, "outer"), ("w", 3, "inner"), ("w", 4, "inner")],
                {"type": "multipolygon", "natural": "water", "water": "lake", "name": "青瓷湖"},
            ),
        },
    )


@pytest.mark.parametrize("suffix", [".osm.pbf", ".osm", ".osm.gz", ".osm.bz2", ".pbf", ".OSM.PBF"])
def test_a_relation_becomes_an_area_with_holes(tmp_path: Path, suffix: str) -> None:
    path = lake(tmp_path / f"lake{suffix.lower()}").rename(tmp_path / f"lake{suffix}")
    (batch,), tally = layer(path, "water_areas")
    assert table([batch]) == {7 * 4 + 2: {"name": "青瓷湖", "class": "lake"}}
    roles = sorted(role for role, _ring in rings(batch, 0))
    assert roles == [EXTERIOR, INTERIOR, INTERIOR]
    assert area(batch, 0) == pytest.approx(100 - 4 - 4)
    assert tally.counts == {}
    (batch,), tally = layer(path, "landuse")
    assert table([batch]) == {4 * 4 + 1: {"class": "forest", "group": "landuse"}}
    assert area(batch, 0) == pytest.approx(4)
    batches, tally = layer(path, "buildings")
    assert (batches, tally.counts) == ([], {})  # area=no: the mapper says it is none


def test_islands_that_share_a_side_are_one_hole(tmp_path: Path) -> None:
    """Inner rings may touch along a line: libosmium drops the side that they share."""
    nodes, outline = square(0, 0, 10, 1)
    middle = {11: (2.0, 2.0), 12: (4.0, 2.0), 13: (4.0, 4.0), 14: (2.0, 4.0), 15: (6.0, 2.0), 16: (6.0, 4.0)}
    path = osm_file(
        tmp_path / "a.osm.pbf",
        nodes | middle,
        {1: (outline, {}), 2: ([11, 12, 13, 14, 11], {}), 3: ([12, 15, 16, 13, 12], {})},
        {
            1: (
                [("w", 1, "outer"), ("w", 2, "inner"), ("w", 3, "inner")],
                {"type": "multipolygon", "landuse": "residential"},
            )
        },
    )
    (batch,), tally = layer(path, "landuse")
    assert [role for role, _ring in rings(batch, 0)] == [EXTERIOR, INTERIOR]
    assert area(batch, 0) == pytest.approx(100 - 8)
    assert tally.counts == {}


BROKEN = """
<node id="1" version="1" lat="0" lon="0"/><node id="2" version="1" lat="0" lon="10"/>
<node id="3" version="1" lat="10" lon="10"/><node id="4" version="1" lat="10" lon="0"/>
<way id="1" version="1"><nd ref="1"/><nd ref="2"/><nd ref="3"/></way>
<way id="2" version="1"><nd ref="1"/><nd ref="2"/><nd ref="4"/><nd ref="3"/><nd ref="1"/>
  <tag k="building" v="yes"/></way>
<way id="3" version="1"><nd ref="1"/><nd ref="99"/><nd ref="4"/><nd ref="3"/><nd ref="1"/>
  <tag k="building" v="yes"/></way>
<way id="4" version="1"><nd ref="1"/><nd ref="99"/><nd ref="4"/><tag k="highway" v="primary"/></way>
<way id="5" version="1"><nd ref="1"/><tag k="highway" v="primary"/></way>
<way id="6" version="1"><nd ref="1"/><nd ref="2"/><nd ref="1"/><tag k="building" v="yes"/></way>
<way id="7" version="1"><nd ref="1"/><nd ref="2"/><tag k="highway" v="primary"/></way>
<relation id="2" version="1"><member type="way" ref="1" role="outer"/><tag k="type" v="multipolygon"/>
  <tag k="natural" v="water"/></relation>
<relation id="3" version="1"><member type="way" ref="1" role="outer"/><member type="way" ref="77" role="outer"/>
  <tag k="type" v="multipolygon"/><tag k="natural" v="water"/></relation>
<relation id="4" version="1"><member type="way" ref="77" role="outer"/><tag k="type" v="site"/>
  <tag k="natural" v="water"/></relation>
"""


def test_nothing_that_is_broken_goes_missing_in_silence(tmp_path: Path) -> None:
    path = by_hand(tmp_path / "b.osm", BROKEN)
    batches, tally = layer(path, "buildings")
    assert batches == []
    assert tally.samples == {
        "osm-broken-area": "b.osm, buildings, way/2",
        "osm-missing-nodes": "b.osm, buildings, way/3",
        "part-too-short": "b.osm, buildings, way/6",
    }
    assert tally.counts == dict.fromkeys(tally.samples, 1)
    batches, tally = layer(path, "water_areas")
    assert batches == []
    assert tally.samples == {
        "osm-broken-area": "b.osm, water_areas, relation/2",
        "osm-incomplete-relation": "b.osm, water_areas, relation/3",
    }
    assert tally.counts == dict.fromkeys(tally.samples, 1)
    batches, tally = layer(path, "roads")
    assert list(table(batches)) == [7 * 4 + 1]
    assert tally.samples == {"osm-missing-nodes": "b.osm, roads, way/4", "part-too-short": "b.osm, roads, way/5"}


def test_tags_become_fields_of_their_types(tmp_path: Path) -> None:
    nodes, ring = square(119, 28, 0.01, 1)
    path = osm_file(
        tmp_path / "t.osm.pbf",
        nodes,
        {
            10: (ring, {"building": "school", "name": "龙泉一中", "name:zh": "龙泉市第一中学", "name:en": "No. 1",
                        "height": "12.5 m", "building:levels": "4", "addr:street": "剑池街"}),
            11: (ring, {"building": "yes", "building:height": "40'6\"", "building:levels": "3;4"}),
            12: (ring, {"building": "no"}),
            20: ([1, 2], {"highway": "primary_link", "oneway": "-1", "maxspeed": "30 mph", "bridge": "viaduct",
                          "tunnel": "no", "layer": "1", "ref": "G25", "name:zh-Hans": "丽龙高速"}),
            21: ([1, 2], {"highway": "footway", "area": "yes"}),
            22: ([1, 2], {"highway": "residential", "maxspeed": "walk", "lanes": "1.5"}),
        },
    )  # fmt: skip
    batches, tally = layer(path, "buildings")
    assert table(batches) == {
        41: {"name": "龙泉一中", "name:zh": "龙泉市第一中学", "name:en": "No. 1", "class": "school", "height": 12.5,
             "levels": 4.0, "street": "剑池街"},
        45: {"class": "yes", "height": 40 * 0.3048 + 6 * 0.0254},
    }  # fmt: skip
    assert tally.counts == {"osm-bad-value": 1}
    assert tally.samples == {"osm-bad-value": "t.osm.pbf, buildings, way/11, field levels: 3;4"}
    batches, tally = layer(path, "roads")
    assert table(batches) == {
        81: {"name:zh": "丽龙高速", "class": "primary", "link": True, "ref": "G25", "oneway": -1, "bridge": True,
             "tunnel": False, "layer": 1, "maxspeed": 30 * 1.609344},
        89: {"class": "residential", "link": False},
    }  # fmt: skip
    assert tally.counts == {"osm-bad-value": 2}
    for name in ("buildings", "roads"):
        found = next(each for each in list_layers(path) if each.name == name)
        (batch,), _ = layer(path, name)
        assert found.fields == {field.name: str(field.type) for field in batch.attributes.schema}


def test_ids_of_nodes_ways_and_relations_never_meet(tmp_path: Path) -> None:
    nodes, ring = square(0, 0, 1, 1)
    poi = {"amenity": "school", "name": "x"}
    path = osm_file(
        tmp_path / "i.osm",
        {**nodes, 5: (0.5, 0.5, poi), 12_345_678_901: (0.2, 0.2, poi)},
        {5: (ring, poi)},
        {5: ([("w", 5, "outer")], {"type": "multipolygon", **poi})},
    )
    batches, _ = layer(path, "pois")
    assert sorted(table(batches)) == [20, 21, 22, 12_345_678_901 * 4]
    assert 12_345_678_901 * 4 < 2**53
    places = [zip(b.geometries.x.tolist(), b.geometries.y.tolist(), strict=True) for b in batches]
    points = dict(zip(table(batches), (place for each in places for place in each), strict=True))
    assert points[20] == (0.5, 0.5)
    assert points[21] == points[22] == (0.5, 0.5)  # inside the square


def test_borders_are_lines_once_with_the_highest_level(tmp_path: Path) -> None:
    """Two counties of one province: way 1 between them, 2 and 3 around them."""
    nodes = {1: (1.0, 0.0), 2: (1.0, 1.0), 3: (0.0, 0.0), 4: (0.0, 1.0), 5: (2.0, 0.0), 6: (2.0, 1.0)}

    def border(level: str, *ways: int) -> tuple[list[tuple[str, int, str]], dict[str, str]]:
        tags = {"type": "boundary", "boundary": "administrative", "admin_level": level, "name": f"L{level}"}
        return [("w", way, "outer") for way in ways], tags

    path = osm_file(
        tmp_path / "b.osm.pbf",
        nodes,
        {1: ([1, 2], {}), 2: ([2, 4, 3, 1], {}), 3: ([1, 5, 6, 2], {})},
        {1: border("6", 1, 2), 2: border("6", 1, 3), 3: border("4", 2, 3)},
    )
    batches, tally = layer(path, "boundary_lines")
    assert table(batches) == {5: {"admin_level": 6}, 9: {"admin_level": 4}, 13: {"admin_level": 4}}
    batches, tally = layer(path, "boundaries")
    assert {key: row["admin_level"] for key, row in table(batches).items()} == {6: 6, 10: 6, 14: 4}
    assert tally.counts == {}


def test_the_file_is_read_once_for_all_layers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = lake(tmp_path / "once.osm.pbf")
    read = []
    whole = osm_pass._read
    monkeypatch.setattr(osm_pass, "_read", lambda *given: (read.append(given), whole(*given)))
    names = [each.name for each in list_layers(path)]
    assert read == []  # the list alone reads no data
    for name in names:
        layer(path, name)
    assert len(read) == 1
    nodes, ring = square(0, 0, 1, 1)
    path.unlink()
    osm_file(path, nodes, {1: (ring, {"building": "yes"})})
    batches, _ = layer(path, "buildings")  # another file under the same name
    assert len(table(batches)) == 1 and len(read) == 2


def test_nodes_on_disk_and_small_batches_give_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = lake(tmp_path / "a.osm.pbf")
    before = layer(path, "water_areas")[0][0]
    other = path.rename(tmp_path / "b.osm.pbf")
    monkeypatch.setattr(osm_pass, "_IN_MEMORY", 0)
    monkeypatch.setattr(osm_pass, "_HELD", 1)
    after = layer(other, "water_areas")[0][0]
    assert after.attributes.equals(before.attributes)
    assert all((a == b).all() for a, b in zip(after.geometries, before.geometries, strict=True))


def test_choices(tmp_path: Path) -> None:
    path = lake(tmp_path / "c.osm.pbf")
    (batch,), _ = layer(path, "water_areas", columns=("class", "name"))
    assert batch.attributes.column_names == ["class", "name"]
    assert layer(path, "water_areas", areas=((20, 20, 21, 21),))[0] == []
    with pytest.raises(InputError) as caught:
        layer(path, "water_areas", columns=("nome",))
    assert "nome" in caught.value.message
    with pytest.raises(InputError) as caught:
        layer(path, "water")
    assert 'did you mean "water_areas"' in str(caught.value.hint) or "water_areas" in str(caught.value.expected)
    with pytest.raises(InputError) as caught:
        list(read_batches(path, ReadOptions(), Tally()))
    assert "layers" in caught.value.message


def test_inside_a_zip(tmp_path: Path) -> None:
    path = lake(tmp_path / "z.osm.pbf")
    with zipfile.ZipFile(tmp_path / "z.zip", "w") as archive:
        archive.write(path, "data/z.osm.pbf")
    batches, _ = layer(tmp_path / "z.zip", "water_areas")
    assert list(table(batches)) == [30]


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("tile.pbf", bytes.fromhex("1a0c0a04726f6164"), "no OpenStreetMap file"),
        ("x.osm.pbf", b"garbage garbage", "no OpenStreetMap file"),
        ("x.osm", b"<html></html>", "no OpenStreetMap file"),
        ("x.osm.gz", gzip.compress(b"text", mtime=0), "no OpenStreetMap file"),
        ("x.osm.bz2", bz2.compress(b"text"), "no OpenStreetMap file"),
    ],
)
def test_what_is_none(tmp_path: Path, name: str, data: bytes, says: str) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    for use in (lambda: list_layers(path), lambda: layer(path, "roads")):
        with pytest.raises(InputError) as caught:
            use()
        assert says in caught.value.message and name in str(caught.value.where)
        assert caught.value.expected and caught.value.hint


def test_cut_off_and_history(tmp_path: Path) -> None:
    nodes = {n: (n / 1e6, 0.0) for n in range(1, 30_000)}
    path = osm_file(tmp_path / "cut.osm.pbf", nodes, {1: ([1, 2], {"highway": "primary"})})
    path.write_bytes(path.read_bytes()[:-40])
    assert len(list_layers(path)) == 10
    with pytest.raises(InputError) as caught:
        layer(path, "roads")
    assert "damaged" in caught.value.message
    history = lake(tmp_path / "h.osh.pbf")
    with pytest.raises(InputError) as caught:
        list_layers(history)
    assert "several versions" in caught.value.message


def test_osm_id() -> None:
    assert [osm_id(kind, 123) for kind in ("node", "way", "relation")] == [492, 493, 494]
    assert osm_id("way", -5) >> 2 == -5 and osm_id("way", -5) & 3 == 1


@pytest.mark.parametrize("country", ["liechtenstein", "andorra"])
def test_real_countries(country: str) -> None:
    """Counted here with osmium's plain iterator and conditions written out once more."""
    path = REAL / f"{country}.osm.pbf"
    if not path.exists():
        pytest.skip("the shared OpenStreetMap extracts are not there")
    counts: Counter[str] = Counter()
    vertices = 0
    keys = osmium.filter.KeyFilter("building", "building:part", "boundary", "waterway", "place")
    for thing in osmium.FileProcessor(path).with_areas().with_filter(keys):
        tags = dict(thing.tags)
        if isinstance(thing, osmium.osm.Area):
            counts["buildings"] += tags.get("building", "no") != "no" or tags.get("building:part", "no") != "no"
            counts["boundaries"] += tags.get("boundary") == "administrative" and "admin_level" in tags
        elif isinstance(thing, osmium.osm.Way) and tags.get("waterway") in {"river", "stream", "canal", "drain",
                "ditch", "tidal_channel", "rapids", "dam", "weir"}:  # fmt: skip
            counts["water_lines"] += 1
            places = [(n.x, n.y) for n in thing.nodes]
            vertices += sum(i == 0 or place != places[i - 1] for i, place in enumerate(places))
        elif isinstance(thing, osmium.osm.Node):
            counts["places"] += "name" in tags and tags.get("place") in PLACES
    for name, count in counts.items():
        batches, _ = layer(path, name)
        assert sum(batch.geometries.features for batch in batches) == count, name
        if name == "water_lines":
            assert sum(len(batch.geometries.x) for batch in batches) == vertices
        ids = [key for batch in batches for key in batch.attributes["osm_id"].to_pylist()]
        assert len(set(ids)) == len(ids)
