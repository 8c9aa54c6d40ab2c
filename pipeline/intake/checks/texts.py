"""逻辑一致性: texts that were read in the wrong encoding, or lost characters on their way."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
import pyarrow as pa

from pipeline.intake.checks.layer import Layer, Rows
from pipeline.intake.checks.message import Message
from pipeline.intake.checks.message import lazy as _
from pipeline.intake.checks.report import PLACES
from pipeline.intake.checks.rule import Found, Outcome, Skipped, rule
from pipeline.intake.checks.subject import Subject
from pipeline.intake.checks.values import like, quoted, remarks, rows_where
from pipeline.sources.arrow import whole
from pipeline.sources.frequent import FREQUENT

# U+FFFD, what becomes of it when UTF-8 is read as GBK, question marks in a row, control characters.
LOST: Final = "\ufffd|锟斤拷|\\?{3,}|？{3,}|[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f]"
_PAIRS: Final = re.compile("[\u0080-\u00ff\u0152-\u2122]{2,}")  # of cp1252
_ALONE: Final = re.compile("(?<![^\\x00-\\x7f])[^\\x00-\\x7f](?![^\\x00-\\x7f])")  # a letter with an accent, as a rule
_HAN: Final = re.compile("[\u4e00-\u9fff]")
_WHOLE: Final = 0.7  # of the bytes; of three characters in UTF-8, 9 bytes, GBK makes four and a half
# An encoding in which a text was read, and that in which it had been written.
_MISREAD: Final = (("gb18030", "utf-8"), ("cp1252", "gb18030"), ("cp1252", "utf-8"), ("latin-1", "gb18030"),
                   ("latin-1", "utf-8"))  # fmt: skip


@rule("mojibake", "logic", "B", lambda: _("Texts are read in the encoding they were written in"))
def mojibake(layer: Layer, subject: Subject) -> Outcome:
    """龙泉 as é¾™æ³‰ (UTF-8 read as Windows 1252), as 榫欐硥 (as GBK), or as ÁúÈª (GBK read as Windows 1252)."""
    return _of_texts(
        layer,
        lambda texts: rows_where(texts, lambda values: [is_misread(value) for value in values]),
        _("{n} texts were read in a wrong encoding: {fields}."),
        _("export again with the encoding named (a .cpg beside the Shapefile, or UTF-8 throughout)"),
    )


@rule("lost-characters", "logic", "B", lambda: _("No character was lost"))
def lost_characters(layer: Layer, subject: Subject) -> Outcome:
    """U+FFFD, 锟斤拷, ???, control characters: what these were is to be found in an older copy only."""
    return _of_texts(
        layer,
        lambda texts: np.flatnonzero(like(texts, LOST)),
        _("{n} texts hold characters that stand for lost ones: {fields}."),
        _("take the texts from an older copy; they cannot be mended from this file"),
    )


def is_misread(text: str) -> bool:
    """Whether a text makes more sense, as Chinese, when its bytes are read in another encoding."""
    if text.isascii():
        return False
    for read, written in _MISREAD:
        if read != "gb18030" and (_ALONE.search(text) or not _PAIRS.search(text)):
            continue
        raw = text.encode(read, "ignore")
        meant = raw.decode(written, "ignore")
        if len(meant.encode(written)) < _WHOLE * len(raw):
            continue
        # Single pairs of bytes fit by chance; two Chinese characters that are more frequent than these do not.
        if len(_HAN.findall(meant)) >= 2 and _common(meant) > _common(text):
            return True
    return False


def _common(text: str) -> float:
    """The share of frequent characters among those that are not ASCII."""
    there = [c for c in text if not c.isascii()]
    return sum(c in FREQUENT for c in there) / len(there) if there else 0.0


def _of_texts(layer: Layer, bad: Callable[[pa.Array], Rows], words: Message, advice: Message) -> Outcome:
    """Look at every column of texts."""
    rows: list[Rows] = []
    told: list[str] = []
    why: list[str] = []
    looked = False
    for field, column in zip(layer.table.schema, layer.table.columns, strict=True):
        if not (pa.types.is_string(field.type) or pa.types.is_large_string(field.type)):
            continue
        looked = True
        texts = whole(column)
        if found := _nonempty(bad(texts)):
            rows.append(found[0])
            told.append(f"{field.name} {len(found[0])} ({_visible(quoted(texts, found[0]))})")
            why += [_visible(remark) for remark in remarks(texts, found[0], field.name, PLACES)]
    if not looked:
        return Skipped(_("there are no texts"))
    if not rows:
        return None
    together = np.concatenate(rows)
    return Found(
        words.format(n=len(together), fields="; ".join(told[:6])), advice, rows=together, remarks=tuple(why[:PLACES])
    )


def _nonempty(rows: Rows) -> Sequence[Rows]:
    return [rows] if len(rows) else []


def _visible(text: str) -> str:
    """Control characters as signs (U+2400 …), so that reports stay well-formed."""
    return "".join(chr(0x2400 + ord(c)) if ord(c) < 32 else "\u2421" if c == "\x7f" else c for c in text)
