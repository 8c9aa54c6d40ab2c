"""Is this folder, byte for byte, the release that its lists describe? Needs nothing but Python, 3.8 or newer.

    python verify.py [DIR] [--lang zh|en] [--fingerprint HEX]

It checks that every file of SHA256SUMS and release.json is there and unaltered, that there is no other, that no name
leads out of the folder or means another file elsewhere, that nothing is a link, and that the release id follows from
the files; where this Python knows SM3, SM3SUMS too. It prints the fingerprint of SHA256SUMS. It cannot check
signatures: that takes more than the standard library, and `longquan verify`.

A verifier on the disk that it checks proves nothing alone, for whoever changed the files could have changed it and the
lists as well. So compare the fingerprint with the printed sheet, worked out by a tool of your own system:

    certutil -hashfile SHA256SUMS SHA256        Windows
    sha256sum SHA256SUMS                        Linux

Exit codes: 0 whole, 1 faults, 2 wrong usage, 130 interrupted.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import stat
import sys
import unicodedata
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO, NamedTuple

MANIFEST = "release.json"
SUMS = "SHA256SUMS"
SM3_SUMS = "SM3SUMS"
# What stands beside a release and is in neither its id nor its lists.
BESIDE = (MANIFEST, SUMS, SM3_SUMS, "feed.atom")
HOTLINK = "hotlink/"
METADATA = "metadata/"
# On a server: what changes from release to release, for those who follow it. What it makes is held against the lists.
DELTA = re.compile(r"deltas/(?:index\.json|[0-9a-f]{12}-[0-9a-f]{12}/(?:delta\.json|parts/[0-9]{1,7}\.lqdelta))")
SIGNATURE = re.compile(r"metadata/[^/]+\.json")  # no page: no list vouches for what browsers would run
# On a server: the lists of earlier releases whose files stay there a while, for pages that are still open.
EARLIER = re.compile(r"metadata/release-([0-9a-f]{12})\.json")
HASHED_ARCHIVE = re.compile(r"tiles/.+-([0-9a-f]{12})\.pmtiles")

LINE = re.compile(r"([0-9a-f]{64})  (.+)")
# Characters that Windows has no file names with, and devices that it finds in every folder.
UNSAFE = re.compile(r'[\x00-\x1f\x7f<>:"\\|?*\ud800-\udfff]')
DEVICE = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\..*)?", re.IGNORECASE)
BLOCK = 1 << 20  # bytes that are read at a time
LIST_LIMIT = 1 << 28  # bytes that a list may have; a million files take 150 MB
MOUNT_POINT = 0xA0000003  # the reparse tag of what Windows calls a junction
FAULTS_SHOWN = 50

# Kind of fault → Chinese and English; {0} and {1} are what was found.
TEXTS = {
    "no-folder": ("没有这个文件夹", "there is no such folder"),
    "list-missing": ("缺少清单文件", "this list is missing"),
    "list-unreadable": ("清单无法读取：{0}", "this list cannot be read: {0}"),
    "sums-line": (
        "第 {0} 行不是“校验值、两个空格、路径”的格式",
        "line {0} is no hash, two spaces and path",
    ),
    "path-escape": (
        "清单中的路径指向文件夹之外，或在某些系统上不能作文件名",
        "a list names this path, which leads out of the folder or can be no file's name on some systems",
    ),
    "listed-twice": ("清单 {0} 中重复出现", "{0} lists it twice"),
    "case-clash": (
        "与 {0} 只有大小写或字符写法不同，在 Windows 上是同一个文件",
        "it differs from {0} in case or spelling only, which on Windows is one file",
    ),
    "lists-differ": ("只在 {0} 中列出，{1} 中没有", "{0} lists it, {1} does not"),
    "hashes-differ": ("release.json 与 SHA256SUMS 中的校验值不同", "release.json and SHA256SUMS have different hashes"),
    "not-listable": ("release.json 不应列出此文件", "release.json must not list it"),
    "archive-unlisted": (
        "release.json 的瓦片包表与文件表不一致",
        "the archives of release.json are not those of its files",
    ),
    "archive-name": (
        "文件名中的校验值与内容不符（应为 {0}）",
        "the hash in its name is not that of its content ({0})",
    ),
    "wrong-id": ("版本号与文件不符，应为 {0}", "the release id does not follow from the files; it would be {0}"),
    "missing": ("文件缺失", "the file is missing"),
    "extra": ("清单中没有的文件", "no list names this file"),
    "size": ("文件大小为 {0} 字节，应为 {1} 字节", "it has {0} bytes, expected are {1}"),
    "altered": ("内容已被改动（SHA-256 不符）", "it was altered: another SHA-256"),
    "sm3": ("内容与 SM3SUMS 不符", "it is not what SM3SUMS says"),
    "link": ("是链接，不是文件", "a link, which may lead anywhere"),
    "no-file": ("既不是文件也不是文件夹", "neither a file nor a folder"),
    "unreadable": ("无法读取：{0}", "it cannot be read: {0}"),
    "hotlink-alone": ("hotlink/ 中多出的文件，发布内容中没有对应文件", "hotlink/ has it, the release has no such file"),
    "wrong-list": (
        "不是它名称所指那次发布的清单",
        "it is not the list of the release that its name says",
    ),
    "fingerprint": (
        "指纹与印刷页不符：应为 {0}，实为 {1}",
        "it has not the fingerprint expected: {0} expected, {1} found",
    ),
}


class Fault(NamedTuple):
    """One thing that is not as it should be."""

    kind: str  # a key of TEXTS
    path: str  # below the folder, with slashes
    values: tuple[str, ...] = ()

    def text(self, language: str) -> str:
        """What is wrong, in Chinese ("zh") or English."""
        return TEXTS[self.kind][0 if language == "zh" else 1].format(*self.values)


class Result(NamedTuple):
    """What was found."""

    release: str | None  # the id, worked out from the files' hashes in SHA256SUMS
    fingerprint: str | None  # the sha256 of SHA256SUMS
    files: int  # that were hashed
    bytes: int
    sm3: str  # "checked", "absent" (the release has no such list) or "unavailable" (this Python has no SM3)
    hotlink: tuple[str, ...]  # derived files: their names were looked at, what they hold was not
    signatures: int  # files of metadata/, which were not looked into
    sums: dict[str, str]  # path → sha256, as SHA256SUMS says
    faults: tuple[Fault, ...]  # in the order of their paths
    earlier: dict[str, str]  # path → sha256 of unaltered files of earlier releases, which a server keeps a while


def safe(path: str) -> bool:
    """Whether a path stays in the folder, and names the same file on every system."""
    parts = path.split("/")
    return not UNSAFE.search(path) and not any(
        part in ("", ".", "..") or part[-1] in ". " or DEVICE.fullmatch(part) for part in parts
    )


def in_release(path: str) -> bool:
    """Whether a file counts towards the release id."""
    return path not in BESIDE and not path.startswith((HOTLINK, METADATA))


def release_id(sums: dict[str, str]) -> str:
    """The sha256 of the lines of SHA256SUMS without those of files beside the release, in order of the paths' bytes."""
    paths = sorted((path for path in sums if in_release(path)), key=lambda path: path.encode("utf-8", "surrogatepass"))
    digest = hashlib.sha256()
    for path in paths:
        digest.update("{}  {}\n".format(sums[path], path).encode("utf-8", "surrogatepass"))  # noqa: UP032
    return digest.hexdigest()


