"""The ledger: one line for every decision, each with the hash of the one before it, so that no edit goes unnoticed.

    store/ledger.jsonl    one canonical JSON object a line: n, at, kind, facts, previous, hash
    store/ledger.head     number and hash of the last line: lines cut off from the end are noticed, too

`hash` is the sha256 of the line without it: keys in order, no blanks, UTF-8. Whoever forges one line has to forge all
that follow and the head; note the hash that `longquan ledger verify` prints somewhere else to find even that out.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal

from pipeline.archive.lock import hold
from pipeline.archive.staging import cannot_write, sync_folder
from pipeline.errors import InputError
from pipeline.i18n import _

LEDGER: Final = "store/ledger.jsonl"
HEAD: Final = "store/ledger.head"
GENESIS: Final = "0" * 64  # what the first line names as previous
WAIT: Final = 60.0  # seconds that an entry waits for those of others
_BLOCK: Final = 1 << 16
_KEYS: Final = ("at", "facts", "hash", "kind", "n", "previous")

FaultKind = Literal["unreadable", "unfinished", "altered", "chain", "number", "head", "missing", "version"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the ledger."""

    n: int  # 1, 2 …
    at: str  # UTC, ISO 8601
    kind: str
    facts: Mapping[str, Any]
    previous: str  # hash of the line before
    hash: str


@dataclass(frozen=True, slots=True)
class LedgerFault:
    """Something that shows that the ledger is not what was written."""

    line: int  # 1, 2 …; 0 where it is no line's
    kind: FaultKind
    message: str


def append(root: Path, kind: str, facts: Mapping[str, Any], at: datetime) -> Entry:
    """Add a line to the ledger of the workspace `root`; it is on the disk when this returns, or it is not there.

    `at` has a time zone. Half a line that a killed process left is taken away first. Raises InputError where the
    ledger's last line cannot be understood, OutputError where nothing can be written.
    """
    path = root / LEDGER
    with hold(path.with_name(".ledger.lock"), _("another process writes into the ledger"), wait=WAIT):
        try:
            return _append(root, kind, facts, at)
        except OSError as error:
            raise cannot_write(path, error) from error


def entries(root: Path, naming: Collection[str] = ()) -> Iterator[Entry]:
    """The lines of the ledger in their order; none where there is no ledger yet.

    With `naming` only those in which one of these texts stands somewhere, without understanding the others: a hundred
    times faster. Half a line at the end is not one yet. Raises InputError for a line that cannot be understood.
    """
    marks = [json.dumps(text, ensure_ascii=False).encode() for text in naming]
    for number, line in _lines(root / LEDGER):
        if not line.endswith(b"\n") or (marks and not any(mark in line for mark in marks)):
            continue
        entry = _parse(line)
        if entry is None:
            raise _unreadable(root / LEDGER, number)
        yield entry


def verify(root: Path) -> tuple[LedgerFault, ...]:
    """Every sign that a line was edited, taken out, put in or moved, in order of the lines; none where all is whole."""
    faults: list[LedgerFault] = []
    previous, count, hashes = GENESIS, 0, {0: GENESIS}
    for number, line in _lines(root / LEDGER):
        count = number
        if not line.endswith(b"\n"):
            count -= 1
            faults.append(LedgerFault(number, "unfinished", _("the line was not finished: a process was ended")))
            break
        entry = _parse(line)
        if entry is None:
            faults.append(LedgerFault(number, "unreadable", _("this is no entry")))
            previous = ""
            continue
        if entry.n != number:
            text = _("entry {n} stands in line {line}: entries are missing, were put in or moved")
            faults.append(LedgerFault(number, "number", text.format(n=entry.n, line=number)))
        if previous and entry.previous != previous:
            text = _("entry {n} does not follow the entry before it")
            faults.append(LedgerFault(number, "chain", text.format(n=entry.n)))
        if line != _canonical(entry, entry.hash) or _hash_of(entry) != entry.hash:
            text = _("entry {n} was altered: its content does not have its hash")
            faults.append(LedgerFault(number, "altered", text.format(n=entry.n)))
        previous = hashes[number] = entry.hash
    faults += _against_head(root, count, hashes)
    return tuple(faults)


def head(root: Path) -> tuple[int, str]:
    """Number and hash of the last entry; 0 and zeros where there is none. Raises InputError."""
    last = _last(root / LEDGER)
    return (last.n, last.hash) if last is not None else (0, GENESIS)


def has_hash(root: Path, hash: str) -> bool:
    """Whether an entry has this hash; so has no entry, that of the beginning. Raises InputError."""
    return hash == GENESIS or any(entry.hash == hash for entry in entries(root))


def _against_head(root: Path, count: int, hashes: Mapping[int, str]) -> Iterator[LedgerFault]:
    """What the head tells: it may be one step behind, where a process was ended, but never ahead."""
    if not (root / HEAD).exists():
        if count > 1:
            yield LedgerFault(0, "missing", _("{file} is missing").format(file=HEAD))
        return
    said = _said_by_head(root / HEAD)
    if said is None:
        yield LedgerFault(0, "head", _("{file} cannot be understood").format(file=HEAD))
        return
    n, hash = said
    if n > count:
        text = _("the ledger once had {n} entries and has {count}: entries were cut off from its end")
        yield LedgerFault(count + 1, "head", text.format(n=n, count=count))
    elif n < count - 1:
        text = _("{file} knows {n} of {count} entries: some were added by other means")
        yield LedgerFault(n + 1, "head", text.format(file=HEAD, n=n, count=count))
    elif hashes.get(n) != hash:
        text = _("entry {n} is not the one that was written: {file} has another hash")
        yield LedgerFault(n, "head", text.format(n=n, file=HEAD))


