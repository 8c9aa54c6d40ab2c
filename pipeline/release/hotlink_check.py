"""hotlink/ worked out once more from the release that it was derived from."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pipeline.errors import LongquanError
from pipeline.i18n import _

FOLDER: Final = "hotlink"  # as in pipeline.release.hotlink
_TILEJSON = f"{FOLDER}/tilejson/"
_LIMIT = 1 << 24  # bytes that a TileJSON may have; nobody has vouched for these files
_ADDRESS = re.compile(rb"https?://[^\s\"'<>]+")


@dataclass(frozen=True, slots=True)
class Derived:
    """What hotlink/ is made for, and what of it is not so."""

    base_url: str | None  # None where it could not be told
    faults: tuple[tuple[str, str], ...]  # path, what is wrong


def check_hotlink(
    folder: Path, there: tuple[str, ...], base_url: str | None = None, earlier: Collection[str] = ()
) -> Derived:
    """Derive every copy anew and compare the bytes; the address is the one given, else the one its TileJSON names.

    `earlier` are paths of files that only earlier releases had, which a server keeps a while. What made their copies is
    gone: these must lead nowhere but the file itself does, and to the address.
    """
    if not there:
        return Derived(None, ())
    from pipeline.release.hotlink import hotlink_files  # and with it the catalogue, which takes its time

    base = base_url.rstrip("/") if base_url else next(_stated(folder, there), None)
    if base is None:
        text = _("no file of it tells the address that it was made for; give it with --base-url")
        return Derived(None, ((FOLDER, text),))
    try:
        wanted = dict(hotlink_files(folder, base))
    except (LongquanError, OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        return Derived(base, ((FOLDER, _("it cannot be derived anew: {reason}").format(reason=error)),))
    faults = []
    for path in sorted({*there, *wanted}):
        if path not in wanted and path.removeprefix(f"{FOLDER}/") in earlier:
            faults += [(path, _("it leads to {address}").format(address=each)) for each in _foreign(folder, path, base)]
        elif path not in wanted:
            faults.append((path, _("it is not derived from the release")))
        elif path not in there:
            faults.append((path, _("the file is missing")))
        elif (folder / path).stat().st_size != len(wanted[path]) or (folder / path).read_bytes() != wanted[path]:
            faults.append((path, _("it is not what the release gives for {address}").format(address=base)))
    return Derived(base, tuple(faults))


def _foreign(folder: Path, path: str, base: str) -> Iterator[str]:
    """Addresses in a copy that neither its own file has nor lie below the base."""
    own = set(_ADDRESS.findall((folder / path.removeprefix(f"{FOLDER}/")).read_bytes()))
    for address in sorted(set(_ADDRESS.findall((folder / path).read_bytes())) - own):
        if not address.startswith(f"{base}/".encode()):
            yield address.decode("utf-8", "replace")


def _stated(folder: Path, there: tuple[str, ...]) -> Iterator[str]:
    """The addresses that TileJSON of hotlink/ name, less the path that the release's own one has."""
    for path in there:
        if not path.startswith(_TILEJSON) or (folder / path).stat().st_size > _LIMIT:
            continue
        try:
            own = json.loads((folder / path.removeprefix(f"{FOLDER}/")).read_bytes())["tiles"][0]
            absolute = json.loads((folder / path).read_bytes())["tiles"][0]
        except (OSError, ValueError, KeyError, TypeError, IndexError):
            continue
        if isinstance(own, str) and isinstance(absolute, str):
            tail = own.removeprefix("pmtiles://").removeprefix("..")
            base = absolute.removeprefix("pmtiles://")
            if base.endswith(tail):
                yield base.removesuffix(tail)
