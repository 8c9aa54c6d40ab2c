"""Features become things: pieces of one name are one, house numbers find their road, towns their code."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import shapely

from pipeline.framework import SchemaField
from pipeline.portal.search import City, Findable, Source, make_index, take_addresses, take_named
from pipeline.portal.search.addresses import parts
from pipeline.portal.search.entries import Entry
from pipeline.portal.search.reader import Index, open_index
from pipeline.types import FeatureBatch
from tests.shapes import geometries

CITY = City({"zh": "龙泉市", "en": "Longquan"}, "331181", (118.7, 27.7, 119.42, 28.34), (119.13, 28.07))


def source(id: str, layer: str, *fields: str, **kinds: Any) -> Source:
    told = [
        SchemaField.model_validate(
            {
                "name": name,
                "type": "integer" if name in ("ID", "PAC", "RANK") else "string",
                "title": {"zh": name, "en": name},
            }
            | ({"domain": kinds[name]} if name in kinds else {})
        )
        for name in fields
    ]
    return Source(id, {"zh": id, "en": id}, None, (layer,), tuple(told), "ID")


def batch(shapes: list[Any], **columns: list[Any]) -> FeatureBatch:
    arrays = {
        n: pa.array(v, pa.int64() if n in ("ID", "PAC", "RANK") else pa.large_string()) for n, v in columns.items()
    }
    return FeatureBatch(geometries(shapes), pa.table(arrays))


ROADS = source("roads", "LRDL", "ID", "NAME", "RN", "CLASS", CLASS={"street": {"zh": "城市道路", "en": "Street"}})
TOWNS = source("boundaries", "BOUA", "ID", "NAME", "PAC")
PLACES = source("place-names", "AGNP", "ID", "NAME", "RANK")
STOPS = source("bus-stops", "bus-stops", "ID", "NAME")
ADDRESSES = source("addresses", "AANP", "ID", "ADDRESS")


def found(reverse: bool) -> Findable:
    line = shapely.LineString
    roads = batch(
        [
            line([(119.10, 28.05), (119.11, 28.05)]),
            line([(119.11, 28.05), (119.12, 28.05)]),
            line([(119.30, 28.20), (119.31, 28.20)]),  # another road of that name, 25 km away
            line([(119.10, 28.06), (119.12, 28.06)]),
        ],
        ID=[1, 2, 3, 4], NAME=["剑池路", "剑池路", "剑池路", None],
        RN=[None, "X123", None, "S391"], CLASS=["street"] * 4,
    )  # fmt: skip
    towns = batch([shapely.box(119.0, 28.0, 119.2, 28.1)], ID=[1], NAME=["剑川街道"], PAC=[331181001])
    point = shapely.Point
    places = batch([point(119.13, 28.07), point(119.15, 28.02)], ID=[7, 8], NAME=["剑川街道", "大垟村"], RANK=[2, 5])
    stops = batch([point(119.1, 28.0501), point(119.1002, 28.0499)], ID=[5, 6], NAME=["剑池路口"] * 2)
    texts = [
        "浙江省丽水市龙泉市剑川街道剑池路18号",
        "浙江省丽水市龙泉市剑川街道剑池路20号",
        "龙泉市剑川街道大垟村3号",
        "剑川街道无名弄5号",
        "没有号码",
    ]
    spots = [
        point(119.105, 28.0502),
        point(119.1054, 28.0502),
        point(119.151, 28.021),
        point(119.18, 28.09),
        point(119, 28),
    ]
    addresses = batch(spots, ID=[11, 12, 13, 14, 15], ADDRESS=texts)
    named: list[Any] = []
    areas: list[Any] = []
    for each, some in ((ROADS, roads), (TOWNS, towns), (PLACES, places), (STOPS, stops)):
        taken, shapes = take_named(each, [some])
        named += taken
        areas += shapes
    return Findable(named[::-1] if reverse else named, take_addresses(ADDRESSES, [addresses]), areas)


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    path = tmp_path_factory.mktemp("gather") / "index.bin"
    path.write_bytes(make_index(found(False), CITY).data)
    with open_index(path) as opened:
        yield opened


def entries(index: Index, name: str) -> list[Entry]:
    return [entry for block in index.blocks() for entry in block if entry.name == name]


def test_datasets_in_any_order_make_the_same_index(tmp_path: Path) -> None:
    assert make_index(found(True), CITY).data == make_index(found(False), CITY).data


def test_pieces_of_a_road_are_one_and_a_road_far_away_is_another(index: Index) -> None:
    near, far = sorted(entries(index, "剑池路"), key=lambda entry: entry.lng)
    assert near.box == (119100000, 28050000, 119120000, 28050200) or near.box == (
        119100000,
        28050000,
        119120000,
        28050000,
    )
    assert near.codes == ("X123",)
    assert far.id == 3
    assert index.description.kinds[near.kind].title["zh"] == "城市道路"


def test_a_road_without_a_name_goes_by_its_number(index: Index) -> None:
    (road,) = entries(index, "S391")
    assert (road.codes, road.id) == (("S391",), 4)


def test_house_numbers_belong_to_road_village_or_a_street_of_their_own(index: Index) -> None:
    def doors(entry: Entry) -> list[tuple[int, int]]:
        return [(door.number, door.id) for door in index.doors(entry)]

    near, far = sorted(entries(index, "剑池路"), key=lambda entry: entry.lng)
    assert (doors(near), doors(far)) == ([(18, 11), (20, 12)], [])
    assert [doors(entry) for entry in entries(index, "大垟村")] == [[(3, 13)]]
    (alley,) = entries(index, "无名弄")
    assert doors(alley) == [(5, 14)]
    assert index.description.kinds[alley.kind].group == "address"


def test_a_town_and_its_area_are_one_thing_and_everything_has_its_town(index: Index) -> None:
    (town,) = entries(index, "剑川街道")
    assert (town.codes, town.id, town.box) == (("331181001",), 7, (119000000, 28000000, 119200000, 28100000))
    assert index.description.kinds[town.kind].dataset == "place-names"
    near, far = sorted(entries(index, "剑池路"), key=lambda entry: entry.lng)
    assert (index.description.towns[near.town], far.town) == ("剑川街道", -1)


def test_two_sides_of_a_stop_are_one_and_the_city_is_there(index: Index) -> None:
    assert len(entries(index, "剑池路口")) == 1
    (city,) = entries(index, "龙泉市")
    assert (city.codes, city.importance) == (("331181",), 255)


def test_prefixes_are_what_addresses_begin_with(index: Index) -> None:
    assert set(index.description.prefixes) == {"浙江省", "丽水市", "龙泉市", "剑川街道"}


@pytest.mark.parametrize(
    ("text", "street", "number", "suffix"),
    [
        ("浙江省丽水市龙泉市剑川街道剑池路18号", "剑池路", 18, ""),
        ("剑池路18-2号", "剑池路", 18, "-2"),
        ("剑池路18号之二", "剑池路", 18, ""),
        ("剑池路18甲号3幢", "剑池路", 18, "甲"),
        ("市场路5号", "市场路", 5, ""),
        ("剑川街道203路口7号", "203路口", 7, ""),
    ],
)
def test_addresses_are_taken_apart(text: str, street: str, number: int, suffix: str) -> None:
    (taken,) = take_addresses(ADDRESSES, [batch([shapely.Point(119.1, 28.1)], ID=[1], ADDRESS=[text])])
    read = parts(taken)
    assert (read.streets[int(read.street[0])], int(read.number[0]), read.suffix[0]) == (street, number, suffix)