def has_sm3() -> bool:
    """Whether this Python's OpenSSL knows SM3 (GB/T 32905)."""
    try:
        hashlib.new("sm3")
    except ValueError:
        return False
    return True


def check(folder: str, tell: Callable[[int, int], None] | None = None, fingerprint: str | None = None) -> Result:
    """Check a folder; `tell` hears bytes done and in all, `fingerprint` is the sha256 that SHA256SUMS should have."""
    root = long_path(folder)
    faults: list[Fault] = []
    if not os.path.isdir(root):
        return Result(None, None, 0, 0, "absent", (), 0, {}, (Fault("no-folder", folder),), {})
    there = walk(root, faults)
    text = read_list(root, SUMS, there, faults)
    found = hashlib.sha256(text).hexdigest() if text is not None else None
    if fingerprint is not None and found is not None and found != fingerprint:
        faults.append(Fault("fingerprint", SUMS, (fingerprint, found)))
    sums = read_sums(SUMS, text or b"", faults)
    if text is None:
        return Result(None, None, 0, 0, "absent", (), 0, {}, tuple(faults), {})
    sm3, sm3_sums = read_sm3(root, there, faults)
    sizes = compare_manifest(read_list(root, MANIFEST, there, faults), sums, faults)
    clashes(list(sums), faults)
    if sm3_sums is not None:
        compare_paths(sums, SUMS, sm3_sums, SM3_SUMS, faults)

    others = earlier_files(root, there, sums, faults)
    hotlink, signatures = beside(there, {**sums, **dict.fromkeys(others, "")}, faults)
    hashed = {path: there[path] for path in (*sums, *others) if path in there}
    faults.extend(Fault("missing", path) for path in sums if path not in there and safe(path))
    total, done = sum(hashed.values()), 0
    earlier: dict[str, str] = {}
    for path in sorted(hashed):
        size = hashed[path]
        wanted = sizes.get(path, size)
        if path in others:
            digest = compare_earlier(root, path, size, others[path], faults)
            earlier.update({path: digest} if digest is not None else {})
        elif size != wanted:
            faults.append(Fault("size", path, (str(size), str(wanted))))
        else:
            compare_file(root, path, size, sums, sm3_sums if sm3 == "checked" else None, faults)
        done += size
        if tell is not None:
            tell(done, total)
    ordered = tuple(sorted(set(faults), key=lambda fault: (fault.path, fault.kind, fault.values)))
    return Result(release_id(sums), found, len(hashed), total, sm3, hotlink, signatures, sums, ordered, earlier)


