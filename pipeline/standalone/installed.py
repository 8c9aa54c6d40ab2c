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
import hashlib
import importlib
import json
import os
import re
import shutil
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING or __package__:
    from pipeline.standalone import current, recalled, verify, whole
    from pipeline.standalone.current import Pointer
    from pipeline.standalone.refused import Refused
else:  # they lie beside this file
    current, recalled, refused, verify, whole = map(
        importlib.import_module, ("current", "recalled", "refused", "verify", "whole")
    )
    Pointer = current.Pointer
    Refused = refused.Refused

STAGING = "staging"


class Needed(NamedTuple):
    """Everything that a release folder is to hold."""

    sums: Mapping[str, str]  # path → sha256
    beside: Mapping[str, bytes]  # path → content of what no list names: the lists themselves, signatures, hotlink/


Fetch = Callable[[str], Iterable[bytes]]  # the content of a file, piece by piece
Tell = Callable[[str, int], None]  # hears of every file: how it was had ("there", "linked", "copied"), its bytes


# Staging -------------------------------------------------------------------------------------------------------------


def stage(home: str, name: str, needed: Needed, fetch: Fetch, tell: Tell | None = None) -> str:
    """Make a folder hold just the files needed; returns it: staging/<name>, or releases/<name> where that is here.

    Files that are there and right stay, those that another release here has are linked (copied where links are not
    known), the rest is fetched. So an import that was cut off goes on where it stopped, and a damaged release is
    mended file by file. Raises Refused where what is fetched is not what the list says, OSError, ValueError for a path
    that leads elsewhere.
    """
    mending = os.path.isdir(current.release_folder(home, name))
    folder = current.release_folder(home, name) if mending else os.path.join(home, STAGING, name)
    os.makedirs(folder, exist_ok=True)
    others = known_files(home, name)
    folders = {folder}
    for path in sorted(needed.sums, key=lambda path: path.encode("utf-8")):
        wanted, target = needed.sums[path], whole.below(folder, path)
        folders.add(whole.make_folders(folder, os.path.dirname(target)))
        how = "there"
        if not whole.has_hash(target, wanted):
            how = obtain(target, wanted, others.get(wanted, ()), lambda path=path: fetch(path))  # type: ignore[misc]
        if tell is not None:
            tell(how, os.path.getsize(target))
    for path, content in needed.beside.items():
        target = whole.below(folder, path)
        folders.add(whole.make_folders(folder, os.path.dirname(target)))
        if not whole.has_hash(target, hashlib.sha256(content).hexdigest()):
            whole.put(target, [content], sync=False)
    if not mending:  # what an administrator laid beside a release that is served stays
        whole.remove_others(folder, {*needed.sums, *needed.beside})
    for each in sorted(folders, key=len, reverse=True):
        whole.sync_folder(each)
    return folder


def obtain(target: str, wanted: str, sources: Iterable[str], fetch: Callable[[], Iterable[bytes]]) -> str:
    """Get one file from a release that is here, else by fetching it; returns how."""
    if whole.is_folder(target):
        whole.clear(target)
    for source in sources:
        if whole.has_hash(source, wanted):
            _link(source, target, wanted)
            return "linked"
    whole.put(target, fetch(), wanted, sync=False)
    return "copied"


def _link(source: str, target: str, wanted: str) -> None:
    """The same file under a second name; a copy where the file system or this Python knows no hard links."""
    part = os.path.join(os.path.dirname(target), whole.PART)
    whole.clear(part)
    try:
        os.link(source, part)
    except (OSError, AttributeError, NotImplementedError):
        whole.put(target, whole.blocks_of(source), wanted, sync=False)
    else:
        whole.patiently(os.replace, part, target)
        whole.clear(part)  # rename leaves both names where they were one file already


def known_files(home: str, but: str) -> dict[str, list[str]]:
    """sha256 → files of releases that are here, as their lists say; whether they still are so is to be seen."""
    found: dict[str, list[str]] = {}
    for name in current.kept(home):
        folder = current.release_folder(home, name)
        for path, digest in sums_of(folder).items() if name != but else ():
            found.setdefault(digest, []).append(whole.below(folder, path))
    return found


# Running -------------------------------------------------------------------------------------------------------------


def settle(home: str, name: str) -> str:
    """Give a staged release its place among the others; returns its folder. It does not run yet."""
    place = current.release_folder(home, name)
    if not os.path.isdir(place):
        os.makedirs(os.path.dirname(place), exist_ok=True)
        whole.patiently(os.rename, os.path.join(home, STAGING, name), place)
        whole.sync_folder(os.path.dirname(place))
        whole.sync_folder(home)
    return place


