"""What a server is examined with: the addresses of one release, as its release.json names them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote, urljoin, urlsplit

from pipeline.publish.client import Answer, Client

HASHED = r"-[0-9a-f]{10,12}(@2x)?\.[a-z0-9]+$|/assets/[^/]+-[A-Za-z0-9_-]{8}\.(js|css)$"
ORIGIN = "https://department.example"  # of the page that asks, unless a caller names another
MANIFEST_LIMIT = 64 << 20  # bytes; a release of 100,000 files has 20 MB
HOPS = 5
_HASHED = re.compile(HASHED)


@dataclass(frozen=True, slots=True)
class Listed:
    """A file as release.json lists it; `address` is absolute, size in bytes, `type` a media type."""

    path: str
    address: str
    bytes: int | None
    type: str

    @property
    def suffix(self) -> str:
        """What follows the last point of its name, in lower case."""
        name = self.path.rpartition("/")[2]
        return name.rpartition(".")[2].lower() if "." in name else ""

    @property
    def hashed(self) -> bool:
        """Whether the name tells the content, so that it never changes."""
        return _HASHED.search("/" + self.path) is not None


@dataclass(frozen=True, slots=True)
class Visit:
    """One examination: the client, the redirects on the way, the folder, its files and the archive to read from.

    `origin` is that of the pages elsewhere that show the release.
    """

    client: Client
    steps: tuple[Answer, ...]
    base: str
    manifest: Answer | None
    files: tuple[Listed, ...]
    archive: Listed | None
    origin: str = ORIGIN

    def samples(self) -> Iterator[Listed]:
        """The smallest file of each suffix, in the order of suffixes."""
        best: dict[str, Listed] = {}
        for file in self.files:
            known = best.get(file.suffix)
            if known is None or ((file.bytes or 0), file.path) < ((known.bytes or 0), known.path):
                best[file.suffix] = file
        return (best[suffix] for suffix in sorted(best))

    def first(self, start: str, end: str = "") -> Listed | None:
        """The first file whose path starts and ends so."""
        return next((file for file in self.files if file.path.startswith(start) and file.path.endswith(end)), None)


def arrive(client: Client, address: str, origin: str = ORIGIN) -> Visit:
    """Follow redirects, read release.json and choose the largest archive. Raises Unanswered.

    An address that ends with .pmtiles is examined as an archive alone.
    """
    alone = urlsplit(address).path.lower().endswith(".pmtiles")
    if not alone and not urlsplit(address).path.endswith("/"):
        last = urlsplit(address).path.rpartition("/")[2]
        address = urljoin(address, ".") if "." in last else address + "/"
    steps: list[Answer] = []
    while True:
        answer = client.ask("GET", address, limit=1)
        steps.append(answer)
        target = answer.header("Location")
        if not 300 < answer.status < 400 or target is None or len(steps) > HOPS:
            break
        address = urljoin(address, target)
        if urlsplit(address).scheme not in ("http", "https"):
            break
    end = steps[-1].address
    if alone:
        file = Listed(urlsplit(end).path.rpartition("/")[2], end, None, "application/vnd.pmtiles")
        return Visit(client, tuple(steps), urljoin(end, "."), None, (), file, origin)
    base = urljoin(end, ".")
    manifest = client.ask("GET", base + "release.json", limit=MANIFEST_LIMIT)
    files = tuple(_listed(base, manifest))
    archives = [file for file in files if file.suffix == "pmtiles"]
    largest = max(archives, key=lambda file: (file.bytes or 0, file.path), default=None)
    return Visit(client, tuple(steps), base, manifest, files, largest, origin)


def _listed(base: str, manifest: Answer) -> Iterator[Listed]:
    """The files that release.json lists, or none where it is no such thing."""
    if manifest.status != 200 or manifest.cut:
        return
    try:
        found = json.loads(manifest.body)["files"]
        entries = sorted((str(each["path"]), int(each["bytes"]), str(each.get("type", ""))) for each in found)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return
    for path, size, kind in entries:
        if path.isprintable() and not path.startswith("/") and ".." not in path.split("/"):
            yield Listed(path, base + quote(path, safe="/@"), size, kind)
