"""Expressions of styles: the specification's meaning, by hand."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.errors import UsageError
from pipeline.review.expressions import Asked, evaluate

ROAD = Asked(13.0, {"CLASS": "street", "NAME": "剑池路", "RANK": 3, "ELEV": 512.0, "N": "7.5"}, "LineString")


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("#fff", "#fff"),
        (3, 3),
        ([1, 2], [1, 2]),
        (["get", "NAME"], "剑池路"),
        (["get", "NONE"], None),
        (["has", "NAME"], True),
        (["!", ["has", "NONE"]], True),
        (["zoom"], 13.0),
        (["geometry-type"], "LineString"),
        (["literal", ["a", "b"]], ["a", "b"]),
        (["coalesce", ["get", "NONE"], ["get", "RANK"], 9], 3),
        (["match", ["get", "CLASS"], "lane", 1, ["street", "county"], 2, 3], 2),
        (["match", ["get", "CLASS"], "lane", 1, 3], 3),
        (["case", ["==", ["get", "RANK"], 1], "a", ["<", ["get", "RANK"], 4], "b", "c"], "b"),
        (["step", ["zoom"], "a", 13, "b", 14, "c"], "b"),
        (["step", ["zoom"], "a", 13.5, "b"], "a"),
        (["interpolate", ["linear"], ["zoom"], 10, 1, 14, 5], 4.0),
        (["interpolate", ["linear"], ["zoom"], 14, 1, 16, 5], 1),
        (["interpolate", ["linear"], ["zoom"], 10, 1, 12, 5], 5),
        (["interpolate", ["exponential", 2], ["zoom"], 12, 0, 14, 3], 1.0),  # (2¹ − 1) / (2² − 1)
        (["interpolate", ["linear"], ["zoom"], 12, "#000000", 14, "#ffffff"], "#808080"),
        (["interpolate", ["linear"], ["zoom"], 12, ["match", ["get", "CLASS"], "street", 2, 1], 14, 4], 3.0),
        ({"base": 1, "stops": [[12, 2], [14, 6]]}, 4.0),
        (["in", ["get", "CLASS"], ["literal", ["street", "lane"]]], True),
        (["in", "池", ["get", "NAME"]], True),
        (["all", ["has", "NAME"], [">=", ["zoom"], 13]], True),
        (["any", ["has", "NONE"], ["!=", ["get", "RANK"], 3]], False),
        (["<", ["get", "NONE"], 3], False),  # null has no order
        (["<", ["get", "NAME"], 3], False),
        (["-", 0, ["get", "RANK"]], -3.0),
        (["-", ["get", "RANK"]], -3.0),
        (["*", 2, ["+", 1, 2]], 6),
        (["/", 1, 0], 0.0),
        (["round", 2.5], 3),
        (["round", -2.5], -2),
        (["to-number", ["get", "N"]], 7.5),
        (["to-number", ["get", "NAME"], 4], 4.0),
        (["to-string", ["get", "ELEV"]], "512"),
        (["to-string", ["get", "NONE"]], ""),
        (["to-string", True], "true"),
        (["concat", ["get", "NAME"], " ", ["get", "RANK"]], "剑池路 3"),
        (["format", ["get", "NAME"], {"font-scale": 2}, "\n", {}, ["to-string", 5], {}], "剑池路\n5"),
    ],
)
def test_the_value_of(expression: Any, expected: Any) -> None:
    assert evaluate(expression, ROAD) == expected


def test_what_is_not_known_is_no_guess() -> None:
    with pytest.raises(UsageError, match="distance-from-center"):
        evaluate([">", ["distance-from-center"], 1], ROAD)
