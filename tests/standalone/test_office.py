"""office.py as an office runs it: alone, with Python's standard library, on disks that were damaged on the way."""

from __future__ import annotations

import ast
import errno
import hashlib
import json
import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline.standalone import current, medium, office, tools, whole
from pipeline.standalone.refused import Refused
from tests.standalone.disks import contents, id_of, runs_whole, seal_release, write_disk, write_release

SCRIPTS = Path(office.__file__).parent


class Town:
    """Three releases, one after the other."""

    def __init__(self, root: Path) -> None:
        self.releases = [write_release(root / name, name, n + 1) for n, name in enumerate(("one", "two", "three"))]
        self.one, self.two, self.three = self.releases
        self.ids = {id_of(release): release for release in self.releases}
        self.tools = root / "tools"
        self.tools.mkdir()
        for name in tools.SCRIPTS:
            shutil.copy(SCRIPTS / name, self.tools / name)

    def run(self, *arguments: str | Path, code: int = 0) -> str:
        """office.py alone: no site-packages, no environment, nothing of ours; both streams."""
        command = [sys.executable, "-I", "-S", str(self.tools / "office.py"), *map(str, arguments), "--lang", "en"]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
        told = done.stdout.decode() + done.stderr.decode()
        assert done.returncode == code, told
        return told


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Town:
    return Town(tmp_path_factory.mktemp("office"))


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """In this process nobody waits for the disk: what was written is there for whoever reads it afterwards."""
    monkeypatch.setattr(os, "fsync", lambda handle: None)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "安装 folder"


def imported(town: Town, home: Path, *releases: Path) -> Path:
    for release in releases:
        assert quiet("import", str(release), str(home), "--yes") == 0
    return home


def quiet(*arguments: str) -> int:
    """The script in this process."""
    options = office.parser().parse_args([*arguments, "--lang", "en"])
    return office.run(options, office.Speaker("en"), office.datetime.now(office.timezone.utc))


# What it is ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", tools.SCRIPTS)
def test_they_need_nothing_but_an_old_python(name: str) -> None:
    tree = ast.parse((SCRIPTS / name).read_text("utf-8"), feature_version=(3, 8))
    imports = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imports |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.split(".")[0] for name in imports} <= {*sys.stdlib_module_names, "pipeline"}
    called = {node.func.attr for node in ast.walk(tree) if isinstance(node, ast.Call) and hasattr(node.func, "attr")}
    assert not called & {"removeprefix", "removesuffix", "file_digest", "is_relative_to", "readlink"}  # newer than 3.8


def test_every_script_that_it_needs_travels() -> None:
    for name in tools.SCRIPTS:
        tree = ast.parse((SCRIPTS / name).read_text("utf-8"))
        own = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
        needed = {alias.name for node in own if node.module == "pipeline.standalone" for alias in node.names}
        needed |= {str(node.module)[20:] for node in own if str(node.module).startswith("pipeline.standalone.")}
        assert {f"{each}.py" for each in needed} <= set(tools.SCRIPTS)


def test_no_trace_is_left_on_the_disk(town: Town, tmp_path: Path) -> None:
    disk = write_disk(town.one, tmp_path / "disk")
    for name in tools.SCRIPTS:
        shutil.copy(SCRIPTS / name, disk / name)
    before = contents(disk)
    command = [sys.executable, "-I", "-S", str(disk / "office.py"), "import", str(disk), str(tmp_path / "home")]
    assert subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False).returncode == 0
    assert contents(disk) == before


# Importing -----------------------------------------------------------------------------------------------------------


def test_a_first_import_serves_just_what_was_published(town: Town, home: Path) -> None:
    told = town.run("import", town.one, home)
    assert runs_whole(home, town.ids) == id_of(town.one)
    assert hashlib.sha256((town.one / "SHA256SUMS").read_bytes()).hexdigest() in told
    assert "cannot check signatures" in told and "self-test    passed" in told
    pointer = json.loads((home / "current.json").read_bytes())
    assert (pointer["city"], pointer["edition"], pointer["previous"]) == ("331181", "public", None)
    assert not (home / "staging").exists()
    (page,) = (home / "receipts").iterdir()
    assert id_of(town.one)[:12] in page.read_text("utf-8") and os.uname().nodename not in page.read_text("utf-8")


