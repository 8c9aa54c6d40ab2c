"""A static file server fit for PMTiles: Range, ETag and CORS; Python's standard library only (3.8 or newer).

It travels with every release, so that an office needs nothing but Python::

    python3 serve.py FOLDER [--host ADDRESS] [--port NUMBER]

What it promises (RFC 9110 and 9112 by section, the Fetch standard for CORS):

* single ranges: 206, 416, suffix, open-ended, If-Range (§14, §13.1.5); several ranges at once get the whole file,
  as §14.2 allows;
* strong ETags, 304 for If-None-Match and If-Modified-Since, 412 for If-Match and If-Unmodified-Since (§13.2.2);
* nothing outside the folder: no "..", encoded or not, no absolute or hidden names, no links that lead out, no listings;
* archives go out byte for byte as they lie on the disk; text is compressed when the client asks for it;
* any page of any origin may read everything here, and nothing can be written;
* of an install folder (current.json, releases/) the release that runs is served, under addresses that stay. A page
  that was loaded before an import goes on reading the release that it came from, as long as that is kept.
"""

from __future__ import annotations

import argparse
import functools
import gzip
import json
import os
import re
import socket
import socketserver
import stat
import sys
import threading
import time
from email.utils import formatdate, parsedate_to_datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple
from urllib.parse import quote, unquote_to_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable

    Headers = Iterable[tuple[str, str]]

MEDIA_TYPES = {
    ".atom": "application/atom+xml",
    ".css": "text/css",
    ".csv": "text/csv",
    ".fgb": "application/vnd.flatgeobuf",
    ".geojson": "application/geo+json",
    ".geojsonl": "application/geo+json-seq",
    ".geojsonseq": "application/geo+json-seq",
    ".gpkg": "application/geopackage+sqlite3",
    ".gz": "application/gzip",
    ".html": "text/html",
    ".ico": "image/x-icon",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".js": "text/javascript",
    ".json": "application/json",
    ".jsonld": "application/ld+json",
    ".mbtiles": "application/vnd.sqlite3",
    ".md": "text/markdown",
    ".mjs": "text/javascript",
    ".mvt": "application/vnd.mapbox-vector-tile",
    ".parquet": "application/vnd.apache.parquet",
    ".pbf": "application/x-protobuf",
    ".pmtiles": "application/vnd.pmtiles",
    ".png": "image/png",
    ".py": "text/x-python",
    ".svg": "image/svg+xml",
    ".tif": "image/tiff",
    ".tiff": "image/tiff",
    ".txt": "text/plain",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".xml": "application/xml",
    ".zip": "application/zip",
}
# What is worth compressing on the way; everything else is compressed already or is read in ranges.
COMPRESSIBLE = frozenset(
    {".atom", ".css", ".csv", ".geojson", ".html", ".js", ".json", ".jsonld", ".md", ".mjs", ".svg", ".txt", ".xml"}
)
COMPRESS_FROM, COMPRESS_UP_TO = 1024, 4 << 20  # bytes; larger text would hold up its first byte
# Names that carry the hash of their content: tiles/roads-0123456789ab.pmtiles; assets/index-BdX3_9kq.js of the bundler.
# The bundler's hash has a digit or a capital, or "font-semibold.woff2" would be taken for one.
HASHED_NAME = re.compile(
    r"-[0-9a-f]{10,12}(?:@2x)?\.[a-z0-9]+$|(?:^|/)assets/(?:.*/)?[^/]*[-.](?=[\w-]*[0-9A-Z])[\w-]{8}\.\w+$"
)
POINTER, RELEASES = "current.json", "releases"  # of an install folder
FOLDER_NAME = re.compile("[0-9a-f]{12}")  # of a release in it
COOKIE = "longquan-release"  # the release that a page came from; nothing about who reads it
COOKIE_VALUE = re.compile(r"(?:^|;)\s*" + COOKIE + r"=([0-9a-f]{12})\s*(?:;|$)")
METHODS = "GET, HEAD, OPTIONS"
SHARED_HEADERS = (
    ("Access-Control-Allow-Origin", "*"),
    ("Access-Control-Expose-Headers", "Accept-Ranges, Content-Encoding, Content-Length, Content-Range, ETag"),
    ("Cross-Origin-Resource-Policy", "cross-origin"),
    ("X-Content-Type-Options", "nosniff"),
)
SMALL_BODY = 1 << 16  # up to here head and body leave in one write
MAX_CONNECTIONS = 1000
IDLE_SECONDS = 30.0


