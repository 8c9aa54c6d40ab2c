"""Runs a program in a process of its own, on a day of the story: `on_a_day.py DAY longquan|FILE.py WORDS…`.

The standard library only, so that it also starts scripts in a Python that has nothing else.
"""

from __future__ import annotations

import datetime as module
import importlib
import runpy
import sys
from pathlib import Path

# Modules of pipeline.cli that read the clock.
CLOCKS = (
    "pack",
    "check",
    "submit",
    "status",
    "build",
    "keys._dates",
    "release",
    "sign",
    "publish",
    "verify",
    "bundle",
    "import_",
    "rollback",
    "receipt.add",
    "store.purge",
    "duplicates.opinion",
    "duplicates.request",
    "duplicates.requests",
)


def clock(real: type[module.datetime]) -> type[module.datetime]:
    """A datetime whose `now` is what its `moment` says."""

    class Clock(real):  # type: ignore[valid-type, misc]
        """The day that the chapter is at."""

        moment = real.min

        @classmethod
        def now(cls, tz: module.tzinfo | None = None) -> module.datetime:
            moment: module.datetime = cls.moment
            return moment.astimezone(tz) if tz else moment.astimezone().replace(tzinfo=None)

    return Clock


def morning(day: str) -> module.datetime:
    """Half past nine in China."""
    return module.datetime.fromisoformat(f"{day}T09:30:00+08:00")


def run(day: str, program: str, words: list[str]) -> int:
    """Run it; its exit code."""
    moment, Clock = morning(day), clock(module.datetime)
    Clock.moment = moment  # type: ignore[attr-defined]
    if program == "longquan":
        sys.path.insert(0, str(Path(__file__).parents[2]))
        from pipeline.cli import main

        for verb in CLOCKS:
            if verb.partition(".")[0].rstrip("_") == words[0]:
                importlib.import_module(f"pipeline.cli.{verb}").datetime = Clock  # type: ignore[attr-defined]
        return main(words)
    module.datetime = Clock  # type: ignore[misc]
    sys.argv = [program, *words]
    runpy.run_path(program, run_name="__main__")
    return 0


if __name__ == "__main__":
    sys.exit(run(sys.argv[1], sys.argv[2], sys.argv[3:]))
