"""Texts of formats that do not say how they are written (DBF, CSV): find the encoding, decode, refuse what breaks."""

from __future__ import annotations

import codecs
import difflib
from collections.abc import Iterable
from typing import Final

from pipeline.errors import InputError, UsageError
from pipeline.i18n import _
from pipeline.sources.frequent import FREQUENT

# What people and .cpg files call encodings that Python calls otherwise; GBK and GB2312 are parts of GB 18030.
_NAMES: Final = {
    "65001": "utf-8", "utf8": "utf-8",
    "936": "gb18030", "ansi 936": "gb18030", "oem 936": "gb18030", "cp936": "gb18030",
    "ms936": "gb18030", "gbk": "gb18030", "gb2312": "gb18030", "950": "cp950", "ansi 950": "cp950", "oem 950": "cp950",
    "big5": "cp950", "1252": "cp1252", "ansi 1252": "cp1252", "88591": "iso-8859-1", "iso88591": "iso-8859-1",
    "932": "cp932", "949": "cp949",
}  # fmt: skip
_COMMON_NAMES: Final = {"utf-8": "UTF-8", "gbk": "GBK", "gb18030": "GB18030", "gb2312": "GB2312", "big5": "Big5"}
_SPELLED: Final = {"cp950": "Big5"}  # as people call it
SAMPLE: Final = 4000  # distinct values looked at
SURE: Final = 0.6  # share of common characters below which no guess is made


def named(text: str, where: str) -> str:
    """Python's name of the encoding that a file names. Raises InputError."""
    found = _python_name(text)
    if found is None:
        message, expected, hint = _unknown(text)
        raise InputError(message, where=where, expected=expected, hint=hint)
    return found


def asked(text: str) -> str:
    """Python's name of the encoding that a person names. Raises UsageError."""
    found = _python_name(text)
    if found is None:
        message, expected, hint = _unknown(text)
        raise UsageError(message, expected=expected, hint=hint)
    return found


def detect(values: Iterable[bytes]) -> str | None:
    """The encoding most values are surely in: "utf-8", "gb18030", "cp950" or "cp1252"; None where that is not sure."""
    found = possible(values)
    return found[0] if len(found) == 1 else None


def possible(values: Iterable[bytes]) -> tuple[str, ...]:
    """The encodings that the values may be in, one where it is sure.

    UTF-8 proves itself, but for characters of two bytes: 小学 in GBK is Cyrillic in UTF-8. Of the others those remain
    whose characters are of the level of everyday use in GB 2312 or Big5, or, in western texts, letters that stand alone
    among ASCII letters. Every second pair of bytes is such a character in both Chinese ones; then the most frequent
    characters tell: one more of them is enough for GB 18030, which is what files here are in, and two for Big5.
    """
    seen: dict[bytes, None] = {}
    for value in values:
        if not value.isascii():
            seen[value] = None
            if len(seen) == SAMPLE:
                break
    texts = [found and found[0] for found in (decoded(value, "utf-8") for value in seen)]
    if all(text is not None for text in texts):
        return ("gb18030",) if seen and _rather_chinese(seen, [text or "" for text in texts]) else ("utf-8",)
    scores = {name: _plausible(seen, name) for name in ("gb18030", "cp950", "cp1252")}
    found = tuple(name for name, score in scores.items() if score >= SURE)
    if "gb18030" in found and "cp950" in found:
        ahead = _frequent(seen, "gb18030") - _frequent(seen, "cp950")
        return ("gb18030",) if ahead >= 1 else ("cp950",) if ahead <= -2 else ("gb18030", "cp950")
    return tuple(sorted(found, key=lambda name: -scores[name]))[:1]


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


def unreadable(where: str, encoding: str, example: bytes, others: Iterable[bytes]) -> InputError:
    """The error for bytes that are no text in `encoding`; `others` are what may tell the right one."""
    fits = [_SPELLED.get(name, name.upper()) for name in possible(others) if name != encoding]
    if not fits:
        hint = _('find out the encoding and give it: encoding = "GBK" / --encoding GBK')
    elif len(fits) == 1:
        hint = _('{fits} would fit; if that is right, give it: encoding = "{fits}" / --encoding {fits}').format(
            fits=fits[0]
        )
    else:
        hint = _('{fits} would fit; find out which it is and give it: encoding = "{first}" / --encoding {first}')
        hint = hint.format(fits=", ".join(fits), first=fits[0])
    return InputError(
        _("Unreadable encoding: {bytes} is no text in {encoding}.").format(
            bytes=example[:24].hex(" "), encoding=encoding.upper()
        ),
        where=where,
        expected=_("text in one encoding throughout"),
        hint=hint,
    )


def _python_name(text: str) -> str | None:
    plain = text.strip().strip("\0").lower()
    plain = _NAMES.get(plain, plain)
    try:
        "a".encode(plain)  # says no to what turns bytes into bytes, such as "base64"
        return codecs.lookup(plain).name
    except (LookupError, ValueError):
        return None


def _unknown(text: str) -> tuple[str, str, str]:
    near = difflib.get_close_matches(text.strip().lower(), _COMMON_NAMES, 1)
    hint = _('did you mean "{name}"?').format(name=_COMMON_NAMES[near[0]]) if near else None
    return (
        _('"{name}" is no encoding that is known here.').format(name=text.strip()),
        "UTF-8, GBK, GB18030, Big5 …",
        hint or _('give the right one: encoding = "GBK" / --encoding GBK'),
    )


def _rather_chinese(values: Iterable[bytes], texts: Iterable[str]) -> bool:
    """Whether values that are UTF-8, of two bytes only and none among ASCII letters, are all common Chinese in GBK."""
    beyond = [(text, i) for text in texts for i, character in enumerate(text) if not character.isascii()]
    if any(text[i] >= "\u0800" or _beside_ascii(text, i) for text, i in beyond):
        return False
    return _plausible(values, "gb18030") == 1 and _frequent(values, "gb18030") > 0


def _beside_ascii(text: str, i: int) -> bool:
    """Whether a letter stands beside an ASCII letter."""
    return any(c.isascii() and c.isalpha() for c in text[max(0, i - 1) : i] + text[i + 1 : i + 2])


def _frequent(values: Iterable[bytes], encoding: str) -> int:
    """How many of the distinct characters are among the most frequent of the language."""
    characters = {character for value in values if (found := decoded(value, encoding)) for character in found[0]}
    return len(characters & FREQUENT)


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
                common += character in FREQUENT or (len(code) == 2 and _common(code, encoding))
    return common / characters if characters and broken <= 0.02 * total else 0.0


def _common(code: bytes, encoding: str) -> bool:
    """Punctuation, and the level of a character set that holds the characters of everyday use."""
    if encoding == "gb18030":
        return code[1] >= 0xA1 and (0xB0 <= code[0] <= 0xD7 or 0xA1 <= code[0] <= 0xA3)
    return 0xA4 <= code[0] <= 0xC6 or 0xA1 <= code[0] <= 0xA3
