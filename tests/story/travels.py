"""What must have become of a release that travelled: read by other means than the platform's."""

from __future__ import annotations

import hashlib
import json
import shutil
import ssl
import threading
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from tuf.api.metadata import Metadata, Targets
from tuf.api.serialization.json import JSONSerializer

from pipeline.release.trust import signing
from pipeline.release.trust.keys import load_signer
from pipeline.release.trust.source import FolderSource
from pipeline.release.trust.write import write_whole
from pipeline.standalone.serve import FolderServer
from tests.publish.servers import deployed, make_papers
from tests.story.computers import Computer, namespaces_allowed
from tests.story.console import in_this_process
from tests.story.on_a_day import morning

OFFICES = ("survey", "secrecy")
HELD = ("root-a", "root-b", *OFFICES, "publish")  # names of keys


@contextmanager
def web_server(folder: Path, work: Path, patch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address where a folder is served: by nginx as docs/deploy has it; by `longquan serve` where there is none."""
    if shutil.which("nginx") is None or shutil.which("openssl") is None:
        with FolderServer(str(folder), "127.0.0.1", 0) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            yield server.address
            server.shutdown()
        return
    papers = make_papers(work / "tls")
    patch.setenv("SSL_CERT_FILE", str(papers.server))  # what OpenSSL trusts: the city's authority, so to speak
    changes = {"/srv/longquan/public": str(folder), "/etc/ssl/longquan/": f"{papers.folder}/"}
    with deployed("nginx", "public", work / "nginx", papers, changes) as running:
        yield running.address


def keys_stayed_at_home(root: Path, *given_away: Path) -> None:
    """Private keys are encrypted and lie where they were made: nowhere else, not on the stick."""
    paths = {path.stem: path for folder in (*OFFICES, "bureau", "safe") for path in (root / folder).glob("*.pem")}
    assert sorted(paths) == sorted(HELD)
    for path in paths.values():
        assert path.read_bytes().startswith(b"-----BEGIN ENCRYPTED PRIVATE KEY-----")
        assert path.stat().st_mode & 0o077 == 0
    for folder in (root / "stick", *given_away):
        found = [path for path in folder.rglob("*") if path.is_file() and path.stat().st_size < 1 << 20]
        assert found and not [path for path in found if b"PRIVATE KEY-----" in path.read_bytes()]


def both_offices_signed(metadata: Path, root: Path) -> None:
    """Each with the key that it made, by plain Ed25519 over the canonical JSON of what is signed."""
    newest = max(metadata.glob("*.targets.json"), key=lambda path: int(path.name.split(".")[0]))
    document = json.loads(newest.read_bytes())
    plain = json.dumps(document["signed"], ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    signatures = {each["keyid"]: bytes.fromhex(each["sig"]) for each in document["signatures"]}
    assert len(signatures) == len(OFFICES)
    for office in OFFICES:
        keyid, public = read_key(root / office / f"{office}.pub.json")
        public.verify(signatures[keyid], plain)  # raises InvalidSignature
        with pytest.raises(InvalidSignature):
            public.verify(signatures[keyid], plain + b" ")


def read_key(path: Path) -> tuple[str, Ed25519PublicKey]:
    """The id and the key of a .pub.json."""
    told = json.loads(path.read_bytes())
    return told["keyid"], Ed25519PublicKey.from_public_bytes(bytes.fromhex(told["public"]))


def bucket_has(client: Any, bucket: str, prefix: str, dist: Mapping[str, bytes]) -> None:
    """The release lies in the bucket, byte for byte, with the headers that maps need."""
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    there = {each["Key"][len(prefix) :]: int(each["Size"]) for page in pages for each in page["Contents"]}
    assert {path: len(data) for path, data in dist.items()}.items() <= there.items()
    assert [path for path in set(there) - set(dist) if not path.startswith("metadata/")] == []
    for path, data in dist.items():
        if path.count("/") > 1:
            continue  # of hundreds of documents the sizes will do
        got = client.get_object(Bucket=bucket, Key=prefix + path)
        assert got["Body"].read() == data and "ContentEncoding" not in got, path
        if path.endswith(".pmtiles"):
            assert got["ContentType"] == "application/vnd.pmtiles" and "immutable" in got["CacheControl"]
        if path.endswith(".html") or path == "release.json":
            assert got["CacheControl"] == "no-cache"


def served(address: str, dist: Path) -> None:
    """The web server gives parts of the archives, as maps ask for them, and of the release what lies in dist/."""
    (archive,) = dist.glob("tiles/framework-*.pmtiles")
    ask = urllib.request.Request(f"{address}tiles/{archive.name}", headers={"Range": "bytes=0-126"})
    with urllib.request.urlopen(ask, context=ssl.create_default_context()) as answer:
        assert answer.status == 206 and answer.headers["Content-Type"] == "application/vnd.pmtiles"
        assert answer.read() == archive.read_bytes()[:127]
    with urllib.request.urlopen(f"{address}release.json") as answer:
        assert answer.read() == (dist / "release.json").read_bytes()


def office_is_alone(office: Computer, city: Path, address: str) -> None:
    """Where the system allows it, the office sees neither the workspace nor any network."""
    port = address.rstrip("/").rpartition(":")[2]
    probe = f"ls {city} | wc -l; (exec 3<>/dev/tcp/127.0.0.1/{port}) 2>/dev/null && echo reached || echo alone"
    seen, reached = office.run(probe, "2026-11-25").stdout.split()
    assert (seen, reached) == ("0", "alone") or not namespaces_allowed()


def runs(home: Path) -> str:
    """The release that an office runs; every file of it compared with the lists, by hashlib alone."""
    pointer = json.loads((home / "current.json").read_bytes())
    folder = home / "releases" / pointer["release"][:12]
    for line in (folder / "SHA256SUMS").read_text("utf-8").splitlines():
        digest, _star, path = line.partition("  ")
        assert hashlib.sha256((folder / path).read_bytes()).hexdigest() == digest, path
    return str(pointer["release"])


def same_files(home: Path, release: str, dist: Mapping[str, bytes]) -> None:
    """What an office has of a release is what was published, byte for byte."""
    folder = home / "releases" / release[:12]
    for path, data in dist.items():
        assert (folder / path).read_bytes() == data, path


def bytes_of(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def recorded(ledger: list[dict[str, Any]], release: str) -> None:
    """The receipt is in the ledger, with the release that the office runs."""
    (entry,) = (each for each in ledger if each["kind"] == "receipt")
    facts = {"office": "龙渊街道", "edition": "public", "release": release[:12], "date": "2026-12-03"}
    assert entry["facts"] == facts


def one_office_is_not_enough(city: Path, root: Path, work: Path, patch: pytest.MonkeyPatch) -> None:
    """With the surveying office's key and the publisher's a thief signs whatever our own tools would refuse to.

    Whoever receives it finds that the secrecy office is missing, and nothing of it is installed.
    """
    forged, folder = work / "forged", work / "forged-signing"
    shutil.copytree(city / "dist/public", forged)
    shutil.copytree(city / "signing/public", folder)
    secrecy, _public = read_key(root / "secrecy/secrecy.pub.json")
    targets = Metadata[Targets].from_file(str(folder / "targets.json"))
    del targets.signatures[secrecy]
    assert len(targets.signatures) == 1
    targets.to_file(str(folder / "targets.json"), JSONSerializer())
    now = morning("2026-12-05").astimezone(UTC)
    with patch.context() as thief:
        thief.setattr(signing, "missing_signatures", lambda *_given, **_named: ())
        thief.setattr(signing, "verify_trust", lambda *_given, **_named: None)
        publisher = load_signer(root / "bureau/publish.pem", "a sentence that nobody guesses")
        roots = [(root / "stick/1.root.json").read_bytes()]
        made = signing.finish(folder, publisher, roots, now=now, previous=FolderSource(forged / "metadata"))
    for name, data in made.items():
        write_whole(forged / "metadata" / name, data)
    trusting = ("--root", str(root / "stick/1.root.json"))
    for words in (("import", forged, work / "taken-in"), ("verify", forged, "--structure-only")):
        code, out, err = in_this_process([*map(str, words), *trusting])
        assert code == 1 and "targets.json has 1 of the 2 signatures that it needs" in out + err
    assert not (work / "taken-in/current.json").exists() and not (work / "taken-in/releases").exists()
