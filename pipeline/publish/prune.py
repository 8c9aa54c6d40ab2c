"""Which releases a target keeps, and what of it nothing needs any more.

Only what publishing itself wrote is ever deleted: files that a dropped release lists, paths of a publisher that did not
finish, hotlink/, outdated signatures, deltas that lead to another release. Whatever else lies there is somebody else's.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from pipeline.publish.folder import PART
from pipeline.publish.records import OWN, Publication, Published, record_of
from pipeline.publish.stages import OFFERS, stage_of
from pipeline.publish.target import Target
from pipeline.standalone.verify import DELTA

KEEP = 3  # releases, the newest among them
KEEP_DAYS = 180  # after a release was replaced


@dataclass(frozen=True, slots=True)
class Pruning:
    """What goes at the end, in that order: whatever names others before what it names."""

    paths: tuple[str, ...]
    bytes: int
    held: tuple[str, ...]  # files that only older releases need
    held_bytes: int
    foreign: int  # files that are none of ours
    spared: frozenset[str]  # what an unfinished publication left, for the next time


def kept(
    published: Published, now: datetime, keep: int = KEEP, keep_days: int = KEEP_DAYS
) -> tuple[Published, tuple[str, ...]]:
    """The publications that stay, and the ids of those that go.

    A release stays while it is among the last `keep`, for `keep_days` after it was replaced, and for good where pinned.
    """
    ranked = sorted(published.releases, key=_newest_first)
    last = {each.release for each in ranked[: max(keep, 1)]}
    since = now - timedelta(days=keep_days)

    def stays(each: Publication) -> bool:
        return each.pinned or each.replaced is None or each.release in last or each.replaced > since

    going = tuple(each.release for each in published.releases if not stays(each))
    return replace(published, releases=tuple(each for each in published.releases if stays(each))), going


def pinned(published: Published, pins: Mapping[str, bool]) -> Published:
    """The same, with the releases of `pins` staying for good or no longer so."""
    releases = tuple(replace(each, pinned=pins.get(each.release, each.pinned)) for each in published.releases)
    return replace(published, releases=releases)


def prune(
    target: Target, ours: Collection[str], staying: Published, going: Collection[str], *, spare: bool = False
) -> Pruning:
    """What nothing needs once the files `ours` are published and the releases `going` are dropped.

    `spare`: not what an unfinished publication left, as whoever makes it may still be about to write.
    """
    mine = set(ours)
    needed = mine | OWN
    older: set[str] = set()
    for each in staying.releases:
        if not {record_of(each.release)} <= mine:
            older |= {record_of(each.release), *target.lists.get(each.release, ())}
    older |= {f"hotlink/{path}" for path in older}
    needed |= older
    suspects = set[str]() if spare else set(target.unfinished)
    for release in going:
        suspects |= {record_of(release), *target.lists.get(release, ())}
    newest = _newest_signatures(mine)
    offered, outdated = _deltas(target, mine, staying)
    needed |= offered
    for path in target.entries:
        if path.startswith("hotlink/") or PART.fullmatch(path) or _outdated(path, newest) or path in outdated:
            suspects.add(path)
    paths = sorted(suspects - needed, key=lambda path: (-stage_of(path), path.encode()))
    # An interrupted upload to a bucket leaves parts of a file that is not listed: those go with the path as well.
    paths = [path for path in paths if path in target.entries or path in target.unfinished]
    held = sorted((older - mine) & set(target.entries), key=str.encode)
    return Pruning(
        tuple(paths),
        sum(target.entries[path].bytes for path in paths if path in target.entries),
        tuple(held),
        sum(target.entries[path].bytes for path in held),
        len(set(target.entries) - needed - set(paths) - target.unfinished - _roots(target)),
        target.unfinished - needed if spare else frozenset(),
    )


def _deltas(target: Target, mine: Collection[str], staying: Published) -> tuple[set[str], set[str]]:
    """Paths of deltas at the target: those that stay, being between releases that do, and those that go."""
    there = {path for path in target.entries if DELTA.fullmatch(path)}
    ids = {each.release[:12]: each.replaced is None for each in staying.releases}
    offering = OFFERS in mine

    def stays(path: str) -> bool:
        old, _dash, new = path.split("/")[1].partition("-")
        return old in ids and new in ids and not (offering and ids[new])  # those to the newest were made anew

    stay = {path for path in there if path != OFFERS and stays(path)}
    return stay | ({OFFERS} & there if stay else set()), {path for path in there if path == OFFERS or not stays(path)}


def _newest_first(each: Publication) -> tuple[bool, float]:
    return each.replaced is not None, -each.replaced.timestamp() if each.replaced else 0.0


def _newest_signatures(paths: Collection[str]) -> dict[str, int]:
    """Kind of signature → its newest number, roots apart: their chain stays for ever."""
    newest: dict[str, int] = {}
    for path in paths:
        number, kind = _numbered(path)
        if kind and kind != "root.json":
            newest[kind] = max(number, newest.get(kind, 0))
    return newest


def _outdated(path: str, newest: Mapping[str, int]) -> bool:
    """Two behind: a reader may just have read the pointer to the last one."""
    number, kind = _numbered(path)
    return number < newest.get(kind, 0) - 1


def _numbered(path: str) -> tuple[int, str]:
    """Number and kind of ``metadata/<number>.<kind>``; the kind is empty for any other path."""
    number, _dot, kind = path.removeprefix("metadata/").partition(".")
    return (int(number), kind) if path.startswith("metadata/") and number.isdecimal() else (0, "")


def _roots(target: Target) -> set[str]:
    return {path for path in target.entries if path.startswith("metadata/")}
