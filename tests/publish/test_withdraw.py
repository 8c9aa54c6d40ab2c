"""Taking back what has leaked: what goes, what stays, who may order it, and that it is gone everywhere."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline.errors import OutputError, PolicyRefusal, UsageError
from pipeline.publish.removal import TOMBSTONE, StoreSource, plan_removal, remove
from pipeline.publish.store import MemoryStore
from pipeline.release.trust.error import TrustError
from pipeline.release.trust.seen import Seen
from pipeline.release.trust.signing import append_signature, refresh_timestamp
from pipeline.release.trust.verify import verify_trust
from pipeline.release.withdrawal import archive_paths, entries_for, new_order, refuse_withdrawn, withdrawn_paths
from pipeline.release.withdrawal_notice import notice_page
from pipeline.release.withdrawn_files import take_out
from tests.publish.leaky import Leaky
from tests.release.trust.bureau import NOW, YEAR, sha


@pytest.fixture
def leaky(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Leaky:
    made = Leaky(tmp_path)
    made.publish(1, monkeypatch)
    made.publish(2, monkeypatch)
    made.put("deltas/a-b/delta.json", b"{}")
    made.put("hotlink/tilejson/pipes.json", b"{}")
    return made


def _kinds(paths: tuple[str, ...]) -> set[str]:
    """Paths without their hashes."""
    import re

    return {re.sub(r"-[0-9a-f]{10,12}", "", path) for path in paths}


def test_what_an_archive_went_into(leaky: Leaky) -> None:
    manifest = json.loads(leaky.manifests[1])
    assert _kinds(archive_paths(manifest, "pipes")) == {
        *("tiles/pipes.pmtiles", "tiles/pipes.explain.parquet", "coverage/pipes.json", "downloads/pipes.gpkg"),
        *("search/index.bin", "offline.html"),
    }
    assert archive_paths(manifest, "trees") == ()
    # What changed in a dataset, as features, goes with it; that of another dataset stays.
    for dataset in ("pipes", "roads"):
        path = f"downloads/changes/{dataset}-changes-1-0123456789ab/{dataset}-added.geojsonseq"
        manifest["files"].append({"path": path, "bytes": 1, "sha256": "0" * 64})
    assert {path for path in archive_paths(manifest, "pipes") if "changes" in path} == {
        "downloads/changes/pipes-changes-1-0123456789ab/pipes-added.geojsonseq"
    }
    # A dataset that another archive shows as well has not leaked with this one alone.
    for entry in manifest["files"]:
        if entry["path"].startswith("tiles/framework-"):
            entry["datasets"].append("pipes")
    assert _kinds(archive_paths(manifest, "pipes")) == {
        *("tiles/pipes.pmtiles", "tiles/pipes.explain.parquet", "search/index.bin", "offline.html")
    }


def test_an_archive_goes_from_every_release(leaky: Leaky) -> None:
    before = leaky.paths()
    removal = remove(leaky.store, leaky.order("pipes"), leaky.root, now=lambda: NOW, token="a")
    gone = before - leaky.paths()
    expected = {path for n in (0, 1) for path in archive_paths(json.loads(leaky.manifests[n]), "pipes")}
    assert gone == expected | {"deltas/a-b/delta.json"} == set(removal.paths)
    assert leaky.paths() - before == {TOMBSTONE, "metadata/publishing.json"}
    assert not removal.current and removal.releases == ()
    # No file that is left has a byte of it.
    for path in leaky.paths():
        assert b"pipes" not in b"".join(leaky.store.read(path).blocks) or path.startswith(("metadata/", "release"))
    lines = removal.purge_list("https://maps.example.cn/a/").splitlines()
    assert "https://maps.example.cn/a/offline.html" in lines and "https://maps.example.cn/a/" in lines
    assert set(lines) >= {f"https://maps.example.cn/a/{path}" for path in removal.paths}
    # A second time there is nothing to do.
    again = remove(leaky.store, leaky.order("pipes"), leaky.root, now=lambda: NOW, token="b")
    assert again.paths == () and again.new == ()


@pytest.mark.parametrize("office", ["survey", "secrecy"])
def test_either_office_alone_is_obeyed(leaky: Leaky, office: str) -> None:
    remove(leaky.store, leaky.order("pipes", office=office), leaky.root, now=lambda: NOW, token="a")
    trusted = verify_trust(StoreSource(leaky.store), leaky.root, seen=Seen.none(), now=NOW, online=True)
    manifest = json.loads(leaky.manifests[1])
    assert set(withdrawn_paths(manifest, trusted.withdrawn)) == set(archive_paths(manifest, "pipes"))
    assert {each.reason for each in trusted.withdrawn} == {"a pipeline was in it"}
    refuse_withdrawn(trusted.withdrawn, trusted.manifest_sha256, "here")  # the release itself is not


def test_nobody_else_is(leaky: Leaky) -> None:
    before = leaky.paths()
    with pytest.raises(TrustError):  # nobody has signed it
        remove(leaky.store, leaky.order("pipes", office=None), leaky.root, now=lambda: NOW, token="a")
    with pytest.raises(UsageError):  # the publisher may not
        leaky.order("pipes", office="publish")
    forged = leaky.order("pipes").replace(b'"kind":"archive"', b'"kind":"release"')
    assert forged != leaky.order("pipes")
    with pytest.raises(TrustError):  # changed after it was signed
        remove(leaky.store, forged, leaky.root, now=lambda: NOW, token="a")
    assert leaky.paths() - {"metadata/publishing.json"} == before


def test_an_order_of_another_edition(leaky: Leaky) -> None:
    entries = entries_for("pipes", leaky.manifests, reason="r", date="2026-11-23")
    order = new_order(entries, None, city="331181", edition="government", expires=NOW + YEAR)
    signed = append_signature(order, leaky.bureau.key("survey"), "survey", leaky.root, targets=leaky.targets)
    with pytest.raises(TrustError):
        plan_removal(leaky.store, signed, leaky.root, NOW)


def test_orders_add_up(leaky: Leaky) -> None:
    first = leaky.order("pipes")
    remove(leaky.store, first, leaky.root, now=lambda: NOW, token="a")
    with pytest.raises((PolicyRefusal, TrustError)):  # one that forgets the first
        plan_removal(leaky.store, leaky.order("schools"), leaky.root, NOW)
    second = leaky.order("schools", office="secrecy", before=first)
    removal = remove(leaky.store, second, leaky.root, now=lambda: NOW, token="b")
    assert {each.path.split("-")[0] for each in removal.new} >= {"tiles/schools"}
    assert not any(path.startswith(("tiles/pipes", "tiles/schools")) for path in leaky.paths())
    trusted = verify_trust(StoreSource(leaky.store), leaky.root, seen=Seen.none(), now=NOW, online=True)
    # An old withdrawn.json put back is noticed by whoever saw the new one.
    leaky.put(TOMBSTONE, first)
    with pytest.raises(TrustError):
        verify_trust(StoreSource(leaky.store), leaky.root, seen=trusted.seen, now=NOW, online=True)


def test_a_tombstone_cannot_be_kept_back_once_the_snapshot_names_it(leaky: Leaky) -> None:
    remove(leaky.store, leaky.order("pipes"), leaky.root, now=lambda: NOW, token="a")
    new = refresh_timestamp(StoreSource(leaky.store), leaky.bureau.key("publish"), leaky.root, now=NOW)
    for name, data in new.items():
        leaky.put(f"metadata/{name}", data)
    leaky.store.delete(TOMBSTONE)
    with pytest.raises(TrustError):
        verify_trust(StoreSource(leaky.store), leaky.root, seen=Seen.none(), now=NOW, online=True)


def test_an_older_release_as_a_whole(leaky: Leaky) -> None:
    before, id = leaky.paths(), json.loads(leaky.manifests[0])["release"]
    removal = remove(leaky.store, leaky.order(id[:12]), leaky.root, now=lambda: NOW, token="a")
    staying = set(leaky.files[1])
    hashed = {path for path in leaky.files[0] if path not in staying}
    assert before - leaky.paths() == hashed | {f"metadata/release-{id[:12]}.json", "deltas/a-b/delta.json"}
    assert removal.releases == (id,) and not removal.current
    for path in staying:  # what the current release has stays, schools above all
        assert b"".join(leaky.store.read(path).blocks) == leaky.files[1][path]
    published = json.loads(b"".join(leaky.store.read("metadata/published.json").blocks))
    assert id not in {each["release"] for each in published["releases"]}


def test_the_current_release_as_a_whole(leaky: Leaky) -> None:
    id = json.loads(leaky.manifests[1])["release"]
    removal = remove(leaky.store, leaky.order(id), leaky.root, now=lambda: NOW, token="a")
    assert removal.current
    left = leaky.paths()
    older = {path for path in leaky.files[0] if "-" in path}  # hashed names, which pages elsewhere may pin
    assert {path for path in left if not path.startswith("metadata/")} == older | {"index.html"}
    page = b"".join(leaky.store.read("index.html").blocks).decode()
    assert "本版地图已撤回" in page and "a pipeline was in it" in page and "the map 2" not in page
    trusted = verify_trust(StoreSource(leaky.store), leaky.root, seen=Seen.none(), now=NOW, online=True)
    with pytest.raises(PolicyRefusal, match="a pipeline was in it"):
        refuse_withdrawn(trusted.withdrawn, trusted.manifest_sha256, "here")


class Killed(Exception):
    pass


class Mortal(MemoryStore):
    """Dies after so many changes."""

    def __init__(self, lives: int) -> None:
        super().__init__()
        self.lives: int | None = None
        self.given = lives

    def _die(self) -> None:
        if self.lives is not None:
            self.lives -= 1
            if self.lives < 0:
                raise Killed

    def write(self, path, source, about, condition=None):  # type: ignore[no-untyped-def]
        if path != "metadata/publishing.json":
            self._die()
        return super().write(path, source, about, condition)

    def delete(self, path: str) -> None:
        self._die()
        super().delete(path)


@pytest.mark.parametrize("what", ["pipes", "current"])
@pytest.mark.parametrize("lives", [0, 1, 2, 5, 9])
def test_a_kill_is_made_good(lives: int, what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stores = [MemoryStore(), Mortal(lives)]
    leakies = []
    for n, store in enumerate(stores):
        leaky = Leaky(tmp_path / str(n), store)
        leaky.publish(1, monkeypatch)
        leaky.publish(2, monkeypatch)
        order = leaky.order(json.loads(leaky.manifests[1])["release"] if what == "current" else what)
        leakies.append(leaky)
        if isinstance(store, Mortal):
            store.lives = lives
            with pytest.raises(Killed):
                remove(store, order, leaky.root, now=lambda: NOW, token="a")
            store.lives = None
        remove(store, order, leaky.root, now=lambda: NOW, token="b")
    assert leakies[0].paths() == leakies[1].paths()


def test_what_does_not_go_is_told(leaky: Leaky, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leaky.store, "delete", lambda path: None)
    with pytest.raises(OutputError, match="still there"):
        remove(leaky.store, leaky.order("pipes"), leaky.root, now=lambda: NOW, token="a")


def test_what_is_meant(leaky: Leaky) -> None:
    with pytest.raises(UsageError, match="trees"):
        entries_for("trees", leaky.manifests, reason="r", date="d")
    with pytest.raises(UsageError):  # too short to mean a release
        entries_for(json.loads(leaky.manifests[0])["release"][:5], leaky.manifests, reason="r", date="d")
    one = next(path for path in leaky.files[0] if path.startswith("downloads/roads"))
    (entry,) = entries_for(one, leaky.manifests, reason="r", date="d")
    assert (entry.path, entry.sha256, entry.bytes) == (one, sha(leaky.files[0][one]), len(leaky.files[0][one]))
    # An archive by its path is the archive: what was made of it goes too.
    tiles = [next(path for path in files if path.startswith("tiles/pipes") and "explain" not in path)
             for files in leaky.files]  # fmt: skip
    of_path = entries_for(tiles[1], leaky.manifests[1:], reason="r", date="d")
    assert of_path == entries_for("pipes", leaky.manifests[1:], reason="r", date="d") and len(of_path) == 6
    # Bytes that explain another archive as well, as where there is nothing to explain, have not leaked.
    manifest = json.loads(leaky.manifests[1])
    explained = [each for each in manifest["files"] if "explain" in each["path"] and "framework" not in each["path"]]
    for each in explained:
        each["sha256"] = "e" * 64
    named = entries_for("pipes", [json.dumps(manifest).encode()], reason="r", date="d")
    assert len(named) == 5 and "e" * 64 not in {each.sha256 for each in named}
    # The same order twice is the same file.
    assert leaky.order("pipes", office=None) == leaky.order("pipes", office=None)


def test_a_folder_on_this_machine(leaky: Leaky, tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    for path, data in {**leaky.files[1], "release.json": leaky.manifests[1], "metadata/root.json": b"{}"}.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    changed = next(path for path in leaky.files[1] if path.startswith("downloads/pipes"))
    (folder / changed).write_bytes(b"something else")
    outside = tmp_path / "outside.json"
    outside.write_bytes(leaky.files[1]["coverage/pipes.json"])
    (folder / "coverage/pipes.json").unlink()
    (folder / "coverage/pipes.json").symlink_to(outside)
    order = leaky.order("pipes")
    entries = entries_for("pipes", leaky.manifests, reason="r", date="d")
    gone = take_out(folder, entries, order)
    expected = set(archive_paths(json.loads(leaky.manifests[1]), "pipes")) - {changed, "coverage/pipes.json"}
    assert set(gone) == expected and not any((folder / path).exists() for path in expected)
    assert outside.exists() and (folder / changed).read_bytes() == b"something else"
    assert (folder / "metadata/withdrawn.json").read_bytes() == order
    assert take_out(folder, entries, order) == () and take_out(tmp_path, entries, order) == ()


def test_the_notice(leaky: Leaky) -> None:
    entries = entries_for("pipes", leaky.manifests, reason="<b>管线</b>", date="2026-11-23")
    page = notice_page(entries, city="331181", edition="public", root_fingerprint="f" * 64, order_sha256="e" * 64)
    text = page.decode()
    assert all(entry.sha256 in text for entry in entries) and "<b>管线" not in text and "certutil" in text
    assert page == notice_page(
        entries, city="331181", edition="public", root_fingerprint="f" * 64, order_sha256="e" * 64
    )
