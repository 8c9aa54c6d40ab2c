"""What a map review covers: the archives of an edition and how they are drawn.

Pages, fonts and names of files may change without a review: the number itself is printed on pages, and fonts hold the
characters of the number. Of a style everything counts but `sprite`, `glyphs` and `font-faces`, which are addresses.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pipeline.errors import InputError
from pipeline.i18n import _

_ADDRESSES: Final = ("sprite", "glyphs", "font-faces")


@dataclass(frozen=True, slots=True)
class Scope:
    """Hashes of archives and styles, by id."""

    archives: Mapping[str, str]
    styles: Mapping[str, str]

    @property
    def sha256(self) -> str:
        """One hash of all."""
        return _digest({"archives": dict(self.archives), "styles": dict(self.styles)})


def folder_scope(folder: Path) -> Scope:
    """The scope of a published folder, from its catalogue and styles. Raises InputError."""
    catalog = read_json(folder / "catalog.json")
    styles = {}
    for entry in catalog["styles"]:
        style = read_json(folder / entry["href"])
        styles[entry["id"]] = _digest({key: value for key, value in style.items() if key not in _ADDRESSES})
    changes = [step for dataset in catalog["datasets"] for step in dataset.get("changes", ()) if "file" in step]
    return Scope({entry["id"]: entry["sha256"] for entry in (*catalog["archives"], *changes)}, styles)


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object of a published folder. Raises InputError where there is none."""
    try:
        found = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise InputError(
            _("this edition has not been built: {name} is missing").format(name=path.name),
            where=str(path),
            hint=_("run: longquan build"),
        ) from error
    except ValueError as error:
        raise InputError(_("the file is no JSON: {reason}").format(reason=error), where=str(path)) from error
    if not isinstance(found, dict):
        raise InputError(_("the file is no JSON object"), where=str(path))
    return found


def _digest(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
