"""Two implementations agree: python-tuf's own client reads what we write, and we read what its API writes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from securesystemslib.signer import CryptoSigner
from tuf.api.exceptions import DownloadHTTPError, RepositoryError
from tuf.api.metadata import Metadata, MetaFile, Root, Snapshot, TargetFile, Targets, Timestamp
from tuf.ngclient import FetcherInterface, Updater

from pipeline.release.trust.seen import Seen
from pipeline.release.trust.signing import write_metadata
from pipeline.release.trust.source import FolderSource, MemorySource
from pipeline.release.trust.verify import verify_trust
from tests.release.trust.bureau import NOW, YEAR, Bureau, sha
from tests.release.trust.conftest import FILES


class Files(FetcherInterface):
    """Answers the client from memory: metadata/NAME and files/PATH."""

    def __init__(self, metadata: dict[str, bytes], files: dict[str, bytes]) -> None:
        self.all = {f"/metadata/{name}": data for name, data in metadata.items()}
        self.all |= {f"/files/{name}": data for name, data in files.items()}

    def _fetch(self, url: str) -> Iterator[bytes]:
        path = urlsplit(url).path
        if path not in self.all:
            raise DownloadHTTPError(f"no {path}", 404)
        return iter([self.all[path]])


def client(folder: Path, bureau: Bureau, metadata: dict[str, bytes], files: dict[str, bytes]) -> Updater:
    for name in ("seen", "got"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    updater = Updater(
        metadata_dir=str(folder / "seen"),
        metadata_base_url="http://release.example/metadata/",
        target_dir=str(folder / "got"),
        target_base_url="http://release.example/files/",
        fetcher=Files(metadata, files),
        bootstrap=bureau.roots[0],
    )
    updater._trusted_set.reference_time = NOW  # it has a clock of its own
    updater.config.prefix_targets_with_hash = False
    return updater


def test_tufs_client_reads_what_we_write(tmp_path: Path) -> None:
    bureau = Bureau(departments={"transport": "transport"}).found().release(tmp_path / "1", FILES)
    updater = client(tmp_path, bureau, bureau.files, {"release.json": bureau.manifest_bytes, **FILES})
    updater.refresh()
    info = updater.get_targetinfo("release.json")
    assert info is not None and info.hashes == {"sha256": sha(bureau.manifest_bytes)}
    assert Path(updater.download_target(info)).read_bytes() == bureau.manifest_bytes
    roads = next(path for path in FILES if "roads" in path)
    theirs = updater.get_targetinfo(roads)  # through the delegation
    assert theirs is not None and theirs.hashes == {"sha256": sha(FILES[roads])}
    assert updater.get_targetinfo("index.html") is None  # bound by release.json, not by TUF


def test_tufs_client_follows_our_rotation(tmp_path: Path) -> None:
    bureau = Bureau().found().release(tmp_path / "1", FILES)
    root = bureau.change_root(
        "root-a", "root-b", "root-c", add={"root": ["root-c"], "publish": ["new"]}, remove={"publish": ["publish"]}
    )
    stale = bureau.files | {"2.root.json": root, "root.json": root}
    with pytest.raises(RepositoryError):
        client(tmp_path / "a", bureau, stale, {}).refresh()
    bureau.roots.append(root)
    bureau.parts = {**bureau.parts, "publish": ("new",)}
    bureau.release(tmp_path / "2", FILES)
    client(tmp_path / "b", bureau, bureau.files, {}).refresh()


def test_we_read_what_tufs_api_writes(tmp_path: Path) -> None:
    """A repository made as in the examples of python-tuf, with our two fields in root and targets."""
    keys = {name: CryptoSigner.generate_ed25519() for name in ("root", "survey", "secrecy", "timestamp", "snapshot")}
    expires = NOW + YEAR
    offices = {office: [keys[office].public_key.keyid] for office in ("survey", "secrecy")}
    root = Root(
        expires=expires, unrecognized_fields={"x-longquan": {"city": "331181", "sample": False, "offices": offices}}
    )
    for name in ("root", "timestamp", "snapshot"):
        root.add_key(keys[name].public_key, name)
    for office in offices:
        root.add_key(keys[office].public_key, "targets")
    root.roles["targets"].threshold = 2
    manifest = b"{}"
    custom = {"edition": "public", "city": "331181", "release": "ab" * 32, "as_of": "2026-11-23", "sums_sha256": "0"}
    file = TargetFile.from_data("release.json", manifest)
    file.unrecognized_fields["custom"] = custom
    targets = Targets(expires=expires, targets={"release.json": file})
    targets.unrecognized_fields["x-longquan"] = {"role": "targets", "city": "331181", "edition": "public"}
    snapshot = Snapshot(expires=expires, meta={"targets.json": MetaFile(1)})  # neither length nor hash: allowed
    timestamp = Timestamp(expires=NOW + timedelta(days=1), snapshot_meta=MetaFile(1))
    files = {}
    for name, signed, by in (
        ("1.root.json", root, ["root"]),
        ("1.targets.json", targets, ["secrecy", "survey"]),
        ("1.snapshot.json", snapshot, ["snapshot"]),
        ("timestamp.json", timestamp, ["timestamp"]),
    ):
        document = Metadata(signed)
        for key in by:
            document.sign(keys[key], append=True)
        files[name] = document.to_bytes()
    write_metadata(tmp_path / "metadata", files)
    trusted = verify_trust(
        FolderSource(tmp_path / "metadata"), files["1.root.json"], seen=Seen.none(), now=NOW, online=True
    )
    assert (trusted.release, trusted.manifest_sha256, trusted.sample) == ("ab" * 32, sha(manifest), False)
    assert trusted == verify_trust(MemorySource(files), files["1.root.json"], seen=Seen.none(), now=NOW, online=True)
