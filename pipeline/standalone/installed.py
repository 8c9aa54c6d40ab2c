"""The folder that an office serves from: whole releases side by side, and one small file that says which one runs.

    DIR/current.json        the pointer: the release that runs and those that ran before it; replaced as a whole, last
    DIR/releases/<id12>/    whole releases; <id12> is the beginning of the release id
    DIR/staging/<id12>/     what is being copied; may be deleted while nothing is imported
    DIR/index.html          leads to the release that runs, for web servers that know nothing of the pointer
    DIR/withdrawn.json      hashes of files that were withdrawn
    DIR/state.json  DIR/trusted-root.json     what `longquan import` has accepted of signatures
    DIR/receipts/           printed pages, one for each switch

Whatever ends the process, and at whatever moment, the pointer names a whole release: files appear in staging/ by
rename, staging/<id12> becomes releases/<id12> by rename, current.json is replaced by rename, and each of them only
after everything before it lies on the disk. No links that Windows or file servers lack are needed. Python's standard
library only (3.8 or newer), for it travels with bundles.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import importlib
import json
import os
import re
import shutil
import stat
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING or __package__:
    from pipeline.standalone import verify
else:
    (verify,) = map(importlib.import_module, ("verify",))  # it lies beside this file

POINTER = "current.json"
RELEASES = "releases"
STAGING = "staging"
WITHDRAWN = "withdrawn.json"
LOCK = ".lock"
OFFLINE = "offline.html"  # the page of a release that opens without any server
PART = ".part"  # the one unfinished file of a folder
VERSION = 1  # of what current.json holds
SHORT = 12  # digits of an id that names a folder
POINTER_LIMIT = 1 << 16  # bytes
BLOCK = 1 << 20
PATIENCE = 40  # tries at what a virus scanner or an indexer of Windows holds for a moment
PAUSE = 0.1  # seconds between them

# What was refused → Chinese and English; {0} … are what was found.
TEXTS = {
    "busy": ("另一个导入或回退正在进行：{0}", "another import or rollback is under way: {0}"),
    "pointer": ("{0} 无法理解", "{0} cannot be understood"),
    "nothing": ("这里还没有导入过版本：{0}", "no release has been imported here: {0}"),
    "altered": ("{0} 的内容与清单不符", "{0} is not what the list says"),
    "absent": ("{0} 在盘上缺失", "{0} is missing on the disk"),
    "other-city": ("这是另一个城市（{0}）的版本，此处运行的是 {1}", "a release of another city ({0}); here runs {1}"),
    "other-edition": ("这是另一个版次（{0}），此处运行的是 {1}", "another edition ({0}); here runs {1}"),
    "older": (
        "比此处已接受的旧（签名序号 {0}，已接受 {1}）；要回到旧版本请用 rollback",
        "older than what was accepted here (signed as number {0}, accepted {1}); rollback is the way to an older one",
    ),
    "withdrawn": ("{0} 已被撤回，不得使用", "{0} has been withdrawn and must not be used"),
    "no-previous": ("没有可以回退的版本", "there is no release to go back to"),
    "not-kept": ("此处没有保留版本 {0}", "release {0} is not kept here"),
    "damaged": ("版本 {0} 已损坏（{1} 处），例如 {2}", "release {0} is damaged ({1} faults), such as {2}"),
}

FRONT = """<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><title>地图 / Map</title>
<script>
var known = "@release@";
function go(folder, page) { location.replace("releases/" + folder + "/" + page + location.search + location.hash); }
if (location.protocol === "file:") { go(known, "@offline@"); } else {
  var request = new XMLHttpRequest();
  request.open("GET", "current.json?" + new Date().getTime());
  request.onloadend = function () {
    var release = "";
    try { release = JSON.parse(request.responseText).release.slice(0, 12); } catch (error) { }
    go(/^[0-9a-f]{12}$/.test(release) ? release : known, "index.html");
  };
  request.send();
}
</script></head>
<body><p><a href="releases/@release@/index.html">打开地图 / Open the map</a></p></body></html>
"""


class Refused(Exception):
    """Something that will not be done, and why; nothing was changed."""

    def __init__(self, kind: str, *values: str) -> None:
        super().__init__(kind, *values)
        self.kind = kind
        self.values = values

    def text(self, language: str) -> str:
        """Why, in Chinese ("zh") or English."""
        return TEXTS[self.kind][0 if language == "zh" else 1].format(*self.values)

    def __str__(self) -> str:
        return self.text("en")


class Pointer(NamedTuple):
    """What current.json says."""

    release: str  # the id, 64 digits
    city: str
    edition: str
    as_of: str
    installed_at: str  # ISO 8601, UTC
    number: int  # of the signed list of the release: each release has a higher one than those before it
    history: tuple[str, ...] = ()  # folders of the releases that ran before, the last one first
    base_url: str | None = None  # what hotlink/ was made for

    @property
    def folder(self) -> str:
        """The name of its folder."""
        return self.release[:SHORT]


class Needed(NamedTuple):
    """Everything that a release folder is to hold."""

    sums: Mapping[str, str]  # path → sha256
    beside: Mapping[str, bytes]  # path → content of what no list names: the lists themselves, signatures, hotlink/


Fetch = Callable[[str], Iterable[bytes]]  # the content of a file, piece by piece
Tell = Callable[[str, int], None]  # hears of every file: how it was had ("there", "linked", "copied"), its bytes


# The pointer ---------------------------------------------------------------------------------------------------------


def read_pointer(home: str) -> Pointer | None:
    """The pointer of an install folder; None where nothing was installed. Raises Refused for one that is damaged."""
    path = os.path.join(home, POINTER)
    try:
        with open(path, "rb") as file:
            data = json.loads(file.read(POINTER_LIMIT).decode("utf-8"))
        made = Pointer(
            data["release"],
            data["city"],
            data["edition"],
            data["as_of"],
            data["installed_at"],
            data["number"],
            tuple(data["history"]),
            data["base_url"],
        )
        names = [made.folder, *made.history]
        if data["version"] != VERSION or not re.fullmatch("[0-9a-f]{64}", made.release) or type(made.number) is not int:
            raise ValueError("version, release or number")
        if not all(re.fullmatch("[0-9a-f]{%d}" % SHORT, name) for name in names):  # noqa: UP031
            raise ValueError("history")
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise Refused("pointer", path) from error
    return made


def write_pointer(home: str, pointer: Pointer) -> None:
    """Let another release run, from one moment to the next."""
    data: dict[str, Any] = {"version": VERSION, **pointer._asdict()}
    data["history"] = list(pointer.history)
    data["previous"] = pointer.history[0] if pointer.history else None
    put(os.path.join(home, POINTER), [json.dumps(data, ensure_ascii=False, indent=1).encode("utf-8") + b"\n"])
    offline = os.path.isfile(os.path.join(release_folder(home, pointer.folder), OFFLINE))
    put(os.path.join(home, "index.html"), [front_page(pointer.folder, offline).encode("utf-8")])


def front_page(name: str, offline: bool) -> str:
    """A page that reads the pointer and goes where it says; from a disk, where pages read nothing, to release `name`.

    Written for browsers of 2015 as well.
    """
    return FRONT.replace("@release@", name).replace("@offline@", OFFLINE if offline else "index.html")


def release_folder(home: str, name: str) -> str:
    """The folder of a release that is kept."""
    return os.path.join(home, RELEASES, name)


def kept(home: str) -> list[str]:
    """The folders of releases that are here, running or not."""
    try:
        names = os.listdir(os.path.join(home, RELEASES))
    except FileNotFoundError:
        return []
    return sorted(name for name in names if re.fullmatch("[0-9a-f]{%d}" % SHORT, name))  # noqa: UP031


# Files ---------------------------------------------------------------------------------------------------------------


def put(path: str, blocks: Iterable[bytes], wanted: str | None = None, *, sync: bool = True) -> None:
    """Write a file whole or not at all. Raises Refused where its sha256 is not the one wanted.

    Without `sync` the file lies on the disk, but its name only after `sync_folder`.
    """
    temporary = os.path.join(os.path.dirname(path), PART)
    digest = hashlib.sha256()
    try:
        with open(temporary, "wb") as file:
            for block in blocks:
                digest.update(block)
                file.write(block)
            file.flush()
            os.fsync(file.fileno())
        if wanted is not None and digest.hexdigest() != wanted:
            raise Refused("altered", os.path.basename(path))
        patiently(os.replace, temporary, path)
    finally:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
    if sync:
        sync_folder(os.path.dirname(path))


def patiently(change: Callable[..., None], *paths: str) -> None:
    """Rename or remove; on Windows again and again while somebody reads the file for a moment."""
    for left in reversed(range(PATIENCE if os.name == "nt" else 1)):
        try:
            change(*paths)
            return
        except PermissionError:
            if not left:
                raise
            time.sleep(PAUSE)


def sync_folder(folder: str) -> None:
    """Make renames in a folder survive a power cut; Windows and some file servers have no such call."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP, errno.ENOSYS):
            raise
    finally:
        os.close(handle)


