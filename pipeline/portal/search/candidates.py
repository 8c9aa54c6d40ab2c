"""Which entries may fit a query: the postings of its grams, put together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from pipeline.portal.search import grams
from pipeline.portal.search.grams import hash_gram, letters_code, word_code
from pipeline.portal.search.query import HAN, INITIAL, SYLLABLE, WORD, Token, Tokens
from pipeline.portal.search.reader import Index
from pipeline.portal.search.shards import Postings
from pipeline.portal.search.varints import Numbers

ENOUGH: Final = 24  # candidates for which no tail is read


class Plan(NamedTuple):
    """Hashes of grams: those that an entry must have, those of a name that begins so, those of a name that ends so."""

    required: tuple[int, ...]
    start: int | None
    end: int | None


def plan(tokens: Tokens) -> Plan:
    """The grams of one way to read a query."""
    size = len(tokens)
    required: list[int] = []
    covered = [False] * size
    for i in range(size - 1):
        pair = _pair(tokens[i], tokens[i + 1])
        if pair is not None:
            required.append(pair)
            covered[i] = covered[i + 1] = True
    for i in range(size - 2):
        three = tokens[i : i + 3]
        if all(token.kind in (SYLLABLE, INITIAL) for token in three) and not all(covered[i : i + 3]):
            required.append(hash_gram(grams.INITIALS, *(ord(token.value[0]) for token in three)))
            covered[i : i + 3] = [True] * 3
    for i, token in enumerate(tokens):
        if not covered[i]:
            single = _single(token, alone=size == 1)
            if single is not None:
                required.append(single)
    if not required and size >= 2 and all(token.kind in (SYLLABLE, INITIAL) for token in tokens[:2]):
        required.append(hash_gram(grams.INITIAL_START, ord(tokens[0].value[0]), ord(tokens[1].value[0])))
    return Plan(tuple(dict.fromkeys(required)), _start(tokens), _end(tokens))


def split_plans(tokens: Tokens) -> list[Plan]:
    """The same for names that have something between two parts of the query, each of two units at least."""
    found = []
    for cut in range(2, len(tokens) - 1):
        required = (*plan(tokens[:cut]).required, *plan(tokens[cut:]).required)
        found.append(Plan(tuple(dict.fromkeys(required)), None, None))
    return found


def typo_plans(tokens: Tokens) -> list[Plan]:
    """The same for names of which the query has one unit wrong, too few or too many."""
    size = len(tokens)
    found = []
    for i in range(size):  # wrong
        required = [*_pairs(tokens[:i]), *_pairs(tokens[i + 1 :])]
        if 0 < i < size - 1:
            required += _skip(tokens[i - 1], tokens[i + 1])
        found.append(required)
    # missing
    found += [[*_pairs(tokens[:i]), *_skip(tokens[i - 1], tokens[i]), *_pairs(tokens[i:])] for i in range(1, size)]
    if size >= 4:
        found += [list(_pairs(tokens[:i] + tokens[i + 1 :])) for i in range(size)]  # too many
    return [Plan(tuple(dict.fromkeys(each)), None, None) for each in found if each]


def find(index: Index, wanted: Plan) -> tuple[list[int], list[int], list[int]]:
    """Entries that may have all required grams: whole names, names that begin so, others; the most important first."""
    hashes = [*wanted.required, *(h for h in (wanted.start, wanted.end) if h is not None)]
    found = index.postings(hashes)
    lists = found[: len(wanted.required)]
    if not lists:
        return [], [], []
    base = _intersect(index, lists)
    if wanted.start is None:
        return [], [], base.tolist()
    starts = found[len(wanted.required)]
    begin = _within(base, starts)
    rest = base[~begin]
    whole = np.zeros(len(base), bool) if wanted.end is None else begin & _within(base, found[-1])
    return base[whole].tolist(), base[begin & ~whole].tolist(), rest.tolist()


def _intersect(index: Index, lists: Sequence[Postings]) -> Numbers:
    full = [each for each in lists if each.whole]
    smallest = min(full or lists, key=lambda each: each.count)
    base = _all_of(smallest.entries, lists, smallest)
    if not smallest.whole and smallest.tail is not None and len(base) < ENOUGH:
        base = _all_of(index.complete(smallest), lists, smallest)
    return base


def _all_of(base: Numbers, lists: Sequence[Postings], but: Postings) -> Numbers:
    for each in lists:
        if each is not but:
            base = base[_within(base, each)]
    return base


def _within(base: Numbers, postings: Postings) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Which entries have a gram, those that nobody can tell without its tail among them."""
    inside = np.isin(base, postings.entries)
    if not postings.whole:
        inside |= base > postings.entries[-1]
    return inside


def _code(token: Token) -> int:
    return ord(token.value) if token.kind == HAN else word_code(token.value)


def _plain(token: Token) -> bool:
    return token.kind in (HAN, WORD) and not token.partial


def _pair(a: Token, b: Token) -> int | None:
    if _plain(a) and _plain(b):
        return hash_gram(grams.PAIR, _code(a), _code(b))
    if a.kind == SYLLABLE and not a.partial and b.kind == SYLLABLE and not b.partial:
        return hash_gram(grams.SYLLABLES, letters_code(a.value), letters_code(b.value))
    if a.kind == SYLLABLE and not a.partial and b.kind in (SYLLABLE, INITIAL):
        return hash_gram(grams.SYLLABLE_LETTER, letters_code(a.value), ord(b.value[0]))
    return None


def _pairs(tokens: Tokens) -> list[int]:
    found = (_pair(tokens[i], tokens[i + 1]) for i in range(len(tokens) - 1))
    return [each for each in found if each is not None]


def _skip(a: Token, b: Token) -> list[int]:
    return [hash_gram(grams.SKIP, _code(a), _code(b))] if _plain(a) and _plain(b) else []


def _single(token: Token, *, alone: bool) -> int | None:
    if _plain(token):
        return hash_gram(grams.UNIT, _code(token))
    if token.kind == WORD:
        if len(token.value) < 2:
            return None
        return hash_gram(grams.WORD_START, word_code(token.value[:3]))
    if token.kind == SYLLABLE and not token.partial:
        return hash_gram(grams.SYLLABLE, letters_code(token.value))
    if alone and token.kind == SYLLABLE:
        return hash_gram(grams.LETTERS, letters_code(token.value[:3]))
    return None


def _start(tokens: Tokens) -> int | None:
    if len(tokens) == 1:
        token = tokens[0]
        if _plain(token):
            return hash_gram(grams.FIRST, _code(token))
        if token.kind == SYLLABLE and len(token.value) >= 2:
            return hash_gram(grams.LETTERS, letters_code(token.value[:3]))
        return None
    a, b = tokens[:2]
    if _plain(a) and _plain(b):
        return hash_gram(grams.START, _code(a), _code(b))
    if a.kind == SYLLABLE and b.kind == SYLLABLE and not a.partial and not b.partial:
        return hash_gram(grams.SYLLABLE_START, letters_code(a.value), letters_code(b.value))
    if a.kind in (SYLLABLE, INITIAL) and b.kind in (SYLLABLE, INITIAL):
        return hash_gram(grams.INITIAL_START, ord(a.value[0]), ord(b.value[0]))
    return None


def _end(tokens: Tokens) -> int | None:
    if not all(_plain(token) for token in tokens):
        return None
    if len(tokens) == 1:
        return hash_gram(grams.END, 0, _code(tokens[0]))
    return hash_gram(grams.END, _code(tokens[-2]), _code(tokens[-1]))
