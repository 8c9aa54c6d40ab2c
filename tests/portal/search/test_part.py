"""Part of an index: its own entries and nothing else, and the same bytes as an index of these alone would have."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pipeline.portal.search.again import written_again
from pipeline.portal.search.build import Numbered, Thing, build_index
from pipeline.portal.search.entries import Kind
from pipeline.portal.search.part import part_of
from pipeline.portal.search.reader import Index, open_index

KINDS = (
    Kind("roads", None, "road", None, {"zh": "道路", "en": "Roads"}),
    Kind("addresses", None, "address", None, {"zh": "门牌", "en": "Addresses"}),
    Kind("schools", None, "poi", None, {"zh": "学校", "en": "Schools"}),
)
TOWNS = ("东镇", "西镇")


def thing(name: str, kind: int, town: int, lng: float, id: int, other: str = "") -> Thing:
    return Thing(name, other, "", (), kind, town, 12, 100, lng, 28.0, id, None)


THINGS = [
    thing("剑池路", 0, 1, 119.0, 11, "Jianchi Road"),
    thing("青瓷街", 0, 0, 119.2, 12),
    thing("甲校", 2, 1, 119.01, 21),
    thing("乙校", 2, 0, 119.21, 22),
]
DOORS = [(0, 1, 119.0), (0, 3, 119.001), (1, 2, 119.2)]  # thing, number, longitude


def index(
    path: Path,
    things: list[Thing],
    doors: list[tuple[int, int, float]],
    kinds: tuple[Kind, ...],
    towns: tuple[str, ...],
) -> Index:
    numbered = Numbered(
        np.array([door[0] for door in doors], np.int64),
        np.array([door[1] for door in doors], np.int64),
        np.array(["" for _door in doors], object),
        np.array([door[2] for door in doors]),
        np.full(len(doors), 28.0),
        np.arange(len(doors)) + 100,
        np.array([things[door[0]].town for door in doors], np.int64),
        next((n for n, kind in enumerate(kinds) if kind.dataset == "addresses"), 0),
    )
    built = build_index(things, numbered, kinds=kinds, towns=towns, prefixes=("龙泉市", *towns), centre=(119.1, 28.0))
    path.write_bytes(built.data)
    return open_index(path)


@pytest.fixture
def whole(tmp_path: Path) -> Index:
    return index(tmp_path / "whole.bin", THINGS, DOORS, KINDS, TOWNS)


def test_everything_is_the_index_itself(whole: Index, tmp_path: Path) -> None:
    made = part_of(whole, {kind.dataset for kind in KINDS}, lambda _lng, _lat: True)
    assert made is not None and made.data == (tmp_path / "whole.bin").read_bytes()


def test_an_area_is_as_an_index_of_what_lies_in_it(whole: Index, tmp_path: Path) -> None:
    """The oracle: the index that is built of the western things alone."""
    west = index(
        tmp_path / "west.bin", [THINGS[0], thing("甲校", 2, 1, 119.01, 21)], [(0, 1, 119.0), (0, 3, 119.001)],
        KINDS, ("东镇", "西镇"),
    )  # fmt: skip
    made = part_of(whole, {kind.dataset for kind in KINDS}, lambda lng, _lat: lng < 119.1)
    assert made is not None
    (tmp_path / "part.bin").write_bytes(made.data)
    with open_index(tmp_path / "part.bin") as part:
        own = [entry for block in part.blocks() for entry in block]
        wanted = [entry for block in west.blocks() for entry in block]
        assert [(e.name, e.lng, e.id, e.readings) for e in own] == [(e.name, e.lng, e.id, e.readings) for e in wanted]
        assert [[(d.number, d.lng) for d in part.doors(e)] for e in own] == [
            [(d.number, d.lng) for d in west.doors(e)] for e in wanted
        ]
        assert part.description.towns == ("西镇",) and part.description.prefixes == ("龙泉市", "西镇")
        assert part.told["syllables"] == west.told["syllables"] and part.told["fold"] == west.told["fold"]
        assert (made.entries, made.numbers) == (2, 2)
        assert written_again(part) == made.data


def test_of_a_dataset_only_its_own_words_stay(whole: Index) -> None:
    made = part_of(whole, {"schools"}, lambda _lng, _lat: True)
    assert made is not None and (made.entries, made.numbers) == (2, 0)
    part = Index(lambda at, length: made.data[at : at + length], "part")
    assert {entry.name for block in part.blocks() for entry in block} == {"甲校", "乙校"}
    assert [kind.dataset for kind in part.description.kinds] == ["schools"]


def test_house_numbers_keep_their_road_but_not_what_the_roads_tell_of_it(whole: Index) -> None:
    made = part_of(whole, {"addresses"}, lambda lng, _lat: lng < 119.1)
    assert made is not None
    part = Index(lambda at, length: made.data[at : at + length], "part")
    ((entry,),) = part.blocks()
    assert (entry.name, entry.other, entry.id, entry.codes) == ("剑池路", "", 0, ())
    assert [door.number for door in part.doors(entry)] == [1, 3]
    assert [kind.dataset for kind in part.description.kinds] == ["addresses"]


def test_nothing_is_no_index(whole: Index) -> None:
    assert part_of(whole, set(), lambda _lng, _lat: True) is None
    assert part_of(whole, {"roads"}, lambda _lng, _lat: False) is None
