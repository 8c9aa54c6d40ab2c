"""Texts taken apart so that spellings that mean the same come out the same; docs/search.md § Folding."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from typing import Final, NamedTuple

_IGNORED: Final = frozenset("'’‘ʼ`´")
_BUILDINGS: Final = frozenset("栋座")
_SEPARATOR, _HAN, _WORD = range(3)


class Unit(NamedTuple):
    """A Chinese character, or a run of other letters and digits."""

    value: str
    han: bool
    start: int  # in the text it was taken from
    end: int


@lru_cache(maxsize=1)
def simplified() -> Mapping[str, str]:
    """What traditional characters of the first two blocks become, by OpenCC's table; about 3,700 of them."""
    from opencc import OpenCC

    codes = (*range(0x3400, 0x4DC0), *range(0x4E00, 0xA000))
    converted = OpenCC("t2s").convert("\n".join(map(chr, codes))).split("\n")
    return {chr(a): b for a, b in zip(codes, converted, strict=True) if chr(a) != b}


class Folder:
    """Takes texts apart by one table of characters; remembers each character it has seen."""

    def __init__(self, table: Mapping[str, str]) -> None:
        self.table = table
        self._known: dict[str, tuple[tuple[int, str], ...]] = {}
        self._plain: dict[str, str] = {}

    def units(self, text: str) -> list[Unit]:
        """The units of a text, in order."""
        found: list[Unit] = []
        word, start, end = "", 0, 0
        for at, character in enumerate(text):
            pieces = self._known.get(character)
            if pieces is None:
                pieces = self._known[character] = tuple(_pieces(character, self.table))
            for kind, value in pieces:
                if kind == _WORD:
                    if not word:
                        start = at
                    word += value
                    end = at + 1
                    continue
                if word:
                    found.append(Unit(word, False, start, end))
                    word = ""
                if kind == _HAN:
                    if value in _BUILDINGS and found and not found[-1].han and found[-1].end == at:
                        value = "幢"
                    found.append(Unit(value, True, at, at + 1))
        if word:
            found.append(Unit(word, False, start, end))
        return found

    def plain(self, text: str) -> str:
        """Its characters without what separates them: the same for whatever is taken apart alike."""
        known = self._plain
        for character in set(text).difference(known):
            known[character] = "".join(value for kind, value in _pieces(character, self.table) if kind != _SEPARATOR)
        return "".join(map(known.__getitem__, text))


def is_han(character: str) -> bool:
    """Whether a character is a Chinese one."""
    code = ord(character)
    return (
        0x3400 <= code <= 0x4DBF
        or 0x4E00 <= code <= 0x9FFF
        or code == 0x3007
        or 0xF900 <= code <= 0xFAFF
        or 0x20000 <= code <= 0x323AF
    )


def fold_letters(text: str) -> str:
    """Letters without marks and in lower case; ü becomes v, as people type it."""
    plain = unicodedata.normalize("NFKD", text.lower()).replace("u\u0308", "v")
    return "".join(c for c in plain if not "\u0300" <= c <= "\u036f")


def _pieces(character: str, table: Mapping[str, str]) -> list[tuple[int, str]]:
    if character in _IGNORED:
        return []
    plain = "".join(c for c in unicodedata.normalize("NFKD", character) if not "\u0300" <= c <= "\u036f")
    found = []
    for c in unicodedata.normalize("NFC", plain).lower():
        c = table.get(c, c)
        if is_han(c):
            found.append((_HAN, c))
        elif unicodedata.category(c)[0] in "LN":
            found.append((_WORD, c))
        else:
            found.append((_SEPARATOR, c))
    return found