def switch(home: str, pointer: Pointer, keep: int) -> Pointer:
    """Let a settled release run, and keep `keep` of those that ran before; returns the pointer as it was written.

    `history` of the pointer given does not matter. Folders that something still holds open are left for next time.
    """
    before = current.read_pointer(home)
    history: list[str] = []
    if before is not None:
        ran = [before.folder, *before.history]
        history = [name for name in ran if name != pointer.folder and os.path.isdir(current.release_folder(home, name))]
    made = pointer._replace(history=tuple(history[:keep]))
    current.write_pointer(home, made)
    prune(home, {made.folder, *made.history})
    return made


def prune(home: str, wanted: set[str]) -> None:
    """Remove releases that are not wanted, and what was left of staging."""
    trash = os.path.join(home, STAGING)
    for name in current.kept(home):
        if name not in wanted:
            with contextlib.suppress(OSError):
                discard(home, name)
    shutil.rmtree(trash, ignore_errors=True)


def discard(home: str, name: str) -> None:
    """Remove a release: first from its place, so that no half of it is ever taken for a release."""
    trash = os.path.join(home, STAGING)
    os.makedirs(trash, exist_ok=True)
    away = os.path.join(trash, "old-" + name)
    whole.clear(away)
    whole.patiently(os.rename, current.release_folder(home, name), away)
    shutil.rmtree(away, ignore_errors=True)


def go_back(home: str, now: str, to: str | None = None) -> Pointer:
    """Let the release run that ran before, or the kept one called `to`; returns the pointer as it was written.

    The one that ran until now stays until the next import, but is no longer one to go back to. `now` is the time as
    ISO 8601. Raises Refused where there is none, it was withdrawn, or is not whole.
    """
    before = current.read_pointer(home)
    if before is None:
        raise Refused("nothing", home)
    if to is None and not before.history:
        raise Refused("no-previous")
    name = before.history[0] if to is None else to[: current.SHORT]
    if name not in current.kept(home) or name == before.folder:
        raise Refused("not-kept", name)
    folder = current.release_folder(home, name)
    about, withdrawn = read_manifest(folder), recalled.read_withdrawn(home)
    recalled.refuse_withdrawn(withdrawn, sums_of(folder), about["release"])
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
    current.write_pointer(home, made)
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


def remove_withdrawn(home: str, name: str) -> tuple[str, ...]:
    """Remove files that were withdrawn from a release that is here, running or not; returns their paths."""
    folder = current.release_folder(home, name)
    withdrawn, removed = recalled.read_withdrawn(home), []
    if withdrawn:
        for path in sorted(recalled.left_out(withdrawn, sums_of(folder))):
            if os.path.lexists(whole.below(folder, path)):
                whole.clear(whole.below(folder, path))
                removed.append(path)
    return tuple(removed)


def obey(home: str) -> tuple[str, ...]:
    """Remove what DIR/withdrawn.json holds from every release here; returns what went: <id12>, or <id12>/path.

    A release that was withdrawn as a whole goes unless it runs: then another one has to run first.
    """
    withdrawn, pointer, removed = recalled.read_withdrawn(home), current.read_pointer(home), []
    for name in current.kept(home) if withdrawn else ():
        is_whole = sums_of(current.release_folder(home, name)).get(verify.MANIFEST) in withdrawn
        if not is_whole:
            removed += [name + "/" + path for path in remove_withdrawn(home, name)]
        elif pointer is None or name != pointer.folder:
            discard(home, name)
            removed.append(name)
    if pointer is not None and not set(pointer.history).isdisjoint(removed):
        current.write_pointer(
            home, pointer._replace(history=tuple(name for name in pointer.history if name not in removed))
        )
    return tuple(removed)


def faults_of(folder: str, withdrawn: Iterable[str], tell: Callable[[int, int], None] | None = None) -> list[Any]:
    """What is not as the lists of a release say; that files are missing which were withdrawn is as it should be."""
    result = verify.check(folder, tell)
    absent = recalled.left_out(withdrawn, result.sums)
    return [fault for fault in result.faults if not (fault.kind == "missing" and fault.path in absent)]


def sums_of(folder: str) -> dict[str, str]:
    """Path → sha256 as SHA256SUMS of a release says; empty where there is none."""
    try:
        with open(os.path.join(folder, verify.SUMS), "rb") as file:
            return verify.read_sums(verify.SUMS, file.read(verify.LIST_LIMIT), [])
    except FileNotFoundError:
        return {}
