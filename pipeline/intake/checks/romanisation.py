"""属性精度: NAME and PINYIN agree, by every reading that the characters have."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.intake.checks.attributes import no_column
from pipeline.intake.checks.layer import Layer
from pipeline.intake.checks.message import lazy as _
from pipeline.intake.checks.report import PLACES
from pipeline.intake.checks.rule import Found, Outcome, Skipped, rule
from pipeline.intake.checks.subject import Subject
from pipeline.intake.checks.values import flags

_HAN: Final = re.compile("[\u3400-\u9fff]")
_LETTERS: Final = re.compile("[a-z0-9]+")
_APART: Final = "\n"  # between names that are turned into pinyin as one text


@rule("pinyin-mismatch", "attributes", "C", lambda: _("Names and their pinyin agree"))
def pinyin_mismatch(layer: Layer, subject: Subject) -> Outcome:
    """Blanks, capitals, tones, apostrophes and ü/v make no difference; polyphonic characters may be read either way."""
    name, pinyin = layer.role("NAME"), layer.role("PINYIN")
    if name is None or pinyin is None:
        return Skipped(no_column("NAME" if name is None else "PINYIN"))
    names, spelled = layer.texts(name), layer.texts(pinyin)
    both = flags(pc.and_(pc.is_valid(names), pc.is_valid(spelled)))
    rows = np.flatnonzero(both)
    if not len(rows):
        return Skipped(_("no feature has both a name and its pinyin"))
    pairs = pa.table({"name": names.take(pa.array(rows)), "pinyin": spelled.take(pa.array(rows))})
    distinct = pairs.group_by(["name", "pinyin"], use_threads=False).aggregate([])
    bad = disagreeing(distinct.column("name").to_pylist(), distinct.column("pinyin").to_pylist())
    if not bad.any():
        return None
    wrong = distinct.filter(pa.array(bad)).append_column("wrong", pa.array([True] * int(bad.sum())))
    numbered = pairs.append_column("row", pa.array(rows))
    found = numbered.join(wrong, ["name", "pinyin"], join_type="inner", use_threads=False).sort_by("row")
    rows = found.column("row").to_numpy()
    few = found.slice(0, PLACES)
    told = [f"{a} {b}" for a, b in zip(few.column("name").to_pylist(), few.column("pinyin").to_pylist(), strict=True)]
    shown = ", ".join(list(dict.fromkeys(told))[:4])
    return Found(
        _("{n} names do not agree with their pinyin: {values}.").format(n=len(rows), values=shown),
        _("correct the name or the pinyin; write pinyin without tones, such as Longquan Shi"),
        rows=rows,
        remarks=tuple(told),
    )


def disagreeing(names: Sequence[str], spelled: Sequence[str]) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Which names [pairs] cannot be read as their pinyin says; names without Chinese characters agree with anything."""
    text = _APART.join(name.replace(_APART, " ") for name in names).casefold()
    readings = {ord(c): found for c in sorted(set(text)) if (found := readings_of(c))}
    usual = text.translate({code: found[0] for code, found in readings.items()})
    read = [_plain(part) for part in _folded(usual).split(_APART)]
    wanted = [_plain(part) for part in _folded(_APART.join(s.replace(_APART, " ") for s in spelled)).split(_APART)]
    bad = np.array([a != b for a, b in zip(read, wanted, strict=True)], np.bool_)
    for at in np.flatnonzero(bad).tolist():
        name = names[at].casefold()
        bad[at] = bool(_HAN.search(name)) and not _readable(name, wanted[at], readings)
    return bad


def readings_of(character: str) -> tuple[str, ...]:
    """How a Chinese character may be read, without tones, the usual reading first; () for any other character."""
    from pypinyin.constants import PINYIN_DICT

    texts = PINYIN_DICT.get(ord(character), "") if _HAN.match(character) else ""
    return tuple(dict.fromkeys(_plain(_folded(text)) for text in texts.split(",") if text))


def _readable(name: str, wanted: str, readings: dict[int, tuple[str, ...]]) -> bool:
    """Whether some reading of the characters makes up the wanted letters: the places that a prefix can lead to."""
    ends = {0}
    for character in name:
        if found := readings.get(ord(character)):
            ends = {end + len(text) for end in ends for text in found if wanted.startswith(text, end)}
        elif plain := _plain(_folded(character)):
            ends = {end + len(plain) for end in ends if wanted.startswith(plain, end)}
        if not ends:
            return False
    return len(wanted) in ends


def _folded(text: str) -> str:
    """Without tones: ǚ is u, and so is the v that keyboards offer for it."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in plain if not unicodedata.combining(c)).replace("v", "u")


def _plain(text: str) -> str:
    """Its letters and digits only."""
    return "".join(_LETTERS.findall(text))
