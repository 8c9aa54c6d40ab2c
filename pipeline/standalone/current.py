"""current.json: which release of an install folder runs, and which ran before. Replaced as a whole, last of all.

Python's standard library only (3.8 or newer), for it travels with bundles.
"""

from __future__ import annotations

import importlib
import json
import os
import re
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING or __package__:
    from pipeline.standalone import whole
    from pipeline.standalone.refused import Refused
else:  # they lie beside this file
    refused, whole = map(importlib.import_module, ("refused", "whole"))
    Refused = refused.Refused

POINTER = "current.json"
RELEASES = "releases"
OFFLINE = "offline.html"  # the page of a release that opens without any server
VERSION = 1  # of what current.json holds
SHORT = 12  # digits of an id that names a folder
POINTER_LIMIT = 1 << 16  # bytes

FRONT = """<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><title>地图 / Map</title>
<script>
var known = "@release@";
function go(folder, page) { location.replace("releases/" + folder + "/" + page + location.search + location.hash); }
if (location.protocol === "file:") { go(known, "@offline@"); } else {
  var request = new XMLHttpRequest();
  request.open("GET", "current.json?" + new Date().getTime());
  request.onloadend = function () {
    var release = "";
    try { release = JSON.parse(request.responseText).release.slice(0, 12); } catch (error) { }
    go(/^[0-9a-f]{12}$/.test(release) ? release : known, "index.html");
  };
  request.send();
}
</script></head>
<body><p><a href="releases/@release@/index.html">打开地图 / Open the map</a></p></body></html>
"""


class Pointer(NamedTuple):
    """What current.json says."""

    release: str  # the id, 64 digits
    city: str
    edition: str
    as_of: str
    installed_at: str  # ISO 8601, UTC
    number: int  # of the signed list of the release: each release has a higher one than those before it
    history: tuple[str, ...] = ()  # folders of the releases that ran before, the last one first
    base_url: str | None = None  # what hotlink/ was made for

    @property
    def folder(self) -> str:
        """The name of its folder."""
        return self.release[:SHORT]


def read_pointer(home: str) -> Pointer | None:
    """The pointer of an install folder; None where nothing was installed. Raises Refused for one that is damaged."""
    path = os.path.join(home, POINTER)
    try:
        with open(path, "rb") as file:
            data = json.loads(file.read(POINTER_LIMIT).decode("utf-8"))
        made = Pointer(
            data["release"],
            data["city"],
            data["edition"],
            data["as_of"],
            data["installed_at"],
            data["number"],
            tuple(data["history"]),
            data["base_url"],
        )
        names = [made.folder, *made.history]
        if data["version"] != VERSION or not re.fullmatch("[0-9a-f]{64}", made.release) or type(made.number) is not int:
            raise ValueError("version, release or number")
        if not all(re.fullmatch("[0-9a-f]{%d}" % SHORT, name) for name in names):  # noqa: UP031
            raise ValueError("history")
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise Refused("pointer", path) from error
    return made


def write_pointer(home: str, pointer: Pointer) -> None:
    """Let another release run, from one moment to the next."""
    data: dict[str, Any] = {"version": VERSION, **pointer._asdict()}
    data["history"] = list(pointer.history)
    data["previous"] = pointer.history[0] if pointer.history else None
    whole.put(os.path.join(home, POINTER), [json.dumps(data, ensure_ascii=False, indent=1).encode("utf-8") + b"\n"])
    offline = os.path.isfile(os.path.join(release_folder(home, pointer.folder), OFFLINE))
    whole.put(os.path.join(home, "index.html"), [front_page(pointer.folder, offline).encode("utf-8")])


def front_page(name: str, offline: bool) -> str:
    """A page that reads the pointer and goes where it says; from a disk, where pages read nothing, to release `name`.

    Written for browsers of 2015 as well.
    """
    return FRONT.replace("@release@", name).replace("@offline@", OFFLINE if offline else "index.html")


def release_folder(home: str, name: str) -> str:
    """The folder of a release that is kept."""
    return os.path.join(home, RELEASES, name)


def kept(home: str) -> list[str]:
    """The folders of releases that are here, running or not."""
    try:
        names = os.listdir(os.path.join(home, RELEASES))
    except FileNotFoundError:
        return []
    return sorted(name for name in names if re.fullmatch("[0-9a-f]{%d}" % SHORT, name))  # noqa: UP031
