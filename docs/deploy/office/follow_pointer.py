"""安装文件夹的指针 → nginx、Apache 能读的两行配置。
Writes what current.json of an install folder names in words that nginx and Apache read; run after every switch
(longquan-pointer.path does). Python 3.8 or later, standard library only::

    python3 follow_pointer.py /srv/longquan/office /var/lib/longquan

Writes longquan-current.conf (nginx) and longquan-current.map (Apache); both are replaced in one step.
"""

import json
import os
import re
import sys
from pathlib import Path


def folder_of(release: object) -> str:
    """The folder of a release below the install folder; a pointer that names anything else is refused."""
    found = re.match(r"[0-9a-f]{12}", release) if isinstance(release, str) else None
    if found is None:
        raise SystemExit(f"current.json names no release: {release!r}")
    return "releases/" + found[0]


def replace(path: Path, text: str) -> None:
    """Under a temporary name first: a server may read at any moment."""
    unfinished = path.with_name("." + path.name)
    with unfinished.open("w", encoding="ascii") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)


def main(office: Path, out: Path) -> None:
    """Read the pointer, write both files."""
    pointer = json.loads((office / "current.json").read_text(encoding="utf-8"))
    current = folder_of(pointer["release"])
    previous = folder_of(pointer.get("previous") or pointer["release"])
    replace(
        out / "longquan-current.conf",
        f"set $longquan_current {current};\nset $longquan_previous {previous};\n",
    )
    replace(out / "longquan-current.map", f"current {current}\nprevious {previous}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
