"""Everything an office does with a disk that arrived, with nothing but Python, 3.8 or newer.

    python office.py import DISK DIR      check the release on a disk, copy it below DIR, let it run
    python office.py rollback DIR         let the release run that ran before
    python office.py serve DIR            serve it: Range, ETag, the address stays the same after imports
    python office.py status DIR           which release runs, which are kept
    python office.py verify DISK|DIR      check only

The release that runs is never touched: a new one is copied beside it, tested, and then a small file is replaced that
says which one runs. An import that was cut off goes on where it stopped when it is called again.

This script checks that every file is there and is the one that the lists name. It cannot check signatures; for that
there is `longquan import`. Without it the fingerprint of the lists has to be compared with the printed sheet. It takes
bundles that hold a release as it is; differences between two releases and encrypted bundles need `longquan import`.

Exit codes: 0 done, 1 it failed or faults were found, 2 wrong usage, 3 refused, 130 interrupted.
"""

from __future__ import annotations

import argparse
import errno
import hashlib
import importlib
import os
import sys
from collections.abc import Callable
from datetime import datetime, timezone
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING or __package__:
    from pipeline.standalone import current, installed, recalled, receipt, selftest, serve, tools, verify, whole
    from pipeline.standalone.current import Pointer
    from pipeline.standalone.installed import Needed
    from pipeline.standalone.medium import Arrived, Disk, Unfit, arrived, open_disk, read_small
    from pipeline.standalone.refused import Refused
else:  # they lie beside this file, which Python does not look for by itself when it is started in isolation
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    sys.dont_write_bytecode = True  # nothing is written on the disk that is checked
    current, installed, medium, recalled, receipt, selftest, serve, tools, verify, whole = map(
        importlib.import_module,
        ("current", "installed", "medium", "recalled", "receipt", "selftest", "serve", "tools", "verify", "whole"),
    )
    Needed, Pointer, Refused = installed.Needed, current.Pointer, installed.Refused
    Arrived, Disk, Unfit = medium.Arrived, medium.Disk, medium.Unfit
    arrived, open_disk, read_small = medium.arrived, medium.open_disk, medium.read_small

KEEP = 2
TYPED = 16  # digits of the fingerprint that are asked for: nobody makes other lists that begin with these
REFUSED = 3


# What is done --------------------------------------------------------------------------------------------------------


class Speaker(NamedTuple):
    """Says things in one language."""

    language: str

    def say(self, zh: str, en: str, *values: object) -> None:
        """Print a line on standard output."""
        print(self.choose(zh, en).format(*values), flush=True)

    def choose(self, zh: str, en: str) -> str:
        """The text of this language."""
        return zh if self.language == "zh" else en


def import_disk(disk_path: str, home: str, options: argparse.Namespace, speaker: Speaker, now: datetime) -> int:
    """Copy the release of a disk below an install folder, test it, let it run, write the receipt."""
    disk = open_disk(disk_path)
    found = arrived(disk)
    speaker.say("版本      {} {} {}", "release      {} {} {}", found.edition, found.as_of, found.release[:12])
    compare_fingerprint(found.fingerprint, options, speaker)
    with whole.hold(home):
        before = current.read_pointer(home)
        installed.refuse_other(before, found.city, found.edition, found.number)
        withdrawn = recalled.read_withdrawn(home) | found.withdrawn
        recalled.refuse_withdrawn(withdrawn, found.needed.sums, found.release)
        absent = recalled.left_out(withdrawn, found.needed.sums)
        sums = {path: digest for path, digest in found.needed.sums.items() if path not in absent}
        counts = {"there": 0, "linked": 0, "copied": 0}
        tell = counter(counts, len(sums))
        folder = installed.stage(home, found.release[:12], Needed(sums, found.needed.beside), disk.blocks, tell)
        faults = installed.faults_of(folder, withdrawn)
        if faults:
            raise Refused("damaged", found.release[:12], str(len(faults)), faults[0].path)
        for failure in selftest.self_test(folder, found.needed.sums, absent):
            texts = [(failure.path, failure.text(language)) for language in ("zh", "en")]
            raise Unfit("self-test", texts[0], texts[1])
        recalled.write_withdrawn(home, found.withdrawn)
        installed.settle(home, found.release[:12])
        renewed = tools.keep_tools(home)
        pointer = installed.switch(home, pointer_of(found, now), options.keep)
        removed = installed.obey(home)
        pointer = current.read_pointer(home) or pointer
        speaker.say(
            "文件      {} 个：新复制 {}，沿用旧版本 {}，已在位 {}",
            "files        {}: copied {}, from older releases {}, there already {}",
            sum(counts.values()),
            counts["copied"],
            counts["linked"],
            counts["there"],
        )
        if absent:
            speaker.say("撤回      {} 个文件已被撤回，未安装", "withdrawn    {} files, left out", len(absent))
        for each in removed:
            speaker.say("撤回      已删除 {}", "withdrawn    removed {}", each)
        page = write_receipt(home, pointer, found.fingerprint, HASHES, options.office)
    if not renewed:
        speaker.say("Python    正在使用，未更换", "Python       in use, not replaced")
    speaker.say("自检      通过", "self-test    passed")
    speaker.say("已启用    {}", "running      {}", pointer.folder)
    if pointer.history:
        speaker.say("可回退到  {}", "kept         {}", " ".join(pointer.history))
    speaker.say("回执码    {}", "receipt      {}", receipt.code_of(stated(pointer)))
    speaker.say("回执页    {}", "to print     {}", page)
    tell_fingerprint(found.fingerprint, speaker)
    return 0


