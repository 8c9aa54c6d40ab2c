"""The static server, asked over real sockets."""

from __future__ import annotations

import ast
import gzip
import http.client
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.standalone import serve
from pipeline.standalone.serve import (
    FolderServer,
    Slice,
    Unsatisfiable,
    accepts_gzip,
    lists_tag,
    locate,
    requested_slice,
)

ARCHIVE = bytes(range(256)) * 1024  # 256 KiB, every byte tells where it is
SCRIPT = b"export const answer = 42;\n" * 200


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    outside = tmp_path_factory.mktemp("outside")
    (outside / "secret.txt").write_bytes(b"secret")
    root = outside / "site"
    for folder in ("tiles", "assets", "data", "空 格", "data/.git", ".well-known"):
        (root / folder).mkdir(parents=True)
    (root / "index.html").write_bytes(b"<!doctype html><title>home</title>")
    (root / "data" / "index.html").write_bytes(b"<!doctype html><title>data</title>")
    (root / "data" / ".git" / "config").write_bytes(b"secret")
    (root / ".well-known" / "security.txt").write_bytes(b"ask")
    (root / "tiles" / "roads-0123456789ab.pmtiles").write_bytes(ARCHIVE)
    (root / "tiles" / "small.pmtiles").write_bytes(ARCHIVE[:100])
    (root / "tiles" / "zipped.pbf").write_bytes(gzip.compress(b"tile", mtime=0))
    (root / "tiles" / "plain.pbf").write_bytes(b"\x1a\x04tile")
    (root / "assets" / "index-BdX3_9kq.js").write_bytes(SCRIPT)
    (root / "assets" / "noto-semibold.woff2").write_bytes(b"wOF2")
    (root / "catalog.json").write_bytes(b'{"version": 1}')
    (root / "notes-20261122.json").write_bytes(b"{}")
    (root / "empty.txt").write_bytes(b"")
    (root / "空 格" / "龙泉.geojson").write_bytes(b"{}")
    (root / "out.txt").symlink_to(outside / "secret.txt")
    (root / "up").symlink_to(outside, target_is_directory=True)
    (root / "within.json").symlink_to(root / "catalog.json")
    os.mkfifo(root / "pipe")
    return root


@pytest.fixture(scope="module")
def server(site: Path) -> Iterator[FolderServer]:
    with FolderServer(str(site), "127.0.0.1", 0) as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield running
        running.shutdown()
        thread.join()


class Answer:
    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.body = response.read()
        self.headers = response.headers

    def __getitem__(self, name: str) -> str | None:
        return self.headers[name]


def ask(server: FolderServer, target: str, method: str = "GET", **headers: str) -> Answer:
    connection = http.client.HTTPConnection("127.0.0.1", server.server_address[1], timeout=10)
    try:
        connection.request(method, target, headers={name.replace("_", "-"): value for name, value in headers.items()})
        return Answer(connection.getresponse())
    finally:
        connection.close()


