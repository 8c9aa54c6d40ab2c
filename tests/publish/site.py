"""A small release, and a server of it with every fault on a switch."""

from __future__ import annotations

import json
import os
import re
import threading
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from email.utils import formatdate
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from pipeline.publish import Client, Diagnosis, diagnose
from pipeline.standalone.serve import FolderServer

ARCHIVE = b"PMTiles\x03" + bytes((7 * i + i // 251) % 256 for i in range(40_000))
NAME = "tiles/roads-0123456789ab.pmtiles"
FILES = {
    "index.html": (b"<!doctype html><meta charset=utf-8>", "text/html; charset=utf-8"),
    "catalog.json": (b"{}" + b" " * 3000, "application/json"),
    "tilejson/roads.json": (b"{}", "application/json"),
    "styles/light.json": (b"{}   ", "application/json"),
    "assets/index-BdX3_9kq.js": (b"export {};", "text/javascript; charset=utf-8"),
    "assets/index-8TKowCPz.css": (b"a {}", "text/css; charset=utf-8"),
    "assets/city-0123456789.svg": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml"),
    "assets/fonts/noto-0123456789.woff2": (b"wOF2", "font/woff2"),
    "assets/sprites/sprite-0123456789@2x.png": (b"\x89PNG", "image/png"),
    "services/iso/roads.xml": (b"<a/>", "application/xml"),
    "services/dcat/catalog.jsonld": (b"{}", "application/ld+json"),
    NAME: (ARCHIVE, "application/vnd.pmtiles"),
}
TYPES = {path.rpartition(".")[2]: kind for path, (_body, kind) in FILES.items()}
HASHED = re.compile(r"-[0-9a-f]{10,12}(@2x)?\.\w+$|-BdX3_9kq\.js$|-8TKowCPz\.css$")


def write_site(folder: Path) -> Path:
    """The release as files."""
    listed = [{"path": path, "bytes": len(body), "type": kind} for path, (body, kind) in FILES.items()]
    for path, (body, _kind) in FILES.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(body)
        os.utime(folder / path, (1_700_000_000, 1_700_000_000))  # Apache calls ETags of fresh files weak
    (folder / "release.json").write_text(json.dumps({"files": listed}))
    return folder


class Faulty(BaseHTTPRequestHandler):
    """Serves the release right, but for the faults that its server has."""

    server: FaultyServer
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "Faulty/1", ""
    timeout = 5

    def log_message(self, format: str, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        try:
            self._get()
        except OSError:
            self.close_connection = True

    do_HEAD = do_GET

    def _known(self) -> bool:
        """Whether whoever asks may have something."""
        asks = "asks-who" in self.server.faults or "named-origins" in self.server.faults
        return not asks or "Authorization" in self.headers or "open-all-the-same" in self.server.faults

    def do_OPTIONS(self) -> None:
        has = self.server.faults.__contains__
        if has("password-preflight") and "Authorization" not in self.headers:
            self._head(401, [("WWW-Authenticate", "Basic")])
        elif has("no-preflight"):
            self._head(405, [("Content-Length", "0")])
        else:
            allowed = "Range" if has("no-if-match") else "Range, If-Match"
            allowed = (
                "*" if has("starred-headers") else f"{allowed}, Authorization" if has("named-origins") else allowed
            )
            self._head(204, [*self._shared(), ("Access-Control-Allow-Headers", allowed)])

    def _shared(self) -> list[tuple[str, str]]:
        has = self.server.faults.__contains__
        if has("no-origin"):
            return []
        names = "Content-Range, Content-Length" if has("not-exposed") else "ETag, Content-Range"
        names = "" if has("nothing-exposed") else names if has("few-exposed") or has("not-exposed") else "*"
        if has("named-origins") or has("every-origin"):
            origin = self.headers.get("Origin", "")
            allowed = has("every-origin") or origin == "https://department.example"
            names = "ETag, Content-Range, Content-Length, Accept-Ranges"
            return [
                ("Access-Control-Allow-Origin", origin if allowed else "null"),
                ("Access-Control-Allow-Credentials", "true"),
                ("Access-Control-Expose-Headers", names),
            ]
        return [("Access-Control-Allow-Origin", "*"), ("Access-Control-Expose-Headers", names)]

    def _head(self, status: int, headers: list[tuple[str, str]]) -> None:
        has = self.server.faults.__contains__
        if has("http-1.0"):
            self.protocol_version = "HTTP/1.0"
        self.send_response_only(status)
        if not has("no-date"):
            apart = 86400 if has("clock-day") else 600 if has("clock-minutes") else 0
            self.send_header("Date", formatdate(time.time() + apart, usegmt=True))
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True

    def _get(self) -> None:
        has = self.server.faults.__contains__
        path = self.path.lstrip("/") or "index.html"
        if has("hang"):
            time.sleep(3)
        if has("loop") or (has("chain") and path in ("index.html", "one")):
            self._head(302, [("Location", {"index.html": "/one", "one": "/two/"}.get(path, self.path))])
            return
        path = path.removeprefix("two/") or "index.html"
        if has("redirect-file") and path == NAME:
            self._head(301, [("Location", "/elsewhere.pmtiles")])
            return
        body = (self.server.folder / path).read_bytes() if (self.server.folder / path).is_file() else None
        suffix = path.rpartition(".")[2]
        if has("unknown-suffixes") and suffix == "woff2":
            body = None
        if body is None and not has("page-for-all"):
            kept = [("Cache-Control", "public, max-age=31536000, immutable")] if has("kept-404") else []
            self._head(403 if has("forbidden") else 404, [("Content-Length", "0"), *kept])
            return
        if not self._known():
            self._head(401, [("Content-Length", "0"), ("WWW-Authenticate", "Basic")])
            return
        self._send(path, suffix, b"<!doctype html>" if body is None else body)

    def _send(self, path: str, suffix: str, body: bytes) -> None:
        has = self.server.faults.__contains__
        archive = path == NAME
        if archive and has("another"):
            body = body[:-1]
        if archive and has("no-archive"):
            body = b"<html>!!" + body[8:]
        kind = TYPES.get(suffix, "application/octet-stream")
        if has("octet-scripts") and suffix in ("js", "jsonld"):
            kind = "application/octet-stream"
        if has("gbk") and suffix == "html":
            kind = "text/html; charset=GBK"
        keep = "public, max-age=31536000, immutable" if HASHED.search(path) else "no-cache"
        if has("kept-pointers"):
            keep = "max-age=3600"
        headers = [*self._shared(), ("Content-Type", kind)]
        if not has("no-cache-control"):
            headers.append(("Cache-Control", keep))
        if not has("no-modified"):
            when = time.time() + 86400 * 3 if has("future") else 1_700_000_000
            headers.append(("Last-Modified", formatdate(when, usegmt=True)))
        tag = f'"{len(body):x}"'
        if has("weak-etag"):
            tag = "W/" + tag
        if has("etag-per-answer"):
            tag = f'"{time.monotonic_ns()}"'
        if has("etag-of-parts") and "Range" in self.headers:
            tag = '"part"'
        if not has("no-etag"):
            headers.append(("ETag", tag))
        if not has("no-accept-ranges"):
            headers.append(("Accept-Ranges", "bytes"))
        if self.headers.get("If-None-Match") == tag and not has("no-304"):
            self._head(304, headers)
            return
        if archive and has("gzip") and "gzip" in self.headers.get("Accept-Encoding", ""):
            self._head(200, [*headers, ("Content-Encoding", "gzip")])
            return
        if self.command == "HEAD" and has("no-head"):
            self._head(405, [("Content-Length", "0")])
            return
        if archive and has("endless") and "Range" in self.headers:
            self._head(206, [*headers, ("Content-Range", f"bytes 0-16383/{len(body)}")])
            while True:
                self.wfile.write(b"PMTiles\x03" * 4096)
        if archive and has("drip"):
            self._head(200, headers)
            for _turn in range(200):
                self.wfile.write(b".")
                time.sleep(0.05)
            return
        self._parts(headers, body)

    def _parts(self, headers: list[tuple[str, str]], body: bytes) -> None:
        has = self.server.faults.__contains__
        size, wanted = len(body), self.headers.get("Range", "")
        asked = re.fullmatch(r"bytes=(\d*)-(\d*)", wanted)
        start, stop, status = 0, size, 200
        if has("no-several") and "," in wanted:
            self._head(416, [*headers, ("Content-Range", f"bytes */{size}"), ("Content-Length", "0")])
            return
        current = has("blind-if-range") or "If-Range" not in self.headers
        if asked is not None and current and self.command == "GET" and not has("no-range"):
            first, last = asked.groups()
            if not first and has("no-suffix"):
                asked = None
            elif not first:
                start, status = max(0, size - int(last)), 206
                if has("wrong-suffix"):
                    start, stop = 0, int(last)
            elif int(first) >= size:
                if not has("no-416"):
                    told = "bytes" if has("vague-416") else f"bytes */{size}"
                    self._head(416, [*headers, ("Content-Range", told), ("Content-Length", "0")])
                    return
            else:
                start, stop, status = int(first), min(int(last or size) + 1, size), 206
        if status == 206:
            if not has("no-content-range"):
                total = size + 1 if has("wrong-total") else size
                headers = [*headers, ("Content-Range", f"bytes {start}-{stop - 1}/{total}")]
            if has("wrong-part") and start:
                start, stop = start - 1, stop - 1
            if has("short"):
                stop -= 1
        sent = body[start:stop]
        length = 0 if has("empty-head") and self.command == "HEAD" else len(sent)
        self._head(status, [*headers, ("Content-Length", str(length + (9 if has("broken-off") else 0)))])
        if self.command != "HEAD" or has("body-of-head"):
            self.wfile.write(sent)


class FaultyServer(ThreadingHTTPServer):
    """On a port of the system's choice, with a set of faults that may be changed while it runs."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.faults: Collection[str] = frozenset()
        super().__init__(("127.0.0.1", 0), Faulty)

    def handle_error(self, request: object, client_address: object) -> None:
        pass

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/"


@contextmanager
def running(server: FaultyServer | FolderServer) -> Iterator[str]:
    """The server's address while it serves."""
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server.address
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def examined(address: str, seconds: float = 5.0) -> Diagnosis:
    """What the doctor finds, with a short patience."""
    return diagnose(_client(seconds), address)


@cache
def _client(seconds: float) -> Client:
    """One for all: reading the system's authorities takes as long as twenty requests."""
    return Client(seconds)


def found(diagnosis: Diagnosis) -> dict[str, str]:
    """The checks that are not well, with their states."""
    return {check.id: check.state for check in diagnosis.checks if check.state not in ("ok", "skipped")}