class Slice(NamedTuple):
    """Bytes ``start`` up to, not including, ``stop``."""

    start: int
    stop: int


class Home(NamedTuple):
    """What is served at one moment."""

    root: str  # the folder that the addresses stand for
    releases: str | None = None  # the folder of its siblings, where it is a release of an install folder
    since: float = 0.0  # when it was switched to: after a rollback older files are the newer answer

    @property
    def name(self) -> str:
        """The name of the release."""
        return os.path.basename(self.root)

    def other(self, name: str) -> Home | None:
        """A sibling; None where there is none of that name."""
        if self.releases is None or not FOLDER_NAME.fullmatch(name):
            return None
        root = os.path.join(self.releases, name)
        return self._replace(root=root) if os.path.isdir(root) else None


def running(folder: str) -> Home | None:
    """The release that the pointer of an install folder names; None where it cannot be read or names nothing."""
    try:
        with open(os.path.join(folder, POINTER), "rb") as file:
            since = os.fstat(file.fileno()).st_mtime
            name = json.loads(file.read(1 << 16).decode("utf-8"))["release"][:12]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    return Home("", os.path.join(folder, RELEASES), since).other(name) if isinstance(name, str) else None


class Unsatisfiable(Exception):
    """The range begins beyond the end of the file."""


def locate(root: str, target: str) -> str | None:
    """The file or folder under `root` that a request target names, or None if there is none that may be shown.

    Segments are split before they are decoded, so an encoded slash cannot make new ones. Links are followed as long
    as they end inside `root`.
    """
    segments = [os.fsdecode(unquote_to_bytes(part)) for part in target.split("/")[1:]]
    folder = segments[-1:] == [""]
    if folder:
        segments.pop()
    for segment in segments:
        if not segment or any(character in segment for character in "/\\\0"):
            return None
        if segment.startswith(".") and segment != ".well-known":  # "..", ".", ".git", unfinished files
            return None
        if os.name == "nt" and (":" in segment or segment[-1] in ". "):  # drives, streams, aliases
            return None
    home = os.path.realpath(root)  # anew for each request: a release is swapped in under the same name
    try:
        real = os.path.realpath(os.path.join(home, *segments))
        if os.path.commonpath([home, real]) != home:
            return None
        mode = os.stat(real).st_mode
    except (OSError, ValueError):
        return None
    if stat.S_ISDIR(mode):
        return real
    return real if stat.S_ISREG(mode) and not folder else None


def requested_slice(header: str, size: int) -> Slice | None:
    """The one range a Range header asks of `size` bytes; None where the whole file is the answer.

    Raises Unsatisfiable.
    """
    match = re.fullmatch(
        r"bytes[ \t]*=[ \t]*(?:(\d{1,19})-(\d{0,19})|-(\d{1,19}))[ \t]*", header, re.IGNORECASE | re.ASCII
    )
    if match is None:
        return None  # another unit, several ranges, or nonsense: §14.2 lets us ignore it
    first, last, suffix = match.groups()
    if suffix is not None:
        if int(suffix) == 0 or size == 0:
            raise Unsatisfiable
        return Slice(max(size - int(suffix), 0), size)
    start = int(first)
    if last and int(last) < start:
        return None  # invalid by §14.1.1, so ignored
    if start >= size:
        raise Unsatisfiable
    return Slice(start, min(int(last) + 1, size) if last else size)


def lists_tag(header: str, tag: str, *, weak: bool) -> bool:
    """Does a list of entity tags, or ``*``, name `tag`? Weak tags count for If-None-Match only (§8.8.3.2)."""
    if header.strip() == "*":
        return True
    found = re.findall(r'(W/)?("[^"]*")', header)
    return any(value == tag and (weak or not prefix) for prefix, value in found)


