"""One request, one bounded answer: the client with which a server is examined.

Follows no redirect, keeps no connection, unpacks nothing and asks no proxy, so that what is judged is what was sent.
However a server behaves, a request ends within `seconds` and keeps at most `limit` bytes in memory.
"""

from __future__ import annotations

import base64
import http.client
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import Message
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

from pipeline.errors import InputError, UsageError
from pipeline.i18n import _

AGENT = "longquan-doctor"
KEPT = 1 << 20  # bytes of a body, unless a caller wants more
ANSWER_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: `body` is cut at the limit, then `cut` says so; `version` is 10 or 11; `asked` Unix seconds."""

    method: str
    address: str
    status: int
    version: int
    headers: Message
    body: bytes
    cut: bool
    asked: float

    def header(self, name: str) -> str | None:
        """A header's value, several of one name joined by commas; None where there is none.

        Without what no header may hold: it is shown in terminals, which obey control characters.
        """
        values = self.headers.get_all(name)
        if values is None:
            return None
        return "".join(letter for letter in ", ".join(str(value).strip() for value in values) if letter.isprintable())

    def tokens(self, name: str) -> set[str]:
        """The comma-separated items of a header, in lower case."""
        return {item.strip().lower() for item in (self.header(name) or "").split(",")} - {""}


class Unanswered(Exception):
    """No answer that HTTP knows came in time; the text says why."""


@dataclass(frozen=True, slots=True)
class Client:
    """Asks servers; `context` is that of TLS, with this client's certificate where it has one.

    `authorization` goes with all requests to `origin` (scheme and host) but anonymous ones, and nowhere else. A
    `lenient` client talks to a server that it does not trust, to find out the rest; it tells it no password.
    `certified` says that `context` shows a certificate; anonymous requests are made with `stranger` instead.
    """

    seconds: float = ANSWER_SECONDS
    authorization: str | None = None
    origin: str = ""
    context: ssl.SSLContext = field(default_factory=ssl.create_default_context)
    lenient: bool = False
    certified: bool = False
    stranger: ssl.SSLContext | None = None

    @property
    def known(self) -> bool:
        """Whether it says who asks: what it is shown is not for everybody."""
        return self.authorization is not None or self.certified

    def ask(
        self,
        method: str,
        address: str,
        headers: Mapping[str, str] | None = None,
        *,
        limit: int = KEPT,
        anonymous: bool = False,
    ) -> Answer:
        """Send a request and return its answer, with up to `limit` bytes of body. Raises Unanswered."""
        parts = urlsplit(address)
        sent = {"User-Agent": AGENT, "Accept": "*/*", "Accept-Encoding": "identity", "Connection": "close"}
        known = f"{parts.scheme}://{parts.netloc}" == self.origin and not self.lenient
        if self.authorization is not None and known and not anonymous:
            sent["Authorization"] = self.authorization
        sent.update(headers or {})
        connection = self._connection(parts.scheme, parts.hostname or "", parts.port, anonymous)
        asked = time.time()
        try:
            with _Deadline(connection, self.seconds) as late:
                try:
                    connection.connect()
                    late.known()
                    connection.request(method, urlunsplit(("", "", parts.path or "/", parts.query, "")), headers=sent)
                    response = connection.getresponse()
                    body, cut = _body(response, method, limit)
                except (OSError, http.client.HTTPException, ValueError) as error:
                    if late.passed.is_set():
                        raise Unanswered(_("no end of the answer in {n:g} s").format(n=self.seconds)) from error
                    raise Unanswered(_reason(error)) from error
            if late.passed.is_set() and len(body) < limit:
                raise Unanswered(_("no end of the answer in {n:g} s").format(n=self.seconds))
        finally:
            connection.close()
        return Answer(method, address, response.status, response.version, response.headers, body, cut, asked)

    def _connection(self, scheme: str, host: str, port: int | None, anonymous: bool) -> http.client.HTTPConnection:
        if scheme == "https":
            shown = self.stranger if anonymous and self.certified and self.stranger is not None else self.context
            context = unjudging() if self.lenient else shown
            return http.client.HTTPSConnection(host, port, timeout=self.seconds, context=context)
        return http.client.HTTPConnection(host, port, timeout=self.seconds)


class _Deadline:
    """Breaks a connection off when its time is up: a time-out of sockets starts anew with every byte."""

    def __init__(self, connection: http.client.HTTPConnection, seconds: float) -> None:
        self.passed = threading.Event()
        self._connection = connection
        self._socket: socket.socket | None = None
        self._timer = threading.Timer(seconds, self._break)
        self._timer.daemon = True

    def known(self) -> None:
        """The connection has its socket now; http.client lets go of it when the server says it will close."""
        self._socket = self._connection.sock

    def _break(self) -> None:
        self.passed.set()
        found = self._socket or self._connection.sock
        if found is not None:
            try:
                # Of the plain socket: that of TLS would wait for the other side.
                socket.socket.shutdown(found, socket.SHUT_RDWR)
            except OSError:
                return

    def __enter__(self) -> _Deadline:
        self._timer.start()
        return self

    def __exit__(self, *raised: object) -> None:
        self._timer.cancel()


def _body(response: http.client.HTTPResponse, method: str, limit: int) -> tuple[bytes, bool]:
    """Up to `limit` bytes, and whether there were more. What follows the head of a HEAD is a body too (wrongly)."""
    if method == "HEAD":
        raw: Any = response.fp
        try:
            return (raw.read1(1) if raw is not None else b""), False
        except OSError:  # a server that keeps the connection sends nothing more: as it should be
            return b"", False
    pieces, have = [], 0
    while have < limit:
        piece = response.read1(min(limit - have, 1 << 16))
        if not piece:
            break
        pieces.append(piece)
        have += len(piece)
    missing = response.length
    if have < limit and missing:
        raise http.client.IncompleteRead(b"", missing)
    return b"".join(pieces), have >= limit and not response.isclosed()


def _reason(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return error.verify_message
    if isinstance(error, http.client.IncompleteRead):
        return _("the answer broke off, {n} bytes early").format(n=error.expected)
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return text or type(error).__name__


def read_address(text: str) -> tuple[str, str | None]:
    """An address without the user's name and password, and the Authorization header that these make, if any.

    Raises UsageError for anything but http and https.
    """
    try:
        parts = urlsplit(text)
        port = f":{parts.port}" if parts.port is not None else ""
    except ValueError as error:
        raise UsageError(_("{text} is no address: {reason}").format(text=text, reason=error)) from error
    if parts.scheme not in ("http", "https") or not parts.hostname or not text.isascii() or " " in text:
        raise UsageError(
            _("{text} is no address of a web server.").format(text=text),
            expected=_("such as https://maps.example.cn/longquan/"),
        )
    authorization = None
    if parts.username is not None:
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}".encode()
        authorization = "Basic " + base64.b64encode(pair).decode()
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return urlunsplit((parts.scheme, host + port, parts.path or "/", parts.query, "")), authorization


def read_origin(text: str) -> str:
    """The origin of pages: scheme, host and port, without a path. Raises UsageError."""
    clean, authorization = read_address(text)
    parts = urlsplit(clean)
    if authorization is not None or parts.path not in ("", "/") or parts.query:
        raise UsageError(_("{text} is no origin.").format(text=text), expected=_("such as https://department.example"))
    return f"{parts.scheme}://{parts.netloc}"


def trusting(authority: Path | None, certificate: Path | None = None) -> ssl.SSLContext:
    """What TLS trusts: the system's authorities, and those of a PEM file; and what it shows: `certificate`, if any.

    `certificate` is a PEM file with the certificate, its chain and its key, which has no password. Raises InputError.
    """
    context = _trusting(authority)
    if certificate is not None:
        try:
            context.load_cert_chain(certificate, password=lambda: b"")  # never ask on the terminal
        except (OSError, ssl.SSLError, ValueError) as error:
            raise InputError(
                _("The client certificate in {path} cannot be read: {reason}").format(
                    path=certificate, reason=getattr(error, "strerror", None) or error
                ),
                expected=_("a PEM file with the certificate and its key, without a password"),
            ) from error
    return context


def _trusting(authority: Path | None) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context()
        if authority is not None:
            context.load_verify_locations(authority)
    except (OSError, ssl.SSLError) as error:
        raise InputError(
            _("The certificates in {path} cannot be read: {reason}").format(path=authority, reason=error.strerror),
            expected=_("a PEM file"),
        ) from error
    return context


def unjudging() -> ssl.SSLContext:
    """A context that speaks to whomever; that a certificate is not trusted is told elsewhere."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
