"""Help pages in columns of a terminal, where Chinese characters are two wide."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.cli._format import Formatter, columns, wrap


@pytest.mark.parametrize(("text", "width"), [("", 0), ("abc", 3), ("龙泉", 4), ("龙泉 a", 6), ("（a）", 5), ("é", 1)])
def test_columns(text: str, width: int) -> None:
    assert columns(text) == width


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("", 10, []),
        ("one two three", 7, ["one two", "three"]),
        ("one  two\nthree", 20, ["one two three"]),
        ("龙泉市自然资源", 6, ["龙泉市", "自然资", "源"]),
        ("龙泉市，自然", 6, ["龙泉", "市，自", "然"]),  # a comma never begins a line
        ("甲（乙）丙", 4, ["甲", "（乙）", "丙"]),  # brackets stay with what they hold, even if too wide
        ("用 Range 读取", 8, ["用 Range", "读取"]),
        ("unbreakable龙", 5, ["unbreakable", "龙"]),
    ],
)
def test_wrap(text: str, width: int, lines: list[str]) -> None:
    assert wrap(text, width) == lines


@given(st.text(st.sampled_from("abc 龙泉，。（）《》-/.\n”“"), max_size=80), st.integers(8, 40))
def test_wrapping_loses_nothing_and_keeps_the_width(text: str, width: int) -> None:
    lines = wrap(text, width)
    assert re.sub(r"\s", "", "".join(lines)) == re.sub(r"\s", "", text)
    for line in lines:
        assert line == line.rstrip() != ""
        alone = wrap(line, 1)  # the smallest pieces the line could have been broken into
        assert columns(line) <= width or len(alone) == 1


def test_two_columns() -> None:
    formatter = Formatter(width=24)
    with formatter.section("选项"):
        formatter.write_dl([("--甲", "说明说明说明说明说明"), ("--b", ""), ("--longer-than-that", "text")], col_max=6)
    assert formatter.getvalue() == (
        "选项:\n  --甲    说明说明说明说\n          明说明\n  --b\n  --longer-than-that\n          text\n"
    )


def test_paragraphs_and_raw_blocks() -> None:
    formatter = Formatter(width=12)
    with formatter.indentation():
        formatter.write_text("one two three\nfour\n\n\b\nkept   as\n  it is, however long")
    assert formatter.getvalue() == "  one two\n  three four\n\n  kept   as\n    it is, however long\n"