def test_in_chinese(town: Town, home: Path) -> None:
    command = [sys.executable, "-I", "-S", str(town.tools / "office.py"), "import", str(town.one), str(home)]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    assert "本工具不能核验签名" in done.stdout.decode() and "自检      通过" in done.stdout.decode()


def test_on_a_console_that_knows_gbk_only(town: Town, home: Path) -> None:
    command = [sys.executable, "-S", str(town.tools / "office.py"), "import", str(town.one), str(home)]
    environment = {**os.environ, "PYTHONIOENCODING": "gbk"}
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False, env=environment)
    assert done.returncode == 0 and "自检      通过" in done.stdout.decode("gbk")


def test_what_did_not_change_is_taken_from_the_release_that_runs(town: Town, home: Path) -> None:
    imported(town, home, town.one)
    told = town.run("import", town.two, home)
    (shared,) = town.two.glob("tiles/imagery-*")
    places = [home / "releases" / id_of(each)[:12] / "tiles" / shared.name for each in (town.one, town.two)]
    assert places[0].samefile(places[1]) and "from older releases 6" in told
    assert runs_whole(home, town.ids) == id_of(town.two)


def test_without_hard_links_it_is_copied(town: Town, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    imported(town, home, town.one)
    monkeypatch.delattr(os, "link")  # as Python on some systems
    imported(town, home, town.two)
    assert runs_whole(home, town.ids) == id_of(town.two)
    (shared,) = town.two.glob("tiles/imagery-*")
    places = [home / "releases" / id_of(each)[:12] / "tiles" / shared.name for each in (town.one, town.two)]
    assert not places[0].samefile(places[1])


def test_volumes_are_joined(town: Town, home: Path, tmp_path: Path) -> None:
    disk = write_disk(town.one, tmp_path / "disk", volume=100)
    assert len(list((disk / "data/release/tiles").glob("*.vol*"))) > 4
    town.run("import", disk, home)
    assert runs_whole(home, town.ids) == id_of(town.one)


def test_two_older_releases_are_kept(town: Town, home: Path, tmp_path: Path) -> None:
    four = write_release(tmp_path / "four", "four", 4)
    imported(town, home, *town.releases, four)
    assert current.kept(str(home)) == sorted(id_of(release)[:12] for release in (town.two, town.three, four))
    pointer = json.loads((home / "current.json").read_bytes())
    assert pointer["history"] == [id_of(town.three)[:12], id_of(town.two)[:12]]
    assert quiet("import", str(four), str(home), "--yes", "--keep", "1") == 0
    assert current.kept(str(home)) == sorted(id_of(release)[:12] for release in (town.three, four))


def test_importing_the_same_again_changes_nothing(town: Town, home: Path) -> None:
    imported(town, home, town.one, town.two)
    before = json.loads((home / "current.json").read_bytes())
    told = town.run("import", town.two, home)
    after = json.loads((home / "current.json").read_bytes())
    assert "copied 0, from older releases 0" in told
    assert after["history"] == before["history"] == [id_of(town.one)[:12]]


def test_a_release_that_rotted_is_mended_by_importing_it_again(town: Town, home: Path) -> None:
    imported(town, home, town.one, town.two)
    (file,) = (home / "releases" / id_of(town.two)[:12]).glob("tiles/framework-*")
    file.write_bytes(b"\0" * file.stat().st_size)
    (home / "releases" / id_of(town.two)[:12] / "catalog.json").unlink()
    town.run("import", town.two, home)
    assert runs_whole(home, town.ids) == id_of(town.two)


def test_a_rotten_file_of_an_older_release_is_not_taken_over(town: Town, home: Path) -> None:
    imported(town, home, town.one)
    (file,) = (home / "releases" / id_of(town.one)[:12]).glob("tiles/imagery-*")
    file.write_bytes(b"\0" * file.stat().st_size)
    imported(town, home, town.two)
    assert runs_whole(home, town.ids) == id_of(town.two)


# Disks that are not right --------------------------------------------------------------------------------------------


def flipped(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)


def swapped(disk: Path) -> None:
    one, two = sorted((disk / "data/release/tiles").glob("framework-*.vol*"))[:2]
    data = one.read_bytes()
    one.write_bytes(two.read_bytes())
    two.write_bytes(data)


def first(disk: Path, pattern: str) -> Path:
    return sorted((disk / "data/release").glob(pattern))[0]


DAMAGE: dict[str, tuple[Callable[[Path], Any], str]] = {
    "a volume is missing": (lambda disk: first(disk, "tiles/framework-*.vol002").unlink(), "vol002 is missing"),
    "volumes were swapped": (swapped, "vol001 is missing"),
    "one bit of a volume": (lambda disk: flipped(first(disk, "tiles/framework-*.vol001")), "vol001 is missing"),
    "a volume has more": (lambda disk: first(disk, "tiles/framework-*.vol001").open("ab").write(b"x"), "vol001 is"),
    "one bit of a page": (lambda disk: flipped(first(disk, "catalog.json")), "catalog.json is not what the list says"),
    "a file is missing": (lambda disk: first(disk, "assets/*.js").unlink(), "is missing on the disk"),
    "a file is a link": (lambda disk: linked(first(disk, "catalog.json")), "catalog.json is missing on the disk"),
    "one bit of the manifest": (lambda disk: flipped(first(disk, "release.json")), "the lists have"),
    "one bit of the sums": (lambda disk: flipped(first(disk, "SHA256SUMS")), "the lists have"),
    "the sums were cut off": (lambda disk: cut(first(disk, "SHA256SUMS")), "the lists have"),
    "no sums": (lambda disk: first(disk, "SHA256SUMS").unlink(), "there is no release to import"),
    "no signatures": (lambda disk: shutil.rmtree(first(disk, "metadata")), "there are no signatures"),
    "no bundle.json": (lambda disk: (disk / "data/bundle.json").unlink(), "there is no release to import"),
    "a bundle.json that leads out": (
        lambda disk: (disk / "data/bundle.json").write_text(
            json.dumps({"kind": "full", "split": [{"path": "release/x", "parts": [{"path": "../x", "bytes": 1}]}]})
        ),
        "there is no release to import",
    ),
    "a delta": (lambda disk: (disk / "data/bundle.json").write_text('{"kind": "delta"}'), "a delta: import it with"),
    "encrypted": (lambda disk: (disk / "data/bundle.json").write_text('{"kind": "encrypted"}'), "an encrypted bundle"),
}  # fmt: skip


def linked(file: Path) -> None:
    file.rename(file.with_name("elsewhere.json"))
    file.symlink_to("elsewhere.json")


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-20])


