"""A release as it lies on a disk: whole, or its large files in volumes; and what its lists say, before files are read.

Python's standard library only (3.8 or newer), for it travels with bundles.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple
from xml.etree import ElementTree

if TYPE_CHECKING or __package__:
    from pipeline.standalone import installed, verify, whole
    from pipeline.standalone.refused import Refused
else:  # they lie beside this file
    installed, refused, verify, whole = map(importlib.import_module, ("installed", "refused", "verify", "whole"))
    Refused = refused.Refused

FEED = "feed.atom"
FEED_START = '<?xml version="1.0" encoding="utf-8"?>'
ATOM = "{http://www.w3.org/2005/Atom}"  # RFC 4287
SMALL_LIMIT = 1 << 26  # bytes of a file of metadata/ or the feed

TEXTS = {
    "no-bundle": ("这里没有可导入的版本：{0}", "there is no release to import here: {0}"),
    "not-full": (
        "这是{0}，需用 longquan import 导入；或请发布单位另发完整包",
        "this is {0}: import it with longquan import, or ask the bureau for a full bundle",
    ),
    "part": (
        "分卷 {0} 缺失、损坏或放错了位置",
        "volume {0} is missing, damaged, or another one was put in its place",
    ),
    "too-long": ("{0} 超过 {1} 字节", "{0} has more than {1} bytes"),
    "unsigned": (
        "其中没有签名（metadata/），不是正式发布的版本",
        "there are no signatures (metadata/) in it: it is no completed release",
    ),
    "faults": ("清单有 {0} 处错误，例如 {1}：{2}", "the lists have {0} faults, such as {1}: {2}"),
    "self-test": ("自检未通过，{0}：{1}", "the self-test failed, {0}: {1}"),
    "fingerprint": ("指纹与印刷页不符，实为 {0}", "the fingerprint is not that of the printed sheet; found was {0}"),
}
KINDS = {"delta": ("增量包", "a delta"), "encrypted": ("加密包", "an encrypted bundle")}


class Unfit(Exception):
    """What is on the disk cannot be imported; the message is in both languages."""

    def __init__(self, kind: str, zh: Sequence[str], en: Sequence[str] | None = None) -> None:
        super().__init__(kind, *zh)
        self.kind = kind
        self._values = (zh, zh if en is None else en)

    def text(self, language: str) -> str:
        """Why, in Chinese ("zh") or English."""
        at = 0 if language == "zh" else 1
        return TEXTS[self.kind][at].format(*self._values[at])

    def __str__(self) -> str:
        return self.text("en")


class Piece(NamedTuple):
    """A volume of a file that was too large for the disk's file system."""

    file: str
    bytes: int
    sha256: str


class Disk(NamedTuple):
    """A release as it lies on a disk."""

    folder: str  # that holds release.json
    split: Mapping[str, tuple[Piece, ...]]  # files that are in volumes

    def names(self, start: str) -> list[str]:
        """The files of a folder of the release, in volumes or not."""
        try:
            there = os.listdir(os.path.join(self.folder, start[:-1]))
        except OSError:
            there = []
        return sorted({start + name for name in there} | {path for path in self.split if path.startswith(start)})

    def small(self, path: str, limit: int) -> bytes | None:
        """A whole file of the release, no more than `limit` bytes; None where there is none. Raises Unfit."""
        if path not in self.split and not os.path.isfile(whole.below(self.folder, path)):
            return None
        found = bytearray()
        for block in self.blocks(path):
            found += block
            if len(found) > limit:
                raise Unfit("too-long", (path, str(limit)))
        return bytes(found)

    def blocks(self, path: str) -> Iterator[bytes]:
        """A file of the release piece by piece, joined where it is in volumes. Raises Unfit, Refused."""
        if path in self.split:
            for piece in self.split[path]:
                yield from joined(piece)
            return
        file = whole.below(self.folder, path)
        if not os.path.isfile(file) or os.path.islink(file):
            raise Refused("absent", path)
        yield from whole.blocks_of(file)


class Arrived(NamedTuple):
    """What the lists of a release on a disk say, before its files are looked at."""

    release: str
    city: str
    edition: str
    as_of: str
    number: int  # of the signed list
    fingerprint: str
    needed: installed.Needed
    manifest: bytes  # release.json
    withdrawn: frozenset[str]  # hashes that its own metadata names as withdrawn


