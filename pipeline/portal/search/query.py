"""What somebody typed, in all the ways it can be meant."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from pipeline.portal.search.fold import Unit

HAN, WORD, SYLLABLE, INITIAL = "h", "w", "s", "i"
READINGS: Final = 3  # ways to take a run of letters apart
_BEAM: Final = 6
_LONGEST: Final = 6  # letters of a syllable
_LETTERS: Final = 32  # of a run that is read as pinyin
_NO_INITIAL: Final = frozenset("iuv")
_DIGITS: Final = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_TENS: Final = {"十": 10, "百": 100, "千": 1000}
_TWENTIES: Final = {"廿": 20, "卅": 30}
_BETWEEN: Final = frozenset("之甲乙丙丁")
_NUMBER: Final = re.compile(r"([0-9]{1,6})([a-z]?)")
_SPELLED_NUMBER: Final = re.compile(r"([a-z]{2,})([0-9]{1,6})")


class Token(NamedTuple):
    """A piece of a query: what one unit of a name must be like."""

    kind: str  # HAN, WORD, SYLLABLE or INITIAL
    value: str
    partial: bool = False  # unfinished: the unit only begins like this


Tokens = tuple[Token, ...]


@dataclass(frozen=True, slots=True)
class HouseNumber:
    """A query that ends in a house number."""

    street: tuple[Unit, ...]
    number: int
    suffix: str  # "2" of 18-2, "甲", "a"; "" where there is none
    open: bool  # 号 does not follow: more digits may come


def ways(units: Sequence[Unit], syllables: Iterable[str], beginnings: frozenset[str]) -> list[Tokens]:
    """The ways to read a query: as words, as pinyin, as initials; the likeliest first."""
    words = tuple(Token(HAN if unit.han else WORD, unit.value) for unit in units)
    found = [words]
    if words and words[-1].kind == WORD:
        found.append((*words[:-1], words[-1]._replace(partial=True)))
    known = syllables if isinstance(syllables, Mapping | frozenset | set) else frozenset(syllables)
    runs = _runs(words)
    if any(isinstance(run, str) for run in runs):
        apart = [
            segmentations(run, known, beginnings, last=i == len(runs) - 1) if isinstance(run, str) else [run]
            for i, run in enumerate(runs)
        ]
        if all(apart):
            found += [tuple(t for options in apart for t in options[min(k, len(options) - 1)]) for k in range(READINGS)]
        letters = [run for run in runs if isinstance(run, str)]
        if all(len(run) <= 8 and not _NO_INITIAL & set(run) for run in letters):
            found.append(tuple(t for run in runs for t in (map(_initial, run) if isinstance(run, str) else run)))
    return list(dict.fromkeys(found))


def segmentations(letters: str, syllables: Iterable[str], beginnings: frozenset[str], *, last: bool) -> list[Tokens]:
    """The likeliest ways to take a run of letters apart into syllables and initials; `last`: it may be unfinished."""
    if len(letters) > _LETTERS:
        return []
    known = syllables if isinstance(syllables, Mapping | frozenset | set) else frozenset(syllables)
    best: list[list[tuple[int, Tokens]]] = [[] for _i in range(len(letters) + 1)]
    best[0] = [(0, ())]
    for at in range(len(letters)):
        best[at] = sorted(best[at], key=_cost)[:_BEAM]
        for end in range(at + 1, min(at + _LONGEST, len(letters)) + 1):
            piece = letters[at:end]
            options: list[tuple[int, Token]] = []
            if piece in known:
                options.append((10, Token(SYLLABLE, piece)))
            elif last and end == len(letters) and end - at >= 2 and piece in beginnings:
                options.append((12, Token(SYLLABLE, piece, True)))
            if end - at == 1 and piece not in _NO_INITIAL and piece not in known:
                options.append((21, Token(INITIAL, piece)))
            elif piece in ("zh", "ch", "sh"):
                options.append((22, Token(INITIAL, piece)))
            best[end] += [(cost + more, (*tokens, token)) for cost, tokens in best[at] for more, token in options]
    return [tokens for _cost_of, tokens in sorted(best[-1], key=_cost)[:READINGS]]


def beginnings_of(syllables: Iterable[str]) -> frozenset[str]:
    """Whatever syllables begin with."""
    return frozenset(syllable[:n] for syllable in syllables for n in range(1, len(syllable) + 1))


def corrections(letters: str, syllables: Mapping[str, int], most: int) -> list[Tokens]:
    """Pinyin that is one letter off: taken apart wholly into known syllables, the commonest first; `most` at most."""
    found: dict[Tokens, tuple[int, int]] = {}
    for text in _edited(letters):
        for tokens in segmentations(text, syllables, frozenset(), last=False):
            if all(token.kind == SYLLABLE for token in tokens):
                found.setdefault(tokens, (len(tokens), -min(syllables[token.value] for token in tokens)))
    ranked = sorted(found, key=lambda tokens: (*found[tokens], [token.value for token in tokens]))
    return ranked[:most]


def house_number(query: Sequence[Unit]) -> HouseNumber | None:
    """The house number that a query ends in, what follows 号 left aside; None where it ends in none."""
    units = [part for unit in query for part in _apart(unit)]
    for at, unit in enumerate(units):
        if unit.value == "号" and at > 1:
            first = at
            while first > 0 and _counts(units[first - 1]):
                first -= 1
            read = _number(units[first:at]) if first >= 1 else None
            if read is not None:
                number, suffix = read
                after = units[at + 1 :]
                if not suffix and after and all(map(_counts, after)):
                    suffix = canonical_suffix("".join(unit.value for unit in after))  # 18号-2, 18号之二
                return HouseNumber(tuple(units[:first]), number, suffix, False)
    first = len(units)
    while first > 0 and not units[first - 1].han and _NUMBER.fullmatch(units[first - 1].value):
        first -= 1
    read = _number(units[first:]) if 1 <= first < len(units) else None
    return HouseNumber(tuple(units[:first]), *read, True) if read is not None else None


def chinese_number(text: str) -> int | None:
    """What Chinese numerals say: 十八 is 18, 一百零五 105, 一二一 121; None for what are none."""
    if not text or any(c not in _DIGITS and c not in _TENS and c not in _TWENTIES for c in text):
        return None
    if all(c in _DIGITS for c in text):
        return int("".join(str(_DIGITS[c]) for c in text)) if len(text) <= 6 else None
    total, digit = 0, 0
    for c in text:
        if c in _TENS:
            total += (digit or 1) * _TENS[c]
            digit = 0
        elif c in _TWENTIES:
            total += _TWENTIES[c]
        else:
            digit = _DIGITS[c]
    return total + digit


def canonical_suffix(text: str) -> str:
    """What stands beside a house number, in one spelling: "-2", "之2" and "之二" are "2"."""
    kept = "".join(c for c in text.lower() if c.isalnum() and c not in "之号")
    number = chinese_number(kept)
    return str(number) if number is not None else kept


def _counts(unit: Unit) -> bool:
    if unit.han:
        return unit.value in _BETWEEN or unit.value in _DIGITS or unit.value in _TENS or unit.value in _TWENTIES
    return _NUMBER.fullmatch(unit.value) is not None


def _number(units: Sequence[Unit]) -> tuple[int, str] | None:
    """Number and suffix of units such as 18 · 18a · 18 2 · 18 之 2 · 十 八 · 十 八 之 二."""
    if not units:
        return None
    first = 1
    if units[0].han:
        while first < len(units) and units[first].han and units[first].value not in _BETWEEN:
            first += 1
        number, letter = chinese_number("".join(unit.value for unit in units[:first])), ""
        if number is None:
            return None
    else:
        match = _NUMBER.fullmatch(units[0].value)
        if match is None:
            return None
        number, letter = int(match[1]), match[2]
    return number, letter + canonical_suffix("".join(unit.value for unit in units[first:]))


def _apart(unit: Unit) -> list[Unit]:
    """jianchilu18 as pinyin and a number."""
    match = None if unit.han else _SPELLED_NUMBER.fullmatch(unit.value)
    if match is None:
        return [unit]
    return [Unit(match[1], False, unit.start, unit.end), Unit(match[2], False, unit.start, unit.end)]


def _runs(words: Tokens) -> list[str | Tokens]:
    """Neighbouring words of letters a … z as one text each; all else as it is."""
    runs: list[str | Tokens] = []
    for token in words:
        if token.kind == WORD and token.value.isascii() and token.value.isalpha():
            if runs and isinstance(runs[-1], str):
                runs[-1] += token.value
            else:
                runs.append(token.value)
        else:
            runs.append((token,))
    return runs


def _initial(letter: str) -> Token:
    return Token(INITIAL, letter)


def _cost(option: tuple[int, Tokens]) -> tuple[int, list[str]]:
    return option[0], [token.value for token in option[1]]


def _edited(letters: str) -> list[str]:
    """The text with one letter left out, exchanged, replaced or added."""
    alphabet = "abcdefghijklmnopqrstuvwxyz"
    found = [letters[:i] + letters[i + 1 :] for i in range(len(letters))]
    found += [letters[:i] + letters[i + 1] + letters[i] + letters[i + 2 :] for i in range(len(letters) - 1)]
    found += [letters[:i] + c + letters[i + 1 :] for i in range(len(letters)) for c in alphabet if c != letters[i]]
    found += [letters[:i] + c + letters[i:] for i in range(len(letters) + 1) for c in alphabet]
    return list(dict.fromkeys(found))