@pytest.mark.parametrize("damage", DAMAGE)
def test_what_runs_is_not_harmed_by_a_disk_where(town: Town, home: Path, tmp_path: Path, damage: str) -> None:
    change, message = DAMAGE[damage]
    imported(town, home, town.one)
    before = contents(home)
    disk = write_disk(town.two, tmp_path / "disk", volume=100)
    change(disk)
    with pytest.raises((medium.Unfit, Refused)) as refused:
        quiet("import", str(disk), str(home), "--yes")
    assert message in str(refused.value)
    after = {path: data for path, data in contents(home).items() if not path.startswith(("staging/", ".lock"))}
    assert after == {path: data for path, data in before.items() if path != ".lock"}
    imported(town, home, write_disk(town.two, tmp_path / "good", volume=100))  # goes on with a good copy
    assert runs_whole(home, town.ids) == id_of(town.two)


def resealed(release: Path, folder: Path, change: Callable[[Path], Any], **about: Any) -> Path:
    """What an attacker or a broken build makes who adjusts every list."""
    shutil.copytree(release, folder)
    change(folder)
    seal_release(folder, **about)
    return folder


UNFIT: dict[str, tuple[Callable[[Path], Any], str]] = {
    "an archive is none": (lambda d: renamed(d, b"no archive"), "no PMTiles archive"),
    "an archive is cut off": (lambda d: renamed(d, own(d)[:-4]), "no PMTiles"),
    "a directory is garbage": (lambda d: renamed(d, garbled(own(d))), "no PMTiles"),
    "a script is missing": (lambda d: next(d.glob("assets/*.js")).unlink(), "it names a file that is not there"),
    "an archive is missing": (lambda d: next(d.glob("tiles/imagery-*")).unlink(), "it names a file that is not there"),
    "a style is no JSON": (lambda d: (d / "styles/light.json").write_text("{"), "it cannot be read"),
    "there is no first page": (lambda d: (d / "index.html").unlink(), "there is no index.html"),
}  # fmt: skip


