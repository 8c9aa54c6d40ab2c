"""Bundles made to do harm: each is refused with a plain message, and what runs goes on as it was."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline.cli import main
from pipeline.errors import LongquanError
from pipeline.release.bundle.source import read_release
from pipeline.release.bundle.write import Packing, write_bundle
from pipeline.standalone import office
from pipeline.standalone.medium import Unfit
from pipeline.standalone.refused import Refused
from pipeline.standalone.verify import release_id
from tests.release.install.signed import Press, take
from tests.standalone.disks import contents, id_of, runs_whole


class Made:
    """A bureau, a release that runs, and a bundle of the next one, in volumes of 8 KB."""

    def __init__(self, root: Path) -> None:
        self.press = Press(root / "press")
        self.one, self.two = self.press.release("one"), self.press.release("two")
        self.bundle = root / "bundle"
        write_bundle(read_release(self.two), self.bundle, Packing(volume=8192))
        self.home = root / "home"
        take(self.press, self.home, self.one)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda handle: None)
        yield Made(tmp_path_factory.mktemp("bad"))


@pytest.fixture
def disk(made: Made, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made.bundle, tmp_path / "disk"))


@pytest.fixture
def home(made: Made, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made.home, tmp_path / "home"))


@pytest.fixture(autouse=True)
def in_time(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing hangs: a pipe without a writer, say."""

    def late(_number: int, _frame: object) -> None:
        raise AssertionError("it hangs")

    monkeypatch.setattr(os, "fsync", lambda handle: None)
    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(30)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


# What is done to a disk ----------------------------------------------------------------------------------------------


