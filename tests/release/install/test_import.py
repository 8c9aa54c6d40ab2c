"""Imports with real signatures: what is refused, what goes on, and that the release that runs is never harmed."""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import random
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline.cli import main
from pipeline.errors import InputError, LongquanError, OutputError, UsageError
from pipeline.release.bundle.source import read_release
from pipeline.release.bundle.write import Carried, Packing, write_bundle
from pipeline.release.delta.make import make_delta
from pipeline.release.install.install import rollback
from pipeline.release.trust.error import TrustError
from pipeline.release.trust.root import fingerprint_of
from pipeline.release.trust.signing import append_signature
from pipeline.release.verify_folder import verify_folder
from pipeline.release.withdrawal import entries_for, new_order
from pipeline.standalone import current, installed, recalled, tools, whole
from pipeline.standalone.serve import FolderServer
from tests.release.install.signed import Press, take
from tests.release.trust.bureau import NOW, YEAR
from tests.standalone.disks import contents, id_of, runs_whole, seal_release

VOLUME = 1024


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """In this process nobody waits for the disk: what was written is there for whoever reads it afterwards."""
    monkeypatch.setattr(os, "fsync", lambda handle: None)


class Made:
    """A bureau and three of its releases."""

    def __init__(self, root: Path) -> None:
        self.press = Press(root / "press")
        self.one, self.two, self.three = (self.press.release(text) for text in ("one", "two", "three"))
        self.bundles = root / "bundles"
        self.bundles.mkdir()

    def bundle(self, release: Path, **packing: Any) -> Path:
        """A full bundle, made by the real function."""
        out = self.bundles / f"{release.name}-{len(list(self.bundles.iterdir()))}"
        write_bundle(read_release(release), out, Packing(**{"volume": VOLUME, **packing}))
        return out

    def delta(self, old: Path, new: Path, **packing: Any) -> Path:
        """The way from one release to another."""
        out = self.bundles / f"{old.name}-{new.name}-{len(list(self.bundles.iterdir()))}"
        made = out.with_suffix(".delta")
        make_delta(old, new, made)
        carried = Carried(delta=made, since=id_of(old))
        write_bundle(read_release(new), out, Packing(**{"volume": VOLUME, **packing}), carried=carried)
        return out


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return Made(tmp_path_factory.mktemp("import"))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "office"


def runs(made: Made, home: Path) -> str:
    """The release that runs, each of its files compared with what was published."""
    return runs_whole(home, made.press.published)


# Importing -----------------------------------------------------------------------------------------------------------


def test_a_full_bundle(made: Made, home: Path) -> None:
    found = take(made.press, home, made.bundle(made.one))
    assert runs(made, home) == id_of(made.one) == found.installed.pointer.release
    assert {each.role for each in found.trusted.signed_by} >= {"survey", "secrecy", "publish"}
    assert (home / "trusted-root.json").read_bytes() == made.press.root_file.read_bytes()
    page = found.installed.receipt.read_text("utf-8")
    assert "文件、签名均已核验" in page and all(group in page for group in found.installed.code.split())


def test_a_delta(made: Made, home: Path) -> None:
    take(made.press, home, made.bundle(made.one))
    found = take(made.press, home, made.delta(made.one, made.two))
    assert runs(made, home) == id_of(made.two) and found.kind == "delta"


