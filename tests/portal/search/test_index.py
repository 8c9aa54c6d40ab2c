"""The file of an index: the same bytes whatever came first, everything in it found again, damage refused."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import ArchiveError
from pipeline.portal.search.again import written_again
from pipeline.portal.search.fold import Folder, simplified
from pipeline.portal.search.grams import hash_gram, hash_grams
from pipeline.portal.search.query import chinese_number, house_number
from pipeline.portal.search.reader import open_index
from pipeline.portal.search.readings import Readings
from pipeline.portal.search.varints import Varints, encode, encode_one, unzigzag, zigzag
from tests.portal.search.sample import CROWD, DOORS, ROWS, build, doors, sample, things


def test_any_order_gives_the_same_bytes() -> None:
    order = list(range(len(ROWS) + CROWD))
    random.Random(7).shuffle(order)
    known = things()
    place = [0] * len(order)
    for new, old in enumerate(order):
        place[old] = new
    numbered = doors(place)
    rows = np.random.default_rng(7).permutation(len(DOORS))
    shuffled = type(numbered)(
        *(getattr(numbered, name)[rows] for name in ("thing", "number", "suffix", "lng", "lat", "id", "town")),
        numbered.kind,
    )
    assert build([known[i] for i in order], shuffled).data == sample().data


def test_what_is_written_again_is_the_same_file(tmp_path: Path) -> None:
    path = tmp_path / "index.bin"
    path.write_bytes(sample().data)
    with open_index(path) as index:
        assert written_again(index) == sample().data
        entries = [entry for block in index.blocks() for entry in block]
        assert sorted(entry.name for entry in entries) == sorted(thing.name for thing in things())
        assert sum(len(index.doors(entry)) for entry in entries) == len(DOORS) == sample().numbers
        (city,) = [entry for entry in entries if entry.name == "龙泉市"]
        assert (city.lng, city.lat, city.codes, city.readings) == (
            119130000,
            28070000,
            ("331181",),
            ("long", "quan", "shi"),
        )
        assert city.box == (118830000, 27770000, 119430000, 28370000)


@pytest.mark.parametrize("cut", [0, 8, 143, 144, 400, 20_000])
def test_damaged_files_are_refused(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "index.bin"
    path.write_bytes(sample().data[:cut])
    with pytest.raises(ArchiveError), open_index(path) as index:
        written_again(index)


@given(st.lists(st.integers(0, 2**62)))
def test_varints_are_those_of_protocol_buffers(values: list[int]) -> None:
    data = encode(values)
    assert data == b"".join(map(encode_one, values))
    assert Varints(data).many(len(values)).tolist() == values


@given(st.lists(st.integers(-(2**61), 2**61)))
def test_zigzag_comes_back(values: list[int]) -> None:
    numbers = np.array(values, np.int64)
    assert unzigzag(zigzag(numbers)).tolist() == values


def test_varints_of_the_specification() -> None:
    """Protocol Buffers, Encoding: 150 is 96 01; zigzag of −1 is 1, of 2147483647 4294967294."""
    assert encode([150]) == b"\x96\x01"
    assert zigzag(np.array([0, -1, 1, -2, 2147483647])).tolist() == [0, 1, 2, 3, 4294967294]


@given(st.integers(1, 14), st.lists(st.integers(0, 2**32 - 1), min_size=3, max_size=3))
def test_one_hash_and_many_are_the_same(kind: int, values: list[int]) -> None:
    many = hash_grams(kind, *(np.array([value], np.uint32) for value in values))
    assert many.tolist() == [hash_gram(kind, *values)]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("龍泉市", ["龙", "泉", "市"]),
        ("Ｇ９５２６ 高速", ["g9526", "高", "速"]),
        ("People's Café", ["peoples", "cafe"]),
        ("3栋A座", ["3", "幢", "a", "幢"]),
        ("座谈", ["座", "谈"]),
        ("18-2號", ["18", "2", "号"]),
        ("，。", []),
    ],
)
def test_folding(text: str, values: list[str]) -> None:
    assert [unit.value for unit in Folder(simplified()).units(text)] == values


@pytest.mark.parametrize(
    ("text", "number"),
    [("十", 10), ("十八", 18), ("二十", 20), ("一百零五", 105), ("两百", 200), ("一二一", 121), ("廿三", 23),
     ("", None), ("一千二百三十四", 1234), ("甲", None)],
)  # fmt: skip
def test_chinese_numbers(text: str, number: int | None) -> None:
    assert chinese_number(text) == number


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("剑池路18号", ("剑池路", 18, "", False)),
        ("剑池路18", ("剑池路", 18, "", True)),
        ("剑池路十八号之二", ("剑池路", 18, "2", False)),
        ("三里桥街二十一号", ("三里桥街", 21, "", False)),
        ("18号", None),
        ("剑池路", None),
    ],
)
def test_house_numbers(text: str, found: tuple[str, int, str, bool] | None) -> None:
    read = house_number(Folder(simplified()).units(text))
    told = read and ("".join(unit.value for unit in read.street), read.number, read.suffix, read.open)
    assert told == found


@pytest.mark.parametrize(
    ("name", "pinyin", "read"),
    [
        ("重庆路", None, "chong qing lu"),
        ("长安", None, "chang an"),
        ("银行", None, "yin hang"),
        ("查田镇", "Zhātián Zhèn", "zha tian zhen"),
        ("绿谷", None, "lv gu"),
        ("龙泉", "Xī'ān", "long quan"),  # a pinyin that the characters cannot have
        ("G9526高速", None, " gao su"),
    ],
)
def test_readings(name: str, pinyin: str | None, read: str) -> None:
    assert " ".join(Readings().read(Folder(simplified()).units(name), pinyin)) == read