def blocks_of(path: str) -> Iterator[bytes]:
    """A file piece by piece."""
    with open(path, "rb") as file:
        while True:
            block = file.read(BLOCK)
            if not block:
                return
            yield block


def has_hash(path: str, wanted: str) -> bool:
    """Whether there is such a regular file, and it has this sha256."""
    try:
        if not stat.S_ISREG(os.lstat(path).st_mode):
            return False
        digest = hashlib.sha256()
        for block in blocks_of(path):
            digest.update(block)
    except OSError:
        return False
    return digest.hexdigest() == wanted


def below(folder: str, path: str) -> str:
    """The file of a release that a path with slashes names. Raises ValueError for a path that could lead elsewhere."""
    if not verify.safe(path):
        raise ValueError(path)
    return os.path.join(folder, *path.split("/"))


@contextlib.contextmanager
def hold(home: str) -> Iterator[None]:
    """Keep every other import and rollback out while the block runs; the system lets go when the process ends.

    Raises Refused when another one is at work.
    """
    path = os.path.join(home, LOCK)
    os.makedirs(home, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        if not _locked(handle):
            raise Refused("busy", path)
        yield
    finally:
        os.close(handle)


if sys.platform == "win32":
    import msvcrt

    def _locked(handle: int) -> bool:
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _locked(handle: int) -> bool:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


# Staging -------------------------------------------------------------------------------------------------------------


def stage(home: str, name: str, needed: Needed, fetch: Fetch, tell: Tell | None = None) -> str:
    """Make a folder hold just the files needed; returns it: staging/<name>, or releases/<name> where that is here.

    Files that are there and right stay, those that another release here has are linked (copied where links are not
    known), the rest is fetched. So an import that was cut off goes on where it stopped, and a damaged release is
    mended file by file. Raises Refused where what is fetched is not what the list says, OSError, ValueError for a path
    that leads elsewhere.
    """
    mending = os.path.isdir(release_folder(home, name))
    folder = release_folder(home, name) if mending else os.path.join(home, STAGING, name)
    os.makedirs(folder, exist_ok=True)
    others = known_files(home, name)
    folders = {folder}
    for path in sorted(needed.sums, key=lambda path: path.encode("utf-8")):
        wanted, target = needed.sums[path], below(folder, path)
        folders.add(make_folders(folder, os.path.dirname(target)))
        how = "there"
        if not has_hash(target, wanted):
            how = obtain(target, wanted, others.get(wanted, ()), lambda path=path: fetch(path))  # type: ignore[misc]
        if tell is not None:
            tell(how, os.path.getsize(target))
    for path, content in needed.beside.items():
        target = below(folder, path)
        folders.add(make_folders(folder, os.path.dirname(target)))
        if not has_hash(target, hashlib.sha256(content).hexdigest()):
            put(target, [content], sync=False)
    if not mending:  # what an administrator laid beside a release that is served stays
        remove_others(folder, {*needed.sums, *needed.beside})
    for each in sorted(folders, key=len, reverse=True):
        sync_folder(each)
    return folder


def obtain(target: str, wanted: str, sources: Iterable[str], fetch: Callable[[], Iterable[bytes]]) -> str:
    """Get one file from a release that is here, else by fetching it; returns how."""
    if _is_folder(target):
        clear(target)
    for source in sources:
        if has_hash(source, wanted):
            _link(source, target, wanted)
            return "linked"
    put(target, fetch(), wanted, sync=False)
    return "copied"


def _link(source: str, target: str, wanted: str) -> None:
    """The same file under a second name; a copy where the file system or this Python knows no hard links."""
    part = os.path.join(os.path.dirname(target), PART)
    clear(part)
    try:
        os.link(source, part)
    except (OSError, AttributeError, NotImplementedError):
        put(target, blocks_of(source), wanted, sync=False)
    else:
        patiently(os.replace, part, target)
        clear(part)  # rename leaves both names where they were one file already


def known_files(home: str, but: str) -> dict[str, list[str]]:
    """sha256 → files of releases that are here, as their lists say; whether they still are so is to be seen."""
    found: dict[str, list[str]] = {}
    for name in kept(home):
        folder = release_folder(home, name)
        for path, digest in sums_of(folder).items() if name != but else ():
            found.setdefault(digest, []).append(below(folder, path))
    return found


def make_folders(root: str, folder: str) -> str:
    """Make a folder below `root` where something else may lie in its place; returns it."""
    part = folder
    while len(part) > len(root):
        if os.path.lexists(part) and not _is_folder(part):
            clear(part)
        part = os.path.dirname(part)
    os.makedirs(folder, exist_ok=True)
    return folder


def clear(path: str) -> None:
    """Remove what lies at a path, whatever it is; links are not followed."""
    if _is_folder(path):
        shutil.rmtree(path)
    elif os.path.lexists(path):
        patiently(os.unlink, path)


def _is_folder(path: str) -> bool:
    return os.path.isdir(path) and not os.path.islink(path)


def remove_others(folder: str, wanted: set[str]) -> None:
    """Remove every file below a folder that is not wanted, and folders that are then empty."""
    faults: list[Any] = []
    there = verify.walk(folder, faults)
    for path in [*there, *(fault.path for fault in faults)]:
        if path not in wanted:
            clear(os.path.join(folder, *path.split("/")))
    for parent, _folders, _files in os.walk(folder, topdown=False):
        if parent != folder and not os.listdir(parent):
            os.rmdir(parent)


# Running -------------------------------------------------------------------------------------------------------------


def settle(home: str, name: str) -> str:
    """Give a staged release its place among the others; returns its folder. It does not run yet."""
    place = release_folder(home, name)
    if not os.path.isdir(place):
        os.makedirs(os.path.dirname(place), exist_ok=True)
        patiently(os.rename, os.path.join(home, STAGING, name), place)
        sync_folder(os.path.dirname(place))
        sync_folder(home)
    return place


def switch(home: str, pointer: Pointer, keep: int) -> Pointer:
    """Let a settled release run, and keep `keep` of those that ran before; returns the pointer as it was written.

    `history` of the pointer given does not matter. Folders that something still holds open are left for next time.
    """
    before = read_pointer(home)
    history: list[str] = []
    if before is not None:
        ran = [before.folder, *before.history]
        history = [name for name in ran if name != pointer.folder and os.path.isdir(release_folder(home, name))]
    made = pointer._replace(history=tuple(history[:keep]))
    write_pointer(home, made)
    prune(home, {made.folder, *made.history})
    return made


def prune(home: str, wanted: set[str]) -> None:
    """Remove releases that are not wanted, and what was left of staging."""
    trash = os.path.join(home, STAGING)
    for name in kept(home):
        if name not in wanted:
            with contextlib.suppress(OSError):
                discard(home, name)
    shutil.rmtree(trash, ignore_errors=True)


def discard(home: str, name: str) -> None:
    """Remove a release: first from its place, so that no half of it is ever taken for a release."""
    trash = os.path.join(home, STAGING)
    os.makedirs(trash, exist_ok=True)
    away = os.path.join(trash, "old-" + name)
    clear(away)
    patiently(os.rename, release_folder(home, name), away)
    shutil.rmtree(away, ignore_errors=True)


def go_back(home: str, now: str, to: str | None = None) -> Pointer:
    """Let the release run that ran before, or the kept one called `to`; returns the pointer as it was written.

    The one that ran until now stays until the next import, but is no longer one to go back to. `now` is the time as
    ISO 8601. Raises Refused where there is none, it was withdrawn, or is not whole.
    """
    before = read_pointer(home)
    if before is None:
        raise Refused("nothing", home)
    if to is None and not before.history:
        raise Refused("no-previous")
    name = before.history[0] if to is None else to[:SHORT]
    if name not in kept(home) or name == before.folder:
        raise Refused("not-kept", name)
    folder = release_folder(home, name)
    about, withdrawn = read_manifest(folder), read_withdrawn(home)
    refuse_withdrawn(withdrawn, sums_of(folder), about["release"])
    remove_withdrawn(home, name)
    faults = faults_of(folder, withdrawn)
    if faults:
        raise Refused("damaged", name, str(len(faults)), faults[0].path)
    history = tuple(each for each in before.history if each != name)
    made = Pointer(
        about["release"],
        about["city"],
        about["edition"],
        about["as_of"],
        now,
        signed_number(folder),
        history,
        base_url=before.base_url,
    )
    write_pointer(home, made)
    return made


# What a release says of itself ---------------------------------------------------------------------------------------


def read_manifest(folder: str) -> dict[str, str]:
    """City, edition, currency and id of a release, as text. Raises Refused."""
    try:
        with open(os.path.join(folder, verify.MANIFEST), "rb") as file:
            return manifest_says(file.read(verify.LIST_LIMIT))
    except FileNotFoundError as error:
        raise Refused("absent", verify.MANIFEST) from error


def manifest_says(data: bytes) -> dict[str, str]:
    """City, edition, currency and id in a release.json, as text. Raises Refused."""
    try:
        found = json.loads(data.decode("utf-8"))
        return {key: str(found[key]) for key in ("city", "edition", "as_of", "release")}
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise Refused("pointer", verify.MANIFEST) from error


def signed_number(folder: str) -> int:
    """The version of the newest signed list (TUF targets) in metadata/; 0 where there is none."""
    try:
        names = os.listdir(os.path.join(folder, "metadata"))
    except OSError:
        return 0
    return highest(verify.METADATA + name for name in names)


def highest(paths: Iterable[str]) -> int:
    """The version of the newest signed list among files of metadata/; 0 where there is none."""
    found = [re.fullmatch(r"metadata/([1-9][0-9]{0,8})\.targets\.json", path) for path in paths]
    return max([int(match.group(1)) for match in found if match], default=0)


def refuse_other(pointer: Pointer | None, city: str, edition: str, number: int, accepted: int = 0) -> None:
    """Raise Refused for a release of another city or edition, or one older than what was accepted here."""
    if pointer is not None and city != pointer.city:
        raise Refused("other-city", city, pointer.city)
    if pointer is not None and edition != pointer.edition:
        raise Refused("other-edition", edition, pointer.edition)
    newest = max(accepted, pointer.number if pointer is not None else 0)
    if number < newest:
        raise Refused("older", str(number), str(newest))


def read_withdrawn(home: str) -> frozenset[str]:
    """The hashes that DIR/withdrawn.json holds. Raises Refused for one that cannot be understood."""
    path = os.path.join(home, WITHDRAWN)
    try:
        with open(path, "rb") as file:
            return frozenset(str(each) for each in json.loads(file.read(verify.LIST_LIMIT).decode("utf-8"))["sha256"])
    except FileNotFoundError:
        return frozenset()
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise Refused("pointer", path) from error


def write_withdrawn(home: str, hashes: Iterable[str]) -> None:
    """Add to the hashes that DIR/withdrawn.json holds; what was withdrawn once stays so."""
    before = read_withdrawn(home)
    after = before.union(hashes)
    if after != before:
        text = json.dumps({"version": VERSION, "sha256": sorted(after)}, indent=1) + "\n"
        put(os.path.join(home, WITHDRAWN), [text.encode("utf-8")])


def refuse_withdrawn(withdrawn: Iterable[str], sums: Mapping[str, str], release: str) -> None:
    """Raise Refused where a release was withdrawn: its id or the hash of its release.json is among those."""
    if not {release, sums.get(verify.MANIFEST)}.isdisjoint(withdrawn):
        raise Refused("withdrawn", release[:SHORT])


def left_out(withdrawn: Iterable[str], sums: Mapping[str, str]) -> frozenset[str]:
    """The files of a release that were withdrawn one by one; it runs without them."""
    gone = frozenset(withdrawn)
    return frozenset(path for path, digest in sums.items() if digest in gone)


def remove_withdrawn(home: str, name: str) -> tuple[str, ...]:
    """Remove files that were withdrawn from a release that is here, running or not; returns their paths."""
    folder = release_folder(home, name)
    withdrawn, removed = read_withdrawn(home), []
    if withdrawn:
        for path in sorted(left_out(withdrawn, sums_of(folder))):
            if os.path.lexists(below(folder, path)):
                clear(below(folder, path))
                removed.append(path)
    return tuple(removed)


def faults_of(folder: str, withdrawn: Iterable[str], tell: Callable[[int, int], None] | None = None) -> list[Any]:
    """What is not as the lists of a release say; that files are missing which were withdrawn is as it should be."""
    result = verify.check(folder, tell)
    absent = left_out(withdrawn, result.sums)
    return [fault for fault in result.faults if not (fault.kind == "missing" and fault.path in absent)]


def sums_of(folder: str) -> dict[str, str]:
    """Path → sha256 as SHA256SUMS of a release says; empty where there is none."""
    try:
        with open(os.path.join(folder, verify.SUMS), "rb") as file:
            return verify.read_sums(verify.SUMS, file.read(verify.LIST_LIMIT), [])
    except FileNotFoundError:
        return {}
