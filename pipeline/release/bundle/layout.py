"""What lies where in a bundle, and `bundle.json`, which says how to put it together.

A bundle is a BagIt bag (RFC 8493). What people touch lies beside `data/`, where they see it first; `data/` holds
`bundle.json` and the release as it is, or, encrypted, nothing but `bundle.json` and numbered volumes::

    说明.html  office.py  verify.py  serve.py  [启动.bat  runtime/]  [index.html]
    bagit.txt  bag-info.txt  manifest-sha256.txt  tagmanifest-sha256.txt
    data/bundle.json  data/trusted-root.json  data/release/…      full, or part of a release
    data/bundle.json  data/trusted-root.json  data/delta/…        the way from one release to another
    data/bundle.json  data/volumes/0001.age …                     either of them, encrypted
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from pipeline.errors import InputError
from pipeline.i18n import _
from pipeline.portal.files import json_bytes
from pipeline.standalone.verify import safe

VERSION: Final = 1
DATA: Final = "data"
ABOUT: Final = "bundle.json"
ROOT: Final = "trusted-root.json"
RELEASE: Final = "release"
DELTA: Final = "delta"
VOLUMES: Final = "volumes"
SCHEME: Final = "age-encryption.org/v1"
ABOUT_LIMIT: Final = 1 << 24  # bytes

Kind = Literal["full", "partial", "delta"]
KINDS: Final[tuple[Kind, ...]] = ("full", "partial", "delta")

_DIGEST: Final = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Part:
    """A file of the bundle."""

    path: str  # below data/
    bytes: int
    sha256: str

    def as_json(self) -> dict[str, Any]:
        """As bundle.json tells it."""
        return {"path": self.path, "bytes": self.bytes, "sha256": self.sha256}


@dataclass(frozen=True, slots=True)
class Split:
    """A file that was too large for the disk's file system, in pieces to be put one behind the other."""

    whole: Part  # its path is that which it has when it is joined; no such file lies in the bundle
    parts: tuple[Part, ...]

    def as_json(self) -> dict[str, Any]:
        """As bundle.json tells it."""
        return {**self.whole.as_json(), "parts": [part.as_json() for part in self.parts]}


@dataclass(frozen=True, slots=True)
class About:
    """What a bundle says of itself."""

    kind: Kind
    city: str
    edition: str
    sample: bool
    release: str  # the id that an office has after the import
    fingerprint: str  # the sha256 of that release's SHA256SUMS
    since: str | None = None  # of a delta: the id of the release that must be there
    parent: str | None = None  # of a part: the id of the release that it was cut from
    withdrawn: tuple[Part, ...] = ()  # files of the release that are left out, for they were withdrawn
    split: tuple[Split, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The content of bundle.json."""
        return {
            "version": VERSION,
            "kind": self.kind,
            "city": self.city,
            "edition": self.edition,
            "sample": self.sample,
            "release": self.release,
            "fingerprint": self.fingerprint,
            "since": self.since,
            "parent": self.parent,
            "withdrawn": [part.as_json() for part in self.withdrawn],
            "split": [split.as_json() for split in self.split],
        }

    def as_bytes(self) -> bytes:
        """bundle.json."""
        return json_bytes(self.as_json())


@dataclass(frozen=True, slots=True)
class Sealed:
    """What an encrypted bundle says without a key: its volumes, and no name of anything."""

    volumes: tuple[Part, ...]

    def as_bytes(self) -> bytes:
        """bundle.json."""
        volumes = [part.as_json() for part in self.volumes]
        return json_bytes({"version": VERSION, "kind": "encrypted", "scheme": SCHEME, "volumes": volumes})


def read_about(data: bytes, where: str) -> About | Sealed:
    """What bundle.json says. Raises InputError for what is none, or names files outside the bundle."""
    try:
        told = json.loads(data)
        version = told["version"]
        if version != VERSION:
            raise InputError(
                _("The bundle is of another version: {version}.").format(version=version),
                where=where,
                expected=str(VERSION),
                hint=_("import it with the longquan that made it, or a newer one"),
            )
        if told["kind"] == "encrypted":
            if told["scheme"] != SCHEME:
                raise ValueError(told["scheme"])
            return Sealed(tuple(_part(each) for each in told["volumes"]))
        return _about(told)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise InputError(
            _("{name} cannot be read: {reason}").format(name=ABOUT, reason=repr(error)[:200]),
            where=where,
            expected=_("what `longquan bundle` writes"),
            hint=_("copy the bundle again"),
        ) from error


def read_about_of(bundle: Path) -> About | Sealed:
    """What the bundle in a folder says of itself. Raises InputError."""
    path = bundle / DATA / ABOUT
    try:
        if path.exists() and not path.is_file():  # a pipe would keep us waiting for ever
            raise OSError(_("this is no plain file"))
        with path.open("rb") as file:
            data = file.read(ABOUT_LIMIT + 1)
    except OSError as error:
        raise InputError(
            _("This is not a bundle: {reason}").format(reason=error.strerror or error),
            where=str(path),
            expected=_("the folder that `longquan bundle` wrote"),
        ) from error
    return read_about(data[:ABOUT_LIMIT], str(path))


def _about(told: Mapping[str, Any]) -> About:
    kind = told["kind"]
    if kind not in KINDS:
        raise ValueError(kind)
    texts = [_text(told[name]) for name in ("city", "edition")]
    if type(told["sample"]) is not bool:
        raise TypeError("sample")
    return About(
        kind,
        texts[0],
        texts[1],
        told["sample"],
        _digest(told["release"]),
        _digest(told["fingerprint"]),
        None if told["since"] is None else _digest(told["since"]),
        None if told["parent"] is None else _digest(told["parent"]),
        tuple(_part(each) for each in told["withdrawn"]),
        tuple(Split(_part(each), tuple(_part(part) for part in each["parts"])) for each in told["split"]),
    )


def _part(told: Mapping[str, Any]) -> Part:
    path, size = _text(told["path"]), told["bytes"]
    if not safe(path):
        raise ValueError(path)
    if type(size) is not int or size < 0:
        raise ValueError(size)
    return Part(path, size, _digest(told["sha256"]))


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(repr(value))
    return value


def _digest(value: Any) -> str:
    if not _DIGEST.fullmatch(_text(value)):
        raise ValueError(value)
    return str(value)
