"""Message catalogues: Chinese and English from one call, `_("…")`.

Source strings are English; `pipeline/locale/zh_CN/LC_MESSAGES/longquan.po` holds the Chinese.
The language is chosen once, by the command line (`--lang`, else `LC_ALL`/`LC_MESSAGES`/`LANG`); a library
user who chooses none gets English.
"""

from __future__ import annotations

import gettext as _gettext
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

DOMAIN = "longquan"
LOCALE_DIR = Path(__file__).parent / "locale"
LANGUAGES = ("zh", "en")

_current: _gettext.NullTranslations = _gettext.NullTranslations()
_language = "en"


def set_language(language: str) -> None:
    """Choose the language of every later message: ``zh`` or ``en``; anything else means English."""
    global _current, _language
    _language = "zh" if language.lower().replace("-", "_").startswith("zh") else "en"
    if _language == "zh":
        _current = _gettext.translation(DOMAIN, LOCALE_DIR, languages=["zh_CN"], fallback=True)
    else:
        _current = _gettext.NullTranslations()


def language() -> str:
    """The language in force: ``zh`` or ``en``."""
    return _language


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Another language for a while: of a page that is written in it, whatever its reader's terminal speaks."""
    before = _language
    set_language(language)
    try:
        yield
    finally:
        set_language(before)


def _(message: str) -> str:
    """The message in the language in force; looked up when called, so never at import."""
    return _current.gettext(message)


def ngettext(singular: str, plural: str, n: int) -> str:
    """The message for `n` things in the language in force."""
    return _current.ngettext(singular, plural, n)
