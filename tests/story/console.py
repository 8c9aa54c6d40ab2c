"""A chapter of the manual as a script: its console blocks, run line by line, and what they print held against it."""

from __future__ import annotations

import difflib
import os
import re
import shlex
from collections.abc import Callable, Iterator, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from datetime import datetime
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.cli import main
from pipeline.i18n import set_language
from tests.story.computers import Computer
from tests.story.on_a_day import CLOCKS, clock, morning

if TYPE_CHECKING:
    import pytest

BLOCK = re.compile(r"^```console\n(.*?)^```$", re.DOTALL | re.MULTILINE)
DAY = re.compile(r"^# (\d{4}-\d{2}-\d{2}) · ([^:,]+)")
# A call of longquan that needs no shell but for what its output is sent through: the process has everything loaded.
OWN = re.compile(r"longquan (?P<words>[^|>;&*$~]+?)(?P<both> 2>&1)?( \| (?P<filter>.*))?", re.DOTALL)
EXPORT = re.compile(r"export (\w+)=(.*)")
HEREDOC = re.compile(r"<<'(\w+)'")
# By which things are called that another run, another key or a change of the code calls otherwise.
NAMED = (
    (re.compile(r"\b[0-9a-f]{12,64}\b"), "<hash>"),
    (re.compile(r"\b(?:[0-9a-f]{4} ){15}[0-9a-f]{4}\b"), "<hash>"),
    (re.compile(r"(?<=\()[0-9a-f]{8}(?=\))"), "<key>"),
    (re.compile(r"\b(?:\d{4} ){5}\d{4}\b"), "<code>"),
)
# What the content does not decide, or what a change of the code may change: hashes, numbers of files, sizes, times.
LOOSE = (
    *NAMED,
    (re.compile(r"  +"), "  "),  # beside what is longer or shorter than it was
    (re.compile(r"\b\d+(\.\d+)? (B|kB|MB)\b"), "<size>"),
    (re.compile(r"\b\d+(\.\d+)? m?s\b"), "<time>"),
    (re.compile(r"\d+(\.\d+)? MB/s"), "<speed>"),
    (
        re.compile(
            r"\b[\d,]+(?= files\b|  <size>| writing| reading| there already)|(?<=/ )\d+(?=, |$| …)", re.MULTILINE
        ),
        "<n>",
    ),
    (re.compile(r"(?<=number of files  )[\d,]+|(?<=files  )\d+|(?<=copied )\d+|(?<=US\$ )[\d.]+"), "<n>"),
)


@dataclass(frozen=True, slots=True)
class Ran:
    """One command of the chapter, and what became of it."""

    command: str
    day: str
    code: int
    out: str
    err: str


