"""Texts that must not occur: found as whole words, wherever they stand; short ones are not looked for."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.kernels.audit_words import LONGEST, STARTS, Words, begin, describe_texts, insert, look_up, scan_texts

# Hashes wrap around on purpose; interpreted, numpy says so.
pytestmark = pytest.mark.filterwarnings("ignore:overflow encountered:RuntimeWarning")

LATIN = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


def packed(texts: list[str]) -> tuple[np.ndarray, np.ndarray]:
    parts = [text.encode() for text in texts]
    data = np.frombuffer(b"".join(parts) or b"\0", np.uint8)
    offsets = np.cumsum([0, *map(len, parts)], dtype=np.int64)
    offsets.flags.writeable = False  # as Arrow's are
    return data, offsets


def described(texts: list[str]) -> np.ndarray:
    out = np.zeros((len(texts), 4), np.uint64)
    describe_texts(*packed(texts), out)
    return out


def words_of(texts: list[str]) -> Words:
    rows = described(texts)
    slots, starts = np.zeros(256, np.uint64), np.zeros(STARTS, np.uint8)
    origins = np.full(256, -1, np.int32)
    for column in (0, 1):
        insert(slots, origins, np.ascontiguousarray(rows[:, column]), 0)
    begin(starts, np.ascontiguousarray(rows[rows[:, 0] != 0][:, 2]))
    return Words(slots, origins, starts, int(rows[:, 3].max(initial=0)))


def found(words: Words, text: str, *, mark: bool = False) -> list[str]:
    data, offsets = packed([text])
    out = np.zeros((99, 3), np.int64)
    count = scan_texts(data, offsets, words, mark, out)
    return [data[a:b].tobytes().decode() for _text, a, b in out[:count].tolist()]


@pytest.mark.parametrize(
    ("word", "text", "times"),
    [
        ("西山隧洞", "西山隧洞", 1),
        ("西山隧洞", "在西山隧洞口，西山隧洞", 2),
        ("西山隧洞", "西山隧", 0),
        ("中学", "龙泉中学", 1),  # two Chinese characters, as short as may be
        ("secret", "a secret.", 1),
        ("secret", "secrets", 0),
        ("secret", "asecret", 0),
        ("secret", "秘secret密", 1),
        ("DN300 铸铁", "管DN300 铸铁管", 1),
        ("DN300 铸铁", "XDN300 铸铁管", 0),
        ("77.625", "=77.625,", 1),
        ("77.625", "77.6251", 0),
        ("77.625", "177.625", 0),
        ("77.625", "1.77.625", 0),
        ("77.625", "77.625.1", 0),
        ("77.625", "ends in 77.625.", 1),
        ("12345", "0.12345", 0),
        ("12345", "a12345f", 0),
        ("𠀀𠀁", "字𠀀𠀁字", 1),  # four bytes each
        ("naïve", "a naïve one", 1),
    ],
)
def test_words_are_found_whole(word: str, text: str, times: int) -> None:
    assert found(words_of([word]), text) == [word] * times


@pytest.mark.parametrize(
    ("text", "long_enough"),
    [
        ("隧洞", True),
        ("隧", False),
        ("abcd", True),
        ("abc", False),
        ("隧abc", False),
        ("隧abcd", True),
        ("", False),
        ("   ", False),
        ("  ab  ", False),
        ("12345", True),
        ("1234", False),
        ("123400", False),  # zeros at the end count for nothing
        ("00012", False),
        ("1.2345", True),
        ("-0.01234", False),
        ("2019-03-05", True),
        ("10001", True),
        ("、。，；", True),  # four other characters
    ],
)
def test_short_texts_and_numbers_of_few_digits_are_not_looked_for(text: str, long_enough: bool) -> None:
    assert (described([text])[0, 0] != 0) == long_enough
    assert found(words_of([text]), text) == ([text.strip()] if long_enough else [])


def test_blanks_around_a_word_are_no_part_of_it() -> None:
    assert found(words_of(["  西山隧洞\t"]), "x 西山隧洞 y") == ["西山隧洞"]


def test_of_a_long_text_the_beginning_is_found_and_the_whole() -> None:
    long = "浙江省丽水市龙泉市" + "甲" * 40
    words = words_of([long])
    (beginning,) = found(words, f"…{long}…")
    assert long.startswith(beginning) and LONGEST - 3 < len(beginning.encode()) <= LONGEST
    endless = "x" * 200  # nowhere to cut it
    assert found(words_of([endless]), endless) == [endless]
    assert found(words_of([endless]), "x" * 201) == []


def test_what_occurs_where_it_may_is_not_found_any_more() -> None:
    words = words_of(["西山隧洞", "剑池路"])
    assert found(words, "剑池路1号", mark=True) == []
    assert found(words, "剑池路通西山隧洞") == ["西山隧洞"]


def test_places_beyond_the_room_are_counted() -> None:
    data, offsets = packed(["隧洞" * 9, "隧洞"])
    out = np.full((2, 3), -1, np.int64)
    assert scan_texts(data, offsets, words_of(["隧洞"]), False, out) == 10
    assert out.tolist() == [[0, 0, 6], [0, 6, 12]]


def test_nothing_is_found_of_nothing() -> None:
    empty = Words(np.zeros(1, np.uint64), np.full(1, -1, np.int32), np.zeros(STARTS, np.uint8), 0)
    assert found(empty, "西山隧洞") == []
    assert found(words_of(["西山隧洞"]), "") == []
    for cut in range(12):  # bytes that end inside a character
        data = np.frombuffer("西山隧洞".encode()[:cut] or b"\0", np.uint8)
        assert (
            scan_texts(data, np.array([0, cut], np.int64), words_of(["西山隧洞"]), False, np.zeros((1, 3), np.int64))
            == 0
        )


def test_sets_keep_the_first_origin() -> None:
    slots, origins = np.zeros(8, np.uint64), np.full(8, -1, np.int32)
    insert(slots, origins, np.array([7, 15, 0, 7], np.uint64), 1)  # 7 and 15 want the same slot; 0 is nothing
    insert(slots, origins, np.array([15, 3], np.uint64), 2)
    at = np.zeros(4, np.int64)
    look_up(slots, np.array([7, 15, 3, 23], np.uint64), at)
    assert [int(origins[i]) if i >= 0 else None for i in at] == [1, 1, 2, None]


def naive(text: str, word: str) -> list[int]:
    """Places of a word by the rule, a character at a time, from left to right without overlaps."""
    places, at = [], 0
    while at + len(word) <= len(text):
        stop = at + len(word)
        before, after = text[at - 1 : at], text[stop : stop + 1]
        first, last = word[0], word[-1]
        joined = first in LATIN and (before in LATIN and before != "")
        joined |= first.isdigit() and before == "." and text[at - 2 : at - 1].isdigit() and at >= 2
        joined |= last in LATIN and (after in LATIN and after != "")
        joined |= last.isdigit() and after == "." and text[stop + 1 : stop + 2].isdigit()
        if text[at:stop] == word and not joined:
            places.append(len(text[:at].encode()))
            at = stop
        else:
            at += 1
    return places


ALPHABET = "ab1.5-西山 "


@settings(max_examples=300, deadline=None)
@given(st.text(ALPHABET, min_size=4, max_size=8), st.lists(st.text(ALPHABET, max_size=6), max_size=4))
@example("西山ab", ["西山ab1", "西"])
@example("1.515", ["", "1.515.5"])
def test_every_place_is_found_and_no_other(word: str, parts: list[str]) -> None:
    word = word.strip()
    if not word or described([word])[0, 0] == 0:
        return
    text = word.join(["", *parts, ""])
    data, offsets = packed([text])
    out = np.zeros((99, 3), np.int64)
    count = scan_texts(data, offsets, words_of([word]), False, out)
    assert out[:count, 1].tolist() == naive(text, word)
