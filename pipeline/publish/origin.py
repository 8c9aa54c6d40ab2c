"""Reading a published release over HTTP as an office does: bounded, resumed, never believed before it is hashed.

Whatever the server does, a read ends: of no answer more is taken than was asked for, and one that trickles is left.
Redirects are not followed and packed answers not taken: a server that gives them is not fit (`longquan doctor`).
"""

from __future__ import annotations

import hashlib
import http.client
import os
import re
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote, urlsplit

from pipeline.errors import InputError, OutputError
from pipeline.i18n import _

T = TypeVar("T")

AGENT = "longquan-sync"
BLOCK = 1 << 18
SECONDS = 30.0  # that a server may be silent
SLOWEST = 2048  # bytes in a second, once the first minute is over
TRIES = 4
_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+|\*)")


class Unreached(OutputError):
    """The server did not answer, or broke off; asking again later may do."""


class Unwilling(InputError):
    """The server answered with something that cannot be used."""


class Altered(InputError):
    """The bytes are not those that were signed."""


@dataclass(frozen=True, slots=True)
class Small:
    """A small file: its bytes, None where there is none or it is `unchanged`; its ETag."""

    data: bytes | None
    etag: str | None
    unchanged: bool = False


class Origin:
    """The folder of a release on a web server; connections are kept, one for each thread. Close it at the end."""

    def __init__(
        self,
        address: str,
        *,
        authorization: str | None = None,
        context: ssl.SSLContext | None = None,
        seconds: float = SECONDS,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        parts = urlsplit(address)
        self.address = address if address.endswith("/") else address + "/"
        self._host, self._port, self._secure = parts.hostname or "", parts.port, parts.scheme == "https"
        self._base = parts.path if parts.path.endswith("/") else parts.path + "/"
        self._authorization, self._context, self._seconds, self._sleep = authorization, context, seconds, sleep
        self._mine = threading.local()
        self._all: list[http.client.HTTPConnection] = []
        self._lock = threading.Lock()

    def close(self) -> None:
        """Let go of every connection."""
        with self._lock:
            for connection in self._all:
                connection.close()
            self._all.clear()

    def small(self, path: str, limit: int, etag: str | None = None) -> Small:
        """A file, cut after `limit` + 1 bytes; with `etag` only if it is another one by now.

        Raises Unreached, Unwilling.
        """
        return self._again(path, lambda: self._small(path, limit, etag))

    def blocks(self, path: str, size: int) -> Iterator[bytes]:
        """A file of `size` bytes from its beginning, no more of it than that. Raises Unreached, Unwilling."""
        with self._opened(path, {}) as (response, began):
            if response.status != 200:
                raise self._unwilling(path, response.status)
            yield from self._body(response, began, size)

    def download(self, path: str, size: int, sha256: str, part: Path) -> None:
        """Have the file in `part`, going on where a former try stopped, and make sure that it is the one wanted.

        Raises Unreached, Unwilling, or Altered after it came wrong from beginning to end; OutputError.
        """
        for fresh in (False, True):
            if fresh:
                part.unlink(missing_ok=True)
            self._again(path, lambda: self._rest(path, size, part))
            with part.open("rb") as file:
                if hashlib.file_digest(file, "sha256").hexdigest() == sha256:
                    return
        part.unlink()
        raise Altered(
            _("what came is not what was signed"),
            where=self.address + path,
            expected=f"sha256 {sha256}",
            hint=_(
                "the publisher may just be changing it: try again in a while; if it stays so, tell those who publish"
            ),
        )

    def _small(self, path: str, limit: int, etag: str | None) -> Small:
        with self._opened(path, {} if etag is None else {"If-None-Match": etag}) as (response, began):
            told = response.headers.get("ETag")
            if response.status == 304 and etag is not None:
                return Small(None, etag, unchanged=True)
            if response.status in (404, 410):
                return Small(None, None)
            if response.status != 200:
                raise self._unwilling(path, response.status)
            return Small(b"".join(self._body(response, began, limit + 1)), told)

    def _rest(self, path: str, size: int, part: Path) -> None:
        """Add to `part` what is missing of it."""
        have = part.stat().st_size if part.is_file() else 0
        if have > size:
            part.unlink()
            have = 0
        if have == size and part.is_file():
            return
        headers = {"Range": f"bytes={have}-{size - 1}"} if have else {}
        with self._opened(path, headers) as (response, began):
            if have and response.status == 206:
                found = _RANGE.fullmatch(response.headers.get("Content-Range") or "")
                if found is None or int(found[1]) != have:
                    raise self._unwilling(path, response.status)
            elif response.status == 200:
                have = 0  # the server gives no parts: from the beginning
            elif have and response.status == 416:
                part.unlink()
                raise Unreached(_("the file is shorter than it should be"), where=self.address + path)
            else:
                raise self._unwilling(path, response.status)
            with part.open("r+b" if have else "wb") as file:
                file.seek(have)
                for block in self._body(response, began, size - have):
                    file.write(block)
                    have += len(block)
                file.flush()
                os.fsync(file.fileno())
        if have < size:
            raise Unreached(_("the answer broke off, {n} bytes early").format(n=size - have), where=self.address + path)

    def _body(self, response: http.client.HTTPResponse, began: float, limit: int) -> Iterator[bytes]:
        """Up to `limit` bytes of an answer. Raises Unreached."""
        have = 0
        try:
            while have < limit:
                block = response.read1(min(BLOCK, limit - have))
                if not block:
                    return
                have += len(block)
                yield block
                spent = time.monotonic() - began
                if spent > 2 * self._seconds and have < SLOWEST * (spent - 2 * self._seconds):
                    raise Unreached(_("the server is too slow"), where=self.address)
        except (OSError, http.client.HTTPException) as error:
            raise Unreached(str(error) or type(error).__name__, where=self.address) from error

    def _again(self, path: str, ask: Callable[[], T]) -> T:
        """Ask several times, with a pause that grows."""
        for left in range(TRIES - 1, -1, -1):
            try:
                return ask()
            except Unreached as error:
                self._drop()
                if not left:
                    raise Unreached(
                        _("the server cannot be reached: {reason}").format(reason=error.message),
                        where=self.address + path,
                        hint=_("try again later: what has come so far is kept"),
                    ) from error
                self._sleep(2.0 ** (TRIES - 1 - left) / 2)
        raise AssertionError

    def _opened(self, path: str, headers: Mapping[str, str]) -> _Exchange:
        return _Exchange(self, path, headers)

    def _unwilling(self, path: str, status: int) -> Unwilling:
        hint = _("look at the server: longquan doctor {address}").format(address=self.address)
        if status in (401, 403):
            hint = _("give name and password in the address, or --cert")
        return Unwilling(
            _("the server answers with status {status}").format(status=status), where=self.address + path, hint=hint
        )

    def _connection(self) -> http.client.HTTPConnection:
        connection: http.client.HTTPConnection | None = getattr(self._mine, "connection", None)
        if connection is None:
            if self._secure:
                connection = http.client.HTTPSConnection(
                    self._host, self._port, timeout=self._seconds, context=self._context
                )
            else:
                connection = http.client.HTTPConnection(self._host, self._port, timeout=self._seconds)
            self._mine.connection = connection
            with self._lock:
                self._all.append(connection)
        return connection

    def _drop(self) -> None:
        connection: http.client.HTTPConnection | None = getattr(self._mine, "connection", None)
        if connection is not None:
            connection.close()

    def send(self, path: str, headers: Mapping[str, str]) -> http.client.HTTPResponse:
        """Ask for a path and return the head of the answer. Raises Unreached, Unwilling."""
        sent = {"User-Agent": AGENT, "Accept": "*/*", "Accept-Encoding": "identity", **headers}
        if self._authorization is not None:
            sent["Authorization"] = self._authorization
        connection = self._connection()
        fresh = connection.sock is None
        target = self._base + quote(path, safe="/@")
        while True:
            try:
                connection.request("GET", target, headers=sent)
                response = connection.getresponse()
                break
            except ssl.SSLCertVerificationError as error:
                connection.close()
                raise Unwilling(
                    error.verify_message, where=self.address, hint=_("name the authority's certificate with --ca")
                ) from error
            except (OSError, http.client.HTTPException) as error:
                connection.close()
                if not fresh:  # the server had closed a connection that was kept: that is no failure
                    fresh = True
                    continue
                raise Unreached(str(error) or type(error).__name__, where=self.address + path) from error
        if response.status >= 500 or response.status == 429:
            connection.close()
            raise Unreached(_("status {status}").format(status=response.status), where=self.address + path)
        packed = response.headers.get("Content-Encoding", "identity").strip().lower()
        if packed not in ("", "identity"):
            connection.close()
            raise Unwilling(
                _("the server packs what was to come as it is"),
                where=self.address + path,
                hint=_("look at the server: longquan doctor {address}").format(address=self.address),
            )
        return response


class _Exchange:
    """One answer; a connection with an unread rest is not used again."""

    def __init__(self, origin: Origin, path: str, headers: Mapping[str, str]) -> None:
        self._origin, self._path, self._headers = origin, path, headers

    def __enter__(self) -> tuple[http.client.HTTPResponse, float]:
        began = time.monotonic()
        self._response = self._origin.send(self._path, self._headers)
        return self._response, began

    def __exit__(self, *raised: object) -> None:
        if not self._response.isclosed():
            self._origin._drop()
            self._response.close()
