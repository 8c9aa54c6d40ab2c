"""Texts of formats that do not say how they are written (DBF, CSV): find the encoding, decode, refuse what breaks."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Sequence
from typing import Final

from pipeline.errors import InputError
from pipeline.i18n import _

# What people and .cpg files call encodings that Python calls otherwise; GBK and GB2312 are parts of GB 18030.
_NAMES: Final = {
    "65001": "utf-8", "utf8": "utf-8",
    "936": "gb18030", "ansi 936": "gb18030", "oem 936": "gb18030", "cp936": "gb18030",
    "ms936": "gb18030", "gbk": "gb18030", "gb2312": "gb18030", "950": "cp950", "ansi 950": "cp950", "oem 950": "cp950",
    "big5": "cp950", "1252": "cp1252", "ansi 1252": "cp1252", "88591": "iso-8859-1", "iso88591": "iso-8859-1",
    "932": "cp932", "949": "cp949",
}  # fmt: skip
SAMPLE: Final = 4000  # distinct values looked at
SURE: Final = 0.6  # share of common characters below which no guess is made


def named(text: str, where: str) -> str:
    """Python's name of the encoding a person or a .cpg file names. Raises InputError."""
    plain = text.strip().strip("\0").lower()
    plain = _NAMES.get(plain, plain)
    try:
        return codecs.lookup(plain).name
    except LookupError as error:
        raise InputError(
            _('"{name}" is no encoding that is known here.').format(name=text.strip()),
            where=where,
            expected="UTF-8, GBK, GB18030, Big5 …",
            hint=_('give the right one: encoding = "GBK" / --encoding GBK'),
        ) from error


def detect(values: Iterable[bytes]) -> str | None:
    """The encoding most values are surely in: "utf-8", "gb18030", "cp950" or "cp1252"; None where that is not sure.

    UTF-8 proves itself. Of the others the one wins whose characters are common ones: level 1 of GB 2312 or of Big5, or
    for western texts letters that stand alone among ASCII letters.
    """
    seen: dict[bytes, None] = {}
    for value in values:
        if not value.isascii():
            seen[value] = None
            if len(seen) == SAMPLE:
                break
    if not seen:
        return "utf-8"
    if all(decoded(value, "utf-8") is not None for value in seen):
        return "utf-8"
    scores = {name: _plausible(seen, name) for name in ("gb18030", "cp950", "cp1252")}
    best = max(scores, key=lambda name: scores[name])
    return best if scores[best] >= SURE else None


def decoded(value: bytes, encoding: str) -> tuple[str, bool] | None:
    """The text and whether its last character was cut off (fields have a width in bytes); None if it is broken."""
    try:
        return value.decode(encoding), False
    except UnicodeDecodeError as error:
        # Cut off means: nothing but the first bytes of one character is left over.
        left = value[error.start :]
        if (
            len(left) <= 3
            and error.start > 0
            and error.reason in ("unexpected end of data", "incomplete multibyte sequence")
        ):
            return value[: error.start].decode(encoding), True
        return None


def unreadable(where: str, encoding: str, example: bytes, others: Sequence[bytes]) -> InputError:
    """The error for bytes that are no text in `encoding`; `others` are what may tell the right one."""
    fits = detect(others)
    if fits is None or fits == encoding:
        hint = _('find out the encoding and give it: encoding = "GBK" / --encoding GBK')
    else:
        hint = _('{fits} would fit; if that is right, give it: encoding = "{fits}" / --encoding {fits}').format(
            fits=fits.upper()
        )
    return InputError(
        _("Unreadable encoding: {bytes} is no text in {encoding}.").format(
            bytes=example[:24].hex(" "), encoding=encoding.upper()
        ),
        where=where,
        expected=_("text in one encoding throughout"),
        hint=hint,
    )


def _plausible(values: Iterable[bytes], encoding: str) -> float:
    """The share of characters beyond ASCII that are common ones in `encoding`; 0 where over 2 % of values break."""
    broken = total = characters = common = 0
    for value in values:
        total += 1
        found = decoded(value, encoding)
        if found is None:
            broken += 1
            continue
        text = found[0]
        for i, character in enumerate(text):
            if character.isascii():
                continue
            characters += 1
            if encoding == "cp1252":
                beside = text[max(0, i - 1) : i] + text[i + 1 : i + 2]
                common += character.isalpha() and all(c.isascii() for c in beside)
            else:
                code = character.encode(encoding)
                common += len(code) == 2 and _common(code, encoding)
    return common / characters if characters and broken <= 0.02 * total else 0.0


def _common(code: bytes, encoding: str) -> bool:
    """Punctuation, and the level of a character set that holds the characters of everyday use."""
    if encoding == "gb18030":
        return code[1] >= 0xA1 and (0xB0 <= code[0] <= 0xD7 or 0xA1 <= code[0] <= 0xA3)
    return 0xA4 <= code[0] <= 0xC6 or 0xA1 <= code[0] <= 0xA3
