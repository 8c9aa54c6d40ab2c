"""What a file may tell of the machine it was made on: paths, users, hosts, and files of the workspace."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from pipeline.i18n import _

# Every pattern begins with letters that are always there, and looks behind them afterwards: Python's `re` then skips to
# the next such place. All of them through the 20 MB of a page that opens from a disk: 0.8 s instead of 5.5.
_ROOTS: Final = "home|root|Users|tmp|var|opt|mnt|srv|usr|etc|private|media|Volumes|run|workspace"
# A path that begins at the root of a machine; behind a letter, dot or slash it is part of a web address.
_POSIX: Final = re.compile(rf"/(?<![\w./:~-]/)(?:{_ROOTS})/[\w.~-][^\s\"'<>|,;:*?()\\]*")
_WINDOWS: Final = re.compile(r":(?<=[A-Za-z]:)(?<![A-Za-z]{2}:)(?:\\{1,2}|/(?!/))[\w.$-][^\s\"'<>|,;*?]*")
_SHARE: Final = re.compile(r"\\\\(?<![\w\\]\\\\)(?!u[0-9a-fA-F]{4})[\w.-]{2,}\\[\w$.-]+")
_FILE: Final = re.compile(r"file:/{2,3}[\w.~/-][^\s\"'<>]*")
_SCHEMES: Final = ("https", "http", "wss", "ws", "ftp", "postgresql", "postgres", "smb")
_HOST: Final = re.compile(
    rf"://(?:{'|'.join(f'(?<={scheme}://)' for scheme in _SCHEMES)})(?:[^\s/@\"'<>]*@)?"
    r"(?:localhost|127\.\d+\.\d+\.\d+|10\.\d+\.\d+\.\d+|192\.168\.\d+\.\d+|172\.(?:1[6-9]|2\d|3[01])\.\d+\.\d+"
    r"|[\w-]+\.(?:local|lan|internal|intranet|corp))\b[^\s\"'<>]*",
    re.IGNORECASE,
)
_DATABASE: Final = re.compile(r"://(?:(?<=postgresql://)|(?<=postgres://))[^\s\"'<>]+", re.IGNORECASE)
_PLACES: Final = "|".join(
    place + r"(?<![\w./-]" + place + ")" for place in ("inbox/", "store/", "departments/", "schemas/", r"\.cache/")
)
_WORKSPACE: Final = re.compile(
    rf"(?:{_PLACES})[\w.\u4e00-\u9fff-][^\s\"'<>,;]*\.\w{{2,}}"
    r"|(?:framework\.toml(?<![\w./-]framework\.toml)|review\.toml(?<![\w./-]review\.toml))\b"
)
# In bytes that are no text a short run of letters says nothing: two names at least, in ASCII.
_BINARY: Final = re.compile(
    rb"/(?:home|root|Users|tmp|mnt|srv|Volumes)/[\w.~-]{2,}/[\w.~/-]{2,}"
    rb"|[A-Za-z]:\\(?:Users|Documents|Windows|[\w-]{4,}\\[\w-]{2,})\\?[\w.\\-]*"
    rb"|file:///[\w.~/-]{4,}"
)
_COMMON: Final = frozenset({"root", "admin", "administrator", "user", "guest", "ubuntu", "debian", "localhost", "home"})
_LEAST: Final = 4  # characters of a name: shorter ones are in every word


@dataclass(frozen=True, slots=True)
class Machine:
    """Names of the machine that must not occur: of users and hosts, and folders."""

    names: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()

    def pattern(self) -> re.Pattern[str] | None:
        """Finds any of them as a whole word; None without any that says something."""
        words = [n for n in self.names if len(n) >= _LEAST and n.lower() not in _COMMON]
        paths = [f for f in self.folders if len(f.strip("/\\")) >= _LEAST]
        parts = [rf"{word}(?<![\w-]{word})(?![\w-])" for word in map(re.escape, sorted(set(words)))]
        parts += [rf"{path}(?<![\w.]{path})(?![\w.-])" for path in map(re.escape, sorted(set(paths)))]
        return re.compile("|".join(parts)) if parts else None


def traces_in(text: str, machine: re.Pattern[str] | None, *, hosts: bool = True, files: bool = True) -> Iterator[str]:
    """What in a text tells of a machine, in words, each different one once.

    `hosts`: addresses inside a network count; they do not where an office wrote its own. `files`: names of files of
    the workspace count.
    """
    kinds = [(_POSIX, _("a path")), (_WINDOWS, _("a path")), (_SHARE, _("a network share")), (_FILE, _("a path"))]
    kinds.append((_DATABASE, _("the address of a database")))
    if hosts:
        kinds.append((_HOST, _("an address inside a network")))
    if files:
        kinds.append((_WORKSPACE, _("a file of the workspace")))
    if machine is not None:
        kinds.append((machine, _("a name of the machine")))
    told: set[str] = set()
    for pattern, what in kinds:
        for match in pattern.finditer(text):
            found = match.group()[:120]
            if found.startswith(":"):
                found = _before(text, match.start()) + found
            if found not in told:
                told.add(found)
                yield _("{what}: {text}").format(what=what, text=found)


def _before(text: str, end: int) -> str:
    """What belongs to a match that begins with a colon and stands before it: a scheme, or the letter of a drive."""
    if not text.startswith("://", end):
        return text[end - 1 : end]
    longest = max((len(each) for each in _SCHEMES if text[max(0, end - len(each)) : end].lower() == each), default=0)
    return text[end - longest : end]


def traces_in_bytes(data: bytes, machine: re.Pattern[str] | None) -> Iterator[str]:
    """The same for bytes that are no text: only what can hardly be chance."""
    told: set[str] = set()
    for match in _BINARY.finditer(data):
        told.add(match.group()[:120].decode("ascii", "replace"))
    if machine is not None:
        for match in re.finditer(machine.pattern.encode(), data):
            told.add(match.group().decode("utf-8", "replace"))
    for found in sorted(told):
        yield _("{what}: {text}").format(what=_("a path or a name of the machine"), text=found)