def test_a_delta_in_volumes(made: Made, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.release.bundle.volumes.SMALLEST", 64)
    take(made.press, home, made.one)
    bundle = made.delta(made.one, made.two, volume=64)
    assert list((bundle / "data/delta").rglob("*.vol002"))
    take(made.press, home, bundle)
    assert runs(made, home) == id_of(made.two)


def test_a_delta_for_another_release(made: Made, home: Path) -> None:
    take(made.press, home, made.one)
    with pytest.raises(InputError, match="another release"):
        take(made.press, home, made.delta(made.two, made.three))
    assert runs(made, home) == id_of(made.one)


def test_a_delta_whose_result_is_not_what_was_signed(made: Made, home: Path) -> None:
    """The lists are those of release two, the delta leads to three."""
    take(made.press, home, made.one)
    bundle = made.delta(made.one, made.two)
    shutil.rmtree(bundle / "data/delta")
    shutil.copytree(made.delta(made.one, made.three) / "data/delta", bundle / "data/delta")
    with pytest.raises(InputError):
        take(made.press, home, bundle)
    assert runs(made, home) == id_of(made.one)


def test_an_encrypted_bundle(made: Made, home: Path, tmp_path: Path) -> None:
    from pyrage import x25519

    keys = [x25519.Identity.generate() for _ in range(2)]
    bundle = made.bundle(made.one, recipients=[str(keys[0].to_public())], volume=4096)
    paths = [tmp_path / name for name in ("right", "wrong")]
    for path, key in zip(paths, keys, strict=True):
        path.write_text(f"{key}\n")
    command = ["--lang", "en", "import", str(bundle), str(home), "--root", str(made.press.root_file)]
    assert main([*command, "--identity", str(paths[1])]) == 1
    assert main(command) == 2
    assert not (home / "current.json").exists() and not list(home.rglob("opened"))
    assert main([*command, "--identity", str(paths[0])]) == 0
    assert runs(made, home) == id_of(made.one)


def test_office_py_and_longquan_take_turns(made: Made, home: Path) -> None:
    take(made.press, home, made.one)
    command = [sys.executable, "-I", "-S", str(home / "office.py"), "import", str(made.bundle(made.two)), str(home)]
    subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=True)
    assert runs(made, home) == id_of(made.two)
    take(made.press, home, made.three)
    assert json.loads((home / "current.json").read_bytes())["history"] == [id_of(e)[:12] for e in (made.two, made.one)]


def test_hotlink_is_made_for_the_office(made: Made, home: Path) -> None:
    root = ["--root", str(made.press.root_file)]
    four, five = (made.press.release(text, catalog=False) for text in ("four", "five"))
    assert main(["import", str(four), str(home), *root, "--base-url", "http://10.1.2.3/map/"]) == 0
    folder = home / "releases" / id_of(four)[:12]
    style = json.loads((folder / "hotlink/styles/light.json").read_bytes())
    assert style["sources"]["f"]["url"] == "http://10.1.2.3/map/hotlink/tilejson/framework.json"
    assert main(["import", str(five), str(home)]) == 0  # the address stays, the root is known
    folder = home / "releases" / id_of(five)[:12]
    told = verify_folder(folder, structure_only=True)
    assert told.faults == () and told.hotlink.base_url == "http://10.1.2.3/map"


# Trust ---------------------------------------------------------------------------------------------------------------


def test_the_first_time_somebody_has_to_say_whom_to_trust(made: Made, home: Path) -> None:
    fingerprint = fingerprint_of(made.press.root_file.read_bytes())
    with pytest.raises(UsageError) as refused:
        take(made.press, home, made.one, root=None)
    assert fingerprint in str(refused.value) and not (home / "current.json").exists()
    with pytest.raises(InputError, match="No root that came along"):
        take(made.press, home, made.one, fingerprint="0" * 64)
    take(made.press, home, made.one, fingerprint=fingerprint)
    take(made.press, home, made.two, root=None)  # from now on the folder knows
    assert runs(made, home) == id_of(made.two)


def attack(error: pytest.ExceptionInfo[TrustError]) -> str:
    return error.value.attack


def test_another_root_is_refused(made: Made, home: Path, tmp_path: Path) -> None:
    stranger = Press(tmp_path / "stranger")
    foreign = stranger.release("four")
    with pytest.raises(TrustError):
        take(made.press, home, foreign)
    take(made.press, home, made.one)
    with pytest.raises(TrustError):
        take(stranger, home, foreign)  # with the stranger's root given: the folder's own has to agree, too
    assert runs(made, home) == id_of(made.one)


def test_another_edition_and_another_city_are_refused(made: Made, home: Path, tmp_path: Path) -> None:
    take(made.press, home, made.one)
    press = Press(tmp_path / "other", edition="government")
    press.bureau.keys, press.bureau.roots = made.press.bureau.keys, made.press.bureau.roots
    press.number = 8
    with pytest.raises(TrustError) as refused:
        take(made.press, home, press.release("five"))
    assert attack(refused) == "mix-and-match"
    assert runs(made, home) == id_of(made.one)