def raw(server: FolderServer, request: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", server.server_address[1]), timeout=10) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        received = b""
        while more := connection.recv(1 << 16):
            received += more
    return received


ROADS = "/tiles/roads-0123456789ab.pmtiles"


def test_a_whole_file_goes_out_as_it_lies_on_the_disk(server: FolderServer) -> None:
    answer = ask(server, ROADS, Accept_Encoding="gzip, br")
    assert (answer.status, answer.body) == (200, ARCHIVE)
    assert answer["Content-Length"] == str(len(ARCHIVE))
    assert answer["Content-Type"] == "application/vnd.pmtiles"
    assert answer["Accept-Ranges"] == "bytes"
    assert answer["Content-Encoding"] is None
    assert answer["Vary"] is None


@pytest.mark.parametrize(
    ("header", "first", "last"),
    [
        ("bytes=0-0", 0, 0),
        ("bytes=0-16383", 0, 16383),
        ("bytes=100000-200000", 100000, 200000),  # more than the small-body limit: the other way of sending
        ("bytes=262143-262143", 262143, 262143),
        ("bytes=262000-", 262000, 262143),
        ("bytes=262000-999999", 262000, 262143),
        ("bytes=-1", 262143, 262143),
        ("bytes=-999999", 0, 262143),
        ("Bytes = 5-6", 5, 6),
    ],
)
def test_a_range(server: FolderServer, header: str, first: int, last: int) -> None:
    answer = ask(server, ROADS, Range=header, Accept_Encoding="gzip")
    assert answer.status == 206
    assert answer.body == ARCHIVE[first : last + 1]
    assert answer["Content-Range"] == f"bytes {first}-{last}/262144"
    assert answer["Content-Length"] == str(last - first + 1)
    assert answer["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize("header", ["bytes=262144-", "bytes=262144-262150", "bytes=-0", "bytes=9999999999999-"])
def test_a_range_beyond_the_end(server: FolderServer, header: str) -> None:
    answer = ask(server, ROADS, Range=header)
    assert answer.status == 416
    assert answer["Content-Range"] == "bytes */262144"
    assert answer["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize("header", ["bytes=5-2", "bytes=a-b", "lines=1-2", "bytes=0-1,5-6", "bytes=", "bytes=-"])
def test_a_range_that_is_none_gets_the_whole_file(server: FolderServer, header: str) -> None:
    request = f"GET {ROADS} HTTP/1.1\r\nHost: x\r\nRange: {header}\r\nConnection: close\r\n\r\n".encode()
    head, _, body = raw(server, request).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert body == ARCHIVE


@pytest.mark.parametrize(
    ("header", "size", "expected"),
    [
        ("bytes=0-", 1, Slice(0, 1)),
        ("bytes=-5", 3, Slice(0, 3)),
        ("bytes=2-2", 3, Slice(2, 3)),
        ("bytes=1-0", 3, None),
        ("bytes=٣-", 9, None),
    ],
)
def test_requested_slice(header: str, size: int, expected: Slice | None) -> None:
    assert requested_slice(header, size) == expected


@pytest.mark.parametrize("header", ["bytes=0-", "bytes=0-0", "bytes=-1"])
def test_an_empty_file_has_no_range(header: str) -> None:
    with pytest.raises(Unsatisfiable):
        requested_slice(header, 0)


def test_head_tells_what_get_would_send(server: FolderServer) -> None:
    got, told = ask(server, ROADS), ask(server, ROADS, "HEAD")
    assert (told.status, told.body) == (200, b"")
    for name in ("ETag", "Content-Length", "Content-Type", "Last-Modified", "Accept-Ranges", "Cache-Control"):
        assert told[name] == got[name] is not None
    assert raw(server, b"HEAD /missing HTTP/1.1\r\nHost: x\r\n\r\n").endswith(b"\r\n\r\n")
    assert ask(server, ROADS, "HEAD", Range="bytes=0-9")["Content-Length"] == "262144"  # RFC 9110 §14.2: GET only


def test_conditions(server: FolderServer) -> None:
    first = ask(server, ROADS)
    tag, date = first["ETag"], first["Last-Modified"]
    assert tag is not None and date is not None and not tag.startswith("W/")
    for headers in (
        {"If_None_Match": tag},
        {"If_None_Match": f'"other", W/{tag}'},
        {"If_None_Match": "*"},
        {"If_Modified_Since": date},
        {"If_None_Match": tag, "If_Modified_Since": "Thu, 01 Jan 1970 00:00:00 GMT"},  # the tag decides
    ):
        answer = ask(server, ROADS, **headers)
        assert (answer.status, answer.body, answer["ETag"]) == (304, b"", tag), headers
        assert answer["Content-Length"] is None
        assert answer["Cache-Control"] == first["Cache-Control"]
    for headers in (
        {"If_None_Match": '"other"'},
        {"If_None_Match": '"other"', "If_Modified_Since": date},
        {"If_Modified_Since": "Thu, 01 Jan 1970 00:00:00 GMT"},
        {"If_Modified_Since": "yesterday"},
        {"If_Match": tag},
        {"If_Match": "*"},
        {"If_Unmodified_Since": date},
    ):
        assert ask(server, ROADS, **headers).status == 200, headers
    for headers in (
        {"If_Match": '"other"'},
        {"If_Match": f"W/{tag}"},  # weak tags never match strongly
        {"If_Unmodified_Since": "Thu, 01 Jan 1970 00:00:00 GMT"},
    ):
        assert ask(server, ROADS, **headers).status == 412, headers


def test_if_range(server: FolderServer) -> None:
    first = ask(server, ROADS)
    tag, date = first["ETag"], first["Last-Modified"]
    assert tag is not None and date is not None
    assert ask(server, ROADS, Range="bytes=0-9", If_Range=tag).status == 206
    assert ask(server, ROADS, Range="bytes=0-9", If_Range=date).status == 206
    for other in ('"other"', f"W/{tag}", "Thu, 01 Jan 1970 00:00:00 GMT"):
        answer = ask(server, ROADS, Range="bytes=0-9", If_Range=other)
        assert (answer.status, answer.body) == (200, ARCHIVE), other


def test_a_changed_file_has_another_tag(server: FolderServer, site: Path) -> None:
    changing = site / "changing.json"
    changing.write_bytes(b'{"v":1}')
    before = ask(server, "/changing.json")
    partial = site / ".partial"
    partial.write_bytes(b'{"v":2}')  # same size
    partial.replace(changing)
    after = ask(server, "/changing.json", If_None_Match=str(before["ETag"]))
    assert (after.status, after.body) == (200, b'{"v":2}')


def test_another_file_of_the_same_size_and_time_has_another_tag(server: FolderServer, site: Path) -> None:
    changing, partial = site / "twin.json", site / ".twin"
    changing.write_bytes(b'{"v":1}')
    partial.write_bytes(b'{"v":2}')
    for path in (changing, partial):
        os.utime(path, ns=(10**18, 10**18))
    before = ask(server, "/twin.json")
    partial.replace(changing)
    assert ask(server, "/twin.json", If_None_Match=str(before["ETag"])).body == b'{"v":2}'


def test_no_file_is_from_the_future(server: FolderServer, site: Path) -> None:
    (site / "future.json").write_bytes(b"{}")
    os.utime(site / "future.json", (4102444800, 4102444800))  # 2100-01-01
    answer = ask(server, "/future.json")
    modified, now = (parsedate_to_datetime(str(answer[name])) for name in ("Last-Modified", "Date"))
    assert modified <= now


def test_text_is_compressed_for_those_who_ask(server: FolderServer) -> None:
    target = "/assets/index-BdX3_9kq.js"
    plain, zipped = ask(server, target), ask(server, target, Accept_Encoding="br, gzip;q=0.8")
    assert plain.body == SCRIPT
    assert plain["Content-Encoding"] is None
    assert zipped["Content-Encoding"] == "gzip"
    assert gzip.decompress(zipped.body) == SCRIPT
    assert zipped["Content-Length"] == str(len(zipped.body))
    assert plain["Vary"] == zipped["Vary"] == "Accept-Encoding"
    assert plain["ETag"] != zipped["ETag"]
    assert ask(server, target, Accept_Encoding="gzip", If_None_Match=str(zipped["ETag"])).status == 304
    part = ask(server, target, Accept_Encoding="gzip", Range="bytes=7-11")
    assert (part.status, part.body, part["Content-Encoding"]) == (206, b"const", None)
    assert ask(server, "/catalog.json", Accept_Encoding="gzip")["Content-Encoding"] is None  # 14 bytes


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("gzip", True),
        ("GZIP;q=0.5", True),
        ("*", True),
        ("gzip;q=0", False),
        ("*;q=1, gzip;q=0.0", False),
        ("identity", False),
        ("", False),
        ("gzip;q=1.2.3", False),
    ],
)
def test_accepts_gzip(header: str, expected: bool) -> None:
    assert accepts_gzip(header) is expected


def test_lists_tag_reads_commas_inside_tags() -> None:
    assert lists_tag('"a,b", "c"', '"a,b"', weak=False)
    assert not lists_tag('"a,b"', '"b"', weak=True)


@pytest.mark.parametrize(
    ("target", "media_type"),
    [
        ("/", "text/html; charset=utf-8"),
        ("/assets/index-BdX3_9kq.js", "text/javascript; charset=utf-8"),
        ("/assets/noto-semibold.woff2", "font/woff2"),
        ("/catalog.json", "application/json"),
        ("/%E7%A9%BA%20%E6%A0%BC/%E9%BE%99%E6%B3%89.geojson", "application/geo+json"),
        ("/pipe/../catalog.json", "text/plain; charset=utf-8"),
        ("/tiles/plain.pbf", "application/x-protobuf"),
    ],
)
def test_media_types(server: FolderServer, target: str, media_type: str) -> None:
    answer = ask(server, target)
    assert answer["Content-Type"] == media_type
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_exported_tiles_say_that_they_are_compressed(server: FolderServer) -> None:
    assert ask(server, "/tiles/zipped.pbf")["Content-Encoding"] == "gzip"
    assert ask(server, "/tiles/zipped.pbf").body == gzip.compress(b"tile", mtime=0)
    assert ask(server, "/tiles/plain.pbf")["Content-Encoding"] is None


@pytest.mark.parametrize(
    ("target", "kept"),
    [
        (ROADS, True),
        ("/assets/index-BdX3_9kq.js", True),
        ("/assets/noto-semibold.woff2", False),
        ("/tiles/small.pmtiles", False),
        ("/catalog.json", False),
        ("/notes-20261122.json", False),
        ("/", False),
    ],
)
def test_only_hashed_names_are_kept_for_ever(server: FolderServer, target: str, kept: bool) -> None:
    assert ask(server, target)["Cache-Control"] == ("public, max-age=31536000, immutable" if kept else "no-cache")


def test_folders(server: FolderServer) -> None:
    assert ask(server, "/").body == b"<!doctype html><title>home</title>"
    assert ask(server, "/data/").body == b"<!doctype html><title>data</title>"
    moved = ask(server, "/data?lang=en")
    assert (moved.status, moved["Location"]) == (301, "./data/?lang=en")
    assert ask(server, "/tiles/").status == 404  # no listing
    assert ask(server, "/catalog.json/").status == 404
    quoted = ask(server, "/%E7%A9%BA%20%E6%A0%BC")
    assert (quoted.status, quoted["Location"]) == (301, "./%E7%A9%BA%20%E6%A0%BC/")


@pytest.mark.parametrize(
    "target", ["/catalog.json?v=1", "/catalog.json#top", "http://elsewhere.test/catalog.json", "/within.json"]
)
def test_targets_that_name_the_catalogue(server: FolderServer, target: str) -> None:
    head, _, body = raw(server, f"GET {target} HTTP/1.1\r\nHost: x\r\n\r\n".encode()).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert body == b'{"version": 1}'


@pytest.mark.parametrize(
    "target",
    [
        "/../secret.txt",
        "/data/../../secret.txt",
        "/data/../catalog.json",
        "/%2e%2e/secret.txt",
        "/%2E%2E%2Fsecret.txt",
        "/data/..%2f..%2fsecret.txt",
        "/..%5csecret.txt",
        "/..\\secret.txt",
        "/data\\..\\..\\secret.txt",
        "/%252e%252e/secret.txt",
        "/%c0%ae%c0%ae/secret.txt",
        "/.%00./secret.txt",
        "/catalog.json%00.txt",
        "//secret.txt",
        "/data//index.html",
        "/data%2findex.html",
        "/%2fcatalog.json",
        "//etc/passwd",
        "/%2fetc%2fpasswd",
        "/etc/passwd",
        "/.",
        "/./catalog.json",
        "/data/.git/config",
        "/out.txt",
        "/up/secret.txt",
        "/up",
        "/pipe",
        "/missing",
        "/" + "a" * 5000,
        "/" + "a/" * 5000,
        "/%ff%fe",
    ],
)
def test_nothing_else_gets_out(server: FolderServer, target: str) -> None:
    answer = raw(server, f"GET {target} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 404 ")
    assert b"secret" not in answer.partition(b"\r\n\r\n")[2]
    assert b"Access-Control-Allow-Origin: *\r\n" in answer


@pytest.mark.parametrize("target", ["secret.txt", "../secret.txt", "*", "file:///etc/passwd"])
def test_targets_that_are_no_path(server: FolderServer, target: str) -> None:
    assert raw(server, f"GET {target} HTTP/1.1\r\nHost: x\r\n\r\n".encode()).startswith(b"HTTP/1.1 400 ")


def test_hidden_names_but_for_the_well_known(server: FolderServer) -> None:
    assert ask(server, "/.well-known/security.txt").body == b"ask"


def test_preflight(server: FolderServer) -> None:
    answer = ask(
        server,
        ROADS,
        "OPTIONS",
        Origin="https://elsewhere.test",
        Access_Control_Request_Method="GET",
        Access_Control_Request_Headers="range,if-match",
    )
    assert (answer.status, answer.body) == (204, b"")
    assert answer["Access-Control-Allow-Origin"] == "*"
    allowed = {name.strip().lower() for name in str(answer["Access-Control-Allow-Headers"]).split(",")}
    assert {"range", "if-match", "if-none-match"} <= allowed
    assert answer["Access-Control-Allow-Methods"] == "GET, HEAD, OPTIONS"


def test_other_origins_may_read_what_they_need(server: FolderServer) -> None:
    exposed = {name.strip() for name in str(ask(server, ROADS)["Access-Control-Expose-Headers"]).split(",")}
    assert {"ETag", "Content-Range", "Content-Length", "Accept-Ranges"} <= exposed


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_nothing_can_be_written(server: FolderServer, method: str) -> None:
    answer = ask(server, "/catalog.json", method)
    assert (answer.status, answer["Allow"]) == (405, "GET, HEAD, OPTIONS")


def test_one_connection_many_requests(server: FolderServer) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.server_address[1], timeout=10)
    connection.connect()
    kept = connection.sock
    for target, status in ((ROADS, 200), ("/missing", 404), ("/catalog.json", 200), ("/", 200)):
        connection.request("GET", target)
        response = connection.getresponse()
        response.read()
        assert response.status == status
        assert connection.sock is kept
    connection.close()


