"""Connections to PostgreSQL that all see one moment, read-only, and its errors in words for people.

ADBC asks for every result by binary COPY and hands it on as Arrow. Measured with a million polygons and eleven columns
on two cores: 4.4 s and 2.0 s of our CPU, of which the server needs 2.6 s; psycopg's COPY takes 4.4 s and 2.3 s for the
undecoded bytes and 7.7 s for rows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from typing import Final

import adbc_driver_manager as adbc
import adbc_driver_postgresql  # type: ignore[import-untyped]
import pyarrow as pa

from pipeline.errors import InputError
from pipeline.i18n import _
from pipeline.sources.database import Database

_BATCH: Final = str(16 << 20)  # bytes of COPY to a batch
_DEFAULTS: Final = (("connect_timeout", "15"), ("fallback_application_name", "longquan"))
# Rows in the order of the table, whoever else reads it; no end of patience with a build that takes its time.
_SETTINGS: Final = (
    ("client_encoding", "UTF8"), ("synchronize_seqscans", "off"), ("max_parallel_workers_per_gather", "0"),
    ("statement_timeout", "0"), ("idle_in_transaction_session_timeout", "0"), ("transaction_timeout", "0"),
)  # fmt: skip
_BEGIN: Final = "BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"
_FAULTS: Final = (adbc.Error, pa.ArrowException, OSError)
_NO_PERMISSION: Final = "42501"  # PostgreSQL, appendix A


class Connection:
    """One connection in one transaction."""

    def __init__(
        self, database: Database, driver: adbc.AdbcDatabase, snapshot: str | None, closed: Callable[[], None]
    ) -> None:
        self._database = database
        self._closed = closed  # called behind the end
        try:
            self._connection = adbc.AdbcConnection(driver)
        except _FAULTS as error:
            raise _unreachable(database, error) from None  # its words may hold the password
        try:
            pairs = ", ".join(f"({literal(name)}, {literal(value)})" for name, value in _SETTINGS)
            self.ask(
                "SELECT pg_catalog.set_config(name, value, false) FROM pg_catalog.pg_settings "
                f"JOIN (VALUES {pairs}) AS wanted(name, value) USING (name)"
            )
            self.ask(_BEGIN)
            if snapshot is not None:
                self.ask(f"SET TRANSACTION SNAPSHOT {literal(snapshot)}")
        except BaseException:
            self._connection.close()
            raise

    def ask(self, query: str) -> pa.Table:
        """The whole answer to a small query."""
        with self.stream(query, self._database.name) as reader:
            try:
                return reader.read_all()
            except _FAULTS as error:
                raise self.refused(error, self._database.name) from None

    @contextmanager
    def stream(self, query: str, where: str) -> Iterator[pa.RecordBatchReader]:
        """The answer, as it comes; errors name the place `where`."""
        with closing(adbc.AdbcStatement(self._connection)) as statement:
            try:
                statement.set_options(**{"adbc.postgresql.batch_size_hint_bytes": _BATCH})
                statement.set_sql_query(query)
                handle, _count = statement.execute_query()
                reader = pa.RecordBatchReader._import_from_c(handle.address)
            except _FAULTS as error:
                raise self.refused(error, where) from None
            with reader:
                yield reader

    def refused(self, error: BaseException, where: str) -> InputError:
        """What an error of the server means."""
        reason = _reason(self._database, error)
        if getattr(error, "sqlstate", None) == _NO_PERMISSION:
            return no_permission(where, reason)
        return InputError(
            _("The database answers with an error: {reason}.").format(reason=reason),
            where=where,
            expected=_("tables and views that can be read"),
            hint=_("read the same layer with another program, such as QGIS, to see what it is about"),
        )

    def cancel(self) -> None:
        """End what is running, if anything is, from another thread."""
        with suppress(*_FAULTS):
            self._connection.cancel()

    def close(self) -> None:
        """End the transaction and the connection."""
        self._connection.close()
        self._closed()


class Snapshot:
    """One moment of a database: a transaction that is kept open, and others that see what it sees."""

    def __init__(self, database: Database, address: str) -> None:
        self._database = database
        options = address.partition("?")[2]
        more = "&".join(f"{key}={value}" for key, value in _DEFAULTS if f"{key}=" not in options)
        joint = "&" if options else "" if address.endswith("?") else "?"
        self._open = 0
        try:
            self._driver = adbc_driver_postgresql.connect(address + joint + more)  # asks for all types: 0.1 s
        except _FAULTS as error:
            raise _unreachable(database, error) from None
        try:
            self._keeper = self._connect(None)
        except BaseException:
            self._driver.close()
            raise
        try:
            self._id = str(self.ask("SELECT pg_catalog.pg_export_snapshot() AS id")["id"][0].as_py())
        except BaseException:
            self.close()
            raise

    def ask(self, query: str) -> pa.Table:
        """The whole answer to a small query."""
        return self._keeper.ask(query)

    def connect(self) -> Connection:
        """Another connection of the same moment."""
        return self._connect(self._id)

    def close(self) -> None:
        """End the moment; connections that are still in use end when they are closed."""
        self._keeper.close()

    def _connect(self, snapshot: str | None) -> Connection:
        found = Connection(self._database, self._driver, snapshot, self._closed)
        self._open += 1
        return found

    def _closed(self) -> None:
        self._open -= 1
        if self._open == 0:
            self._driver.close()


def literal(text: str) -> str:
    """A text as an SQL constant, whatever `standard_conforming_strings` says."""
    if "\\" not in text:
        return "'" + text.replace("'", "''") + "'"
    return " E'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


def quoted(*names: str) -> str:
    """A name as an SQL identifier: "public"."roads"."""
    return ".".join('"' + name.replace('"', '""') + '"' for name in names)


def no_permission(where: str, reason: str) -> InputError:
    """The error for a table that must not be read."""
    return InputError(
        _("There is no permission to read this: {reason}.").format(reason=reason),
        where=where,
        expected=_("USAGE on the schema and SELECT on the table"),
        hint=_("ask the owner to GRANT them to the user of the address, or name another user"),
    )


def _unreachable(database: Database, error: BaseException) -> InputError:
    """Why there is no connection; PostgreSQL's words for it are not always English."""
    reason = _reason(database, error)
    hint = _("check host, port and database of the address, and that the server runs and lets this machine in")
    if re.search(r"password|fe_sendauth|28P01", reason):
        hint = _("check the user; give the password in PGPASSWORD, ~/.pgpass or a service")
    return InputError(
        _("The database cannot be reached: {reason}.").format(reason=reason),
        where=database.name,
        expected=_("a PostgreSQL server with PostGIS"),
        hint=hint,
    )


def _reason(database: Database, error: BaseException) -> str:
    """The server's words, without those of the driver and without our query."""
    text = database.without_secrets(str(error))
    found = re.search(r"(?:ERROR|FATAL|PANIC):\s+(.+)", text)
    if found is None:
        lines = [line.strip() for line in text.splitlines() if line.strip()] or [type(error).__name__]
        return re.sub(r"^[A-Z_]+: |\[libpq\] |Failed to connect: ", "", lines[0]).rstrip(".")
    return found.group(1).strip().rstrip(".")