def accepts_gzip(header: str) -> bool:
    """Does an Accept-Encoding header welcome gzip?"""
    weights = {}
    for item in header.lower().split(","):
        name, _, parameters = item.partition(";")
        match = re.search(r"q\s*=\s*([0-9.]+)", parameters)
        try:
            weights[name.strip()] = float(match.group(1)) if match else 1.0
        except ValueError:
            weights[name.strip()] = 0.0
    return weights.get("gzip", weights.get("*", 0.0)) > 0


def seconds(header: str) -> float | None:
    """The time an HTTP date names, in seconds since 1970; None for anything else."""
    try:
        return parsedate_to_datetime(header).timestamp()
    except (TypeError, ValueError, IndexError, OverflowError):
        return None


@functools.lru_cache(maxsize=128)
def compressed(path: str, tag: str) -> bytes:
    """The gzip form of a small text file; `tag` makes a changed file another entry."""
    return gzip.compress(Path(path).read_bytes(), compresslevel=6, mtime=0)


class Handler(BaseHTTPRequestHandler):
    """Answers the requests of one connection."""

    server: FolderServer
    protocol_version = "HTTP/1.1"
    timeout = IDLE_SECONDS  # of every read and write
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        """Send a file, a part of it, or why not."""
        try:
            self._answer()
        except OSError:  # the client went away, as browsers do when a map moves on, or stopped reading
            self.close_connection = True

    do_HEAD = do_GET

    def do_OPTIONS(self) -> None:
        """Answer a preflight: everything that reads is allowed."""
        asked = (
            ("Allow", METHODS),
            ("Access-Control-Allow-Methods", METHODS),
            ("Access-Control-Allow-Headers", "Range, If-Match, If-None-Match, If-Modified-Since, If-Range, *"),
            ("Access-Control-Max-Age", "86400"),
        )
        self._send(HTTPStatus.NO_CONTENT, asked)

    def _not_allowed(self) -> None:
        self._refuse(HTTPStatus.METHOD_NOT_ALLOWED, [("Allow", METHODS)])

    do_POST = do_PUT = do_DELETE = do_PATCH = do_CONNECT = do_TRACE = _not_allowed

    def _answer(self) -> None:
        # Absolute form (§3.2.2 of RFC 9112), as proxies send it.
        target = re.sub(r"^https?://[^/?#]*", "", self.path, flags=re.IGNORECASE).split("#")[0]
        path, mark, query = target.partition("?")
        if not path.startswith("/"):
            self._refuse(HTTPStatus.BAD_REQUEST)
            return
        home = self._home(path)
        found = locate(home.root, path)
        if found is not None and os.path.isdir(found):
            if not path.endswith("/"):
                # Relative, so that it holds under whatever prefix a proxy puts before us.
                name = quote(os.fsencode(os.fsdecode(unquote_to_bytes(path.rsplit("/", 1)[1]))))
                self._send(
                    HTTPStatus.MOVED_PERMANENTLY,
                    [("Location", "./" + name + "/" + mark + query), ("Cache-Control", "no-cache")],
                )
                return
            path += "index.html"
            home = self._home(path)
            found = locate(home.root, path)
        if found is None and home.releases is not None and HASHED_NAME.search(path):
            # What a page of a release names that ran a moment ago, or was rolled back.
            others = (home.other(name) for name in sorted(os.listdir(home.releases)))
            found = next((file for file in (locate(each.root, path) for each in others if each) if file), None)
        try:
            file = open(found, "rb") if found is not None else None  # noqa: SIM115
        except OSError:
            file = None
        if file is None or found is None:
            self._refuse(HTTPStatus.NOT_FOUND)
            return
        with file:
            self._send_file(file, found, path, home)

    def _home(self, path: str) -> Home:
        """The release to answer from: the one that runs for pages, for what pages read the one that they came from."""
        home = self.server.home()
        if home.releases is None or path.endswith((".html", "/")):
            return home
        asked = COOKIE_VALUE.search(self.headers.get("Cookie", ""))
        return (home.other(asked.group(1)) if asked else None) or home

    def _send_file(self, file: BinaryIO, name: str, path: str, home: Home) -> None:
        about = os.fstat(file.fileno())
        suffix = os.path.splitext(name)[1].lower()
        tag = f"{about.st_mtime_ns:x}-{about.st_size:x}-{about.st_ino:x}"
        # A date of the future would make caches keep an old file (§8.8.2.1).
        hashed = HASHED_NAME.search(path) is not None
        modified = formatdate(min(max(about.st_mtime, 0 if hashed else home.since), time.time()), usegmt=True)
        media_type = MEDIA_TYPES.get(suffix, "application/octet-stream")
        headers = [
            ("Content-Type", media_type + ("; charset=utf-8" if media_type.startswith("text/") else "")),
            ("Last-Modified", modified),
            ("Cache-Control", "public, max-age=31536000, immutable" if hashed else "no-cache"),
        ]
        zipped = False
        vary = ["Accept-Encoding"] if suffix in COMPRESSIBLE else []
        if home.releases is not None and suffix == ".html":
            headers.append(("Set-Cookie", COOKIE + "=" + home.name + "; Path=/; SameSite=Lax; HttpOnly"))
        elif home.releases is not None and not hashed:
            vary.append("Cookie")
        if vary:
            headers.append(("Vary", ", ".join(vary)))
        if suffix in COMPRESSIBLE:
            wanted = accepts_gzip(self.headers.get("Accept-Encoding", "")) and "Range" not in self.headers
            zipped = wanted and COMPRESS_FROM <= about.st_size <= COMPRESS_UP_TO
        elif suffix in (".pbf", ".mvt") and file.read(2) == b"\x1f\x8b":
            headers.append(("Content-Encoding", "gzip"))  # exported tiles lie compressed on the disk
        etag = f'"{tag}-gzip"' if zipped else f'"{tag}"'
        headers.append(("ETag", etag))
        status = self._precondition(etag, modified)
        if status is not None:
            self._send(status, headers)
            return
        if zipped:
            body = compressed(name, tag)
            self._send(HTTPStatus.OK, [*headers, ("Content-Encoding", "gzip")], body)
            return
        headers.append(("Accept-Ranges", "bytes"))
        part, status = Slice(0, about.st_size), HTTPStatus.OK
        if self.command == "GET" and "Range" in self.headers and self._if_range(etag, modified):
            try:
                asked = requested_slice(self.headers["Range"], about.st_size)
            except Unsatisfiable:
                self._refuse(
                    HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, [("Content-Range", f"bytes */{about.st_size}")]
                )
                return
            if asked is not None:
                part, status = asked, HTTPStatus.PARTIAL_CONTENT
                headers.append(("Content-Range", f"bytes {part.start}-{part.stop - 1}/{about.st_size}"))
        self._send_slice(status, headers, file, part)

    def _precondition(self, etag: str, modified: str) -> HTTPStatus | None:
        """304 or 412 where the request's conditions ask for it, in the order of §13.2.2."""
        get = self.headers.get
        date = seconds(modified) or 0.0
        if get("If-Match") is not None:
            if not lists_tag(self.headers["If-Match"], etag, weak=False):
                return HTTPStatus.PRECONDITION_FAILED
        elif get("If-Unmodified-Since") is not None:
            limit = seconds(self.headers["If-Unmodified-Since"])
            if limit is not None and date > limit:
                return HTTPStatus.PRECONDITION_FAILED
        if get("If-None-Match") is not None:
            return HTTPStatus.NOT_MODIFIED if lists_tag(self.headers["If-None-Match"], etag, weak=True) else None
        since = seconds(get("If-Modified-Since") or "")
        return HTTPStatus.NOT_MODIFIED if since is not None and date <= since else None

    def _if_range(self, etag: str, modified: str) -> bool:
        condition = self.headers.get("If-Range")
        return condition is None or condition.strip() in (etag, modified)

    def _send_slice(self, status: HTTPStatus, headers: Headers, file: BinaryIO, part: Slice) -> None:
        length = part.stop - part.start
        sized = [*headers, ("Content-Length", str(length))]
        file.seek(part.start)
        if self.command == "HEAD":
            self._write(status, sized)
        elif length <= SMALL_BODY:
            body = file.read(length)
            self._write(status, sized, body)
            self.close_connection |= len(body) < length
        else:
            self._write(status, sized)
            # Zero-copy where the system can; a file that shrank meanwhile must not shift the next answer.
            self.close_connection |= self.connection.sendfile(file, part.start, length) < length

    def _send(self, status: HTTPStatus, headers: Headers, body: bytes = b"") -> None:
        """Send a whole answer. 204 and 304 have no length to tell (§8.6)."""
        bodiless = status in (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED)
        sized = headers if bodiless else [*headers, ("Content-Length", str(len(body)))]
        self._write(status, sized, b"" if self.command == "HEAD" else body)

    def _refuse(self, status: HTTPStatus, headers: Headers = ()) -> None:
        text = f"{status.value} {status.phrase}\n".encode()
        self._send(
            status, [*headers, ("Content-Type", "text/plain; charset=utf-8"), ("Cache-Control", "no-store")], text
        )

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """What the base class calls for requests it cannot read."""
        self.close_connection = True
        self._refuse(HTTPStatus(code))

    def _write(self, status: HTTPStatus, headers: Headers, body: bytes = b"") -> None:
        received = getattr(self, "headers", None)
        if received is not None and ("Transfer-Encoding" in received or received.get("Content-Length", "0") != "0"):
            self.close_connection = True  # a body nobody reads must not be taken for the next request
        lines = [f"HTTP/1.1 {status.value} {status.phrase}", f"Date: {self.date_time_string()}", "Server: longquan"]
        lines += [f"{name}: {value}" for name, value in (*SHARED_HEADERS, *headers)]
        lines.append("Connection: close" if self.close_connection else "Connection: keep-alive")
        self.wfile.write("\r\n".join([*lines, "", ""]).encode("latin-1") + body)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: one map view is a hundred requests."""


class FolderServer(socketserver.ThreadingTCPServer):
    """Serves one folder; `serve_forever()` until `shutdown()`, then `server_close()`.

    Port 0 lets the system choose; `address` tells. Raises OSError where the address cannot be had.
    """

    daemon_threads = True
    request_queue_size = 512
    allow_reuse_address = os.name != "nt"  # there it would let two servers share a port

    def __init__(self, folder: str, host: str = "127.0.0.1", port: int = 8080) -> None:
        self.folder = folder
        self._last: Home | None = None
        self._free = threading.BoundedSemaphore(MAX_CONNECTIONS)
        found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        self.address_family, _, _, _, address = found[0]
        super().__init__(address, Handler)  # type: ignore[arg-type]

    def home(self) -> Home:
        """What is to be served now: the release that runs, or the folder itself where it is no install folder.

        While a file server replaces the pointer it may be unreadable for a moment: what ran last goes on.
        """
        found = running(self.folder)
        if found is not None:
            self._last = found
        elif self._last is not None and os.path.isdir(self._last.root):
            return self._last
        return found or Home(self.folder)

    def server_bind(self) -> None:
        """Bind; the IPv6 wildcard takes IPv4 too."""
        if self.address_family == socket.AF_INET6:
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        super().server_bind()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Give the connection a thread; beyond the limit new ones wait in the system's queue."""
        self._free.acquire()
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """End a connection."""
        super().shutdown_request(request)
        self._free.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that breaks off is no news; anything else is."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)

    @property
    def address(self) -> str:
        """The address to open in a browser on this machine, ending with a slash."""
        host, port = str(self.server_address[0]), self.server_address[1]
        name = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)
        return f"http://{name}:{port}/"


def main() -> int:
    """The script: messages in Chinese and English, because nobody is there to choose."""
    parser = argparse.ArgumentParser(description="静态文件服务 / Serve a folder with Range, ETag and CORS.")
    parser.add_argument("folder", nargs="?", default=".", help="要发布的文件夹 / folder to serve")
    parser.add_argument("--host", default="127.0.0.1", help="监听地址 / address to listen on (0.0.0.0: everyone)")
    parser.add_argument("--port", type=int, default=8080, help="端口 / port (0: any free one)")
    options = parser.parse_args()
    if not os.path.isdir(options.folder):
        print(f"没有这个文件夹 / no such folder: {options.folder}", file=sys.stderr)
        return 1
    try:
        server = FolderServer(options.folder, options.host, options.port)
    except (OSError, OverflowError) as error:
        print(f"无法监听 / cannot listen on {options.host}:{options.port}: {error}", file=sys.stderr)
        return 1
    with server:
        print(f"{server.address}  (Ctrl-C: 停止 / stop)", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