def test_pipelined_requests_are_answered_in_order(server: FolderServer) -> None:
    wanted = (b"GET /catalog.json", b"HEAD /", b"GET /data/")
    answer = raw(server, b"".join(request + b" HTTP/1.1\r\nHost: x\r\n\r\n" for request in wanted))
    assert answer.count(b"HTTP/1.1 200 OK") == 3
    assert answer.endswith(b"<title>data</title>")


def test_a_body_nobody_reads_is_not_the_next_request(server: FolderServer) -> None:
    smuggled = b"GET /data/ HTTP/1.1\r\nHost: x\r\n\r\n"
    for length in (f"Content-Length: {len(smuggled)}", "Transfer-Encoding: chunked"):
        answer = raw(server, f"GET / HTTP/1.1\r\nHost: x\r\n{length}\r\n\r\n".encode() + smuggled)
        assert answer.count(b"HTTP/1.1") == 1
        assert b"Connection: close\r\n" in answer


def test_old_clients_get_their_answer_and_the_end(server: FolderServer) -> None:
    answer = raw(server, b"GET /catalog.json HTTP/1.0\r\n\r\n")
    assert b"Connection: close\r\n" in answer
    assert answer.endswith(b'{"version": 1}')


@pytest.mark.parametrize(
    "request_line", [b"nonsense", b"GET / HTTP/9.9", b"GET  /  HTTP/1.1 x", b"\x16\x03\x01\x02\x00"]
)
def test_what_is_no_request(server: FolderServer, request_line: bytes) -> None:
    answer = raw(server, request_line + b"\r\n\r\n")
    assert answer.startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 505 "))
    assert ask(server, "/").status == 200  # and the server lives on


