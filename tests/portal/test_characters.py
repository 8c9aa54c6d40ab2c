from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.portal.characters import GROUP, character_groups, count_characters, unicode_ranges


def test_counts_characters_but_neither_spaces_nor_controls() -> None:
    assert count_characters(["龙泉 龙", "a\n\x00", "\ue000"]) == {"龙": 2, "泉": 1, "a": 1}


def test_composes_tone_marks_that_arrive_as_two_characters() -> None:
    assert count_characters(["lu\u0308\u030c"]) == {"l": 1, "ǚ": 1}


def test_latin_is_one_group_with_all_of_ascii_and_the_rest_goes_by_frequency() -> None:
    counts = Counter({"龙": 5, "泉": 9, "ǎ": 1, "a": 3})
    latin, *others = character_groups(counts, always="图图")
    assert latin == [*map(chr, range(0x20, 0x7F)), "ǎ"]
    assert others == [sorted("泉龙图")]


def test_frequent_characters_come_in_earlier_groups() -> None:
    characters = [chr(0x4E00 + i) for i in range(2 * GROUP + 10)]
    counts = Counter({c: i + 1 for i, c in enumerate(characters)})  # the last ones are the most frequent
    _, first, second, third = character_groups(counts)
    assert first == characters[-GROUP:]
    assert second == characters[10 : 10 + GROUP]
    assert third == characters[:10]


@pytest.mark.parametrize(
    ("characters", "expected"),
    [
        ("", []),
        ("a", ["U+61"]),
        ("abcf", ["U+61-63", "U+66"]),
        ("龙𠀀", ["U+9F99", "U+20000"]),
        ("ba", ["U+61-62"]),
    ],
)
def test_ranges_as_css_writes_them(characters: str, expected: list[str]) -> None:
    assert unicode_ranges(characters) == expected


@given(st.sets(st.characters(codec="utf-8"), max_size=60))
def test_ranges_cover_exactly_the_characters(characters: set[str]) -> None:
    covered: set[int] = set()
    for entry in unicode_ranges(characters):
        first, _, last = entry.removeprefix("U+").partition("-")
        covered |= set(range(int(first, 16), int(last or first, 16) + 1))
    assert covered == {ord(c) for c in characters}
