"""withdrawn.json: hashes of releases and files that an office of the bureau took back; what was once, stays so.

Python's standard library only (3.8 or newer), for it travels with bundles.
"""

from __future__ import annotations

import importlib
import json
import os
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING or __package__:
    from pipeline.standalone import verify, whole
    from pipeline.standalone.refused import Refused
else:  # they lie beside this file
    refused, verify, whole = map(importlib.import_module, ("refused", "verify", "whole"))
    Refused = refused.Refused

WITHDRAWN = "withdrawn.json"
VERSION = 1  # of what withdrawn.json holds


def read_withdrawn(home: str) -> frozenset[str]:
    """The hashes that DIR/withdrawn.json holds. Raises Refused for one that cannot be understood."""
    path = os.path.join(home, WITHDRAWN)
    try:
        with open(path, "rb") as file:
            return frozenset(str(each) for each in json.loads(file.read(verify.LIST_LIMIT).decode("utf-8"))["sha256"])
    except FileNotFoundError:
        return frozenset()
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise Refused("pointer", path) from error


def write_withdrawn(home: str, hashes: Iterable[str]) -> None:
    """Add to the hashes that DIR/withdrawn.json holds; what was withdrawn once stays so."""
    before = read_withdrawn(home)
    after = before.union(hashes)
    if after != before:
        text = json.dumps({"version": VERSION, "sha256": sorted(after)}, indent=1) + "\n"
        whole.put(os.path.join(home, WITHDRAWN), [text.encode("utf-8")])


def refuse_withdrawn(withdrawn: Iterable[str], sums: Mapping[str, str], release: str) -> None:
    """Raise Refused where a release was withdrawn: its id or the hash of its release.json is among those."""
    if not {release, sums.get(verify.MANIFEST)}.isdisjoint(withdrawn):
        raise Refused("withdrawn", release[:12])


def left_out(withdrawn: Iterable[str], sums: Mapping[str, str]) -> frozenset[str]:
    """The files of a release that were withdrawn one by one; it runs without them."""
    gone = frozenset(withdrawn)
    return frozenset(path for path, digest in sums.items() if digest in gone)
