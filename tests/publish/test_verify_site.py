"""What `longquan verify URL` makes of a server: signed bytes only, nothing expired, nothing without end."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from pipeline.cli import main
from pipeline.errors import InputError
from pipeline.progress import Silent
from pipeline.publish import Client, verify_site
from pipeline.publish.verify_site import verify_site as verified_site
from pipeline.release.signatures import Reader
from pipeline.release.verify_folder import Verified
from pipeline.standalone.serve import FolderServer
from tests.release.conftest import twice_built
from tests.release.signed_town import copied, enrolled, released
from tests.release.test_signatures import withdraw
from tests.release.trust.bureau import NOW, Bureau
from tests.releases import manifest_of

__all__ = ["twice_built"]  # a fixture

Published = tuple[Path, Bureau, str]


@pytest.fixture
def published(twice_built: tuple[Path, Path], tmp_path: Path) -> Iterator[Published]:
    """A signed release, its bureau, and the address where it is served."""
    town = copied(twice_built[0], tmp_path / "town")
    bureau = enrolled(town)
    dist = released(town, bureau).dist
    with FolderServer(str(dist), port=0) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield dist, bureau, server.address
        server.shutdown()
        thread.join()


def verified(published: Published, **how: Any) -> Verified:
    _dist, bureau, address = published
    reader = Reader(**{"now": NOW, "root": bureau.roots[0], "online": True, **how})
    return verified_site(address, reader=reader, progress=Silent())


def kinds(found: Verified) -> list[tuple[str, str]]:
    return [fault[:2] for fault in found.faults]


def test_what_is_served_is_what_was_signed(published: Published) -> None:
    manifest = manifest_of(published[0])
    found = verified(published)
    assert found.accepted and found.faults == () and found.warnings == ()
    assert (found.result.release, found.result.files) == (manifest["release"], len(manifest["files"]))
    assert found.result.bytes == sum(entry["bytes"] for entry in manifest["files"])
    assert sorted(found.archives) == sorted(each["file"] for each in manifest["archives"])
    assert found.as_json()["subject"] == published[2]


def test_large_files_come_in_pieces(published: Published, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verify_site, "PIECE", 2000)
    assert verified(published).accepted


def test_a_file_that_was_exchanged(published: Published) -> None:
    dist = published[0]
    page = (dist / "index.html").read_bytes()
    (dist / "index.html").write_bytes(page.replace(page[:1], b"?", 1))
    (dist / "catalog.json").write_bytes(b"{}")
    archive = manifest_of(dist)["archives"][0]["file"]
    (dist / archive).unlink()
    found = kinds(verified(published))
    assert found == [("size", "catalog.json"), ("altered", "index.html"), ("unreadable", archive)]


def test_a_longer_file_in_pieces(published: Published, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verify_site, "PIECE", 2000)
    with (published[0] / "catalog.json").open("ab") as file:
        file.write(b" ")
    assert kinds(verified(published)) == [("size", "catalog.json")]


def test_what_has_expired_is_refused(published: Published) -> None:
    found = verified(published, now=NOW + timedelta(days=60))
    assert [kind for kind, _path in kinds(found)] == ["freeze"]
    assert found.result.files == 0  # nothing was fetched


def test_lists_that_nobody_signed(published: Published) -> None:
    path = published[0] / "release.json"
    path.write_text(json.dumps({**manifest_of(published[0]), "allowed": {}}), "utf-8")
    found = verified(published)
    assert not found.accepted and found.result.files == 0


def test_nothing_unsigned_is_published(published: Published) -> None:
    for path in (published[0] / "metadata").iterdir():
        path.unlink()
    for root in (published[1].roots[0], None):
        assert [kind for kind, _path in kinds(verified(published, root=root))] == ["unsigned"]


def test_a_file_that_was_withdrawn_must_not_be_served(published: Published) -> None:
    dist, bureau, _address = published
    path = manifest_of(dist)["archives"][0]["file"]
    withdraw(dist, bureau, path)
    assert kinds(verified(published)) == [("withdrawn", path)]
    (dist / path).unlink()
    assert verified(published).accepted


def test_an_address_without_a_release(published: Published) -> None:
    reader = Reader(NOW, online=True)
    with pytest.raises(InputError, match=r"there is no release\.json"):
        verified_site(published[2] + "nowhere/", reader=reader, progress=Silent())
    with pytest.raises(InputError, match="does not answer"):
        verified_site("http://127.0.0.1:9/", reader=reader, progress=Silent(), client=Client(2.0))


def test_the_command(published: Published, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    root = tmp_path / "trusted-root.json"
    root.write_bytes(published[1].roots[0])
    # The command takes the time of this machine, at which the signatures of the test may hold or not.
    code = main(["--lang", "en", "verify", published[2], "--root", str(root), "--json"])
    told = json.loads(capsys.readouterr().out)
    assert told["subject"] == published[2] and code == (0 if told["accepted"] else 1)
    assert {fault["kind"] for fault in told["faults"]} <= {"freeze"}


# Servers that lie ---------------------------------------------------------------------------------------------------


@pytest.fixture
def endless(published: Published) -> Iterator[Callable[[str], str]]:
    """A server of the release that sends one file without end; its address."""
    dist, servers = published[0], list[ThreadingHTTPServer]()

    def start(without_end: str) -> str:
        class Lying(BaseHTTPRequestHandler):
            def log_message(self, format: str, *args: object) -> None:
                pass

            def do_GET(self) -> None:
                path = dist / self.path.lstrip("/")
                self.send_response(200 if path.is_file() else 404)
                self.end_headers()
                try:
                    if self.path.lstrip("/") == without_end:
                        for _ in range(1024):  # 64 MB: whoever reads on fails, and does not hang
                            self.wfile.write(b" " * 65536)
                    if path.is_file():
                        self.wfile.write(path.read_bytes())
                except OSError:
                    self.close_connection = True

        server = ThreadingHTTPServer(("127.0.0.1", 0), Lying)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_address[1]}/"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("metadata/timestamp.json", "endless-data"),
        ("metadata/1.targets.json", "endless-data"),
        ("index.html", "size"),
    ],
)
def test_a_server_that_sends_without_end(
    published: Published, endless: Callable[[str], str], name: str, fault: str
) -> None:
    dist, bureau, _address = published
    found = verified((dist, bureau, endless(name)))
    assert [kind for kind, _path in kinds(found)] == [fault], found.faults