def long_path(folder: str) -> str:
    """The folder's absolute path; on Windows in the form that may be longer than 260 characters."""
    path = os.path.abspath(folder)
    if os.name != "nt" or path.startswith("\\\\?\\"):
        return path
    return "\\\\?\\UNC\\" + path[2:] if path.startswith("\\\\") else "\\\\?\\" + path


def walk(root: str, faults: list[Fault]) -> dict[str, int]:
    """Path → bytes of every regular file below the folder; links are told and never followed."""
    found: dict[str, int] = {}
    waiting = [""]
    while waiting:
        prefix = waiting.pop()
        try:
            with os.scandir(os.path.join(root, *prefix.split("/"))) as entries:
                for entry in entries:
                    path = prefix + entry.name
                    about = entry.stat(follow_symlinks=False)
                    if stat.S_ISLNK(about.st_mode) or getattr(about, "st_reparse_tag", 0) == MOUNT_POINT:
                        faults.append(Fault("link", path))
                    elif stat.S_ISDIR(about.st_mode):
                        waiting.append(path + "/")
                    elif stat.S_ISREG(about.st_mode):
                        found[path] = about.st_size
                    else:
                        faults.append(Fault("no-file", path))
        except OSError as error:
            faults.append(Fault("unreadable", prefix or ".", (reason(error),)))
    return found


def read_list(root: str, name: str, there: dict[str, int], faults: list[Fault]) -> bytes | None:
    """The bytes of a list; None, and a fault, where it cannot be had."""
    if name not in there:
        faults.append(Fault("list-missing", name))
        return None
    try:
        with open(os.path.join(root, name), "rb") as file:
            data = file.read(LIST_LIMIT + 1)
    except OSError as error:
        faults.append(Fault("list-unreadable", name, (reason(error),)))
        return None
    if len(data) > LIST_LIMIT:
        faults.append(Fault("list-unreadable", name, ("> %d B" % LIST_LIMIT,)))  # noqa: UP031
        return None
    return data


def read_sums(name: str, data: bytes, faults: list[Fault]) -> dict[str, str]:
    """Path → hash of a list such as `sha256sum` writes it."""
    sums: dict[str, str] = {}
    try:
        lines = data.decode("utf-8").split("\n")
    except UnicodeDecodeError as error:
        faults.append(Fault("list-unreadable", name, (str(error),)))
        return sums
    if lines.pop():
        faults.append(Fault("sums-line", name, (str(len(lines) + 1),)))  # cut off: every line ends
    for number, line in enumerate(lines, 1):
        match = LINE.fullmatch(line)
        if match is None:
            faults.append(Fault("sums-line", name, (str(number),)))
            continue
        digest, path = match.groups()
        if not safe(path):
            faults.append(Fault("path-escape", path))
        elif not in_release(path) and path != MANIFEST:
            faults.append(Fault("not-listable", path))
        elif path in sums:
            faults.append(Fault("listed-twice", path, (name,)))
        else:
            sums[path] = digest
    return sums