HASHES = (
    "文件完整、与清单一致；签名未核验（需 longquan）",
    "files are whole and as listed; signatures were not checked",
)


def compare_fingerprint(fingerprint: str, options: argparse.Namespace, speaker: Speaker) -> None:
    """Hold the fingerprint against what was typed from the printed sheet. Raises Unfit."""
    typed = options.fingerprint or ""
    if not typed and not options.yes and sys.stdin is not None and sys.stdin.isatty():
        speaker.say(
            "请输入随盘印刷页上指纹的前 {} 位（两组），然后按回车：",
            "Type the first {} digits (two groups) of the fingerprint on the printed sheet, then press Enter:",
            TYPED,
        )
        typed = "".join(sys.stdin.readline().split()).lower()
        if len(typed) < TYPED:
            raise Unfit("fingerprint", ("",), ("",))
    if typed and not fingerprint.startswith(typed):
        raise Unfit("fingerprint", (fingerprint,))


def tell_fingerprint(fingerprint: str, speaker: Speaker) -> None:
    """Say what was not checked, and how to make up for it."""
    speaker.say("指纹      {}", "fingerprint  {}", fingerprint)
    speaker.say(
        "本工具不能核验签名（需 longquan import）。请将上面的指纹与印刷页逐字比对；\n"
        "不符则立即 rollback 并报告发布单位。",
        "This script cannot check signatures (longquan import does). Compare the fingerprint with the printed sheet;\n"
        "if they differ, roll back at once and tell the bureau.",
    )


def pointer_of(found: Arrived, now: datetime) -> Pointer:
    """What current.json is to say."""
    return Pointer(found.release, found.city, found.edition, found.as_of, moment(now), found.number)


def moment(now: datetime) -> str:
    """A time as it is written down."""
    return now.astimezone(timezone.utc).isoformat(timespec="seconds").replace("+00:00", "Z")  # noqa: UP017 Python 3.8


def stated(pointer: Pointer) -> receipt.Installed:
    """What a receipt says of the release that runs."""
    day = datetime.strptime(pointer.installed_at[:10], "%Y-%m-%d").date()
    return receipt.Installed(pointer.city, pointer.edition, pointer.release, day)


def write_receipt(home: str, pointer: Pointer, fingerprint: str, checked: tuple[str, str], office: str = "") -> str:
    """Write the page for the release that runs now; returns its file."""
    folder = os.path.join(home, "receipts")
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, "{}-{}.html".format(pointer.installed_at[:10], pointer.folder))  # noqa: UP032
    whole.put(path, [receipt.page(stated(pointer), fingerprint, checked, office).encode("utf-8")])
    return path


