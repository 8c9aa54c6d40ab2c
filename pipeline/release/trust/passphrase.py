"""Which passphrase will do: whoever finds the file of a key tries millions a second."""

from __future__ import annotations

import unicodedata

from pipeline.errors import UsageError
from pipeline.i18n import _

_WEIGHT = 16  # letters; another script's characters count as two
_DIFFERENT = 6


def passphrase_bytes(text: str) -> bytes:
    """The passphrase as every keyboard and system writes it: NFC, UTF-8."""
    return unicodedata.normalize("NFC", text).encode()


def check_passphrase(text: str, name: str) -> None:
    """Raise UsageError for a passphrase that is absent or easily guessed.

    The standard encryption of PKCS#8 (PBKDF2 of few rounds) does not slow a guesser much, so the length must.
    """
    plain = unicodedata.normalize("NFC", text).strip()
    weight = sum(1 if character.isascii() else 2 for character in plain)
    weak = len(set(plain)) < _DIFFERENT or plain.isdigit() or plain.casefold() == name.strip().casefold()
    if weight < _WEIGHT or weak:
        raise UsageError(
            _("the passphrase is too easily guessed") if plain else _("there is no passphrase"),
            expected=_("at least 16 letters or 8 Chinese characters, 6 of them different, not digits alone"),
            hint=_("take a sentence that you remember and nobody would guess"),
        )
