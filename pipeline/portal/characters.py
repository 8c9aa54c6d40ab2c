"""Which characters a city's map needs, the frequent ones first, in groups small enough to load one by one."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable

LATIN_END = 0x250  # Basic Latin to Latin Extended-B: letters, digits, pinyin with tone marks
GROUP = 200  # Chinese characters per font file: about 40 KB of woff2


def count_characters(texts: Iterable[str]) -> Counter[str]:
    """How often each character occurs in `texts`; control characters, spaces and private use are left out."""
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(unicodedata.normalize("NFC", text))
    for character in [c for c in counts if unicodedata.category(c)[0] in "CZ"]:
        del counts[character]
    return counts


def character_groups(counts: Counter[str], always: str = "") -> list[list[str]]:
    """Split characters into the groups that become font files.

    The first group holds all Latin characters, printable ASCII always among them; the others hold `GROUP`
    characters each, the most frequent first, so that a first view needs few files. `always` names characters
    that must be there even when no text has them. Each group is sorted by code point.
    """
    latin = {chr(code) for code in range(0x20, 0x7F)}
    others: Counter[str] = Counter()
    for character, count in counts.items():
        if ord(character) < LATIN_END:
            latin.add(character)
        else:
            others[character] = count
    for character in always:
        if ord(character) >= LATIN_END:
            others[character] += 1
    ranked = sorted(others, key=lambda c: (-others[c], c))
    return [sorted(latin)] + [sorted(ranked[i : i + GROUP]) for i in range(0, len(ranked), GROUP)]


def unicode_ranges(characters: Iterable[str]) -> list[str]:
    """Code points as CSS `unicode-range` entries (`U+4E00`, `U+30-39`), ascending."""
    codes = sorted({ord(c) for c in characters})
    ranges: list[str] = []
    for i, code in enumerate(codes):
        if i == 0 or code != codes[i - 1] + 1:
            start = code
        if i + 1 == len(codes) or codes[i + 1] != code + 1:
            ranges.append(f"U+{start:X}" if start == code else f"U+{start:X}-{code:X}")
    return ranges