def open_disk(path: str) -> Disk:
    """Find the release in a bundle, or take a folder that is one. Raises Unfit."""
    root = verify.long_path(path)
    data = os.path.join(root, "data")
    if os.path.isfile(os.path.join(root, verify.MANIFEST)):
        return Disk(root, {})
    about = os.path.join(data, "bundle.json")
    try:
        if not os.path.isfile(about):  # a pipe would keep us waiting for ever
            raise FileNotFoundError(about)
        with open(about, "rb") as file:
            told = json.loads(file.read(SMALL_LIMIT).decode("utf-8"))
        if told["kind"] in KINDS:
            zh, en = KINDS[told["kind"]]
            raise Unfit("not-full", (zh,), (en,))
        if told["kind"] not in ("full", "partial"):
            raise ValueError(told["kind"])
        split = {}
        for each in told["split"]:
            parts = [Piece(whole.below(data, p["path"]), int(p["bytes"]), str(p["sha256"])) for p in each["parts"]]
            split[str(each["path"])[len("release/") :]] = tuple(parts)
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise Unfit("no-bundle", (path,)) from error
    return Disk(os.path.join(data, "release"), split)


def joined(piece: Piece) -> Iterator[bytes]:
    """A volume, compared with its size and hash. Raises Unfit."""
    digest, size = hashlib.sha256(), 0
    name = os.path.basename(piece.file)
    if not os.path.isfile(piece.file):
        raise Unfit("part", (name,))
    try:
        for block in whole.blocks_of(piece.file):
            digest.update(block)
            size += len(block)
            if size > piece.bytes:
                break
            yield block
    except FileNotFoundError as error:
        raise Unfit("part", (name,)) from error
    if size != piece.bytes or digest.hexdigest() != piece.sha256:
        raise Unfit("part", (name,))


def arrived(disk: Disk, manifest: bytes | None = None) -> Arrived:
    """Read the lists of a release and hold them against each other; `manifest` is release.json where that is elsewhere.

    Raises Unfit, Refused.
    """
    beside = {}
    for name in [*verify.BESIDE, *filter(verify.SIGNATURE.fullmatch, disk.names(verify.METADATA))]:
        lists = name in (verify.SUMS, verify.SM3_SUMS)
        data = disk.small(name, verify.LIST_LIMIT if lists else SMALL_LIMIT) if name != verify.MANIFEST else None
        if data is not None and (name != FEED or plain_feed(data)):
            beside[name] = data
        if sum(map(len, beside.values())) > verify.LIST_LIMIT:
            raise Unfit("too-long", (verify.METADATA, str(verify.LIST_LIMIT)))
    if verify.SUMS not in beside:
        raise Unfit("no-bundle", (disk.folder,))
    if "metadata/timestamp.json" not in beside:
        raise Unfit("unsigned", ())
    faults: list[Any] = []
    sums = verify.read_sums(verify.SUMS, beside[verify.SUMS], faults)
    if manifest is None:
        manifest = disk.small(verify.MANIFEST, verify.LIST_LIMIT)
    if manifest is None:
        raise Refused("absent", verify.MANIFEST)
    verify.compare_manifest(manifest, sums, faults)
    verify.clashes(list(sums), faults)
    if not faults and hashlib.sha256(manifest).hexdigest() != sums[verify.MANIFEST]:
        faults.append(verify.Fault("altered", verify.MANIFEST))
    if faults:
        first = [(str(len(faults)), faults[0].path, faults[0].text(language)) for language in ("zh", "en")]
        raise Unfit("faults", first[0], first[1])
    about = installed.manifest_says(manifest)
    return Arrived(
        about["release"],
        about["city"],
        about["edition"],
        about["as_of"],
        installed.highest(beside),
        hashlib.sha256(beside[verify.SUMS]).hexdigest(),
        installed.Needed(sums, beside),
        manifest,
        named_withdrawn(beside.get("metadata/withdrawn.json", b"")),
    )


def read_small(folder: str, name: str) -> bytes:
    """A list of a release. Raises Refused where it is missing."""
    try:
        with open(os.path.join(folder, name), "rb") as file:
            data: bytes = file.read(verify.LIST_LIMIT)
    except FileNotFoundError as error:
        raise Refused("absent", name) from error
    return data


def plain_feed(data: bytes) -> bool:
    """Whether a feed is one as `longquan` writes it: it is in no list, and browsers run what else XML may hold.

    Another one is left behind; nothing else depends on it.
    """
    try:
        text = data.decode("utf-8")
        if not text.startswith(FEED_START) or any(sign in text[len(FEED_START) :] for sign in ("<?", "<!")):
            return False
        root = ElementTree.fromstring(text)
    except (ValueError, ElementTree.ParseError):
        return False
    links = [each.get("href", "") for each in root.iter() if each.tag == ATOM + "link"]
    return all(each.tag.startswith(ATOM) for each in root.iter()) and not any(":" in link for link in links)


def named_withdrawn(data: bytes) -> frozenset[str]:
    """The hashes that a withdrawn.json of metadata/ names; nobody here can check who signed it."""
    try:
        targets = json.loads(data.decode("utf-8"))["signed"]["targets"]
        return frozenset(str(path).split("/")[-1] for path in targets)
    except (ValueError, KeyError, TypeError, RecursionError):
        return frozenset()