def _append(root: Path, kind: str, facts: Mapping[str, Any], at: datetime) -> Entry:
    path = root / LEDGER
    last = _last(path)
    _check_head(root, last)
    _cut_unfinished(path)
    moment = at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    n, previous = (last.n + 1, last.hash) if last is not None else (1, GENESIS)
    blank = Entry(n, moment, kind, json.loads(json.dumps(facts)), previous, "")
    entry = Entry(n, moment, kind, blank.facts, previous, _hash_of(blank))
    line = _canonical(entry, entry.hash)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0), 0o666)
    try:
        size = os.fstat(handle).st_size
        if os.write(handle, line) != len(line):  # at once: a killed process leaves a whole line or none
            os.ftruncate(handle, size)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        os.fsync(handle)
    finally:
        os.close(handle)
    sync_folder(path.parent)
    _write_head(root / HEAD, f"{entry.n} {entry.hash}\n".encode())
    return entry


def _check_head(root: Path, last: Entry | None) -> None:
    """Raise InputError where lines are gone that the head knows: one more would cover that up."""
    said = _said_by_head(root / HEAD)
    n, hash = (last.n, last.hash) if last is not None else (0, GENESIS)
    if said is None or said[0] < n or said == (n, hash):
        return
    raise InputError(
        _(
            "The ledger does not end with the entry that was written last: {file} knows entry {n}, "
            "the ledger ends with {m}."
        ).format(file=HEAD, n=said[0], m=n),
        where=str(root / LEDGER),
        expected=_("entries as they were written"),
        hint=_(
            "see what else is wrong with it: longquan ledger verify; then restore it from a copy. Where there is none, "
            "take {file} away, and write down elsewhere what was lost"
        ).format(file=HEAD),
    )


def _said_by_head(path: Path) -> tuple[int, str] | None:
    """Number and hash that the head has; None where there is none, or none that can be understood."""
    try:
        match = re.fullmatch(r"(\d{1,15}) ([0-9a-f]{64})\n", path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError):
        return None
    return (int(match[1]), match[2]) if match is not None else None


def _write_head(path: Path, text: bytes) -> None:
    """Replace the head as a whole. The temporary name is always the same, so a killed process leaves one at most."""
    temporary = path.with_name(f".{path.name}.part")
    with temporary.open("wb") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    sync_folder(path.parent)


def _cut_unfinished(path: Path) -> None:
    """Take away the half line at the end, which nobody was told of."""
    if not path.exists():
        return
    with path.open("r+b") as file:
        size = file.seek(0, os.SEEK_END)
        if size:
            whole = size - len(_tail(file, size).rpartition(b"\n")[2])
            if whole < size:
                file.truncate(whole)
                os.fsync(file.fileno())


def _last(path: Path) -> Entry | None:
    """The last whole line."""
    try:
        with path.open("rb") as file:
            whole = _tail(file, file.seek(0, os.SEEK_END)).rpartition(b"\n")[0]
    except FileNotFoundError:
        return None
    if not whole:
        return None
    entry = _parse(whole.rpartition(b"\n")[2] + b"\n")
    if entry is None:
        raise _unreadable(path, None)
    return entry


def _tail(file: Any, size: int) -> bytes:
    """The end of a file with its last whole line at least, from that line's beginning or before."""
    take = _BLOCK
    while True:
        file.seek(max(0, size - take))
        text: bytes = file.read(min(take, size))
        if take >= size or text.count(b"\n") > 1:
            return text
        take *= 2


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    try:
        with path.open("rb") as file:
            yield from enumerate(file, start=1)
    except FileNotFoundError:
        return


def _parse(line: bytes) -> Entry | None:
    try:
        data = json.loads(line)
        entry = Entry(**{key: data[key] for key in Entry.__slots__})
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    texts = (entry.at, entry.kind, entry.previous, entry.hash)
    if tuple(sorted(data)) != _KEYS or not all(isinstance(text, str) for text in texts):
        return None
    return entry if isinstance(entry.n, int) and isinstance(entry.facts, dict) else None


def _canonical(entry: Entry, hash: str | None) -> bytes:
    """The line as it is written; without its hash where that is None."""
    data = {key: getattr(entry, key) for key in _KEYS if key != "hash"} | ({"hash": hash} if hash is not None else {})
    text = json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return text.encode() + b"\n"


def _hash_of(entry: Entry) -> str:
    return hashlib.sha256(_canonical(entry, None).rstrip(b"\n")).hexdigest()


def _unreadable(path: Path, line: int | None) -> InputError:
    return InputError(
        _("The ledger has a line that is no entry."),
        where=str(path) if line is None else f"{path}:{line}",
        expected=_("entries as they were written"),
        hint=_("see what else is wrong with it: longquan ledger verify; then restore it from a copy"),
    )
