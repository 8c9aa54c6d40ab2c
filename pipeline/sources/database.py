"""The address of a PostGIS database as a source, beside the path of a file.

`open_source` tells them apart while they are still text: as a path an address would lose one of its slashes.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias
from urllib.parse import unquote

from pipeline.errors import InputError
from pipeline.i18n import _

if TYPE_CHECKING:
    from types import TracebackType

    from pipeline.sources.postgis_catalog import Catalog

_SCHEME: Final = re.compile(r"postgres(?:ql)?://")
_HIDDEN: Final = "***"
# libpq's grammar (PostgreSQL 17, § 34.1.1.2), but no half-escaped passwords: libpq takes those for hosts and ports, and
# says them aloud.
_ADDRESS: Final = re.compile(
    r"postgres(?:ql)?://"
    r"(?:(?P<user>[^:/?@]*)(?::(?P<password>[^/?@]*))?@)?"
    r"(?P<hosts>(?:\[[0-9A-Fa-f:.%]+\]|[^][:/?@,]*)(?::\d*)?(?:,(?:\[[0-9A-Fa-f:.%]+\]|[^][:/?@,]*)(?::\d*)?)*)"
    r"(?:/(?P<database>[^/?@]*))?"
    r"(?:\?(?P<options>[a-z_]+=[^&=]*(?:&[a-z_]+=[^&=]*)*)?)?"
)
_BROKEN_ESCAPE: Final = re.compile(r"%(?![0-9A-Fa-f]{2})|%00")
_SECRETS: Final = ("password", "sslpassword")


def is_database(source: str) -> bool:
    """Whether a source's text is the address of a database: postgresql://…"""
    return _SCHEME.match(source) is not None


class Database:
    """One PostGIS database; what is read from one object, by however many reads, is of one moment.

    The moment is that of the first read; it ends with `close` or the `with` block. As text it is its name: without
    password, fit for messages and files. Raises InputError for an address that cannot be understood.
    """

    def __init__(self, address: str) -> None:
        match = _ADDRESS.fullmatch(address)
        if match is None or _BROKEN_ESCAPE.search(address):
            raise InputError(
                _(
                    "The address of the database cannot be understood."
                ),  # which part is not told: it may be the password
                where=address[: address.index("://") + 3] + "…",
                expected="postgresql://USER@HOST:PORT/DATABASE",
                hint=_(
                    "write @ : / ? and % of a user or password as %40 %3A %2F %3F %25, or leave the password to "
                    "PGPASSWORD, ~/.pgpass or a service"
                ),
            )
        user, password, hosts, name, options = match.group("user", "password", "hosts", "database", "options")
        given = dict(pair.split("=", 1) for pair in (options or "").split("&") if pair)
        self._address = address
        self._secrets = tuple(s for s in (password, *(given.get(key) for key in _SECRETS)) if s)
        service = f"?service={given['service']}" if "service" in given else ""
        self.name = f"postgresql://{user + '@' if user else ''}{hosts}/{name or given.get('dbname', '')}{service}"
        self.stem = unquote(name or given.get("dbname", "") or given.get("service", "") or user or "") or "postgis"
        self._catalog: Catalog | None = None

    def __str__(self) -> str:
        return self.name

    def __repr__(self) -> str:
        return f"Database({self.name!r})"

    def __enter__(self) -> Database:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the moment and the connection; a later read begins another."""
        if self._catalog is not None:
            self._catalog.snapshot.close()
            self._catalog = None

    def catalog(self, read: Callable[[Database, str], Catalog]) -> Catalog:
        """What can be read, at one moment; the first call has `read` ask at the whole address, password and all."""
        if self._catalog is None:
            self._catalog = read(self, self._address)
        return self._catalog

    def without_secrets(self, text: str) -> str:
        """A text of others, such as an error of libpq, without the passwords of the address."""
        for secret in self._secrets:
            for spelled in (secret, unquote(secret)):
                text = text.replace(spelled, _HIDDEN)
        return text


Source: TypeAlias = Path | Database


def open_source(text: str | Path, folder: Path | None = None) -> Source:
    """A source by what was written down: a database by its address, else a file, from `folder` where it is relative.

    Raises InputError for an address that cannot be understood, also for one that was made a path.
    """
    if isinstance(text, str) and is_database(text):
        return Database(text)
    if not str(text):  # which would be the folder that one happens to be in
        raise InputError(_("The name of the input is empty."), expected=_("the name of a file, or an address"))
    return check_path(Path(text) if folder is None else folder / text)


def check_path(path: Path) -> Path:
    """The same path; InputError where it was the address of a database, whose password no message may tell."""
    if any(part in ("postgresql:", "postgres:") for part in path.parts):
        raise InputError(
            _("The address of a database was taken for the name of a file."),
            expected="postgresql://USER@HOST:PORT/DATABASE",
            hint=_("give it as text, not as a path"),
        )
    return path
