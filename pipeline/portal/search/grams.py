"""What an entry can be found by: hashes of pieces of its names; docs/search.md § Grams."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.uint32]

PAIR, SKIP, START, END, UNIT, SYLLABLES, SYLLABLE_LETTER, SYLLABLE_START = range(1, 9)
SYLLABLE, INITIALS, INITIAL_START, LETTERS, WORD_START, FIRST = range(9, 15)
BRIEF: Final = frozenset({UNIT, SYLLABLE, INITIAL_START, LETTERS, WORD_START, FIRST})  # their tails are not kept
_MASK: Final = 0xFFFFFFFF


def hash_gram(kind: int, a: int, b: int = 0, c: int = 0) -> int:
    """The hash of one gram, 32 bits; the same as `hash_grams`, and as the portal's."""
    h = ((kind + 0x9E3779B1) * 0x85EBCA6B) & _MASK
    for value in (a, b, c):
        h = ((h ^ value) * 0x9E3779B1) & _MASK
        h ^= h >> 15
    h = (h * 0x85EBCA77) & _MASK
    h ^= h >> 13
    h = (h * 0xC2B2AE3D) & _MASK
    return h ^ (h >> 16)


def hash_grams(kind: int, a: Codes, b: Codes | None = None, c: Codes | None = None) -> Codes:
    """The hashes of many grams of one kind [n]."""
    none = np.zeros(len(a), np.uint32)
    h = np.full(len(a), ((kind + 0x9E3779B1) * 0x85EBCA6B) & _MASK, np.uint32)
    for values in (a, none if b is None else b, none if c is None else c):
        h = (h ^ values) * np.uint32(0x9E3779B1)
        h ^= h >> np.uint32(15)
    h = h * np.uint32(0x85EBCA77)
    h ^= h >> np.uint32(13)
    h = h * np.uint32(0xC2B2AE3D)
    return h ^ (h >> np.uint32(16))


def word_code(word: str) -> int:
    """FNV-1a of a word's UTF-8, 32 bits."""
    h = 0x811C9DC5
    for byte in word.encode():
        h = ((h ^ byte) * 0x01000193) & _MASK
    return h


def letters_code(letters: str) -> int:
    """Letters a … z to the base 27; other characters count nothing."""
    code = 0
    for letter in letters:
        code = code * 27 + max(0, min(26, ord(letter) - 96))
    return code & _MASK


class Spelled(NamedTuple):
    """The units of many texts, one text after another."""

    entry: NDArray[np.int64]  # [units] of which entry
    text: NDArray[np.int64]  # [units] of which text
    code: Codes  # [units]
    syllable: Codes  # [units] 0 where there is none
    initial: Codes  # [units] likewise


def grams_of(spelled: Spelled) -> tuple[NDArray[np.int64], Codes, NDArray[np.uint8]]:
    """Entry, hash and kind of every gram of units and syllables [grams each], some of them repeated."""
    entry, text, code, syllable, initial = spelled
    count = len(entry)
    found: list[tuple[NDArray[np.int64], Codes, int]] = []

    def near(step: int, values: Codes) -> Codes:
        """The value `step` units further on, 0 beyond the end [units]."""
        out = np.zeros(count, np.uint32)
        if step < count:
            out[: count - step] = values[step:]
        return out

    def same(step: int) -> NDArray[np.bool_]:
        """Whether the unit `step` further on is of the same text [units]."""
        out = np.zeros(count, bool)
        if step < count:
            out[: count - step] = text[step:] == text[:-step]
        return out

    def add(rows: NDArray[np.bool_], kind: int, *parts: Codes) -> None:
        at = np.flatnonzero(rows)
        found.append((entry[at], hash_grams(kind, *(part[at] for part in parts)), kind))

    one, two = same(1), same(2)
    first = np.ones(count, bool)
    first[1:] = text[1:] != text[:-1]
    last = ~one
    code1, code2 = near(1, code), near(2, code)
    reads = syllable > 0
    syllable1, initial1, initial2 = near(1, syllable), near(1, initial), near(2, initial)
    every = np.ones(count, bool)
    none = np.zeros(count, np.uint32)
    add(one, PAIR, code, code1)
    add(two, SKIP, code, code2)
    add(first, START, code, np.where(one, code1, none).astype(np.uint32))
    second_last = one & ~two
    add(second_last, END, code, code1)
    add(first & last, END, none, code)
    add(every, UNIT, code)
    add(first, FIRST, code)
    pair = one & reads & (syllable1 > 0)
    add(pair, SYLLABLES, syllable, syllable1)
    add(pair, SYLLABLE_LETTER, syllable, initial1)
    add(first & pair, SYLLABLE_START, syllable, syllable1)
    add(reads, SYLLABLE, syllable)
    add(pair & two & (initial2 > 0), INITIALS, initial, initial1, initial2)
    add(first & pair, INITIAL_START, initial, initial1)
    kinds = np.concatenate([np.full(len(rows), kind, np.uint8) for rows, _hashes, kind in found])
    return np.concatenate([rows for rows, _h, _k in found]), np.concatenate([h for _r, h, _k in found]), kinds


def starts_of(words: Sequence[str], kind: int) -> list[int]:
    """The hashes of the first two and the first three letters of words (`WORD_START`) or of pinyin (`LETTERS`)."""
    spell = word_code if kind == WORD_START else letters_code
    return [hash_gram(kind, spell(word[:length])) for word in words for length in (2, 3) if len(word) >= length]
