"""Queries and what they find; the portal's unit tests read answers.json and find the same."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline.portal.search.allowance import EVERYTHING
from pipeline.portal.search.engine import Result, search
from pipeline.portal.search.reader import Index, open_index
from tests.portal.search.sample import at, sample

FILE = Path(__file__).with_name("answers.json")
CLOUDS = (-20300.0, -15000.0)  # metres from the centre: in 云岭镇

# Query → title and town of the first answer, None: nothing is found.
FIRST: list[tuple[str, str | None]] = [
    ("龙泉市", "龙泉市"),
    ("龙泉", "龙泉市"),
    ("龍泉市", "龙泉市"),
    ("Ｌｏｎｇｑｕａｎ", "龙泉市"),
    ("剑池路", "剑池路"),
    ("剑池", "剑池路"),
    ("池路小学", "剑池路小学"),
    ("jianchilu", "剑池路"),
    ("jian chi lu", "剑池路"),
    ("jianch", "剑池路"),
    ("jcl", "剑池路"),
    ("剑池lu", "剑池路"),
    ("剑clu", "剑池路"),
    ("jclxx", "剑池路小学"),
    ("lqsrmyy", "龙泉市人民医院"),
    ("人民医院", "龙泉市人民医院"),
    ("龙泉医院", "龙泉市中医院"),
    ("people's hospital", "龙泉市人民医院"),
    ("primary", "剑池路小学"),
    ("cafe muller", "Café Müller"),
    ("chongqinglu", "重庆路"),
    ("zhongqinglu", "重庆路"),
    ("lvgu", "绿谷大道"),
    ("zhatian", "查田镇"),
    ("chatian", "查田镇"),
    ("xian", "西安路"),
    ("xianlu", "西安路"),
    ("G9526", "龙丽温高速"),
    ("g95", "龙丽温高速"),
    ("s391", "中山东路"),
    ("331181", "龙泉市"),
    ("331181100", "云岭镇"),
    ("203", "203路"),
    ("203路", "203路"),
    ("剑池路18号", "剑池路18号"),
    ("剑池路18", "剑池路18号"),
    ("剑池路十八号", "剑池路18号"),
    ("劍池路１８號", "剑池路18号"),
    ("剑池路18-2号", "剑池路18-2号"),
    ("剑池路18号之二", "剑池路18-2号"),
    ("剑池路18甲号", "剑池路18甲号"),
    ("jianchilu18", "剑池路18号"),
    ("剑池路18号3幢2单元501室", "剑池路18号"),
    ("浙江省丽水市龙泉市剑川街道剑池路18号", "剑池路18号"),
    ("云岭镇剑池路18号", "剑池路18号"),
    ("剑池路4号", "剑池路4号"),
    ("剑池路20号", "剑池路20号"),
    ("三里桥街二十一号", "三里桥街21号"),
    ("剑迟路", "剑池路"),
    ("剑池路小血", "剑池路小学"),
    ("剑路小学", "剑池路小学"),
    ("青瓷物馆", "青瓷博物馆"),
    ("青瓷博物物馆", "青瓷博物馆"),
    ("longqaun", "龙泉市"),
    ("lonquan", "龙泉市"),
    ("longquanshi", "龙泉市"),
    ("qingcibowuguam", "青瓷博物馆"),
    ("没有这个地方", None),
    ("", None),
    ("，。！", None),
]


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    path = tmp_path_factory.mktemp("index") / "index.bin"
    path.write_bytes(sample().data)
    with open_index(path) as opened:
        yield opened


@pytest.mark.parametrize(("query", "title"), FIRST)
def test_the_right_thing_comes_first(index: Index, query: str, title: str | None) -> None:
    found = search(index, query)
    assert (found[0].title if found else None) == title


def test_a_town_in_the_query_and_the_centre_of_the_map_decide_between_likes(index: Index) -> None:
    assert [index.description.towns[r.town] for r in search(index, "剑池路")[:2]] == ["剑川街道", "云岭镇"]
    assert [index.description.towns[r.town] for r in search(index, "剑池路", at(*CLOUDS))[:2]] == ["云岭镇", "剑川街道"]
    assert index.description.towns[search(index, "云岭镇剑池路18号")[0].town] == "云岭镇"
    assert index.description.towns[search(index, "剑池路18号", at(*CLOUDS))[0].town] == "云岭镇"


def test_a_house_number_lies_at_its_door(index: Index) -> None:
    (door, *_others) = search(index, "剑池路18号")
    east, north = at(380, 195)
    assert (door.level, door.door and door.door.id) == ("number", 5007)
    assert (door.lng / 1e6, door.lat / 1e6) == (pytest.approx(east, abs=6e-6), pytest.approx(north, abs=6e-6))
    assert door.marks == ((0, 3), (3, 6))


def test_a_number_that_is_not_there_lies_between_its_neighbours(index: Index) -> None:
    (guess, *_others) = search(index, "剑池路20号")
    east, north = at(200 + 10 * 20, 195)  # 18 and 22 on the same side
    assert guess.level == "interpolated"
    assert (guess.lng / 1e6, guess.lat / 1e6) == (pytest.approx(east, abs=2e-5), pytest.approx(north, abs=2e-5))
    assert not [r for r in search(index, "剑池路24号") if r.level != "entry"]  # beyond the last even one


def test_numbers_are_proposed_while_they_are_typed(index: Index) -> None:
    assert [r.title for r in search(index, "剑池路1") if r.level == "number" and r.town == 0] == [
        "剑池路1号",
        "剑池路10号",
        "剑池路18号",
        "剑池路18-2号",
        "剑池路18甲号",
        "剑池路19号",
    ]


def test_a_gram_of_more_entries_than_a_shard_holds_still_finds_the_last_one(index: Index) -> None:
    entries = [entry for block in index.blocks() for entry in block]
    last = [entry for entry in entries if entry.name.startswith("松林")][-1]
    assert sum("松林" in entry.name for entry in entries) > 1024
    assert last.number > 1024
    assert last.name in [r.title for r in search(index, last.name)]


def _counting() -> tuple[Index, list[int]]:
    """A fresh index, and the bytes of every piece that will be read of it after its head."""
    data, pieces = sample().data, list[int]()

    def read(at: int, length: int) -> bytes:
        if at >= sample().head:
            pieces.append(length)
        return data[at : at + length]

    return Index(read, "sample"), pieces


@pytest.mark.parametrize(
    ("query", "most"), [("松林", 23_000), ("lonquan", 30_000), ("songlim", 30_000), ("没有这个地方", 25_000)]
)
def test_a_first_query_reads_no_more_than_it_may(query: str, most: int) -> None:
    index, pieces = _counting()
    search(index, query, most=most)
    assert sum(pieces) <= most - sample().head
    index, without = _counting()
    search(index, query, most=EVERYTHING)
    assert sum(without) > sum(pieces)


def test_earlier_queries_do_not_change_answers() -> None:
    index, _pieces = _counting()
    search(index, "songlim", most=EVERYTHING)
    fresh, _pieces = _counting()
    assert search(index, "songlim", most=30_000) == search(fresh, "songlim", most=30_000) != []


def test_what_few_entries_have_is_told_by_their_names() -> None:
    """Of the 17 pairs of the address four are read: nothing has them all."""
    index, pieces = _counting()
    assert search(index, "浙江省丽水市龙泉市剑川街道剑池路18号")[0].title == "剑池路18号"
    assert sum(pieces) < 10_000  # 26,442 with every gram


def test_characters_are_read_as_their_phrase_or_the_data_says(index: Index) -> None:
    right, wrong = search(index, "chongqinglu")[0], search(index, "zhongqinglu")[0]
    assert (right.title, wrong.title) == ("重庆路", "重庆路")
    assert right.quality > 0.9
    assert wrong.quality <= 0.5  # a typo
    assert search(index, "zhatian")[0].quality > 0.9
    assert search(index, "chatian")[0].quality <= 0.5


def test_marks_are_the_letters_that_match(index: Index) -> None:
    (hospital, *_others) = search(index, "龙泉医院")
    assert [hospital.title[a:b] for a, b in hospital.marks] == ["龙泉", "医院"]


def _told(result: Result) -> dict[str, Any]:
    door = result.door
    return {
        "entry": result.entry.number,
        "title": result.title,
        "level": result.level,
        "town": result.town,
        "lng": result.lng,
        "lat": result.lat,
        "box": result.entry.box,
        "id": door.id if door else result.entry.id,
        "marks": [list(mark) for mark in result.marks],
        "score": round(result.score, 9),
    }


def test_answers_json_is_current(index: Index, request: pytest.FixtureRequest) -> None:
    queries = [(query, None) for query, _title in FIRST] + [
        (query, at(*CLOUDS)) for query in ("剑池路", "剑池路18号", "松林")
    ]
    queries += [
        (query, None) for query in ("松林", "songlin", "sl", "松", "s", "剑池路1", "路", "剑 池 路 18 号 2", "lu")
    ]
    current = {
        "head": sample().head,
        "index": base64.b64encode(sample().data).decode(),
        "queries": [
            {"query": query, "near": near, "results": [_told(r) for r in search(index, query, near)]}
            for query, near in queries
        ],
    }
    text = json.dumps(json.loads(json.dumps(current)), ensure_ascii=False, indent=1) + "\n"
    if request.config.getoption("bless"):
        FILE.write_text(text, "utf-8")
    assert FILE.read_text("utf-8") == text, "run `just bless` and review the difference"
