"""Runs one command and writes "wall cpu rss status" of it: `python -I -S launch.py FIGURES COMMAND…`.

A process begins with the memory mark of the one that forked it, and ru_maxrss keeps that mark through exec: a
command started by a program that holds an archive would seem to hold it too. So this stands between: it knows
nothing but the standard library and stays below 10 MB, which is the least that can be measured.
"""

import os
import sys
import time


def main() -> None:
    """Run, wait, write the figures; the command's streams are those of this process."""
    figures, *command = sys.argv[1:]
    began = time.monotonic()
    process = os.posix_spawnp(command[0], command, os.environ)
    _pid, status, usage = os.wait4(process, 0)
    wall = time.monotonic() - began
    # wait4 counts the command's own children that it waited for: their CPU in the sum, the largest of them as memory.
    with open(figures, "w", encoding="ascii") as out:  # noqa: PTH123 — pathlib would cost memory
        out.write(f"{wall} {usage.ru_utime + usage.ru_stime} {usage.ru_maxrss} {os.waitstatus_to_exitcode(status)}\n")


main()
