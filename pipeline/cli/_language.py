"""Put the process into one language: our messages and click's own words."""

from __future__ import annotations

import gettext
import os

from pipeline import i18n


def speak(language: str) -> None:
    """Choose the language of everything said from here on: ``zh`` or ``en``.

    click looks its words ("Usage:", "No such option …") up in gettext's global domain, whose language is the
    environment's LANGUAGE; our catalogue carries their translations.
    """
    i18n.set_language(language)
    os.environ["LANGUAGE"] = "zh_CN" if i18n.language() == "zh" else "en"
    gettext.bindtextdomain(i18n.DOMAIN, i18n.LOCALE_DIR)
    gettext.textdomain(i18n.DOMAIN)
