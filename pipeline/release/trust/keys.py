"""Signing keys: an encrypted file that one person keeps, and a document beside it that anybody may have.

The private half is ed25519 in an encrypted PKCS#8 PEM file (RFC 5958, 7468, 8410), which `openssl pkey` reads too. The
public half is `NAME.pub.json`. Keys are made, encrypted and used by `cryptography` and `securesystemslib`.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)
from securesystemslib.signer import CryptoSigner as CryptoSigner  # handed on: other rooms have no door of their own
from securesystemslib.signer import Key, SSlibKey

from pipeline.errors import InputError, OutputError, UsageError
from pipeline.i18n import _
from pipeline.release.trust.passphrase import check_passphrase, passphrase_bytes
from pipeline.release.trust.write import write_whole

SCHEME = "ed25519"
_LIMIT = 64 << 10  # bytes of a key file; one has 400


@dataclass(frozen=True, slots=True)
class PublicKey:
    """The half of a key that anybody may have."""

    public: str  # 32 bytes in hexadecimal digits (RFC 8032)
    name: str  # who signs with it
    scheme: str = SCHEME

    @property
    def key(self) -> Key:
        """As TUF knows it."""
        return SSlibKey.from_crypto(Ed25519PublicKey.from_public_bytes(bytes.fromhex(self.public)))

    @property
    def keyid(self) -> str:
        """The sha256 of the key in canonical JSON (TUF specification 4.2): it follows from the key alone."""
        return self.key.keyid

    @property
    def fingerprint(self) -> str:
        """The id in groups of four digits, to be printed, read out and compared."""
        return fingerprint_text(self.keyid)

    def as_json(self) -> dict[str, str]:
        """What NAME.pub.json holds."""
        return {
            "keyid": self.keyid,
            "name": self.name,
            "scheme": self.scheme,
            "public": self.public,
            "fingerprint": self.fingerprint,
        }


def is_named_truly(key: Key) -> bool:
    """Whether a key of somebody else's document is ed25519 and has the id that follows from it.

    TUF leaves ids free; one key under two would count as two people, and a known bad one could hide under another.
    """
    public = key.keyval.get("public")
    return _is_key(public) and key.scheme == SCHEME and PublicKey(str(public), "").key.keyid == key.keyid


def fingerprint_text(digest: str) -> str:
    """A digest in groups of four digits."""
    return " ".join(digest[i : i + 4] for i in range(0, len(digest), 4))


def public_path(path: Path) -> Path:
    """Where the public half of the key `path` lies: survey.pem → survey.pub.json."""
    return path.with_name((path.stem if path.suffix in (".pem", ".key") else path.name) + ".pub.json")


def create_key(path: Path, name: str, passphrase: str) -> PublicKey:
    """Make a key, write its encrypted half to `path` (readable by its owner only) and its public half beside it.

    Raises UsageError for a passphrase or a name that will not do, OutputError where one of the two files is there.
    """
    if not name.strip():
        raise UsageError(
            _("the key has no name"), expected=_("who signs with it, as in 'Surveying office, deputy'"), hint="--name"
        )
    check_passphrase(passphrase, name)
    public = public_path(path)
    for place in (path, public):
        if os.path.lexists(place):
            raise OutputError(
                _("there is a key already; it is never replaced"), where=str(place), hint=_("choose another name")
            )
    private = Ed25519PrivateKey.generate()
    made = PublicKey(private.public_key().public_bytes_raw().hex(), name.strip())
    write_private(path, private, passphrase)
    try:
        write_whole(public, (json.dumps(made.as_json(), ensure_ascii=False, indent=1) + "\n").encode())
    except OutputError:
        path.unlink(missing_ok=True)
        raise
    return made


def write_private(path: Path, private: Ed25519PrivateKey, passphrase: str) -> None:
    """Write the encrypted half of a key to a file that is not there yet.

    Raises OutputError when it cannot be written.
    """
    encrypted = private.private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(passphrase_bytes(passphrase))
    )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise _unwritten(path, error) from error
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(encrypted)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        path.unlink(missing_ok=True)
        raise _unwritten(path, error) from error


def load_signer(path: Path, passphrase: str) -> CryptoSigner:
    """The key of an encrypted file, ready to sign.

    Raises InputError when the file is none, the passphrase is wrong, or the public half beside it is another's.
    """
    data = _read(path, _("the encrypted key that `longquan keys create` wrote"))
    if b"-----BEGIN ENCRYPTED PRIVATE KEY-----" not in data:
        raise InputError(
            _("this is no encrypted key"),
            where=str(path),
            expected=_("the encrypted key that `longquan keys create` wrote"),
            hint=_("give the .pem file, not the .pub.json"),
        )
    try:
        private = load_pem_private_key(data, passphrase_bytes(passphrase))
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise InputError(
            _("the key cannot be opened: the passphrase is wrong, or the file is damaged"),
            where=str(path),
            hint=_("type the passphrase again; if it is right, take the copy of the key that was put away"),
        ) from error
    if not isinstance(private, Ed25519PrivateKey):
        raise InputError(_("the key is of another kind"), where=str(path), expected="ed25519")
    # AES-CBC does not notice every change: one flipped bit may make another valid key of it. The public half tells.
    public = public_path(path)
    made = private.public_key().public_bytes_raw().hex()
    if public.is_file() and read_public(public).public != made:
        raise InputError(
            _("the key and its public half do not belong together: one of them was changed"),
            where=f"{path}, {public}",
            hint=_("take the copy of both that was put away"),
        )
    return CryptoSigner(private)


def read_public(path: Path) -> PublicKey:
    """The public half of a key from its NAME.pub.json.

    Raises InputError when it is none, or its id does not follow from the key.
    """
    try:
        found = json.loads(_read(path, _("a .pub.json that `longquan keys create` wrote")))
        key = PublicKey(found["public"], found["name"], found["scheme"])
        whole = _is_key(key.public) and isinstance(key.name, str) and key.scheme == SCHEME
        if not whole or key.as_json() != found:
            raise ValueError("the id does not follow from the key")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            _("this is no public key, or it was changed"),
            where=str(path),
            expected=_("a .pub.json that `longquan keys create` wrote"),
            hint=_("ask its owner for it again, and compare the fingerprint by telephone"),
        ) from error
    return key


def public_key(text: str, name: str, folder: Path) -> PublicKey:
    """The key that a line of a workspace file means: 64 hexadecimal digits, or the path of a .pub.json in `folder`.

    Raises InputError when it is neither.
    """
    if _is_key(text.lower()):
        return PublicKey(text.lower(), name)
    return read_public(folder / text)


def _is_key(text: object) -> bool:
    return isinstance(text, str) and re.fullmatch("[0-9a-f]{64}", text) is not None


def _read(path: Path, expected: str) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(_LIMIT + 1)
    except OSError as error:
        raise InputError(
            _("the file cannot be read: {reason}").format(reason=error.strerror or str(error)),
            where=str(path),
            expected=expected,
        ) from error
    if len(data) > _LIMIT:
        raise InputError(_("the file is far too long for a key"), where=str(path), expected=expected)
    return data


def _unwritten(path: Path, error: OSError) -> OutputError:
    return OutputError(
        _("cannot write the file: {reason}").format(reason=error.strerror or str(error)),
        where=str(path),
        hint=_("check the free space and the permissions of the folder"),
    )