def own(dist: Path) -> bytes:
    """The archive that each release has its own of."""
    return next(dist.glob("tiles/framework-*")).read_bytes()


def garbled(data: bytes) -> bytes:
    return data[:138] + b"\xff\xff\xff\xff" + data[142:]  # behind the gzip header of the root directory


def renamed(dist: Path, data: bytes) -> None:
    """Another archive in place of the first, under the name that belongs to it."""
    (old,) = dist.glob("tiles/framework-*")
    name = f"tiles/framework-{hashlib.sha256(data).hexdigest()[:12]}.pmtiles"
    tilejson = dist / "tilejson/framework.json"
    tilejson.write_text(tilejson.read_text().replace(f"tiles/{old.name}", name))
    old.unlink()
    (dist / name).write_bytes(data)


@pytest.mark.parametrize("fault", UNFIT)
def test_the_self_test_refuses_where(town: Town, home: Path, tmp_path: Path, fault: str) -> None:
    change, message = UNFIT[fault]
    imported(town, home, town.one)
    bad = resealed(town.two, tmp_path / "bad", change)
    with pytest.raises(medium.Unfit) as refused:
        quiet("import", str(bad), str(home), "--yes")
    assert message in str(refused.value) and refused.value.kind == "self-test"
    assert runs_whole(home, town.ids) == id_of(town.one)


def test_another_city_another_edition_and_an_older_one_are_refused(town: Town, home: Path, tmp_path: Path) -> None:
    imported(town, home, town.two)
    city = resealed(town.three, tmp_path / "city", lambda d: None, city="330100")
    edition = resealed(town.three, tmp_path / "edition", lambda d: None, edition="government")
    assert "another city (330100)" in town.run("import", city, home, code=1)
    assert "another edition (government)" in town.run("import", edition, home, code=1)
    told = town.run("import", town.one, home, code=1)
    assert "older than what was accepted here (signed as number 1, accepted 2)" in told
    assert runs_whole(home, town.ids) == id_of(town.two)


def test_the_fingerprint_of_the_printed_sheet(town: Town, home: Path) -> None:
    right = hashlib.sha256((town.one / "SHA256SUMS").read_bytes()).hexdigest()
    assert "not that of the printed sheet" in town.run("import", town.one, home, "--fingerprint", "0" * 64, code=1)
    assert not (home / "current.json").exists()
    town.run("import", town.one, home, "--fingerprint", right)
    town.run("verify", home, "--fingerprint", right)


# Withdrawn -----------------------------------------------------------------------------------------------------------


def withdrawing(release: Path, folder: Path, *hashes: str) -> Path:
    shutil.copytree(release, folder)
    targets = {f"withdrawn/{digest}": {"custom": {}} for digest in hashes}
    (folder / "metadata/withdrawn.json").write_text(json.dumps({"signed": {"targets": targets}}))
    return folder


def sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def test_a_withdrawn_release_is_neither_imported_nor_gone_back_to(town: Town, home: Path, tmp_path: Path) -> None:
    gone = sha256(town.one / "release.json")
    imported(town, home, town.one, withdrawing(town.two, tmp_path / "two", gone))
    assert not (home / "releases" / id_of(town.one)[:12]).exists()  # not even to go back to
    assert "no release to go back to" in town.run("rollback", home, code=1)
    again = withdrawing(town.one, tmp_path / "one", gone)
    (again / "metadata/9.targets.json").write_text("{}")
    assert "has been withdrawn" in town.run("import", again, home, code=3)


def test_a_withdrawn_archive_is_left_out_and_removed_before_going_back(town: Town, home: Path, tmp_path: Path) -> None:
    (imagery,) = town.one.glob("tiles/imagery-*")
    imported(town, home, town.one, withdrawing(town.two, tmp_path / "two", sha256(imagery)))
    assert not list(home.rglob(imagery.name))
    assert not (home / "releases" / id_of(town.two)[:12] / "tiles" / imagery.name).exists()
    town.run("rollback", home)
    assert json.loads((home / "current.json").read_bytes())["release"] == id_of(town.one)
    assert not list(home.rglob(imagery.name))


