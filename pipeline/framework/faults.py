"""What is wrong in the workspace files, all of it in one error."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.errors import ConfigError
from pipeline.framework.lines import Path
from pipeline.i18n import _, ngettext

MAX_VALUE = 60  # characters of a found value that a message repeats


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is not allowed: in which file and line, at which key, what was found and what may be there."""

    file: str
    line: int | None
    key: str
    message: str
    expected: str = ""

    @property
    def where(self) -> str:
        """File, line and dotted key."""
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return f"{place}  {self.key}" if self.key else place

    def __str__(self) -> str:
        tail = "; " + _("expected:") + " " + self.expected if self.expected else ""
        return f"{self.where}: {self.message}{tail}"


class WorkspaceError(ConfigError):
    """Workspace files say something that is not allowed; `faults` holds every instance, `head` counts them."""

    def __init__(self, faults: Sequence[Fault], head: str = "") -> None:
        self.faults = tuple(faults)
        if len(self.faults) == 1:
            only = self.faults[0]
            super().__init__(only.message, where=only.where, expected=only.expected or None)
            return
        counted = ngettext("{n} fault in the workspace files", "{n} faults in the workspace files", len(self.faults))
        lines = [head or counted.format(n=len(self.faults)), *(f"  {fault}" for fault in self.faults)]
        super().__init__("\n".join(lines), hint=_("correct these lines and run the command again"))


def dotted(path: Path) -> str:
    """A path as people write it: ``archive[1].layer[0].dataset``."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += f".{part}" if text else part
    return text


def shown(value: Any) -> str:
    """A found value as TOML would write it, cut where it is long."""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = f'"{value}"' if isinstance(value, str) else str(value)
    return text if len(text) <= MAX_VALUE else text[: MAX_VALUE - 1] + "…"


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`` — did you mean "x"?`` for the nearest known word, else nothing."""
    words = sorted(set(known))
    folded = {w.casefold(): w for w in reversed(words)}
    near = difflib.get_close_matches(word.casefold(), folded, n=1, cutoff=0.6)
    return " — " + _('did you mean "{word}"?').format(word=folded[near[0]]) if near else ""


def choices(known: Iterable[str], limit: int = 12) -> str:
    """The allowed words in order, cut after `limit`."""
    words = sorted(set(known))
    if not words:
        return _("none is declared yet")
    return ", ".join(words[:limit]) + (f", … ({len(words)})" if len(words) > limit else "")
