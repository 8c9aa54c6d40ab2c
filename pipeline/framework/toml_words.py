"""What is wrong in a text that is no TOML, in this project's words; tomllib says it in English only."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from typing import Any, Final

from pipeline.i18n import _

_AT = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")


# Python's reader takes time by the square of a key's parts: a minute for one of 20,000, which are 40 KB.
_PARTS: Final = 64
_PART: Final = r"""(?:[\w-]++|"(?:[^"\\\n]|\\.)*+"|'[^'\n]*+')"""
_ENDLESS: Final = re.compile(rf"(?<![\w-]){_PART}(?:[ \t]*+\.[ \t]*+{_PART}){{{_PARTS},}}")


def parse_toml(text: str) -> dict[str, Any]:
    """What a text of TOML says. Raises ValueError, of which TOMLDecodeError is one, also for what never ends."""
    if _ENDLESS.search(text):
        raise ValueError(_("a key of more than {n} parts").format(n=_PARTS))
    try:
        return tomllib.loads(text)
    except RecursionError as error:
        raise ValueError(_("its values are nested too deeply")) from error


def toml_fault(error: tomllib.TOMLDecodeError) -> tuple[int | None, str]:
    """The line (None at the end of the file), and the fault with its column; what has no words here is quoted."""
    text = str(error)
    at = _AT.search(text)
    reason = text[: at.start()] if at else text
    begun = (words for begin, words in _beginnings().items() if reason.startswith(begin))
    words = _words().get(reason) or next(begun, None)
    said = words or _("the text cannot be read ({reason})").format(reason=reason)
    if at is None:
        return None, _("not TOML: {reason}").format(reason=said)
    if at[1] is None:
        return None, _("not TOML at the end of the file: {reason}").format(reason=said)
    return int(at[1]), _("not TOML in column {column}: {reason}").format(column=at[2], reason=said)


def _words() -> Mapping[str, str]:
    return {
        "Expected '=' after a key in a key/value pair": _("a key is not followed by ="),
        "Invalid statement": _("neither a key nor a [table] begins here"),
        "Invalid value": _("this is no value; texts stand in quotes"),
        "Unterminated string": _("a text is not closed by its quotes"),
        "Unclosed array": _("an array is not closed by ]"),
        "Unclosed inline table": _("a table within a line is not closed"),
        "Cannot overwrite a value": _("the key is there already"),
        "Expected newline or end of document after a statement": _("a line holds more than one key and its value"),
        "Expected ']' at the end of a table declaration": _("the name of a table is not closed by ]"),
        "Expected ']]' at the end of an array declaration": _("the name of a table is not closed by ]]"),
        "Unescaped '\\' in a string": _("a \\ stands in a text; write \\\\, or put the text in 'single quotes'"),
        "Invalid date or datetime": _("there is no such date"),
        "Invalid initial character for a key part": _("no key begins like this"),
    }


def _beginnings() -> Mapping[str, str]:
    return {
        "Cannot declare ": _("the table is there already"),
        "Duplicate inline table key ": _("the key is there already"),
        "Illegal character ": _("a character that may not stand in a text"),
        "Found invalid character ": _("a character that may not stand in a comment"),
    }
