"""A publisher's web server with faults on switches, and an office that follows it."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pipeline.publish.origin import Origin
from pipeline.publish.sync import Choices, Synced, sync_once
from pipeline.standalone import installed, recalled, verify
from pipeline.standalone.serve import FolderServer, Handler
from tests.release.install.signed import Press
from tests.release.trust.bureau import NOW
from tests.standalone.disks import id_of

Fault = Callable[["Watched", bytes], bytes | None]


class Watched(Handler):
    """Notes every request; `faults` may change what a path's answer is, or break it off (None)."""

    server: Publisher

    def do_GET(self) -> None:
        path = self.path.lstrip("/").partition("?")[0]
        self.server.asked.append((path, self.headers.get("Range", "")))
        fault = self.server.faults.get(path)
        if fault is None:
            super().do_GET()
            return
        file = Path(self.server.folder) / path
        try:
            data = fault(self, file.read_bytes() if file.is_file() else b"")
            if data is not None:
                self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % len(data))
                self.wfile.write(data)
        except OSError:
            pass
        self.close_connection = True

    do_HEAD = do_GET


class Publisher(FolderServer):
    """Serves `folder`; what was asked, and what goes wrong."""

    def __init__(self, folder: Path) -> None:
        super().__init__(str(folder), "127.0.0.1", 0)
        self.RequestHandlerClass = Watched  # type: ignore[assignment]
        self.asked: list[tuple[str, str]] = []
        self.faults: dict[str, Fault] = {}

    def paths(self) -> list[str]:
        """What was asked since this was asked last, metadata apart."""
        found = [path for path, _range in self.asked if not path.startswith(("metadata/", "deltas/"))]
        self.asked.clear()
        return found


@contextmanager
def publisher(folder: Path) -> Iterator[Publisher]:
    """While it serves."""
    folder.mkdir(parents=True, exist_ok=True)
    server = Publisher(folder)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def publish(site: Path, dist: Path) -> str:
    """Put a release on the server as `longquan publish` would: hashed files of older ones stay."""
    shutil.copytree(dist, site, dirs_exist_ok=True)
    shutil.copy(dist / "release.json", site / "metadata" / f"release-{id_of(dist)[:12]}.json")
    return id_of(dist)


def follow(server: Publisher, home: Path, press: Press, now: Any = NOW, **choices: Any) -> Synced:
    """Look once, as `longquan sync` does; no pauses."""
    origin = Origin(server.address, seconds=2, sleep=lambda seconds: None)
    try:
        given = {"root": press.root_file, "threads": 2, **choices}
        return sync_once(origin, home, Choices(**given), now=now)
    finally:
        origin.close()


def running(home: Path) -> str | None:
    """The release that runs, every file of which was hashed; None where nothing runs."""
    try:
        pointer = json.loads((home / "current.json").read_bytes())
    except FileNotFoundError:
        return None
    folder = home / "releases" / pointer["release"][:12]
    absent = recalled.read_withdrawn(str(home))
    result = verify.check(str(folder))
    sums = installed.sums_of(str(folder))
    faults = [fault for fault in result.faults if sums.get(fault.path) not in absent]
    assert not faults, faults
    return str(pointer["release"])