def read_sm3(root: str, there: dict[str, int], faults: list[Fault]) -> tuple[str, dict[str, str] | None]:
    """What can be done with SM3SUMS, and its hashes."""
    if SM3_SUMS not in there:
        return "absent", None
    data = read_list(root, SM3_SUMS, there, faults)
    sums = read_sums(SM3_SUMS, data, faults) if data is not None else None
    return "checked" if has_sm3() else "unavailable", sums


def compare_manifest(data: bytes | None, sums: dict[str, str], faults: list[Fault]) -> dict[str, int]:
    """Hold release.json against SHA256SUMS; returns path → bytes."""
    if data is None:
        return {}
    try:
        manifest = json.loads(data.decode("utf-8"), object_pairs_hook=no_key_twice)
        files = [(each["path"], each["sha256"], each["bytes"]) for each in manifest["files"]]
        archives = [(each["file"], each["sha256"]) for each in manifest.get("archives", [])]
        stated = manifest["release"]
        texts = [stated, *(text for each in files for text in each[:2]), *(text for each in archives for text in each)]
        if not all(type(text) is str for text in texts) or not all(type(size) is int for _, _, size in files):
            raise TypeError("type")
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        faults.append(Fault("list-unreadable", MANIFEST, (repr(error)[:200],)))
        return {}
    listed: dict[str, str] = {}
    for path, digest, _size in files:
        if not safe(path):
            faults.append(Fault("path-escape", path))
        elif not in_release(path):
            faults.append(Fault("not-listable", path))
        elif path in listed:
            faults.append(Fault("listed-twice", path, (MANIFEST,)))
        else:
            listed[path] = digest
    compare_paths({**listed, MANIFEST: ""}, MANIFEST, sums, SUMS, faults)
    for path, digest in listed.items():
        if path in sums and sums[path] != digest:
            faults.append(Fault("hashes-differ", path))
        name = HASHED_ARCHIVE.fullmatch(path)
        if name is not None and not digest.startswith(name.group(1)):
            faults.append(Fault("archive-name", path, (digest[:12],)))
    faults.extend(Fault("archive-unlisted", path) for path, digest in archives if listed.get(path) != digest)
    known = {path for path, _ in archives}
    faults.extend(Fault("archive-unlisted", path) for path in listed if path.endswith(".pmtiles") and path not in known)
    found = release_id(sums)
    if stated != found:
        faults.append(Fault("wrong-id", MANIFEST, (found,)))
    return {path: size for path, _digest, size in files}


