"""Words that must not occur: texts looked for anywhere in bytes, as whole words, by their hashes.

A text is found where it begins and ends as a word does: a Latin letter or digit at its edge has no other beside it, nor
a digit a decimal point with digits behind. Chinese is written without blanks, so Chinese characters are edges
everywhere. Every place is tried: at a place whose first bytes begin some word, the bytes are hashed forward and looked
up wherever a word may end. Hash: FNV-1a, finished by SplitMix64's mixer (64 bits; with ten million words and a billion
places two different texts meet once in 2,000 audits).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.kernels._jit import helper, kernel
from pipeline.kernels.features import mix64

STARTS = 1 << 19  # bytes of the table of beginnings: 2^22 bits, of which 200,000 words take a twentieth
LONGEST = 64  # bytes that are looked at from one place; of a longer text its beginning stands for it
_OFFSET = np.uint64(0xCBF29CE484222325)
_PRIME = np.uint64(0x100000001B3)
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


class Words(NamedTuple):
    """Texts as a set of hashes. Empty: one slot, no beginnings."""

    slots: NDArray[np.uint64]  # [power of two] 0 where free
    origins: NDArray[np.int32]  # [slots] where it is from, ≥ 0; −1: it may occur
    starts: NDArray[np.uint8]  # [STARTS] bits: whether some word begins like this
    longest: int  # bytes; 0 when there is no word


@helper
def hash_span(data: NDArray[np.uint8], a: int, b: int, seed: int) -> np.uint64:
    """The hash of bytes a … b; never 0."""
    h = _OFFSET ^ np.uint64(seed)
    for i in range(a, b):
        h = (h ^ np.uint64(data[i])) * _PRIME
    h = mix64(h)
    return h if h != np.uint64(0) else np.uint64(1)


@helper
def find(slots: NDArray[np.uint64], h: np.uint64) -> int:
    """The slot of a hash, −1 where it is not in the set."""
    mask = len(slots) - 1
    i: Any = np.int64(h & np.uint64(mask))
    while slots[i] != np.uint64(0):
        if slots[i] == h:
            return i  # type: ignore[no-any-return]
        i = (i + 1) & mask
    return -1


@helper
def _alnum(c: int) -> bool:
    return 48 <= c <= 57 or 65 <= c <= 90 or 97 <= c <= 122


@helper
def _digit(c: int) -> bool:
    return 48 <= c <= 57


@helper
def _beginning(data: NDArray[np.uint8], at: int, end: int) -> int:
    """The bit of `starts` for the first bytes of a word: six of them from a character of three on, else four."""
    width = 6 if data[at] >= 0xE0 else 4
    if end - at < width:
        return -1
    x = np.uint64(0)
    for i in range(width):
        x = (x << np.uint64(8)) | np.uint64(data[at + i])
    return np.int64((x * _GOLDEN) >> np.uint64(42))  # type: ignore[return-value]


@helper
def _opens(data: NDArray[np.uint8], at: int, begin: int) -> bool:
    """Whether a word may begin here."""
    c = data[at]
    if (c & 0xC0) == 0x80:
        return False
    if at == begin or not _alnum(c):
        return True
    before = data[at - 1]
    return not _alnum(before) and not (_digit(c) and before == 46 and at - 1 > begin and _digit(data[at - 2]))


@helper
def _closes(data: NDArray[np.uint8], stop: int, end: int) -> bool:
    """Whether a word may end before `stop`."""
    if stop == end:
        return True
    c, after = data[stop - 1], data[stop]
    if (after & 0xC0) == 0x80 or (_alnum(c) and _alnum(after)):
        return False
    return not (_digit(c) and after == 46 and stop + 1 < end and _digit(data[stop + 1]))


@helper
def scan(data: NDArray[np.uint8], begin: int, at: int, end: int, words: Words, mark: bool) -> tuple[int, int]:
    """The first word from `at` on in the text begin … end, −1, −1 without one; with `mark` all get leave to occur."""
    for s in range(at, end):
        if not _opens(data, s, begin):
            continue
        start = _beginning(data, s, end)
        if start < 0 or (words.starts[start >> 3] >> (start & 7)) & 1 == 0:
            continue
        h = _OFFSET
        for stop in range(s + 1, min(end, s + words.longest) + 1):
            h = (h ^ np.uint64(data[stop - 1])) * _PRIME
            if stop - s < 4 or not _closes(data, stop, end):
                continue
            i = find(words.slots, mix64(h))
            if i >= 0 and mark:
                words.origins[i] = -1
            elif i >= 0 and words.origins[i] >= 0:
                return s, stop
    return -1, -1


@kernel
def scan_texts(
    data: NDArray[np.uint8], offsets: NDArray[np.int64], words: Words, mark: bool, out: NDArray[np.int64]
) -> int:
    """Look for words in texts `data[offsets[i]:offsets[i + 1]]`; returns how many places were found.

    With `mark` whatever occurs may occur, and nothing is told. `out` [places, 3] takes text, start and stop of each.
    """
    found = 0
    for i in range(len(offsets) - 1):
        begin, end = offsets[i], offsets[i + 1]
        whole = find(words.slots, hash_span(data, begin, end, 0)) if end - begin > words.longest else -1
        if whole >= 0 and mark:
            words.origins[whole] = -1
        elif whole >= 0 and words.origins[whole] >= 0:
            if found < len(out):
                out[found, 0], out[found, 1], out[found, 2] = i, begin, end
            found += 1
            continue
        at = begin
        while at < end:
            a, b = scan(data, begin, at, end, words, mark)
            if a < 0:
                break
            if found < len(out):
                out[found, 0], out[found, 1], out[found, 2] = i, a, b
            found += 1
            at = b
    return found


@kernel
def describe_texts(data: NDArray[np.uint8], offsets: NDArray[np.int64], out: NDArray[np.uint64]) -> None:
    """What is needed to look for texts; 0s for one that is too short.

    `out` [texts, 4]: hash of the whole, hash of its beginning, place in `starts`, bytes of the beginning. Blanks around
    a text are cut off. Two Chinese or four other characters are long enough; of digits there must be five from the
    first to the last that is not 0. The beginning is the whole up to `LONGEST` bytes, else cut where a word may end.
    """
    for i in range(len(offsets) - 1):
        a, b = offsets[i], offsets[i + 1]
        out[i, :] = 0
        while a < b and data[a] <= 32:
            a += 1
        while b > a and data[b - 1] <= 32:
            b -= 1
        han = others = signs = 0
        first = last = np.int64(-1)
        digits: Any = np.int64(0)
        for j in range(a, b):
            c = data[j]
            if (c & 0xC0) == 0x80:
                continue
            if c >= 0xE3 and not (c == 0xE3 and data[j + 1] < 0x90):  # from U+3400 on; what is before is punctuation
                han += 1
            else:
                others += 1
            if _digit(c):
                digits += 1
                if c != 48:
                    first = digits if first < 0 else first
                    last = digits
            elif c == 43 or c == 45 or c == 46:
                signs += 1
        if digits + signs == han + others:
            if first < 0 or last - first < 4:
                continue
        elif han < 2 and others < 4:
            continue
        out[i, 0] = hash_span(data, a, b, 0)
        out[i, 2] = np.uint64(max(_beginning(data, a, b), 0))
        stop = min(b, a + LONGEST)
        while stop > a and not _closes(data, stop, b):
            stop -= 1
        if stop - a >= min(b - a, LONGEST // 2):
            out[i, 1] = hash_span(data, a, stop, 0)
        else:
            stop = a + LONGEST  # one word without an end: it is only found as a whole
        out[i, 3] = np.uint64(stop - a)


@kernel
def insert(slots: NDArray[np.uint64], origins: NDArray[np.int32], hashes: NDArray[np.uint64], origin: int) -> None:
    """Put hashes into a set with room for them; one that is there already keeps its origin, 0 is passed over."""
    mask = len(slots) - 1
    for h in hashes:
        if h == np.uint64(0):
            continue
        i: Any = np.int64(h & np.uint64(mask))
        while slots[i] != np.uint64(0) and slots[i] != h:
            i = (i + 1) & mask
        if slots[i] == np.uint64(0):
            slots[i] = h
            origins[i] = origin


@kernel
def begin(starts: NDArray[np.uint8], places: NDArray[np.uint64]) -> None:
    """Set the bits of beginnings, as `describe_texts` tells them."""
    for place in places:
        starts[np.int64(place >> np.uint64(3))] |= np.uint8(1) << np.uint8(place & np.uint64(7))


@kernel
def look_up(slots: NDArray[np.uint64], hashes: NDArray[np.uint64], out: NDArray[np.int64]) -> None:
    """The slots of hashes, `out` [hashes]; −1 for those that are not in the set."""
    for i in range(len(hashes)):
        out[i] = find(slots, hashes[i])