def counter(counts: dict[str, int], total: int) -> Callable[[str, int], None]:
    """Counts files, and tells how far it is on a terminal."""

    def tell(how: str, size: int) -> None:
        counts[how] += 1
        if sys.stderr is not None and sys.stderr.isatty():
            verify.progress(sum(counts.values()), total)

    return tell


def roll_back(home: str, options: argparse.Namespace, speaker: Speaker, now: datetime) -> int:
    """Let the release run that ran before."""
    with whole.hold(home):
        pointer = installed.go_back(home, moment(now), options.to)
        fingerprint = hashlib.sha256(read_small(current.release_folder(home, pointer.folder), verify.SUMS)).hexdigest()
        page = write_receipt(home, pointer, fingerprint, HASHES, options.office)
    speaker.say("已回退到  {} {} {}", "running      {} {} {}", pointer.edition, pointer.as_of, pointer.folder)
    speaker.say("回执码    {}", "receipt      {}", receipt.code_of(stated(pointer)))
    speaker.say("回执页    {}", "to print     {}", page)
    return 0


def status(home: str, speaker: Speaker) -> int:
    """Say which release runs, and which are kept."""
    pointer = current.read_pointer(home)
    if pointer is None:
        raise Refused("nothing", home)
    about = (pointer.edition, pointer.as_of, pointer.folder, pointer.installed_at)
    speaker.say("正在运行  {} {} {}（{} 启用）", "running      {} {} {} (since {})", *about)
    for name in pointer.history:
        told = installed.read_manifest(current.release_folder(home, name))
        speaker.say("可回退到  {} {} {}", "kept         {} {} {}", told["edition"], told["as_of"], name)
    speaker.say("回执码    {}", "receipt      {}", receipt.code_of(stated(pointer)))
    return 0


def check_only(path: str, options: argparse.Namespace, speaker: Speaker) -> int:
    """Check every file of what is on a disk, or of what runs in an install folder, and write nothing."""
    root = verify.long_path(path)
    pointer = current.read_pointer(root)
    disk = open_disk(path) if pointer is None else Disk(current.release_folder(root, pointer.folder), {})
    found = arrived(disk)
    if options.fingerprint and not found.fingerprint.startswith(options.fingerprint):
        raise Unfit("fingerprint", (found.fingerprint,))
    absent = recalled.left_out(recalled.read_withdrawn(root) | found.withdrawn, found.needed.sums)
    faults = 0
    for path, digest in sorted(found.needed.sums.items()):
        hashed = hashlib.sha256()
        try:
            for block in disk.blocks(path) if path not in absent else ():
                hashed.update(block)
            if path not in absent and hashed.hexdigest() != digest:
                raise Refused("altered", path)
        except (Unfit, Refused) as error:
            faults += 1
            speaker.say("错误 {}", "fault {}", error.text(speaker.language))
    speaker.say("版本      {} {} {}", "release      {} {} {}", found.edition, found.as_of, found.release[:12])
    if faults:
        speaker.say("核验未通过：{} 处错误，不得使用。", "Refused: {} faults.", faults)
        return 1
    speaker.say("文件      {} 个，与清单一致", "files        {}, as listed", len(found.needed.sums))
    tell_fingerprint(found.fingerprint, speaker)
    return 0


def serve_folder(home: str, options: argparse.Namespace, speaker: Speaker) -> int:
    """Serve what runs until Ctrl-C."""
    if not os.path.isdir(home):
        raise Refused("nothing", home)
    with serve.FolderServer(home, options.host, options.port) as server:
        speaker.say("{}  （Ctrl-C 停止）", "{}  (Ctrl-C stops)", server.address)
        server.serve_forever()
    return 0


# The command ---------------------------------------------------------------------------------------------------------


