"""What is looked for: values of denied data, in every way they may be written, and nothing that may be shown."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.audit.secrets import Gathering, Secrets, allow_column, allow_texts, no_secrets, settled, telling
from pipeline.audit.values import denied_values


def gathered(*columns: pa.Array) -> Secrets:
    gathering = Gathering()
    for n, column in enumerate(columns):
        gathering.add(gathering.name(f"d.{n}"), column)
    return gathering.sets()


def found(secrets: Secrets, column: pa.Array) -> list[str]:
    return [text for text, _times in denied_values(column, secrets)]


def digits(value: float) -> int:
    """Significant digits of the shortest decimal that is this double."""
    return len(Decimal(repr(value)).normalize().as_tuple().digits)


@given(st.decimals(min_value=-(10**9), max_value=10**9, places=3).map(float))
@example(10000.0)
@example(0.00012345)
@example(99999.0)
@example(12345.0)
@example(1234.0)
@example(-77.625)
def test_numbers_of_five_digits_tell(value: float) -> None:
    if value:
        assert bool(telling(np.array([value]))[0]) == (digits(value) >= 5)


def test_what_is_no_number_tells_nothing() -> None:
    assert telling(np.array([0.0, -0.0, np.nan, np.inf, -np.inf, 5e-324])).tolist() == [False] * 6


@pytest.mark.parametrize(
    ("hidden", "shown"),
    [
        (pa.array([12345.5]), pa.array([12345.5])),
        (pa.array([12345.5]), pa.array([12345.5], pa.float32())),
        (pa.array([0.1234567]), pa.array([0.1234567], pa.float32())),  # as single precision has it
        (pa.array([123456], pa.int64()), pa.array([123456.0])),
        (pa.array(["123456"]), pa.array([123456])),  # a table of texts
        (pa.array(["+12.3456 "]), pa.array([12.3456])),
        (pa.array([123456]), pa.array(["no. 123456"])),
        (pa.array([77.625]), pa.array(["77.625 m"])),
        (pa.array(["西山隧洞"]).dictionary_encode(), pa.array(["在西山隧洞口"])),
        (pa.array(["Ame\u0301lie"]), pa.array(["Am\u00e9lie"])),  # composed and decomposed
        (pa.array([date(2019, 3, 5)]), pa.array(["2019-03-05"])),
    ],
)
def test_a_value_is_found_however_it_is_written(hidden: pa.Array, shown: pa.Array) -> None:
    (text,) = found(gathered(pa.array(["nothing"]), hidden), shown)
    assert text.endswith("a value of d.1")


@pytest.mark.parametrize(
    "column",
    [
        pa.array([1234, 10000, 5]),
        pa.array(["隧", "abc", "1234", "", None]),
        pa.array([True, False]),
        pa.array([None, None]),
        pa.array([b"secret"]),
        pa.array([[12345]]),
        pa.array([float("nan"), float("inf")]),
    ],
)
def test_what_says_nothing_is_not_looked_for(column: pa.Array) -> None:
    assert not gathered(column).anything


def test_what_may_be_shown_is_not_found() -> None:
    secrets = gathered(pa.array(["西山隧洞", "剑池路"]), pa.array([12345.5, 54321.5]))
    allow_column(secrets, pa.array(["剑池路1号"]))
    allow_column(secrets, pa.array([54321.5]))
    secrets = settled(secrets)
    assert found(secrets, pa.array(["剑池路", "西山隧洞"])) == ["“西山隧洞”, a value of d.0"]
    assert found(secrets, pa.array([54321.5, 12345.5])) == ["12345.5, a value of d.1"]
    allow_texts(secrets, ["西山隧洞"])
    assert found(settled(secrets), pa.array(["西山隧洞"])) == []


def test_nothing_is_found_without_secrets() -> None:
    assert not no_secrets().anything
    assert found(no_secrets(), pa.array(["西山隧洞", "12345.5"])) == []


def test_many_blocks_are_one_column() -> None:
    column = pa.chunked_array([pa.array(["甲乙"] * 70_000), pa.array(["丙丁"])])
    gathering = Gathering()
    gathering.add(gathering.name("d"), column)
    assert found(gathering.sets(), pa.array(["丙丁", "甲乙"])) == ["“丙丁”, a value of d", "“甲乙”, a value of d"]