def test_an_older_release_is_refused_unless_gone_back_to(made: Made, home: Path) -> None:
    take(made.press, home, made.one)
    take(made.press, home, made.two)
    with pytest.raises(TrustError) as refused:
        take(made.press, home, made.one)
    assert attack(refused) == "rollback"
    assert rollback(home, now=NOW).pointer.release == id_of(made.one)
    assert runs(made, home) == id_of(made.one)
    with pytest.raises(TrustError):
        take(made.press, home, made.one)  # what was accepted last stays what it was
    take(made.press, home, made.two)
    assert runs(made, home) == id_of(made.two)


def test_one_office_alone_is_not_enough(made: Made, home: Path, tmp_path: Path) -> None:
    """The publisher colludes with one office; TUF's threshold of two is met with two of its keys."""
    take(made.press, home, made.one)
    bad = shutil.copytree(made.two, tmp_path / "bad")
    (targets,) = (bad / "metadata").glob("*.targets.json")
    document = json.loads(targets.read_bytes())
    document["signatures"] = document["signatures"][:1]
    targets.write_bytes(json.dumps(document, sort_keys=True, separators=(",", ":")).encode())
    with pytest.raises(TrustError):
        take(made.press, home, bad)
    assert runs(made, home) == id_of(made.one)


def _order(made: Made, file: Path, what: str, of: Path, *, signed: bool = True) -> bytes:
    """An order to withdraw that an office signed, for metadata/ of a disk."""
    press = made.press
    entries = entries_for(what, [(of / "release.json").read_bytes()], reason="a leak", date="2026-11-23")
    data = new_order(entries, None, city=press.city, edition=press.edition, expires=NOW + YEAR)
    if signed:
        targets = press.bureau.files[f"{press.number}.targets.json"]
        data = append_signature(data, press.bureau.key("survey"), "survey", press.bureau.roots[-1], targets=targets)
    file.write_bytes(data)
    return data


def test_a_disk_that_brings_an_order_to_withdraw(made: Made, home: Path, tmp_path: Path) -> None:
    take(made.press, home, made.bundle(made.one))
    path = next(path for path in contents(made.one) if path.startswith("tiles/imagery"))
    release = Path(shutil.copytree(made.two, tmp_path / "two"))
    # Nobody signed it: nothing is believed of that disk, and nothing goes.
    _order(made, release / "metadata/withdrawn.json", path, made.one, signed=False)
    with pytest.raises(TrustError):
        take(made.press, home, made.bundle(release))
    first = home / "releases" / id_of(made.one)[:12]
    assert (first / path).is_file() and runs(made, home) == id_of(made.one)
    _order(made, release / "metadata/withdrawn.json", path, made.one)
    digest = hashlib.sha256((release / path).read_bytes()).hexdigest()
    bundle = made.bundles / "withdrawn"
    write_bundle(read_release(release), bundle, Packing(volume=VOLUME), carried=Carried(withdrawn={path: digest}))
    assert not any(place.name == Path(path).name for place in bundle.rglob("*"))
    got = take(made.press, home, bundle).installed
    assert (got.left_out, got.removed) == ((path,), (f"{first.name}/{path}",))
    second = home / "releases" / id_of(made.two)[:12]
    assert not (first / path).exists() and not (second / path).exists() and (second / "index.html").is_file()
    assert digest in recalled.read_withdrawn(str(home))
    # A later disk that knows nothing of the order is one of the kind that keeps it back.
    with pytest.raises(TrustError) as caught:
        take(made.press, home, made.bundle(made.three))
    assert caught.value.attack == "rollback" and not list(home.glob(f"releases/*/{path}"))


def test_office_py_takes_back_as_well(made: Made, home: Path, tmp_path: Path) -> None:
    take(made.press, home, made.bundle(made.one))
    path = next(path for path in contents(made.one) if path.startswith("tiles/imagery"))
    release = Path(shutil.copytree(made.two, tmp_path / "two"))
    _order(made, release / "metadata/withdrawn.json", path, made.one)
    bundle = made.bundles / "office-withdrawn"
    write_bundle(read_release(release), bundle, Packing(volume=VOLUME))
    command = [sys.executable, "-I", "-S", str(home / "office.py"), "import", str(bundle), str(home), "--lang", "en"]
    ran = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert f"removed {id_of(made.one)[:12]}/{path}" in ran.stdout and not list(home.glob(f"releases/*/{path}"))


