"""A chapter of the manual as a script: its console blocks, run line by line, and what they print held against it."""

from __future__ import annotations

import difflib
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from io import StringIO
from pathlib import Path

import pytest

from pipeline.cli import main
from pipeline.i18n import set_language

BLOCK = re.compile(r"^```console\n(.*?)^```$", re.DOTALL | re.MULTILINE)
DAY = re.compile(r"^# (\d{4}-\d{2}-\d{2})")
HEREDOC = re.compile(r"<<'(\w+)'")
# What the content does not decide, or what a change of the code may change: hashes, sizes, the time it took.
LOOSE = (
    (re.compile(r"\b[0-9a-f]{12,64}\b"), "<hash>"),
    (re.compile(r"\b\d+(\.\d+)? (B|kB|MB)\b"), "<size>"),
    (re.compile(r"\b\d+(\.\d+)? m?s\b"), "<time>"),
    (re.compile(r"\d+(\.\d+)? MB/s"), "<speed>"),
    (re.compile(r"(?<=number of files  )[\d,]+"), "<files>"),
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

    A block begins with a comment that names its day, `$ ` begins a command, what follows is its output. Calls of
    longquan run in this process with the day's clock, everything else in bash; `echo $?` tells the last exit code.
    A command that fails without the next one asking for its code is a fault of the chapter.
    """

    page: Path
    clock: Callable[[str], None]
    at: int = 0  # how far it was run
    written: str = ""  # the page as far as it was run, with the output as it is now
    ran: list[Ran] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The page as it is."""
        return self.page.read_text("utf-8")

    def until(self, heading: str | None) -> list[Ran]:
        """Run what stands before the line `heading` (before the end) and was not run yet; returns that."""
        text = self.text
        end = len(text) if heading is None else text.index(f"\n{heading}\n", self.at) + 1
        begin = len(self.ran)
        for block in BLOCK.finditer(text, self.at, end):
            self.written += text[self.at : block.start(1)] + self._block(block[1])
            self.at = block.end(1)
        self.written += text[self.at : end]
        self.at = end
        return self.ran[begin:]

    def difference(self) -> list[str]:
        """Lines of what was run that are other than the page has them, but for hashes, sizes and times."""
        said, found = (loose(each).splitlines() for each in (self.text[: self.at], self.written))
        return list(difflib.unified_diff(said, found, "the manual", "a run", lineterm="", n=2))

    def _block(self, block: str) -> str:
        """Run a block; the block with the output of the run."""
        lines, last = [], Ran("", "", 0, "", "")
        for line in _pieces(block):
            if line.startswith("# "):
                if day := DAY.match(line):
                    self.clock(day[1])
                    today = day[1]
                lines.append(line)
            else:
                last = self._run(line[2:], today, last)
                self.ran.append(last)
                lines += [line, *last.out.splitlines()]
        assert last.code == 0, f"{last.command} ended with {last.code}: {last.err}"
        return "".join(f"{line}\n" for line in lines)

    def _run(self, command: str, day: str, last: Ran) -> Ran:
        if command == "echo $?":
            return Ran(command, day, 0, f"{last.code}\n", "")
        assert last.code == 0, f"{last.command} ended with {last.code}: {last.err}"
        if command.startswith("cd "):
            os.chdir(command[3:])
            return Ran(command, day, 0, "", "")
        if command.startswith("longquan ") and not set(command) & set("|>;&*"):
            return Ran(command, day, *in_this_process(shlex.split(command.replace("\\\n", ""))[1:]))
        done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, env=environment(), timeout=300)
        return Ran(command, day, done.returncode, done.stdout, done.stderr)


def _pieces(block: str) -> Iterator[str]:
    """Comments and commands of a block, the latter with the lines they go on in; output is left out."""
    lines = iter(block.splitlines())
    for line in lines:
        if line.startswith("# "):
            yield line
        elif line.startswith("$ "):
            while line.endswith("\\"):
                line += "\n" + next(lines)
            if until := HEREDOC.search(line):
                for more in lines:
                    line += "\n" + more
                    if more == until[1]:
                        break
            yield line


def in_this_process(words: Sequence[str]) -> tuple[int, str, str]:
    out, err = StringIO(), StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = main(list(words))
    set_language("en")
    return code, out.getvalue(), err.getvalue()


def environment() -> dict[str, str]:
    """The environment of commands: `longquan` is that of this project, texts are UTF-8, messages English."""
    found = Path(sys.executable).parent
    return {**os.environ, "PATH": f"{found}{os.pathsep}{os.environ['PATH']}", "LC_ALL": "C.UTF-8"}


def loose(text: str) -> str:
    """The text without what may be another in the next run."""
    for pattern, word in LOOSE:
        text = pattern.sub(word, text)
    return text


CLOCKS = (
    "pack",
    "check",
    "submit",
    "status",
    "build",
    "store.purge",
    "duplicates.opinion",
    "duplicates.request",
    "duplicates.requests",
)


def set_clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """A function that sets the clock of the verbs to half past nine in China on a day."""

    class Clock(datetime):
        """The day that the chapter is at."""

        moment = datetime.min

        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return cls.moment.astimezone(tz) if tz else cls.moment.astimezone().replace(tzinfo=None)

    for verb in CLOCKS:
        module = __import__(f"pipeline.cli.{verb}", fromlist=["_"])
        if hasattr(module, "datetime"):
            monkeypatch.setattr(module, "datetime", Clock)

    def to(day: str) -> None:
        Clock.moment = datetime.fromisoformat(f"{day}T09:30:00+08:00")

    return to