@dataclass(slots=True)
class Chapter:
    """A page of Markdown whose console blocks are run in order, up to a heading at a time.

    A block begins with a comment that names its day and who is at work, `$ ` begins a command, what follows is its
    output. Calls of longquan run in this process with the day's clock, everything else in bash; all that is done at
    one of the `computers` on that. What the page calls by a hash that it printed before is typed as this run printed
    it. `echo $?` tells the last exit code. A command that fails without the next one asking for its code is a fault of
    the chapter.
    """

    page: Path
    text: str  # of it
    root: Path  # the folder that all of it happens in
    clock: Callable[[str], None]
    here: Computer
    computers: dict[str, Computer] = field(default_factory=dict)  # by who is at work; others share this one
    names: dict[str, str] = field(default_factory=dict)  # of servers and folders on the page → here
    hashes: dict[str, str] = field(default_factory=dict)  # that the page printed → what this run printed instead
    at: int = 0  # how far it was run
    written: str = ""  # the page as far as it was run, with the output as it is now
    ran: list[Ran] = field(default_factory=list)

    def until(self, heading: str | None) -> list[Ran]:
        """Run what stands before the line `heading` (before the end) and was not run yet; returns that."""
        text = self.text
        end = len(text) if heading is None else text.index(f"\n{heading}\n") + 1
        begin = len(self.ran)
        for block in BLOCK.finditer(text, self.at, end):
            self.written += text[self.at : block.start(1)] + self._block(block[1])
            self.at = block.end(1)
        if end > self.at:
            self.written += text[self.at : end]
            self.at = end
        return self.ran[begin:]

    def compare(self, *, bless: bool) -> None:
        """Lines of what was run must be those of the page, but for hashes, sizes and times; `bless` writes them."""
        if bless:
            self.page.write_text(self.written + self.text[self.at :], "utf-8")
        said, found = (loose(each).splitlines() for each in (self.text[: self.at], self.written))
        differ = "\n".join(difflib.unified_diff(said, found, "the manual", "a run", lineterm="", n=2))
        assert not differ, f"run `just bless` and review the difference:\n{differ}"

    def _block(self, block: str) -> str:
        """Run a block; the block with the output of the run."""
        lines, last = [], Ran("", "", 0, "", "")
        for line, said in _pieces(block):
            if line.startswith("# "):
                if day := DAY.match(line):
                    self.clock(day[1])
                    today, computer = day[1], self.computers.get(day[2])
                lines.append(line)
            else:
                last = self._run(line[2:], today, computer, last)
                self.ran.append(last)
                self._learn(said, last.out)
                lines += [f"$ {last.command}", *last.out.splitlines()]
        assert last.code == 0, f"{last.command} ended with {last.code}: {last.err}"
        return "".join(f"{line}\n" for line in lines)

    def _learn(self, said: str, found: str) -> None:
        """Take hold of what the same things are called on the page and in this run."""
        for pattern, _word in NAMED:
            self.hashes.update(zip(pattern.findall(said), pattern.findall(found), strict=False))

    def _run(self, command: str, day: str, computer: Computer | None, last: Ran) -> Ran:
        if command == "echo $?":
            return Ran(command, day, 0, f"{last.code}\n", "")
        assert last.code == 0, f"{last.command} ended with {last.code}: {last.err}"
        for pattern, _word in NAMED:
            command = pattern.sub(lambda found: self.hashes.get(found[0], found[0]), command)
        typed = command
        for name, real in self.names.items():
            typed = typed.replace(name, real)
        code, out, err = self._done(typed, day, computer)
        for name, real in self.names.items():
            out, err = out.replace(real, name), err.replace(real, name)
        return Ran(command, day, code, out, err)

    def _done(self, command: str, day: str, computer: Computer | None) -> tuple[int, str, str]:
        if command.startswith("cd "):
            before, there = str(Path.cwd()), command[3:]
            os.chdir(os.environ["OLDPWD"] if there == "-" else there)
            os.environ["OLDPWD"] = before
            return 0, "", ""
        if given := EXPORT.fullmatch(command):
            os.environ[given[1]] = shlex.split(given[2])[0]
            return 0, "", ""
        own = OWN.fullmatch(command) if computer is None else None
        if own is None:
            done = (computer or self.here).run(command, day)
            return done.returncode, done.stdout, done.stderr
        code, out, err = in_this_process(shlex.split(own["words"].replace("\\\n", "")))
        if own["both"]:
            out, err = out + err, ""
        if own["filter"] is None:
            return code, out, err
        done = self.here.run(own["filter"], day, out)
        return done.returncode, done.stdout, err


def _pieces(block: str) -> Iterator[tuple[str, str]]:
    """Comments and commands of a block, the latter with the lines they go on in, and what each is said to print."""
    lines = block.splitlines()
    at = 0
    while at < len(lines):
        line, at = lines[at], at + 1
        while line.endswith("\\"):
            line, at = f"{line}\n{lines[at]}", at + 1
        if until := HEREDOC.search(line):
            end = lines.index(until[1], at) + 1
            line, at = "\n".join([line, *lines[at:end]]), end
        begin = at
        while at < len(lines) and not lines[at].startswith(("# ", "$ ")):
            at += 1
        yield line, "\n".join(lines[begin:at])


def in_this_process(words: Sequence[str]) -> tuple[int, str, str]:
    out, err = StringIO(), StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = main(list(words))
    set_language("en")
    return code, out.getvalue(), err.getvalue()


def loose(text: str) -> str:
    """The text without what may be another in the next run."""
    for pattern, word in LOOSE:
        text = pattern.sub(word, text)
    return text


def set_clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """A function that sets the clock of the verbs to half past nine in China on a day."""

    Clock: Any = clock(datetime)
    for verb in CLOCKS:
        module = __import__(f"pipeline.cli.{verb}", fromlist=["_"])
        if hasattr(module, "datetime"):
            monkeypatch.setattr(module, "datetime", Clock)

    def to(day: str) -> None:
        Clock.moment = morning(day)

    return to