def about(disk: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    """Change bundle.json."""
    path = disk / "data/bundle.json"
    told = json.loads(path.read_bytes())
    change(told)
    path.write_text(json.dumps(told))


def raw(name: str, text: str | bytes) -> Callable[[Path], Any]:
    """Write a file below data/ anew."""
    data = text if isinstance(text, bytes) else text.encode()
    return lambda disk: (disk / "data" / name).write_bytes(data)


def huge(name: str) -> Callable[[Path], Any]:
    """A file of 3 GB, as a file system with holes has it for nothing."""

    def make(disk: Path) -> None:
        with (disk / "data" / name).open("r+b") as file:
            file.truncate(3 << 30)

    return make


def pipe(name: str) -> Callable[[Path], Any]:
    """A pipe that nobody writes to, where a file should be."""

    def make(disk: Path) -> None:
        path = disk / "data" / name
        path.unlink()
        os.mkfifo(path)

    return make


def folder(name: str) -> Callable[[Path], Any]:
    """A folder where a file should be."""

    def make(disk: Path) -> None:
        path = disk / "data" / name
        path.unlink()
        path.mkdir()

    return make


def link(name: str, target: str) -> Callable[[Path], Any]:
    """A link where a file or folder should be."""

    def make(disk: Path) -> None:
        path = disk / "data" / name
        if path.is_dir():
            path.rename(disk / "elsewhere")
        else:
            path.unlink()
        path.symlink_to(target)

    return make


def listed(*names: str, twice: bool = False) -> Callable[[Path], Any]:
    """A file more of such a name in every list, with the release id that follows; signed it is not."""

    def make(disk: Path) -> None:
        release = disk / "data/release"
        manifest = json.loads((release / "release.json").read_bytes())
        digest = hashlib.sha256(b"evil").hexdigest()
        lines = (release / "SHA256SUMS").read_bytes().decode().splitlines()
        sums = {line[66:]: line[:64] for line in lines if not line.endswith("  release.json")}
        for name in names:
            entry = {"path": name, "sha256": digest, "bytes": 4}
            manifest["files"] += [entry] * (2 if twice else 1)
            sums[name] = digest
            with contextlib.suppress(OSError, ValueError):  # what can be no name here either
                target = disk / "data/release" / name
                if disk in Path(os.path.normpath(target)).parents:
                    target.parent.mkdir(parents=True, exist_ok=True)
                    target.write_bytes(b"evil")
        manifest["release"] = release_id(sums)
        data = json.dumps(manifest).encode()
        (release / "release.json").write_bytes(data)
        sums["release.json"] = hashlib.sha256(data).hexdigest()
        text = "".join(f"{sums[path]}  {path}\n" * (1 + (twice and path in names)) for path in sorted(sums))
        (release / "SHA256SUMS").write_bytes(text.encode("utf-8", "surrogatepass"))

    return make


def split(change: Callable[[dict[str, Any]], Any]) -> Callable[[Path], Any]:
    """Change what bundle.json says of the first file in volumes."""
    return lambda disk: about(disk, lambda told: change(told["split"][0]))


def manifest(change: Callable[[str], str]) -> Callable[[Path], Any]:
    """Change the text of release.json."""

    def make(disk: Path) -> None:
        path = disk / "data/release/release.json"
        path.write_text(change(path.read_text("utf-8")), "utf-8")

    return make


DEEP = "[" * 200_000
EVIL = "../../../evil"

ATTACKS: dict[str, Callable[[Path], Any]] = {
    "a link to a file of the system": link("release/index.html", "/etc/passwd"),
    "a link to the file itself elsewhere": link("release/catalog.json", "/nowhere"),
    "bundle.json is a link": link("bundle.json", "/dev/zero"),
    "bundle.json is a pipe": pipe("bundle.json"),
    "the sums are a pipe": pipe("release/SHA256SUMS"),
    "the manifest is a pipe": pipe("release/release.json"),
    "a page is a pipe": pipe("release/index.html"),
    "a signature is a pipe": pipe("release/metadata/timestamp.json"),
    "the manifest is a folder": folder("release/release.json"),
    "bundle.json is a folder": folder("bundle.json"),
    "a signature is a folder": folder("release/metadata/timestamp.json"),
    "a path out of the folder": listed(EVIL),
    "a path from the root": listed("/tmp/evil"),
    "a path of Windows": listed("..\\..\\evil"),
    "a drive": listed("C:/evil"),
    "a stream of a file": listed("index.html:evil"),
    "a device": listed("con", "data/aux.json", "data/LPT1"),
    "a dot behind": listed("index.html."),
    "a blank behind": listed("data /x"),
    "a zero in a name": listed("data/\0x"),
    "half a character": listed("data/\ud800"),
    "an empty part": listed("data//x"),
    "another case": listed("INDEX.html"),
    "another case of a folder": listed("Tiles/x"),
    "another spelling": listed("data/e\u0301.html", "data/\u00e9.html"),
    "a file over the sums": listed("SHA256SUMS"),
    "a file among the signatures": listed("metadata/9.root.json"),
    "one entry twice": listed("data/twice.html", twice=True),
    "one key twice": manifest(lambda text: text.replace('"release":', '"release": "0", "release":', 1)),
    "NaN": manifest(lambda text: text.replace('"bytes": ', '"bytes": NaN, "b": ', 1)),
    "infinity": manifest(lambda text: text.replace('"bytes": ', '"bytes": 1e999, "b": ', 1)),
    "a number of a million digits": manifest(lambda text: text.replace('"bytes": ', '"bytes": ' + "9" * 10**6, 1)),
    "a manifest that is a list": raw("release/release.json", "[]"),
    "a manifest of nothing": raw("release/release.json", ""),
    "a manifest in another encoding": raw("release/release.json", "{}".encode("utf-16")),
    "a deep manifest": raw("release/release.json", DEEP),
    "a deep bundle.json": raw("bundle.json", DEEP),
    "a huge bundle.json": huge("bundle.json"),
    "a huge manifest": huge("release/release.json"),
    "huge sums": huge("release/SHA256SUMS"),
    "a huge signature": huge("release/metadata/timestamp.json"),
    "a huge feed": lambda disk: (raw("release/feed.atom", "")(disk), huge("release/feed.atom")(disk)),
    "bundle.json is no object": raw("bundle.json", "null"),
    "another kind": lambda disk: about(disk, lambda told: told.update(kind="virus")),
    "a kind that is a list": lambda disk: about(disk, lambda told: told.update(kind=[])),
    "an update without one": lambda disk: about(disk, lambda told: told.update(kind="delta", since="0" * 64)),
}


# Only in an install folder that has none of the files yet are they read at all.
VOLUMES: dict[str, Callable[[Path], Any]] = {
    "volumes out of the folder": split(lambda each: each["parts"][0].update(path=EVIL)),
    "a whole out of the folder": split(lambda each: each.update(path=EVIL)),
    "a volume without end": split(lambda each: each["parts"][0].update(bytes=1 << 62)),
    "a volume of less than nothing": split(lambda each: each["parts"][0].update(bytes=-1)),
    "volumes that are no list": split(lambda each: each.update(parts=None)),
    "the same volume twice": split(lambda each: each["parts"].append(each["parts"][0])),
    "no volumes": split(lambda each: each.update(parts=[])),
    "a volume is a pipe": lambda disk: pipe(
        json.loads((disk / "data/bundle.json").read_bytes())["split"][0]["parts"][0]["path"]
    )(disk),
}

# What only `longquan import` can see, for office.py knows no signatures.
SIGNATURES: dict[str, Callable[[Path], Any]] = {
    "a deep signature": raw("release/metadata/timestamp.json", DEEP),
    "a deep root": raw("release/metadata/root.json", '{"signatures":[],"signed":' + DEEP),
}

# What is passed over: the release is whole without it, or the bytes are those that were signed.
HARMLESS: dict[str, Callable[[Path], Any]] = {
    "a link to a folder": link("release/tiles", "../../elsewhere"),
    "a signature is a link": link("release/metadata/root.json", "/dev/zero"),
    "a page among the signatures": raw("release/metadata/evil.html", "<script>alert(1)</script>"),
    "a feed that is a page": raw(
        "release/feed.atom", '<feed xmlns="http://www.w3.org/1999/xhtml"><script>alert(1)</script></feed>'
    ),
    "a feed that laughs": raw(
        "release/feed.atom", '<!DOCTYPE f [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><feed>&b;</feed>'
    ),
    "no feed at all": raw("release/feed.atom", "\xff\xfe"),
    "a feed with a style": raw(
        "release/feed.atom",
        '<?xml version="1.0" encoding="utf-8"?><?xml-stylesheet href="evil.xsl"?><feed xmlns="http://www.w3.org/2005/Atom"/>',
    ),
    "a feed that leads away": raw(
        "release/feed.atom",
        '<?xml version="1.0" encoding="utf-8"?>'
        '<feed xmlns="http://www.w3.org/2005/Atom"><link href="javascript:alert(1)"/></feed>',
    ),
}


def refused(made: Made, home: Path, disk: Path, capsys: pytest.CaptureFixture[str], *, by_script: bool = True) -> None:
    """By `longquan import` as a function and a command, and by office.py."""
    with pytest.raises(LongquanError):
        take(made.press, home, disk)
    command = ["--lang", "en", "import", str(disk), str(home), "--root", str(made.press.root_file)]
    assert main(command) in (1, 2, 3)
    told = capsys.readouterr().err
    assert "Error:" in told and "Traceback" not in told
    options = office.parser().parse_args(["import", str(disk), str(home), "--yes", "--lang", "en"])
    if by_script:
        with pytest.raises((Unfit, Refused, OSError)):
            office.run(options, office.Speaker("en"), office.datetime.now(office.timezone.utc))
    assert not list(home.rglob("evil*")) and not (home.parent / "evil").exists() and not Path("/tmp/evil").exists()


@pytest.mark.parametrize("attack", [*ATTACKS, *SIGNATURES])
def test_what_runs_goes_on_where_a_bundle_has(
    made: Made, home: Path, disk: Path, attack: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = contents(home)
    {**ATTACKS, **SIGNATURES}[attack](disk)
    refused(made, home, disk, capsys, by_script=attack in ATTACKS)
    after = {path: data for path, data in contents(home).items() if not path.startswith("staging/")}
    assert after == before
    assert runs_whole(home, made.press.published) == id_of(made.one)


@pytest.mark.parametrize("attack", VOLUMES)
def test_nothing_runs_where_there_is(
    made: Made, tmp_path: Path, disk: Path, attack: str, capsys: pytest.CaptureFixture[str]
) -> None:
    VOLUMES[attack](disk)
    refused(made, tmp_path / "new", disk, capsys)
    assert not (tmp_path / "new/current.json").exists()


@pytest.mark.parametrize("attack", HARMLESS)
def test_what_nobody_vouches_for_stays_behind(made: Made, home: Path, disk: Path, attack: str) -> None:
    HARMLESS[attack](disk)
    take(made.press, home, disk)
    folder = home / "releases" / id_of(made.two)[:12]
    found = {path: data for path, data in contents(folder).items() if path != "metadata/root.json"}
    assert found == {path: data for path, data in contents(made.two).items() if path != "metadata/root.json"}


def test_the_feed_of_a_release_comes_along(made: Made, home: Path, disk: Path) -> None:
    start = b'<?xml version="1.0" encoding="utf-8"?>\n'
    feed = start + b'<feed xmlns="http://www.w3.org/2005/Atom"><link href="index.html"/></feed>'
    raw("release/feed.atom", feed)(disk)
    take(made.press, home, disk)
    assert (home / "releases" / id_of(made.two)[:12] / "feed.atom").read_bytes() == feed


def test_the_bundle_itself_is_good(made: Made, home: Path, disk: Path) -> None:
    take(made.press, home, disk)
    assert runs_whole(home, made.press.published) == id_of(made.two)
