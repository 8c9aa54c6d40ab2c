"""Which entries may fit a query: the postings of its grams, put together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from pipeline.portal.search import grams
from pipeline.portal.search.allowance import Allowance
from pipeline.portal.search.grams import hash_gram, letters_code, word_code
from pipeline.portal.search.query import HAN, INITIAL, SYLLABLE, WORD, Token, Tokens
from pipeline.portal.search.reader import Index
from pipeline.portal.search.shards import Postings
from pipeline.portal.search.varints import Numbers

ENOUGH: Final = 24  # candidates for which no tail is read
_AT_ONCE: Final = 4  # grams of a plan that are read at once
_FEW: Final = 4  # candidates that are rather looked at than told apart by further grams

Tiers = tuple[list[int], list[int], list[int]]  # whole names, names that begin so, others


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


def find(index: Index, plans: Sequence[Plan], allowance: Allowance) -> list[Tiers]:
    """Entries that may have all required grams of each plan, the most important first.

    Not every gram is read: no more of a plan once few entries are left, which their names tell apart, and no more of
    any once the allowance is used up. Plans go on side by side, each with what others had to read first: those of one
    query are much alike.
    """
    hunts = [_Hunt(each, index, allowance) for each in plans]
    while going := [hunt for hunt in hunts if hunt.ask()]:
        for hunt in going:
            hunt.read()
    for hunt in hunts:
        hunt.complete()
    return [hunt.tiers() for hunt in hunts]


class _Hunt:
    """One plan on its way to its entries."""

    def __init__(self, wanted: Plan, index: Index, allowance: Allowance) -> None:
        self._plan, self._index, self._allowance = wanted, index, allowance
        self._left = list(wanted.required)
        self._asked: list[int] = []
        self._lists: list[Postings] = []
        self._base: Numbers = np.zeros(0, np.int64)
        self._exact = False  # no entry is missing in the base

    def ask(self) -> bool:
        """Choose which grams to read next; whether there are any."""
        if self._exact and len(self._base) <= _FEW:
            return False
        known = [gram for gram in self._left if self._allowance.has("shards", self._index.shard_of(gram)[0])]
        chosen = known or [gram for gram in _spread(self._left) if self._take(gram)]
        self._asked = chosen
        self._left = [gram for gram in self._left if gram not in chosen]
        return bool(chosen)

    def read(self) -> None:
        """Read what was asked for."""
        self._lists += self._index.postings(self._asked)
        smallest = _smallest(self._lists)
        self._base = _all_of(smallest.entries, self._lists, smallest)
        self._exact = smallest.whole

    def complete(self) -> None:
        """Read the tail of the smallest list, where its entries do not do."""
        if not self._lists or self._exact or len(self._base) >= ENOUGH:
            return
        smallest = _smallest(self._lists)
        if smallest.tail is not None and self._allowance.take("tails", *smallest.tail):
            self._base = _all_of(self._index.complete(smallest), self._lists, smallest)

    def tiers(self) -> Tiers:
        """Whole names, names that begin so, others."""
        base = self._base
        start, end = self._plan.start, self._plan.end
        if len(base) <= _FEW or start is None or not self._take(start):
            return [], [], base.tolist()
        borders = [start] if end is None or not self._take(end) else [start, end]
        inside = [_within(base, each) for each in self._index.postings(borders)]
        begin = inside[0]
        whole = begin & inside[1] if len(inside) > 1 else np.zeros(len(base), bool)
        return base[whole].tolist(), base[begin & ~whole].tolist(), base[~begin].tolist()

    def _take(self, gram: int) -> bool:
        return self._allowance.take("shards", *self._index.shard_of(gram))


def _spread(grams_left: Sequence[int]) -> list[int]:
    """Some of the grams, from all over the query."""
    last = len(grams_left) - 1
    if last < _AT_ONCE:
        return list(grams_left)
    return [grams_left[i * last // (_AT_ONCE - 1)] for i in range(_AT_ONCE)]


def _smallest(lists: Sequence[Postings]) -> Postings:
    full = [each for each in lists if each.whole]
    return min(full or lists, key=lambda each: each.count)


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