def no_key_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object; of a key that occurs twice other readers might take the other value."""
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a key occurs twice")
    return made


def compare_paths(one: dict[str, str], its: str, other: dict[str, str], others: str, faults: list[Fault]) -> None:
    """Both lists name the same files."""
    faults.extend(Fault("lists-differ", path, (its, others)) for path in one if path not in other)
    faults.extend(Fault("lists-differ", path, (others, its)) for path in other if path not in one)


def clashes(paths: list[str], faults: list[Fault]) -> None:
    """Names, of folders too, that Windows and macOS would take for one another."""
    seen: dict[str, str] = {}
    for path in sorted([*paths, *BESIDE]):
        parts = path.split("/")
        for end in range(1, len(parts) + 1):
            name = "/".join(parts[:end])
            first = seen.setdefault(unicodedata.normalize("NFC", name).casefold(), name)
            if first != name:
                faults.append(Fault("case-clash", name, (first,)))


def beside(there: dict[str, int], sums: dict[str, str], faults: list[Fault]) -> tuple[tuple[str, ...], int]:
    """Tell what no list names, deltas apart; returns the files of hotlink/ and counts those of metadata/."""
    hotlink: set[str] = set()
    signatures = 0
    for path in there:
        if path in sums or path in BESIDE:
            continue
        if path.startswith(HOTLINK) and path[len(HOTLINK) :] in sums:
            hotlink.add(path)
        elif path.startswith(HOTLINK):
            faults.append(Fault("hotlink-alone", path))
        elif SIGNATURE.fullmatch(path):
            signatures += 1
        elif not DELTA.fullmatch(path):
            faults.append(Fault("extra", path))
    return tuple(sorted(hotlink)), signatures


def earlier_files(
    root: str, there: dict[str, int], sums: dict[str, str], faults: list[Fault]
) -> dict[str, set[tuple[str, int]]]:
    """Files that are there and no part of this release, but of earlier ones → the hashes and sizes that they may have.

    What an earlier release was is told by its release.json, kept as metadata/release-<id>.json: its id has to follow
    from what it lists. Nobody vouches for it here: `longquan verify` follows the hashes from release to release.
    """
    found: dict[str, set[tuple[str, int]]] = {}
    for name in sorted(there):
        match = EARLIER.fullmatch(name)
        data = read_list(root, name, there, faults) if match is not None else None
        if match is None or data is None:
            continue
        listed = listed_files(data)
        if listed is None or not release_id({path: digest for path, digest, _ in listed}).startswith(match.group(1)):
            faults.append(Fault("wrong-list", name))
            continue
        for path, digest, size in listed:
            if path in there and path not in sums and safe(path) and in_release(path):
                found.setdefault(path, set()).add((digest, size))
    return found


def listed_files(data: bytes) -> list[tuple[str, str, int]] | None:
    """Path, hash and size of what a release.json lists; None where it is none."""
    try:
        manifest = json.loads(data.decode("utf-8"), object_pairs_hook=no_key_twice)
        files = [(each["path"], each["sha256"], each["bytes"]) for each in manifest["files"]]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    right = all(type(path) is type(digest) is str and type(size) is int for path, digest, size in files)
    return files if right and len({path for path, _, _ in files}) == len(files) else None


def compare_earlier(root: str, path: str, size: int, known: set[tuple[str, int]], faults: list[Fault]) -> str | None:
    """The hash of a file that only earlier releases have: it must be that of one of them."""
    digests = [digest for digest, wanted in sorted(known) if wanted == size]
    if not digests:
        faults.append(Fault("size", path, (str(size), str(min(wanted for _, wanted in known)))))
        return None
    for digest in digests:
        found: list[Fault] = []
        compare_file(root, path, size, {path: digest}, None, found)
        if not found:
            return digest
    faults.extend(found)
    return None


def compare_file(
    root: str, path: str, size: int, sums: dict[str, str], sm3_sums: dict[str, str] | None, faults: list[Fault]
) -> None:
    """Hash a file, by both algorithms in one reading."""
    digests = [("altered", hashlib.sha256(), sums[path])]
    if sm3_sums is not None and path in sm3_sums:
        digests.append(("sm3", hashlib.new("sm3"), sm3_sums[path]))
    try:
        with open(os.path.join(root, *path.split("/")), "rb") as file:
            for block in blocks(file, size):
                for _kind, digest, _wanted in digests:
                    digest.update(block)
    except OSError as error:
        faults.append(Fault("unreadable", path, (reason(error),)))
        return
    faults.extend(Fault(kind, path) for kind, digest, wanted in digests if digest.hexdigest() != wanted)


def blocks(file: BinaryIO, size: int) -> Iterator[bytes]:
    """The file piece by piece, no further than one byte beyond its size: a file that grows meanwhile has an end."""
    left = size + 1
    while left > 0:
        block = file.read(min(BLOCK, left))
        if not block:
            return
        left -= len(block)
        yield block


def reason(error: OSError) -> str:
    """Why the system refused."""
    return error.strerror or type(error).__name__


def page(result: Result, folder: str, language: str) -> Iterator[str]:
    """What is told on the screen."""
    zh = language == "zh"
    for fault in result.faults[:FAULTS_SHOWN]:
        yield "{} {}: {}".format("错误" if zh else "fault", fault.path, fault.text(language))
    rest = len(result.faults) - FAULTS_SHOWN
    if rest > 0:
        yield ("……另有 {} 处错误" if zh else "… and {} more faults").format(rest)
    if result.fingerprint is None:
        yield "核验未通过。" if zh else "Refused."
        return
    yield ("文件夹    {}" if zh else "folder       {}").format(os.path.abspath(folder))
    yield ("已核对    {:,} 个文件，{:,} 字节" if zh else "hashed       {:,} files, {:,} bytes").format(
        result.files, result.bytes
    )
    sm3 = {
        "checked": ("已核对", "checked"),
        "absent": ("无 SM3SUMS 文件", "there is no SM3SUMS"),
        "unavailable": ("未核对：本机 Python 不支持 SM3", "not checked: this Python has no SM3"),
    }
    yield ("SM3       {}" if zh else "SM3          {}").format(sm3[result.sm3][0 if zh else 1])
    if result.hotlink:
        text = (
            "hotlink/  {} 个派生文件，未核对内容（由 longquan verify 重新计算）"
            if zh
            else "hotlink/     {} derived files, contents not checked (longquan verify recomputes them)"
        )
        yield text.format(len(result.hotlink))
    if result.earlier:
        text = (
            "旧版文件  {} 个，未被改动，不属于本次发布"
            if zh
            else "earlier      {} files of earlier releases, unaltered, no part of this one"
        )
        yield text.format(len(result.earlier))
    if result.signatures:
        text = (
            "metadata/ {} 个文件；签名未核对（由 longquan verify 核对）"
            if zh
            else "metadata/    {} files; signatures are not checked here (longquan verify does)"
        )
        yield text.format(result.signatures)
    yield ("版本号    {}" if zh else "release      {}").format(result.release)
    yield ("指纹      {}" if zh else "fingerprint  {}").format(result.fingerprint)
    if result.faults:
        yield (
            "核验未通过：{} 处错误。不要使用这个文件夹。" if zh else "Refused: {} faults. Do not use this folder."
        ).format(len(result.faults))
        return
    if zh:
        yield "文件完整，与清单一致。清单本身是否可信，须将上面的指纹与随盘印刷页逐字比对。"
        yield "请用系统自带命令再算一遍指纹（在该文件夹中执行）："
    else:
        yield "Whole, and as the lists say. Whether the lists are right only the printed sheet tells: compare the"
        yield "fingerprint with it, worked out once more by your own system, in that folder:"
    yield "    certutil -hashfile SHA256SUMS SHA256"


def progress(done: int, total: int) -> None:
    """How far it is, on a terminal."""
    sys.stderr.write("\r{:3d} %".format(100 * done // max(1, total)))  # noqa: UP032
    sys.stderr.write("\r     \r" if done == total else "")
    sys.stderr.flush()


def hexadecimal(text: str) -> str:
    """A fingerprint as people type it: spaces and capitals do not matter."""
    digest = "".join(text.split()).lower()
    if not re.fullmatch("[0-9a-f]{64}", digest):
        raise argparse.ArgumentTypeError("需要 64 位十六进制数 / 64 hexadecimal digits are needed")
    return digest


def main() -> int:
    """The script."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    parser = argparse.ArgumentParser(
        description="核验发布文件夹：文件齐全、未被改动。 / Check that a release is complete and unaltered."
    )
    parser.add_argument(
        "folder",
        nargs="?",
        default=os.path.dirname(os.path.abspath(__file__)),
        metavar="DIR",
        help="要核验的文件夹，默认为本脚本所在文件夹 / folder to check; by default the one of this script",
    )
    parser.add_argument("--lang", choices=("zh", "en"), default="zh", help="语言 / language (zh)")
    parser.add_argument(
        "--fingerprint",
        type=hexadecimal,
        metavar="HEX",
        help="印刷页上的指纹，不符即报错 / the fingerprint of the printed sheet; another one is a fault",
    )
    options = parser.parse_args()
    try:
        result = check(options.folder, progress if sys.stderr.isatty() else None, options.fingerprint)
    except KeyboardInterrupt:
        return 130
    for line in page(result, options.folder, options.lang):
        print(line)
    return 1 if result.faults else 0


if __name__ == "__main__":
    sys.exit(main())