def test_a_release_that_a_disk_takes_back(made: Made, home: Path, tmp_path: Path) -> None:
    take(made.press, home, made.bundle(made.one))
    release = Path(shutil.copytree(made.two, tmp_path / "two"))
    _order(made, release / "metadata/withdrawn.json", id_of(made.one), made.one)
    got = take(made.press, home, made.bundle(release)).installed
    assert current.kept(str(home)) == [id_of(made.two)[:12]] == [got.pointer.folder]
    assert got.removed == (id_of(made.one)[:12],) and got.pointer.history == ()
    with pytest.raises(LongquanError):
        rollback(home, now=NOW)


def test_expired_signatures_warn(made: Made, home: Path) -> None:
    found = take(made.press, home, made.one, now=NOW + 2 * YEAR)
    assert runs(made, home) == id_of(made.one) and "expired" in " ".join(found.trusted.warnings)


def flip(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)


def replaced(release: Path) -> None:
    """A page exchanged, every list adjusted: only the signatures tell."""
    (release / "index.html").write_text("<!doctype html>evil")
    seal_release(release)


DAMAGE: dict[str, Callable[[Path], Any]] = {
    "a page is exchanged and every list adjusted": replaced,
    "one bit of an archive": lambda d: flip(next(d.glob("tiles/framework-*"))),
    "one bit of a page": lambda d: flip(d / "index.html"),
    "one bit of release.json": lambda d: flip(d / "release.json"),
    "one bit of the sums": lambda d: flip(d / "SHA256SUMS"),
    "one bit of a signature": lambda d: flip(next(d.glob("metadata/*.targets.json"))),
    "one bit of the timestamp": lambda d: flip(d / "metadata/timestamp.json"),
    "an archive is missing": lambda d: next(d.glob("tiles/framework-*")).unlink(),
    "the signatures are missing": lambda d: shutil.rmtree(d / "metadata"),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_what_runs_is_not_harmed_where(made: Made, home: Path, tmp_path: Path, damage: str) -> None:
    take(made.press, home, made.one)
    before = contents(home)
    bad = shutil.copytree(made.two, tmp_path / "bad")
    DAMAGE[damage](bad)
    with pytest.raises(LongquanError):
        take(made.press, home, bad)
    after = {path: data for path, data in contents(home).items() if not path.startswith("staging/")}
    assert after == before
    take(made.press, home, made.two)
    assert runs(made, home) == id_of(made.two)


def test_an_archive_with_a_broken_structure_does_not_run(made: Made, home: Path) -> None:
    """Signed as it is: hashes and signatures hold, and the old release goes on all the same."""
    take(made.press, home, made.three)
    dist = made.press.release("broken")
    (old,) = dist.glob("tiles/framework-*")
    data = bytearray(old.read_bytes())
    data[100] = 200  # the lowest zoom
    name = f"tiles/framework-{hashlib.sha256(data).hexdigest()[:12]}.pmtiles"
    (dist / name).write_bytes(data)
    (dist / "tilejson/framework.json").write_text(json.dumps({"tiles": [f"pmtiles://../{name}/{{z}}/{{x}}/{{y}}"]}))
    old.unlink()
    shutil.rmtree(dist / "metadata")
    seal_release(dist)
    with pytest.raises(InputError, match="self-test"):
        take(made.press, home, made.press.sign(dist))
    assert runs(made, home) == id_of(made.three)


# While it is served --------------------------------------------------------------------------------------------------


@pytest.fixture
def served(made: Made, home: Path) -> Iterator[FolderServer]:
    take(made.press, home, made.one)
    with FolderServer(str(home), "127.0.0.1", 0) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


class Reader:
    """Loads pages as a browser does: the page, then with its cookie what it names, each compared with its hash."""

    def __init__(self, server: FolderServer, made: Made) -> None:
        self.address, self.published = server.server_address[:2], made.press.published
        self.seen: list[str] = []
        self.loading = threading.Lock()

    def get(self, path: str, cookie: str | None = None) -> tuple[int, bytes, str | None]:
        connection = http.client.HTTPConnection(str(self.address[0]), int(self.address[1]), timeout=20)
        connection.request("GET", path, headers={"Cookie": cookie} if cookie else {})
        answer = connection.getresponse()
        body, set_cookie = answer.read(), answer.getheader("Set-Cookie")
        connection.close()
        return answer.status, body, set_cookie

    def load(self, pause: Callable[[], Any] = lambda: None) -> str:
        """One page load; returns the release that it was of."""
        _status, page, cookie = self.get("/")
        ids = {(folder / "index.html").read_bytes(): id for id, folder in self.published.items()}
        id = ids[page]
        assert cookie is not None
        for path, data in contents(self.published[id]).items():
            pause()
            if not path.startswith("metadata/") and path != "index.html":
                address = "/" + path.replace("龙泉", "%E9%BE%99%E6%B3%89").replace(" ", "%20")
                status, body, _cookie = self.get(address, cookie.split(";")[0])
                assert (status, body == data) == (200, True), path
        self.seen.append(id)
        return id


def test_a_page_load_during_a_switch_is_of_one_release(made: Made, home: Path, served: FolderServer) -> None:
    reader, steps = Reader(served, made), iter(range(1000))

    def switch() -> None:
        if next(steps) == 3:
            take(made.press, home, made.two)

    assert reader.load(switch) == id_of(made.one)
    assert reader.load() == id_of(made.two)
    rollback(home, now=NOW)
    assert reader.load() == id_of(made.one)


def test_files_with_hashes_of_both_are_there_and_nothing_else_of_the_folder(
    made: Made, home: Path, served: FolderServer
) -> None:
    take(made.press, home, made.two)
    reader = Reader(served, made)
    for release in (made.one, made.two):
        (archive,) = release.glob("tiles/framework-*")
        assert reader.get(f"/tiles/{archive.name}")[1] == archive.read_bytes()
    assert reader.get("/catalog.json")[1] == (made.two / "catalog.json").read_bytes()
    for path in ("/current.json", "/state.json", "/receipts/", f"/releases/{id_of(made.one)[:12]}/index.html"):
        assert reader.get(path)[0] == 404, path
    forged = "longquan-release=../../../..; longquan-release=0123456789ab"
    assert reader.get("/catalog.json", forged)[1] == (made.two / "catalog.json").read_bytes()


def test_what_was_cached_before_going_back_is_not_taken_for_current(
    made: Made, home: Path, served: FolderServer
) -> None:
    take(made.press, home, made.two)
    for release, age in ((made.one, 5000), (made.two, 1000)):  # copied one after the other, long ago
        place = home / "releases" / id_of(release)[:12] / "catalog.json"
        os.utime(place, (time.time() - age, time.time() - age))
    os.utime(home / "current.json", (time.time() - 900, time.time() - 900))
    connection = http.client.HTTPConnection(*served.server_address[:2])
    connection.request("GET", "/catalog.json")
    answer = connection.getresponse()
    answer.read()
    conditions = {"If-None-Match": answer.getheader("ETag"), "If-Modified-Since": answer.getheader("Last-Modified")}
    rollback(home, now=NOW)
    os.utime(home / "current.json", (time.time() - 1, time.time() - 1))  # a second after the copy
    for header, value in conditions.items():
        connection.request("GET", "/catalog.json", headers={header: str(value)})
        answer = connection.getresponse()
        assert (answer.status, answer.read()) == (200, (made.one / "catalog.json").read_bytes()), header
    assert "Cookie" in str(answer.getheader("Vary"))
    connection.close()


def kills(made: Made, home: Path, served: FolderServer, times: int, seed: int) -> set[str]:
    """End real imports with kill -9 at random moments while a reader loads one page after the other."""
    chance, reader, stop = random.Random(seed), Reader(served, made), threading.Event()
    faults: list[BaseException] = []

    def read() -> None:
        try:
            while not stop.is_set():
                with reader.loading:
                    reader.load()
        except BaseException as error:
            faults.append(error)

    thread = threading.Thread(target=read)
    thread.start()
    command = [sys.executable, "-m", "pipeline", "import", str(made.two), str(home)]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    after: set[str] = set()
    try:
        started = time.perf_counter()
        subprocess.run(command, env=environment, check=True, capture_output=True)
        longest = time.perf_counter() - started
        for _ in range(times):
            with reader.loading:  # what follows is the test's own: no office removes what ran a moment ago
                if json.loads((home / "current.json").read_bytes())["release"] != id_of(made.one):
                    rollback(home, now=NOW)
                if id_of(made.two)[:12] in current.kept(str(home)):
                    installed.discard(str(home), id_of(made.two)[:12])
            process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(chance.uniform(0.5, 1.0) * longest)
            process.kill()
            process.wait()
            after.add(runs(made, home))
        take(made.press, home, made.two)
        assert runs(made, home) == id_of(made.two)
    finally:
        stop.set()
        thread.join()
    if faults:
        raise faults[0]
    assert len(reader.seen) > 1
    return after


def test_kill_9_of_an_import_while_it_is_served(made: Made, home: Path, served: FolderServer) -> None:
    assert kills(made, home, served, 3, seed=11) <= {id_of(made.one), id_of(made.two)}


@pytest.mark.long
def test_50_times_kill_9_of_an_import_while_it_is_served(made: Made, home: Path, served: FolderServer) -> None:
    assert kills(made, home, served, 50, seed=12) == {id_of(made.one), id_of(made.two)}


# The folder ----------------------------------------------------------------------------------------------------------


def test_the_folder_is_in_use(made: Made, home: Path) -> None:
    take(made.press, home, made.one)
    with whole.hold(str(home)), pytest.raises(OutputError, match="under way"):
        take(made.press, home, made.two)


def test_a_disk_that_is_full(made: Made, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    take(made.press, home, made.one)

    def full(handle: int) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError, match="disk is full"):
        take(made.press, home, made.two)
    monkeypatch.undo()
    assert runs(made, home) == id_of(made.one)


def test_a_disk_that_cannot_be_read(made: Made, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    take(made.press, home, made.one)
    bundle = made.bundle(made.two, volume=1 << 20)
    real = whole.blocks_of

    def broken(path: str) -> Iterator[bytes]:
        if str(bundle) in path and "framework" in path:
            raise OSError(5, os.strerror(5), path)
        return real(path)

    monkeypatch.setattr(whole, "blocks_of", broken)
    with pytest.raises(InputError, match="cannot be read: Input/output error"):
        take(made.press, home, bundle)
    assert runs(made, home) == id_of(made.one)


def test_what_is_no_bundle(made: Made, home: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not a bundle"):
        take(made.press, home, tmp_path)


def test_a_state_that_was_tampered_with_opens_no_door(made: Made, home: Path) -> None:
    take(made.press, home, made.two)
    (home / "state.json").write_text("{}")
    with pytest.raises(InputError, match="accepted last"):
        take(made.press, home, made.one)
    (home / "state.json").unlink()
    with pytest.raises(InputError, match="older than what was accepted here"):
        take(made.press, home, made.one)  # the pointer tells as well


# The commands --------------------------------------------------------------------------------------------------------


def test_the_commands_in_english(made: Made, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = ["import", str(made.one), str(home), "--root", str(made.press.root_file), "--office", "八都镇"]
    assert main(["--lang", "en", *first]) == 0
    out = capsys.readouterr().out
    assert "survey: survey · secrecy: secrecy" in out and "self-test" in out
    assert main(["--lang", "en", "import", str(made.two), str(home), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["release"], told["history"], told["kind"]) == (id_of(made.two), [id_of(made.one)[:12]], "full")
    assert main(["--lang", "en", "import", str(made.one), str(home)]) == 1
    assert "older than what was accepted before" in capsys.readouterr().err
    assert main(["--lang", "en", "rollback", str(home)]) == 0
    assert main(["--lang", "en", "rollback", str(home)]) == 1
    assert main(["--lang", "en", "rollback", str(home / "nowhere")]) == 1
    assert main(["--lang", "en", "import", str(made.two), str(home), "--root-fingerprint", "12"]) == 2


def test_the_commands_in_chinese(made: Made, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--lang", "zh", "import", str(made.one), str(home), "--root", str(made.press.root_file)]) == 0
    out = capsys.readouterr().out
    assert "正在运行" in out and "回执码" in out and "自检" in out
    assert main(["--lang", "zh", "rollback", str(home)]) == 1
    assert "没有可以回退的版本" in capsys.readouterr().err


def test_the_scripts_stay_when_the_disk_is_gone(made: Made, home: Path) -> None:
    take(made.press, home, made.one)
    assert {path.name for path in home.glob("*.py")} == set(tools.SCRIPTS)
