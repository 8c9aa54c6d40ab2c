"""Messages that are put into words only when somebody reads them, because a report is read in two languages.

The modules of this room import `lazy` under the name `_`, as programs of gettext do: what `_("…").format(n=3)` gives is
a Message, which says the same in either language.
"""

from __future__ import annotations

import gettext
from dataclasses import dataclass, field
from functools import lru_cache

from pipeline.i18n import DOMAIN, LOCALE_DIR, language


@dataclass(frozen=True, slots=True)
class Message:
    """A sentence of the catalogue and the values that belong into it, which may be messages or tuples of messages."""

    source: str  # English, as the catalogue has it
    values: tuple[tuple[str, object], ...] = field(default=())

    def format(self, **values: object) -> Message:
        """The same sentence with values."""
        return Message(self.source, (*self.values, *values.items()))

    def said(self, chosen: str) -> str:
        """In ``zh`` or ``en``."""
        text = _catalogue(chosen).gettext(self.source) if self.source else ""
        return text.format(**{k: _said(v, chosen) for k, v in self.values}) if self.values else text

    def __str__(self) -> str:
        return self.said(language())


@dataclass(frozen=True, slots=True)
class Either:
    """Words that come in both languages from elsewhere, such as names of a code table."""

    zh: str
    en: str

    def said(self, chosen: str) -> str:
        """In ``zh`` or ``en``."""
        return self.zh if chosen == "zh" else self.en


def lazy(source: str) -> Message:
    """A message by its English sentence; imported as `_`."""
    return Message(source)


def verbatim(text: str) -> Message:
    """Words that are no sentence of the catalogue, such as the name of a field: the same in every language."""
    return Message("{text}", (("text", text),))


def _said(value: object, chosen: str) -> object:
    """A value in a language; several of them one after the other."""
    if isinstance(value, Message | Either):
        return value.said(chosen)
    if isinstance(value, tuple):
        return ", ".join(str(_said(each, chosen)) for each in value)
    return value


@lru_cache
def _catalogue(chosen: str) -> gettext.NullTranslations:
    if chosen != "zh":
        return gettext.NullTranslations()
    return gettext.translation(DOMAIN, LOCALE_DIR, languages=["zh_CN"], fallback=True)
