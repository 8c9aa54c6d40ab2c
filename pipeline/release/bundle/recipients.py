"""For whom a bundle is encrypted, and the private keys that open one: in the forms that age has."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, TypeAlias

from pipeline.errors import InputError, UsageError
from pipeline.i18n import _

Recipient: TypeAlias = Any  # pyrage.x25519.Recipient or pyrage.ssh.Recipient; pyrage has no types
Identity: TypeAlias = Any

_KEY_LIMIT: Final = 1 << 20  # bytes of a file of keys


def read_recipients(texts: Sequence[str]) -> list[Recipient]:
    """Recipients as `age` takes them: age1…, ssh-ed25519 …, ssh-rsa …, or a file with one in each line.

    Raises UsageError for what is none, InputError for a file that cannot be read.
    """
    found: list[Recipient] = []
    for text in texts:
        lines = [text] if text.startswith(("age1", "ssh-")) else _lines(Path(text))
        found += [_recipient(line) for line in lines]
    return found


def read_identities(path: Path) -> list[Identity]:
    """The private keys in a file: lines AGE-SECRET-KEY-1…, or one OpenSSH key. Raises InputError."""
    from pyrage import IdentityError, ssh, x25519  # type: ignore[import-untyped]

    try:
        data = path.read_bytes()[:_KEY_LIMIT]
        if data.startswith(b"-----BEGIN"):
            return [ssh.Identity.from_buffer(data)]
        lines = [line.strip() for line in data.decode().splitlines()]
        found = [x25519.Identity.from_str(line) for line in lines if line and not line.startswith("#")]
    except OSError as error:
        raise InputError(
            _("The key cannot be read: {reason}").format(reason=error.strerror or error), where=str(path)
        ) from error
    except (IdentityError, UnicodeDecodeError, ValueError) as error:
        raise InputError(
            _("This is no key: {reason}").format(reason=error),
            where=str(path),
            expected=_("a file of age-keygen (AGE-SECRET-KEY-1…) or an OpenSSH private key without a passphrase"),
        ) from error
    if not found:
        raise InputError(_("There is no key in it."), where=str(path), expected="AGE-SECRET-KEY-1…")
    return found


def _lines(path: Path) -> list[str]:
    try:
        lines = [line.strip() for line in path.read_text("utf-8").splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            _("The recipients cannot be read: {reason}").format(reason=getattr(error, "strerror", None) or error),
            where=str(path),
            expected=_("age1…, ssh-ed25519 … or ssh-rsa …, or a file with one in each line"),
        ) from error
    return [line for line in lines if line and not line.startswith("#")]


def _recipient(text: str) -> Recipient:
    from pyrage import RecipientError, ssh, x25519

    try:
        return ssh.Recipient.from_str(text) if text.startswith("ssh-") else x25519.Recipient.from_str(text)
    except (RecipientError, ValueError) as error:
        hint = _("a private key (AGE-SECRET-KEY-1…) is never a recipient") if text.startswith("AGE-SECRET") else None
        raise UsageError(
            _("This is no recipient: {reason}").format(reason=error),
            expected=_("age1…, ssh-ed25519 … or ssh-rsa …, or a file with one in each line"),
            hint=hint,
        ) from error
