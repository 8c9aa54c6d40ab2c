"""Rows without coordinates get the place of the point with the same address; everything else is counted."""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
import pytest

from pipeline.intake.locate import gather_places, locate, normalise
from pipeline.sources.ragged import nothing, points
from pipeline.types import FeatureBatch, Tally


def addresses(*rows: tuple[str | None, float]) -> FeatureBatch:
    x = np.array([lng for _text, lng in rows], np.float64)
    table = pa.table({"ADDRESS": pa.array([text for text, _lng in rows], pa.string())})
    return FeatureBatch(points(x, x + 1, ~np.isnan(x)), table)


def rows(*texts: str | None) -> FeatureBatch:
    table = pa.table({"地址": pa.array(texts, pa.string()), "N": list(range(len(texts)))})
    return FeatureBatch(nothing(len(texts)), table)


@pytest.mark.parametrize(
    ("a", "b"),
    [("剑池街道１２号", "剑池街道12号"), (" 剑池 街道\t12号 ", "剑池 街道 12号"), ("No. ⑫ A", "no. 12 a"), ("ｘ", "X")],
)
def test_writings_of_one_address(a: str, b: str) -> None:
    assert normalise(a) == normalise(b)


def test_different_addresses_stay_different() -> None:
    assert normalise("12号") != normalise("1 2号")


def test_rows_get_their_places_and_the_lost_are_counted() -> None:
    places = gather_places([addresses(("甲1号", 118.0), ("甲２号", 119.0)), addresses(("乙1号", 120.0))], "ADDRESS")
    tally = Tally()
    geometries, table = locate(rows("乙1号", "丙9号", None, "甲2号", "丁"), "地址", places, tally)
    assert geometries.kinds.tolist() == [1, 0, 0, 1, 0]
    assert geometries.x.tolist() == [120.0, 119.0]
    assert geometries.y.tolist() == [121.0, 120.0]
    assert geometries.part_offsets.tolist() == [0, 1, 1, 1, 2, 2]
    assert table.column("N").to_pylist() == [0, 1, 2, 3, 4]
    assert tally.counts == {"address-not-found": 2, "address-missing": 1}
    assert tally.samples["address-not-found"] == "丙9号"


def test_an_address_at_two_places_takes_the_first_and_is_told() -> None:
    places = gather_places([addresses(("甲", 118.0), ("乙", 119.0), ("甲", 118.5), ("乙", 119.0))], "ADDRESS")
    tally = Tally()
    geometries, _ = locate(rows("甲", "乙"), "地址", places, tally)
    assert geometries.x.tolist() == [118.0, 119.0]
    assert tally.counts == {"address-ambiguous": 1}


def test_points_without_text_or_place_locate_nothing() -> None:
    places = gather_places([addresses((None, 118.0), ("甲", math.nan))], "ADDRESS")
    assert places.lng == {}
