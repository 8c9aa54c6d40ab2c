"""How names are read: a syllable without tone for each Chinese character.

The readings of characters and phrases are pypinyin's; each is looked up once a character or phrase, not once a name.
Where a name comes with its pinyin, and the pinyin is one that its characters can have, that decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from pipeline.portal.search.fold import Unit, fold_letters

_LONGEST: Final = 6  # characters of a phrase; the few longer ones are sayings
_NONE: Final = ""


class Readings:
    """Reads names; remembers what it has looked up."""

    def __init__(self) -> None:
        self._phrases = _phrases()
        self._heads = frozenset(phrase[0] for phrase in self._phrases)
        self._of: dict[str, tuple[str, ...]] = {}

    def of(self, character: str) -> tuple[str, ...]:
        """How a character may be read, the usual reading first; none for one that nobody knows."""
        found = self._of.get(character)
        if found is None:
            found = self._of[character] = _readings(character)
        return found

    def read(self, units: list[Unit], pinyin: str | None = None) -> list[str]:
        """The syllable of each unit [units], empty for words and for characters without a known reading."""
        usual = self._usual(units)
        if not pinyin:
            return usual
        letters = "".join(c for c in fold_letters(pinyin) if c.isascii() and c.isalnum())
        if "".join(s or u.value for s, u in zip(usual, units, strict=True)) == letters:
            return usual
        return self._fitted(units, letters) or usual

    def _usual(self, units: list[Unit]) -> list[str]:
        found = [self.of(unit.value)[:1] if unit.han else () for unit in units]
        syllables = [each[0] if each else _NONE for each in found]
        text = "".join(unit.value if unit.han else "\0" for unit in units)
        if len(text) == len(units) > 1 and not self._heads.isdisjoint(text):
            at = 0
            while at < len(text) - 1:
                if text[at] not in self._heads:
                    at += 1
                    continue
                for length in range(min(_LONGEST, len(text) - at), 1, -1):
                    phrase = self._phrases.get(text[at : at + length])
                    if phrase is not None:
                        syllables[at : at + length] = phrase
                        at += length - 1
                        break
                at += 1
        return syllables

    def _fitted(self, units: list[Unit], letters: str) -> list[str] | None:
        """The readings that make up just these letters, None where none do."""
        ways: dict[int, list[str]] = {0: []}
        for unit in units:
            options = self.of(unit.value) if unit.han else (unit.value,)
            further: dict[int, list[str]] = {}
            for at, before in ways.items():
                for option in options:
                    end = at + len(option)
                    if letters.startswith(option, at) and end not in further:
                        further[end] = [*before, option if unit.han else _NONE]
            ways = further
        return ways.get(len(letters))


def _readings(character: str) -> tuple[str, ...]:
    from pypinyin.constants import PINYIN_DICT

    texts = PINYIN_DICT.get(ord(character), "").split(",")
    return tuple(dict.fromkeys(fold_letters(text) for text in texts if text))


@lru_cache(maxsize=1)
def _phrases() -> Mapping[str, list[str]]:
    """Phrases that are not read as their characters usually are → their syllables."""
    from pypinyin.constants import PHRASES_DICT

    usual: dict[str, str] = {}
    found = {}
    for phrase, syllables in PHRASES_DICT.items():
        if not 2 <= len(phrase) <= _LONGEST or len(syllables) != len(phrase):
            continue
        read = [fold_letters(each[0]) for each in syllables]
        for character in phrase:
            if character not in usual:
                known = _readings(character)
                usual[character] = known[0] if known else _NONE
        if any(usual[c] != s for c, s in zip(phrase, read, strict=True)):
            found[phrase] = read
    return found