def test_a_header_too_long(server: FolderServer) -> None:
    answer = raw(server, b"GET / HTTP/1.1\r\nX: " + b"a" * 70000 + b"\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 431 ")


def test_an_idle_connection_is_ended(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert 5 <= serve.Handler.timeout <= 120
    monkeypatch.setattr(serve.Handler, "timeout", 0.2)
    with FolderServer(str(site), "127.0.0.1", 0) as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        with socket.create_connection(("127.0.0.1", running.server_address[1]), timeout=5) as connection:
            connection.sendall(b"GET / HT")
            assert connection.recv(1) == b""
        running.shutdown()
        thread.join()


def test_a_client_that_breaks_off_harms_no_one(server: FolderServer, capfd: pytest.CaptureFixture[str]) -> None:
    for request in (f"GET {ROADS} HTTP/1.1\r\nHost: x\r\n\r\n".encode(), b"GET / HT", b"") * 10:
        with socket.create_connection(("127.0.0.1", server.server_address[1])) as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # reset on close
            connection.sendall(request)
            time.sleep(0.005)  # let the server begin to read
    assert ask(server, ROADS).body == ARCHIVE
    assert "Traceback" not in capfd.readouterr().err


def test_fifty_clients_at_once(server: FolderServer) -> None:
    together = threading.Barrier(50)

    def client(number: int) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", server.server_address[1], timeout=30)
        connection.connect()
        together.wait(30)  # all connections are open before anyone asks
        good = True
        for turn in range(20):
            start = (number * 4099 + turn * 8191) % (len(ARCHIVE) - 70000)
            stop = start + 1 + (number * 997 + turn * 3571) % 70000
            connection.request("GET", ROADS, headers={"Range": f"bytes={start}-{stop - 1}"})
            response = connection.getresponse()
            good &= response.status == 206 and response.read() == ARCHIVE[start:stop]
        connection.close()
        return good

    with ThreadPoolExecutor(50) as pool:
        assert all(pool.map(client, range(50)))


def test_more_clients_than_connections_wait_their_turn(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serve, "MAX_CONNECTIONS", 2)
    with FolderServer(str(site), "127.0.0.1", 0) as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        with ThreadPoolExecutor(12) as pool:
            answers = list(pool.map(lambda _: ask(running, ROADS).body == ARCHIVE, range(24)))
        assert answers == [True] * 24
        running.shutdown()
        thread.join()


@pytest.mark.skipif(not socket.has_ipv6, reason="Python was built without IPv6")
def test_ipv6(site: Path) -> None:
    try:
        running = FolderServer(str(site), "::", 0)
    except OSError as error:
        pytest.skip(f"this machine has no IPv6: {error}")
    with running:
        thread = threading.Thread(target=running.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        port = running.server_address[1]
        assert running.address == f"http://[::1]:{port}/"
        for host in ("::1", "127.0.0.1"):
            connection = http.client.HTTPConnection(host, port, timeout=10)
            connection.request("GET", "/")
            assert connection.getresponse().status == 200
            connection.close()
        running.shutdown()
        thread.join()


def test_a_folder_that_is_swapped_while_it_is_served(tmp_path: Path) -> None:
    old, new, public = tmp_path / "old", tmp_path / "new", tmp_path / "public"
    for folder in (old, new):
        folder.mkdir()
        (folder / "index.html").write_text(folder.name)
    public.symlink_to(old, target_is_directory=True)
    with FolderServer(str(public), "127.0.0.1", 0) as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        assert ask(running, "/").body == b"old"
        (tmp_path / "next").symlink_to(new, target_is_directory=True)
        (tmp_path / "next").replace(public)
        assert ask(running, "/").body == b"new"
        running.shutdown()
        thread.join()


PIECES = ("/", "..", ".", "%2e", "%2F", "\\", "%5c", "%00", "up", "data", "tiles", "out.txt", "a", "é", "?")


@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
def test_whatever_is_asked_stays_inside(site: Path, target: str) -> None:
    found = locate(str(site), "/" + target)
    assert found is None or Path(found).resolve().is_relative_to(site.resolve())


def test_it_is_a_script_of_the_standard_library_alone(site: Path) -> None:
    source = Path(serve.__file__).read_text()
    tree = ast.parse(source, feature_version=(3, 8))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.split(".")[0] for name in imported} <= set(sys.stdlib_module_names)
    # -S -E -P: no site-packages, no environment, nothing beside the script
    command = [sys.executable, "-S", "-E", serve.__file__, str(site), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        address = process.stdout.readline().split()[0]
        assert address.startswith("http://127.0.0.1:")
        connection = http.client.HTTPConnection(address[7:-1], timeout=10)
        connection.request("GET", "/catalog.json")
        assert connection.getresponse().read() == b'{"version": 1}'
        process.terminate()