def parser() -> argparse.ArgumentParser:
    """What may be typed."""
    made = argparse.ArgumentParser(description="单位离线使用 / What an office does with a disk that arrived.")
    verbs = made.add_subparsers(dest="verb", required=True, metavar="VERB")
    fingerprint = ("--fingerprint", "印刷页上的指纹 / the fingerprint of the printed sheet")
    office = ("--office", "印在回执上的单位名称 / name of the office for the receipt")

    one = verbs.add_parser("import", help="导入并启用 / import a release and let it run")
    one.add_argument("disk", metavar="DISK", help="盘或文件夹 / the bundle")
    one.add_argument("home", metavar="DIR", help="安装文件夹 / install folder")
    one.add_argument(fingerprint[0], type=verify.hexadecimal, metavar="HEX", help=fingerprint[1])
    one.add_argument("--yes", action="store_true", help="不询问指纹 / do not ask for the fingerprint")
    one.add_argument("--keep", type=count, default=KEEP, metavar="N", help="保留几个旧版本 / older releases kept (2)")
    one.add_argument(office[0], default="", metavar="NAME", help=office[1])

    one = verbs.add_parser("rollback", help="回退 / let the release run that ran before")
    one.add_argument("home", metavar="DIR", help="安装文件夹 / install folder")
    one.add_argument("--to", metavar="ID", help="回退到此版本 / the release to go back to")
    one.add_argument(office[0], default="", metavar="NAME", help=office[1])

    one = verbs.add_parser("serve", help="启动网页服务 / serve what runs")
    one.add_argument("home", metavar="DIR", help="安装文件夹 / install folder")
    one.add_argument("--host", default="127.0.0.1", help="监听地址 / address to listen on (0.0.0.0: everyone)")
    one.add_argument("--port", type=int, default=8080, help="端口 / port (0: any free one)")

    one = verbs.add_parser("status", help="正在运行的版本 / which release runs")
    one.add_argument("home", metavar="DIR", help="安装文件夹 / install folder")

    one = verbs.add_parser("verify", help="只核验 / check only")
    one.add_argument("disk", metavar="DISK|DIR", help="盘或安装文件夹 / a bundle or an install folder")
    one.add_argument(fingerprint[0], type=verify.hexadecimal, metavar="HEX", help=fingerprint[1])
    for each in verbs.choices.values():
        each.add_argument("--lang", choices=("zh", "en"), default="zh", help="语言 / language (zh)")
    return made


def count(text: str) -> int:
    """A number of releases."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("1…")
    return number


def run(options: argparse.Namespace, speaker: Speaker, now: datetime) -> int:
    """Do what was asked."""
    if options.verb == "verify":
        return check_only(options.disk, options, speaker)
    home = verify.long_path(options.home)
    if options.verb == "import":
        return import_disk(options.disk, home, options, speaker, now)
    if options.verb == "rollback":
        if not os.path.isdir(home):
            raise Refused("nothing", home)
        return roll_back(home, options, speaker, now)
    return serve_folder(home, options, speaker) if options.verb == "serve" else status(home, speaker)


def main() -> int:
    """The script."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    options = parser().parse_args()
    speaker = Speaker(options.lang)
    try:
        return run(options, speaker, datetime.now(timezone.utc))  # noqa: UP017 Python 3.8
    except KeyboardInterrupt:
        return 130
    except (Unfit, Refused) as error:
        text, code = error.text(options.lang), REFUSED if error.kind == "withdrawn" else 1
    except OSError as error:
        text, code = system_text(error, options.lang), 1
    sys.stdout.flush()
    print(speaker.choose("未完成：{}", "Not done: {}").format(text), file=sys.stderr)
    if options.verb in ("import", "rollback"):
        print(speaker.choose("正在使用的版本没有改动。", "What was in use has not been changed."), file=sys.stderr)
    return code


def system_text(error: OSError, language: str) -> str:
    """What the system refused, with what to do."""
    at = 0 if language == "zh" else 1
    known = {
        errno.ENOSPC: ("磁盘已满，请腾出空间后重新运行同一命令", "the disk is full: make room, then run this again"),
        errno.EROFS: ("该位置只读", "it is read-only"),
        errno.EACCES: ("没有写入权限", "no permission"),
        errno.EPERM: ("没有写入权限", "no permission"),
        errno.EADDRINUSE: ("端口已被占用，请用 --port 另选", "the port is taken: choose another with --port"),
    }
    reason = known[error.errno][at] if error.errno in known else verify.reason(error)
    return reason + (" ({})".format(error.filename) if error.filename else "")  # noqa: UP032


if __name__ == "__main__":
    sys.exit(main())