# Going back ----------------------------------------------------------------------------------------------------------


def test_going_back_and_forth(town: Town, home: Path) -> None:
    imported(town, home, *town.releases)
    town.run("rollback", home)
    assert runs_whole(home, town.ids) == id_of(town.two)
    town.run("rollback", home)
    assert runs_whole(home, town.ids) == id_of(town.one)
    assert "no release to go back to" in town.run("rollback", home, code=1)
    assert "not kept here" in town.run("rollback", home, "--to", "0123456789ab", code=1)
    town.run("import", town.three, home)
    assert runs_whole(home, town.ids) == id_of(town.three)
    assert json.loads((home / "current.json").read_bytes())["previous"] == id_of(town.one)[:12]


def test_a_damaged_release_is_not_gone_back_to(town: Town, home: Path) -> None:
    imported(town, home, town.one, town.two)
    flipped(home / "releases" / id_of(town.one)[:12] / "catalog.json")
    assert "faults), such as catalog.json" in town.run("rollback", home, code=1)
    assert runs_whole(home, town.ids) == id_of(town.two)


def test_nothing_to_go_back_to(town: Town, home: Path, tmp_path: Path) -> None:
    assert "no release has been imported" in town.run("rollback", home, code=1)
    assert not home.exists()
    assert "no release has been imported" in town.run("status", tmp_path, code=1)


def test_a_pointer_that_was_edited_stops_everything(town: Town, home: Path) -> None:
    imported(town, home, town.one)
    (home / "current.json").write_text('{"version": 1, "release": "../../etc"}')
    for arguments in (("import", town.two, home), ("rollback", home), ("status", home)):
        assert "cannot be understood" in town.run(*arguments, code=1)


def test_status_and_verify(town: Town, home: Path, tmp_path: Path) -> None:
    imported(town, home, town.one, town.two)
    told = town.run("status", home)
    assert id_of(town.one)[:12] in told and id_of(town.two)[:12] in told
    assert "as listed" in town.run("verify", home)
    assert "as listed" in town.run("verify", write_disk(town.one, tmp_path / "disk", volume=64))
    flipped(home / "releases" / id_of(town.two)[:12] / "catalog.json")
    assert "catalog.json is not what the list says" in town.run("verify", home, code=1)


# Whatever happens meanwhile ------------------------------------------------------------------------------------------


class PowerCut(BaseException):
    """Nothing after this happens; nothing is tidied up that a dead process would not."""


STEPS = ("replace", "rename", "link", "unlink", "rmdir", "fsync", "makedirs")


