"""How well a name fits a query, and which of its letters do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from pipeline.portal.search.fold import Unit
from pipeline.portal.search.query import HAN, INITIAL, SYLLABLE, WORD, Token, Tokens

# What may follow a name that is meant as a whole.
_CIVIL: Final = frozenset("省市县区镇乡村") | {"街道", "社区"}
_WORTH: Final = {HAN: 1.0, WORD: 1.0, SYLLABLE: 0.96, INITIAL: 0.85}


class Target(NamedTuple):
    """A name taken apart."""

    units: Sequence[Unit]
    readings: Sequence[str]  # [units]


class Match(NamedTuple):
    """Where a query fits."""

    quality: float  # 0 … 1
    marks: tuple[tuple[int, int], ...]  # of the text, from … before


def target(units: Sequence[Unit], readings: Sequence[str]) -> Target:
    """A name with the readings of its Chinese characters, in order."""
    left = iter(readings)
    return Target(units, [next(left, "") if unit.han else "" for unit in units])


def matched(tokens: Tokens, name: Target, *, gaps: bool = False, typos: bool = False) -> Match | None:
    """The best way in which a name fits, None where it does not.

    `gaps`: something may be left out between two parts; `typos`: one unit may be wrong, missing or too many.
    """
    if not tokens:
        return None
    found = _contiguous(tokens, name)
    if found is None and gaps and len(tokens) >= 3:
        found = _with_gap(tokens, name, 2, 0.45)
    if found is None and typos and len(tokens) >= 3:
        found = _with_typo(tokens, name)
    if found is None:
        return None
    worth = 0.0
    for token in tokens:
        worth += _WORTH[token.kind]
    return Match(found.quality * (worth / len(tokens)), found.marks)


def code_match(tokens: Tokens, code: Sequence[Unit]) -> float:
    """How well a route number or admin code fits: 1 the whole, less its beginning, 0 not at all."""
    if len(tokens) != len(code) or any(token.kind != WORD for token in tokens):
        return 0.0
    if any(token.value != unit.value for token, unit in zip(tokens[:-1], code[:-1], strict=True)):
        return 0.0
    typed, whole = tokens[-1], code[-1].value
    if typed.value == whole:
        return 1.0
    if typed.partial and len(typed.value) >= 2 and whole.startswith(typed.value):
        return 0.75 + 0.1 * (len(typed.value) / len(whole))
    return 0.0


def _fits(token: Token, unit: Unit, reading: str) -> bool:
    if token.kind == HAN:
        return unit.han and unit.value == token.value
    if token.kind == WORD:
        if unit.han:
            return False
        return unit.value.startswith(token.value) if token.partial else unit.value == token.value
    if token.kind == SYLLABLE and not token.partial:
        return reading == token.value
    return reading.startswith(token.value) if reading else False


def _run_fits(tokens: Sequence[Token], name: Target, at: int) -> bool:
    return all(_fits(token, name.units[at + i], name.readings[at + i]) for i, token in enumerate(tokens))


def _contiguous(tokens: Tokens, name: Target) -> Match | None:
    size, all_units = len(tokens), len(name.units)
    for at in range(all_units - size + 1):
        if not _run_fits(tokens, name, at):
            continue
        share = size / all_units
        if at > 0:
            quality = 0.6 + 0.15 * share
        elif size == all_units:
            quality = 0.85 if _unfinished(tokens[-1], name, size - 1) else 1.0
        elif "".join(unit.value for unit in name.units[size:]) in _CIVIL:
            quality = 0.95
        else:
            quality = 0.75 + 0.1 * share
        return Match(quality, (_mark(name, at, at + size),))
    return None


def _unfinished(token: Token, name: Target, at: int) -> bool:
    return token.partial and token.value != (name.units[at].value if token.kind == WORD else name.readings[at])


def _with_gap(tokens: Tokens, name: Target, least: int, base: float, most: int | None = None) -> Match | None:
    """Two parts of the query, each of `least` units at least, with at most `most` units of the name between them."""
    size, all_units = len(tokens), len(name.units)
    for cut in range(least, size - least + 1):
        for at in range(all_units - size):
            if not _run_fits(tokens[:cut], name, at):
                continue
            last = all_units - (size - cut)
            if most is not None:
                last = min(last, at + cut + most)
            for then in range(at + cut + 1, last + 1):
                if _run_fits(tokens[cut:], name, then):
                    marks = (_mark(name, at, at + cut), _mark(name, then, then + size - cut))
                    return Match(base + 0.15 * (size / all_units), marks)
    return None


def _with_typo(tokens: Tokens, name: Target) -> Match | None:
    size, all_units = len(tokens), len(name.units)
    for at in range(all_units - size + 1):
        wrong = [i for i in range(size) if not _fits(tokens[i], name.units[at + i], name.readings[at + i])]
        if len(wrong) == 1:
            i = wrong[0]
            marks = [(at, at + i), (at + i + 1, at + size)]
            return Match(0.35 + 0.15 * ((size - 1) / all_units), tuple(_mark(name, a, b) for a, b in marks if a < b))
    missing = _with_gap(tokens, name, 1, 0.35, 1)
    if missing is not None or size < 4:
        return missing
    for i in range(size):
        found = _contiguous(tokens[:i] + tokens[i + 1 :], name)
        if found is not None:
            return Match(0.35 + 0.15 * ((size - 1) / all_units) * (size - 1) / size, found.marks)
    return None


def _mark(name: Target, first: int, last: int) -> tuple[int, int]:
    return name.units[first].start, name.units[last - 1].end
