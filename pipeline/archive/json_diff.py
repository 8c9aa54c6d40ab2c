"""Where two JSON values differ, named as people name it: `vector_layers[roads].fields.name`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from enum import Enum
from typing import Any, Final, NamedTuple

_NAMES: Final = ("id", "layer", "attribute")  # of vector_layers, of tilestats' layers, of their attributes


class Absent(Enum):
    """What stands on the side that has no such value; null is a value."""

    ABSENT = "absent"


ABSENT: Final = Absent.ABSENT


class Difference(NamedTuple):
    """One value that is not the same."""

    path: str
    before: Any  # ABSENT when it was added
    after: Any  # ABSENT when it was removed

    def as_json(self) -> dict[str, Any]:
        """The difference as a JSON object; the absent side is missing."""
        sides = (("before", self.before), ("after", self.after))
        return {"path": self.path} | {name: value for name, value in sides if value is not ABSENT}


def differences(before: Any, after: Any, path: str = "") -> Iterator[Difference]:
    """Every value that differs, in the order of `before`, then what `after` adds.

    Objects are compared member by member. Lists of objects that all have a different `id`, `layer` or `attribute`
    (the lists of vector layers and of tilestats) are compared by it, other lists as a whole.
    """
    if isinstance(before, dict) and isinstance(after, dict):
        for key in (*before, *(key for key in after if key not in before)):
            inner = f"{path}.{key}" if path else str(key)
            yield from differences(before.get(key, ABSENT), after.get(key, ABSENT), inner)
        return
    named = _named(before), _named(after)
    if named[0] is not None and named[1] is not None:
        for key in (*named[0], *(key for key in named[1] if key not in named[0])):
            yield from differences(named[0].get(key, ABSENT), named[1].get(key, ABSENT), f"{path}[{key}]")
        if list(named[0]) != list(named[1]) and set(named[0]) == set(named[1]):
            yield Difference(path, list(named[0]), list(named[1]))  # only the order
        return
    if _text(before) != _text(after):
        yield Difference(path, before, after)


def _text(value: Any) -> str:
    """The value as JSON; Python takes true for 1."""
    return "" if value is ABSENT else json.dumps(value, sort_keys=True)


def _named(value: Any) -> dict[str, Any] | None:
    """A list of objects by their names; None for anything else and where names are missing or repeated."""
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        return None
    for name in _NAMES:
        found = {str(each[name]): each for each in value if name in each}
        if len(found) == len(value):
            return found
    return None