def cut_after(steps: int, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Let the system calls that change something fail for good from the one numbered `steps` on."""
    done = [0]

    def counted(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            if done[0] >= steps:
                raise PowerCut
            done[0] += 1
            return real(*arguments, **options)

        return call

    for name in STEPS:
        monkeypatch.setattr(os, name, counted(getattr(os, name)))
    return done


def all_steps(act: Callable[[], Any], prepare: Callable[[], Any], after: Callable[[bool], Any]) -> int:
    """Cut the power at every step of `act`, each time from a fresh start; returns how many steps there are."""
    for steps in range(10_000):
        prepare()
        with pytest.MonkeyPatch.context() as patch:
            cut_after(steps, patch)
            try:
                act()
                finished = True
            except PowerCut:
                finished = False
        after(finished)
        if finished:
            return steps
    raise AssertionError("it never ends")


def test_the_power_is_cut_at_every_step_of_an_import(town: Town, home: Path, tmp_path: Path) -> None:
    base = imported(town, tmp_path / "base", town.one)
    seen, turn = set(), iter(range(10_000))

    def prepare() -> None:
        shutil.rmtree(home, ignore_errors=True)
        shutil.copytree(base, home)

    def after(finished: bool) -> None:
        seen.add(runs_whole(home, town.ids))
        for name in current.kept(str(home)):
            assert contents(home / "releases" / name) in [contents(release) for release in town.releases]
        if not finished and next(turn) % 5:
            return
        if not finished:
            imported(town, home, town.two)  # and it goes on
        assert runs_whole(home, town.ids) == id_of(town.two)
        assert not (home / "staging").exists()

    steps = all_steps(lambda: imported(town, home, town.two), prepare, after)
    assert steps > 50 and seen == {id_of(town.one), id_of(town.two)}


def test_the_power_is_cut_at_every_step_of_a_rollback(town: Town, home: Path, tmp_path: Path) -> None:
    base = imported(town, tmp_path / "base", town.one, town.two)

    def prepare() -> None:
        shutil.rmtree(home, ignore_errors=True)
        shutil.copytree(base, home)

    def after(finished: bool) -> None:
        assert runs_whole(home, town.ids) in ([id_of(town.one)] if finished else list(town.ids))

    assert all_steps(lambda: quiet("rollback", str(home)), prepare, after) > 3


def kills(town: Town, home: Path, times: int, seed: int) -> set[str]:
    """End real imports at random moments, the last breath included; returns what ran afterwards."""
    chance = random.Random(seed)
    command = [sys.executable, "-I", "-S", str(town.tools / "office.py"), "import", str(town.two), str(home)]
    seen = set()
    imported(town, home, town.one)
    started = time.perf_counter()
    town.run("import", town.two, home)
    longest = time.perf_counter() - started
    for _ in range(times):
        shutil.rmtree(home)
        imported(town, home, town.one)
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        time.sleep(chance.uniform(0.3, 1) * longest)
        process.kill()
        process.wait()
        seen.add(runs_whole(home, town.ids))
        town.run("import", town.two, home)
        assert runs_whole(home, town.ids) == id_of(town.two)
    return seen


def test_kill_9_at_random_moments(town: Town, home: Path) -> None:
    assert kills(town, home, 5, seed=7) <= {id_of(town.one), id_of(town.two)}


@pytest.mark.long
def test_kill_9_at_50_random_moments(town: Town, home: Path) -> None:
    assert kills(town, home, 50, seed=50) == {id_of(town.one), id_of(town.two)}


def test_two_imports_do_not_interleave(town: Town, home: Path) -> None:
    imported(town, home, town.one)
    with whole.hold(str(home)):
        assert "another import or rollback is under way" in town.run("import", town.two, home, code=1)
        assert "another import or rollback is under way" in town.run("rollback", home, code=1)
    town.run("import", town.two, home)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    place = tmp_path / "small"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=400k", "none", str(place)]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode != 0:
        pytest.skip("only root may mount a small disk; the next test has a disk that says it is full")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_a_disk_that_is_really_full(town: Town, small_disk: Path) -> None:
    home = small_disk / "home"
    town.run("import", town.one, home)
    filler = small_disk / "filler"
    free = os.statvfs(small_disk)
    filler.write_bytes(b"x" * (free.f_bavail * free.f_bsize - 8192))
    assert "the disk is full" in town.run("import", town.two, home, code=1)
    assert runs_whole(home, town.ids) == id_of(town.one)
    filler.unlink()
    town.run("import", town.two, home)
    assert runs_whole(home, town.ids) == id_of(town.two)


def test_a_disk_that_is_full_at_every_step(town: Town, home: Path, tmp_path: Path) -> None:
    base = imported(town, tmp_path / "base", town.one)
    for steps in range(0, 200, 3):
        shutil.rmtree(home, ignore_errors=True)
        shutil.copytree(base, home)
        written = [0]

        def full(handle: int, written: list[int] = written, steps: int = steps) -> None:
            written[0] += 1
            if written[0] > steps:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(os, "fsync", full)
            try:
                imported(town, home, town.two)
            except OSError:
                assert runs_whole(home, town.ids) in town.ids
                assert not list(home.rglob("*.part"))
                continue
        assert runs_whole(home, town.ids) == id_of(town.two)
        return
    raise AssertionError("it never ends")


def test_a_folder_that_is_read_only(town: Town, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    imported(town, home, town.one)

    def refuse(*_arguments: Any, **_options: Any) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(os, "makedirs", refuse)
    with pytest.raises(OSError, match="ead-only"):
        imported(town, home, town.two)
    monkeypatch.undo()
    assert runs_whole(home, town.ids) == id_of(town.one)
    assert "只读" in office.system_text(OSError(errno.EROFS, "x"), "zh")
